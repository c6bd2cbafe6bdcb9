// A guest program: files and directories at their edges: how they are opened, named, linked, locked, copied, watched.
// Prints what happened; the test compares with a native run.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <set>
#include <string>

namespace {

// printf, with its arguments evaluated from left to right, as those between braces are.
struct Print {
  template <typename... Arguments>
  explicit Print(const char* format, Arguments... arguments) {
    printf(format, arguments...);
  }
};

// What a call answered, or -errno.
int Or(long result) { return result < 0 ? -errno : static_cast<int>(result); }

// Opens and closes.
int Try(const char* path, int flags, mode_t mode = 0644) {
  const int fd = open(path, flags, mode);
  if (fd < 0) return -errno;
  close(fd);
  return 0;
}

void Make(const char* path, const char* text) {
  const int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
  (void)!write(fd, text, strlen(text));
  close(fd);
}

int SizeOf(const char* path) {
  struct stat status;
  return stat(path, &status) == 0 ? static_cast<int>(status.st_size) : -errno;
}

unsigned ModeOf(const char* path) {
  struct stat status;
  return lstat(path, &status) == 0 ? status.st_mode : 0;
}

void Opens() {
  Make("file", "contents");
  mkdir("dir", 0755);
  (void)!symlink("file", "link");
  (void)!symlink("loop", "loop");
  (void)!symlink("nothing", "dangling");
  Print{"missing %d exclusive %d loop %d nofollow %d ", Try("none", O_RDONLY), Try("file", O_CREAT | O_EXCL | O_RDWR),
        Try("loop", O_RDONLY), Try("link", O_RDONLY | O_NOFOLLOW)};
  Print{"directory %d %d %d ", Try("dir", O_RDWR), Try("dir", O_RDONLY | O_DIRECTORY),
        Try("file", O_RDONLY | O_DIRECTORY)};
  Print{"create a directory's name %d slash %d %d\n", Try("dir", O_CREAT | O_RDONLY), Try("file/", O_RDONLY),
        Try("new/", O_CREAT | O_RDWR)};
  Print{"through a dangling link %d exclusive %d ", Try("dangling", O_CREAT | O_WRONLY),
        Try("dangling", O_CREAT | O_EXCL | O_WRONLY)};
  Print{"made %d ", SizeOf("nothing")};
  Print{"empty path %d long %d in a file %d\n", Try("", O_RDONLY), Try(std::string(300, 'x').c_str(), O_RDONLY),
        Try("file/x", O_RDONLY)};
  const std::string path(5000, '/');
  Print{"too long a path %d ", Try(path.c_str(), O_RDONLY)};
  const int handle = open("link", O_PATH | O_NOFOLLOW);
  char text[100];
  struct stat status;
  Print{"O_PATH read %d fstat %d is link %d ", Or(read(handle, text, 1)), Or(fstat(handle, &status)),
        S_ISLNK(status.st_mode)};
  Print{"readlink %d fchmod %d\n", Or(readlinkat(handle, "", text, sizeof(text))), Or(fchmod(handle, 0600))};
  close(handle);
  const int nameless = open(".", O_TMPFILE | O_RDWR, 0600);
  Print{"O_TMPFILE %d ", nameless >= 0};
  (void)!write(nameless, "abc", 3);
  const std::string own = "/proc/self/fd/" + std::to_string(nameless);
  Print{"linked %d size %d ", Or(linkat(AT_FDCWD, own.c_str(), AT_FDCWD, "named", AT_SYMLINK_FOLLOW)), SizeOf("named")};
  fstat(nameless, &status);
  Print{"links %d\n", static_cast<int>(status.st_nlink)};
  close(nameless);
}

void Names() {
  Make("a", "a");
  Make("b", "bb");
  mkdir("d1", 0755);
  mkdir("d2", 0755);
  Make("d2/inside", "x");
  Print{"rename onto itself %d over %d ", Or(rename("a", "a")), Or(rename("a", "b"))};
  Print{"size %d gone %d ", SizeOf("b"), SizeOf("a")};
  Print{"file over dir %d dir over file %d dir over full %d dir over empty ", Or(rename("b", "d1")),
        Or(rename("d1", "b")), Or(rename("d1", "d2"))};
  Print{"%d into itself %d ", Or(rename("d2", "d1")), Or(rename("d1", "d1/inside/x"))};
  Print{"below itself %d dot %d\n", Or(rename("d1", "d1/sub")), Or(rename("d1/.", "d3"))};
  Make("c", "ccc");
  Print{"noreplace %d ", Or(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_NOREPLACE))};
  Print{"exchange %d ", Or(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE))};
  Print{"sizes %d %d with a directory %d bad flags %d\n", SizeOf("b"), SizeOf("c"),
        Or(renameat2(AT_FDCWD, "b", AT_FDCWD, "d1", RENAME_EXCHANGE)),
        Or(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE | RENAME_NOREPLACE))};
  Print{"link a directory %d existing %d symlink itself %d ", Or(link("d1", "x")), Or(link("b", "c")),
        Or(linkat(AT_FDCWD, "link", AT_FDCWD, "link2", 0))};
  Print{"is a link %d followed ", S_ISLNK(ModeOf("link2"))};
  Print{"%d is a file %d\n", Or(linkat(AT_FDCWD, "link", AT_FDCWD, "link3", AT_SYMLINK_FOLLOW)),
        S_ISREG(ModeOf("link3"))};
  Print{"rmdir full %d file %d dot %d unlink dir %d missing %d ",
        Or(rmdir("b")),
        Or(rmdir("link3")),
        Or(rmdir("d1/.")),
        Or(unlink("d1")),
        Or(unlink("missing"))};
  Print{"mkdir again %d slash %d below a file %d\n", Or(mkdir("d1", 0755)), Or(mkdir("d9/", 0755)),
        Or(mkdir("link3/x", 0755))};
  // A directory that is open, but gone.
  mkdir("gone", 0755);
  const int fd = open("gone", O_RDONLY | O_DIRECTORY);
  rmdir("gone");
  Print{"in a removed directory: create %d list ", Or(openat(fd, "x", O_CREAT | O_RDWR, 0644))};
  char entries[1000];
  Print{"%d ", Or(syscall(SYS_getdents64, fd, entries, sizeof(entries)))};
  char text[200] = "";
  const std::string own = "/proc/self/fd/" + std::to_string(fd);
  (void)!readlink(own.c_str(), text, sizeof(text) - 1);
  Print{"name ends %d small %d\n", strstr(text, "gone (deleted)") != nullptr,
        Or(syscall(SYS_getdents64, open(".", O_RDONLY), entries, 10))};
  close(fd);
}

void Modes() {
  umask(027);
  Make("masked", "");
  Print{"umask %o ", ModeOf("masked") & 07777};
  umask(022);
  mkdir("group", 0777);
  chmod("group", 02777);
  mkdir("group/below", 0755);
  Print{"setgid is passed on %o ", ModeOf("group/below") & 07777};
  Make("suid", "x");
  chmod("suid", 06755);
  (void)!chown("suid", getuid(), getgid());
  Print{"chown clears %o ", ModeOf("suid") & 07777};
  chmod("suid", 04755);
  const int fd = open("suid", O_WRONLY);
  Print{"%o ", ModeOf("suid") & 07777};
  timespec times[2] = {{5, 6}, {0, UTIME_OMIT}};
  struct stat status, before;
  fstat(fd, &before);
  Print{"utimens %d ", Or(futimens(fd, times))};
  fstat(fd, &status);
  Print{"%ld.%ld kept %d ", status.st_atim.tv_sec, status.st_atim.tv_nsec, status.st_mtime == before.st_mtime};
  times[0].tv_nsec = 1'000'000'000;
  Print{"bad %d missing %d\n", Or(futimens(fd, times)), Or(utimensat(AT_FDCWD, "missing", nullptr, 0))};
  close(fd);
  Print{"access %d %d %d link ", Or(access("suid", X_OK)), Or(access("missing", F_OK)), Or(access("suid", 99))};
  struct statx more;
  Print{"%d ", Or(statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &more))};
  Print{"mask %x mode %o bad mask %d flags %d\n", more.stx_mask & STATX_BASIC_STATS, more.stx_mode & S_IFMT,
        Or(statx(AT_FDCWD, "link", 0, 0x80000000, &more)), Or(statx(AT_FDCWD, "link", 0x8000000, 0, &more))};
}

void Bytes() {
  const int fd = open("bytes", O_CREAT | O_RDWR | O_TRUNC, 0644);
  char text[100] = {};
  Print{"hole %d ", Or(pwrite(fd, "end", 3, 10'000))};
  Print{"size %d read in it %d ", SizeOf("bytes"), Or(pread(fd, text, 100, 5000))};
  Print{"data %d hole %d behind %d\n", Or(lseek(fd, 10'000, SEEK_DATA)) >= 10'000, Or(lseek(fd, 10'001, SEEK_HOLE)),
        Or(lseek(fd, 20'000, SEEK_DATA))};
  Print{"negative %d whence %d far %d ", Or(lseek(fd, -1, SEEK_SET)), Or(lseek(fd, 0, 77)),
        Or(lseek(fd, 100, SEEK_END))};
  Print{"read behind %d pread at -1 %d ", Or(read(fd, text, 10)), Or(pread(fd, text, 1, -1))};
  iovec parts[2] = {{const_cast<char*>("ab"), 2}, {const_cast<char*>("cde"), 3}};
  Print{"pwritev %d many %d negative %d ", Or(pwritev(fd, parts, 2, 0)),
        Or(syscall(SYS_pwritev, fd, parts, 2000, 0, 0)), Or(syscall(SYS_pwritev, fd, parts, -1, 0, 0))};
  Print{"append by flag %d size %d\n", Or(pwritev2(fd, parts, 2, 0, RWF_APPEND)), SizeOf("bytes")};
  Print{"truncate %d up %d dir %d ", Or(ftruncate(fd, 3)), Or(truncate("bytes", 6)), Or(truncate("dir", 0))};
  Print{"zeroes %d %d%d%d ", Or(pread(fd, text, 10, 0)), text[3], text[4], text[5]};
  const int reader = open("bytes", O_RDONLY), appender = open("bytes", O_WRONLY | O_APPEND);
  Print{"read only %d write only %d ", Or(write(reader, "x", 1)), Or(read(appender, text, 1))};
  Print{"pwrite appends %d size %d\n", Or(pwrite(appender, "zz", 2, 0)), SizeOf("bytes")};
  Print{"fallocate %d keep size %d punch %d punch alone %d ", Or(fallocate(fd, 0, 0, 5000)),
        Or(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 9000)),
        Or(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096)),
        Or(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096))};
  Print{"size %d first %d\n", SizeOf("bytes"), Or(pread(fd, text, 1, 0)) == 1 && text[0] == 0};
  const int copy = open("copy", O_CREAT | O_RDWR | O_TRUNC, 0644);
  off_t in = 4096;
  loff_t from = 0, to = 0;
  Print{"sendfile %d at %d ", Or(sendfile(copy, fd, &in, 100'000)), static_cast<int>(in)};
  Print{"copy_file_range %d ", Or(copy_file_range(fd, &from, copy, &to, 1000, 0))};
  Print{"at %d %d overlap %d append %d\n", static_cast<int>(from), static_cast<int>(to),
        Or(copy_file_range(fd, &from, fd, &to, 10, 0)), Or(copy_file_range(fd, nullptr, appender, nullptr, 10, 0))};
  for (const int one : {fd, reader, appender, copy}) close(one);
}

void Locks() {
  const int fd = open("bytes", O_RDWR);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 10;
  lock.l_len = 10;
  Print{"lock %d ", Or(fcntl(fd, F_SETLK, &lock))};
  const pid_t parent = getpid();
  fflush(stdout);
  if (fork() == 0) {
    const int own = open("bytes", O_RDWR);
    struct flock asked = lock;
    asked.l_start = 0;
    asked.l_len = 0;
    fcntl(own, F_GETLK, &asked);
    Print{"held %d-%d by parent %d ", static_cast<int>(asked.l_start), static_cast<int>(asked.l_len),
          asked.l_pid == parent};
    Print{"refused %d ", Or(fcntl(own, F_SETLK, &lock))};
    asked = lock;
    asked.l_start = 20;
    Print{"beside %d ", Or(fcntl(own, F_SETLK, &asked))};
    asked.l_type = F_WRLCK;
    asked.l_start = 10;
    asked.l_pid = 0;
    Print{"description's %d ", Or(fcntl(own, F_OFD_SETLK, &asked))};
    Print{"whole file %d\n", Or(flock(own, LOCK_EX | LOCK_NB))};
    fflush(stdout);
    _exit(0);
  }
  wait(nullptr);
  // Closing any descriptor of the file gives up a process's locks.
  close(open("bytes", O_RDONLY));
  if (fork() == 0) {
    const int own = open("bytes", O_RDWR);
    Print{"after another close %d ", Or(fcntl(own, F_SETLK, &lock))};
    fflush(stdout);
    _exit(0);
  }
  wait(nullptr);
  const int second = open("bytes", O_RDONLY);
  Print{"flock %d second %d same %d ", Or(flock(fd, LOCK_EX)), Or(flock(second, LOCK_SH | LOCK_NB)),
        Or(flock(fd, LOCK_SH))};
  Print{"shared %d bad %d ", Or(flock(second, LOCK_SH | LOCK_NB)), Or(flock(fd, 77))};
  struct flock wrong = lock;
  wrong.l_type = 9;
  Print{"bad type %d read lock on a writer ", Or(fcntl(fd, F_SETLK, &wrong))};
  const int writer = open("bytes", O_WRONLY);
  wrong.l_type = F_RDLCK;
  Print{"%d\n", Or(fcntl(writer, F_SETLK, &wrong))};
  for (const int one : {fd, second, writer}) close(one);
}

void Attributes() {
  Make("marked", "x");
  char value[20] = {};
  Print{"none %d set %d ", Or(getxattr("marked", "user.a", value, 20)), Or(setxattr("marked", "user.a", "one", 3, 0))};
  Print{"create %d replace %d get %d %s ", Or(setxattr("marked", "user.a", "x", 1, XATTR_CREATE)),
        Or(setxattr("marked", "user.b", "x", 1, XATTR_REPLACE)), Or(getxattr("marked", "user.a", value, 20)), value};
  Print{"short %d size %d ", Or(getxattr("marked", "user.a", value, 1)), Or(getxattr("marked", "user.a", nullptr, 0))};
  Print{"list %d ", Or(listxattr("marked", value, 20))};
  Print{"remove %d again %d no space %d\n", Or(removexattr("marked", "user.a")), Or(removexattr("marked", "user.a")),
        Or(setxattr("marked", "plain", "x", 1, 0))};
}

void Watches() {
  const int watch = inotify_init1(IN_NONBLOCK);
  mkdir("watched", 0755);
  const int id = inotify_add_watch(watch, "watched", IN_ALL_EVENTS);
  Make("watched/new", "x");
  chmod("watched/new", 0600);
  rename("watched/new", "watched/other");
  (void)!link("watched/other", "watched/third");
  unlink("watched/other");
  mkdir("watched/sub", 0755);
  rmdir("watched/sub");
  unlink("watched/third");
  rmdir("watched");
  alignas(inotify_event) char events[4096];
  const ssize_t n = read(watch, events, sizeof(events));
  uint32_t cookie = 0;
  for (const char* at = events; at < events + n;) {
    const auto* event = reinterpret_cast<const inotify_event*>(at);
    Print{"%x%s%s%s ", event->mask, event->len != 0 ? ":" : "", event->len != 0 ? event->name : "",
          event->cookie != 0 && event->cookie == cookie ? " same" : ""};
    cookie = event->cookie;
    at += sizeof(inotify_event) + event->len;
  }
  Print{"\nempty %d removed %d no mask %d\n", Or(read(watch, events, sizeof(events))), Or(inotify_rm_watch(watch, id)),
        Or(inotify_add_watch(watch, ".", 0))};
  close(watch);
}

void Lists() {
  mkdir("many", 0755);
  for (int i = 0; i < 500; ++i) Make(("many/" + std::to_string(i)).c_str(), "");
  DIR* directory = opendir("many");
  std::set<std::string> names;
  int count = 0;
  while (const dirent* entry = readdir(directory)) {
    names.insert(entry->d_name);
    // What is removed meanwhile does not make others vanish.
    if (++count == 100) unlink("many/499");
  }
  Print{"entries %d ", names.size() >= 501};
  rewinddir(directory);
  names.clear();
  long middle = 0;
  for (int i = 0; const dirent* entry = readdir(directory); ++i) {
    names.insert(entry->d_name);
    if (i == 250) middle = telldir(directory);
  }
  Print{"again %zu ", names.size()};
  seekdir(directory, middle);
  count = 0;
  while (readdir(directory) != nullptr) ++count;
  Print{"rest %d\n", count};
  closedir(directory);
}

void Mapped() {
  Make("mapped", "0123456789");
  const int fd = open("mapped", O_RDWR);
  auto* shared = static_cast<char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  auto* copy = static_cast<char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
  shared[0] = 'S';
  copy[1] = 'P';
  char text[11] = {};
  (void)!pread(fd, text, 10, 0);
  Print{"file %s private %.3s behind the end %d ", text, copy, shared[20]};
  (void)!pwrite(fd, "W", 1, 2);
  Print{"seen %c %c ", shared[2], copy[3]};
  Print{"write-only %d odd offset %d exec of /dev %d\n",
        mmap(nullptr, 4096, PROT_READ, MAP_SHARED, open("mapped", O_WRONLY), 0) == MAP_FAILED ? -errno : 0,
        mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 5) == MAP_FAILED ? -errno : 0,
        mmap(nullptr, 4096, PROT_WRITE, MAP_SHARED, open("mapped", O_RDONLY), 0) == MAP_FAILED ? -errno : 0};
  close(fd);
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  umask(022);
  char directory[] = "/tmp/filesXXXXXX";
  (void)!mkdtemp(directory);
  (void)!chdir(directory);
  Opens();
  Names();
  Modes();
  Bytes();
  Locks();
  Attributes();
  Watches();
  Lists();
  Mapped();
  (void)!chdir("/");
  return execlp("rm", "rm", "-rf", directory, nullptr);
}
