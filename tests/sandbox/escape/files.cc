// Ways out of the root directory. The test passes the host path of a file outside it that holds the word "treasure".
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

#include "tests/sandbox/escape/attack.h"

namespace attack {
namespace {

void CheckDescriptor(int fd, const std::string& how) {
  if (fd < 0) return;
  char text[256] = {};
  if (read(fd, text, sizeof(text) - 1) > 0 && strstr(text, "treasure") != nullptr) Escaped(how);
  close(fd);
}

void TryPath(const std::string& path) { CheckDescriptor(open(path.c_str(), O_RDONLY), path); }
void TryPathAt(int directory, const std::string& path, const std::string& how) {
  CheckDescriptor(openat(directory, path.c_str(), O_RDONLY), how + ", " + path);
}

std::string Up(int levels) {
  std::string path;
  for (int i = 0; i < levels; ++i) path += "../";
  return path;
}

// The way to the treasure from any directory inside: up, then down its path on the host.
std::vector<std::string> WaysTo(const std::string& treasure) {
  std::vector<std::string> ways = {treasure};
  for (int levels : {1, 2, 3, 8, 64}) ways.push_back(Up(levels) + treasure.substr(1));
  const std::string name = treasure.substr(treasure.rfind('/') + 1);
  for (int levels : {1, 2, 3}) ways.push_back(Up(levels) + name);
  return ways;
}

void DotDot(const Arguments& arguments) {
  mkdir("/tmp", 0777);
  if (chdir("/tmp") != 0) Broken("chdir /tmp");
  for (const std::string& way : WaysTo(arguments.at(0))) {
    TryPath(way);
    for (const char* start : {"/", "/tmp", "/proc/self", "/dev"}) {
      const int directory = open(start, O_RDONLY | O_DIRECTORY);
      if (directory >= 0) TryPathAt(directory, way, start);
      if (directory >= 0) TryPathAt(directory, "./" + way, start);
      close(directory);
    }
  }
}

void SymbolicLinks(const Arguments& arguments) {
  mkdir("/tmp", 0777);
  mkdir("/tmp/deep", 0777);
  for (const std::string& way : WaysTo(arguments.at(0))) {
    for (const char* link : {"/tmp/link", "/tmp/deep/link"}) {
      unlink(link);
      if (symlink(way.c_str(), link) != 0) continue;
      TryPath(link);
      const std::string directory = way.substr(0, way.rfind('/') + 1);
      unlink("/tmp/directory");
      if (symlink(directory.c_str(), "/tmp/directory") == 0)
        TryPath("/tmp/directory/" + way.substr(way.rfind('/') + 1));
    }
  }
  // A link that points to itself, and chains of them.
  symlink("/tmp/loop", "/tmp/loop");
  if (open("/tmp/loop", O_RDONLY) >= 0) Escaped("a link to itself opened");
}

void ProcLinks(const Arguments& arguments) {
  for (const std::string& way : WaysTo(arguments.at(0))) {
    for (const char* start : {"/proc/self/root/", "/proc/1/root/", "/proc/self/cwd/", "/proc/1/cwd/",
                              "/proc/self/fd/0/", "/proc/self/fd/1/", "/proc/self/task/1/root/",
                              "/proc/thread-self/root/", "/proc/2/root/", "/proc/self/map_files/"}) {
      TryPath(start + way);
    }
    // Descriptors of directories, by way of their magic links.
    const int root = open("/", O_PATH);
    if (root >= 0) TryPath("/proc/self/fd/" + std::to_string(root) + "/" + way);
    close(root);
  }
}

void ProcFiles(const Arguments&) {
  // Files of the kernel that would change the host.
  for (const char* path : {"/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
                           "/proc/sys/vm/overcommit_memory", "/sys/kernel/uevent_helper", "/proc/acpi/call",
                           "/sys/fs/cgroup/release_agent", "/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore"}) {
    const int fd = open(path, O_WRONLY | O_TRUNC);
    if (fd >= 0) {
      const ssize_t n = write(fd, "|/tmp/owned\n", 12);
      // A file of the sandbox's own that takes the bytes and does nothing is fine; the test looks at the host's.
      printf("%s took %zd bytes\n", path, n);
      close(fd);
    }
    const int read_fd = open(path, O_RDONLY);
    char byte;
    if (read_fd >= 0 && (strncmp(path, "/dev/", 5) == 0 || strstr(path, "kcore") != nullptr) &&
        read(read_fd, &byte, 1) == 1)
      Escaped(std::string(path) + " can be read");
    if (read_fd >= 0) close(read_fd);
  }
  // Nodes of devices lead to the sandbox's own devices.
  mkdir("/tmp", 0777);
  for (int major : {1, 4, 7, 8, 9, 10, 90, 249, 253, 254, 259}) {
    for (int minor : {0, 1, 2, 4, 229, 232}) {
      unlink("/tmp/node");
      if (mknod("/tmp/node", S_IFBLK | 0600, static_cast<dev_t>(major) << 8 | minor) == 0) {
        const int fd = open("/tmp/node", O_RDONLY | O_NONBLOCK);
        char block[512];
        if (fd >= 0 && read(fd, block, sizeof(block)) > 0) Escaped("block device " + std::to_string(major));
        if (fd >= 0) close(fd);
      }
      if (major == 1 && minor == 1) continue;
      unlink("/tmp/node");
    }
  }
}

// Threads rename directories to and fro while others walk "a/b/../../..": a walk must never come out above the root.
struct Race {
  std::string treasure;
  std::atomic<bool> stop{false};
};

void* Rename(void* argument) {
  auto* race = static_cast<Race*>(argument);
  while (!race->stop) {
    rename("/tmp/race/a/b", "/tmp/race/c/b");
    rename("/tmp/race/c/b", "/tmp/race/a/b");
    syscall(SYS_renameat2, AT_FDCWD, "/tmp/race/a", AT_FDCWD, "/tmp/race/link", 2 /*RENAME_EXCHANGE*/);
  }
  return nullptr;
}

void* Walk(void* argument) {
  auto* race = static_cast<Race*>(argument);
  int inside = -1;
  while (!race->stop) {
    for (int levels = 3; levels <= 8; ++levels) {
      TryPath("/tmp/race/a/b/" + Up(levels) + race->treasure.substr(1));
      if (inside < 0) inside = open("/tmp/race/a/b", O_RDONLY | O_DIRECTORY);
      if (inside >= 0)
        TryPathAt(inside, Up(levels) + race->treasure.substr(1), "from a directory that is being renamed");
    }
    close(inside);
    inside = -1;
  }
  return nullptr;
}

void RenameRace(const Arguments& arguments) {
  Race race{.treasure = arguments.at(0)};
  for (const char* directory : {"/tmp", "/tmp/race", "/tmp/race/a", "/tmp/race/a/b", "/tmp/race/c"})
    mkdir(directory, 0777);
  symlink("/", "/tmp/race/link");
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], nullptr, i % 2 == 0 ? Rename : Walk, &race);
  sleep(2);
  race.stop = true;
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
}

// The last name of a path changes between a file and links to the treasure, absolute and relative to any depth, while
// it is opened for reading and writing, cut, removed, linked and renamed. The sentry asks the host by name: the host
// must not follow what has become a link meanwhile. The test compares the treasure afterwards.
void* SwapLinks(void* argument) {
  auto* race = static_cast<Race*>(argument);
  const std::string name = "/tmp/swap/name", other = "/tmp/swap/other";
  for (int levels = 0; !race->stop; levels = (levels + 1) % 12) {
    const std::string target = levels == 0 ? race->treasure : Up(levels) + race->treasure.substr(1);
    unlink(other.c_str());
    symlink(target.c_str(), other.c_str());
    rename(other.c_str(), name.c_str());
    close(open(other.c_str(), O_CREAT | O_WRONLY, 0666));
    rename(other.c_str(), name.c_str());
  }
  return nullptr;
}

void* UseSwapped(void* argument) {
  auto* race = static_cast<Race*>(argument);
  while (!race->stop) {
    TryPath("/tmp/swap/name");
    const int fd = open("/tmp/swap/name", O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (fd >= 0) {
      write(fd, "overwritten", 11);
      ftruncate(fd, 3);
      fchmod(fd, 0);
    }
    close(fd);
    truncate("/tmp/swap/name", 0);
    chmod("/tmp/swap/name", 0777);
    chown("/tmp/swap/name", 1, 1);
    link("/tmp/swap/name", "/tmp/swap/linked");
    TryPath("/tmp/swap/linked");
    unlink("/tmp/swap/linked");
    utimensat(AT_FDCWD, "/tmp/swap/name", nullptr, 0);
  }
  return nullptr;
}

void SeveralLinks(const Arguments&) {
  for (int i = 0; i < 20; ++i) {
    const std::string name = "/tmp/link" + std::to_string(i);
    if (symlink(i % 2 == 0 ? "/nowhere" : "link0", name.c_str()) != 0) Broken("symlink");
    char target[100];
    if (readlink(name.c_str(), target, sizeof(target)) <= 0) Broken("readlink");
  }
}

void SymlinkRace(const Arguments& arguments) {
  Race race{.treasure = arguments.at(0)};
  mkdir("/tmp", 0777);
  mkdir("/tmp/swap", 0777);
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], nullptr, i % 2 == 0 ? SwapLinks : UseSwapped, &race);
  sleep(3);
  race.stop = true;
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
}

// What gets a root user out of a chroot leads to the sandbox's root at most.
void Chroot(const Arguments& arguments) {
  mkdir("/tmp", 0777);
  mkdir("/tmp/jail", 0777);
  const int outside = open("/", O_RDONLY | O_DIRECTORY);
  if (chroot("/tmp/jail") != 0 && errno != EPERM) Broken("chroot");
  if (fchdir(outside) != 0) Broken("fchdir");
  for (int i = 0; i < 100; ++i) (void)!chdir("..");
  for (const std::string& way : WaysTo(arguments.at(0))) TryPath(way);
  (void)!chroot(".");
  for (const std::string& way : WaysTo(arguments.at(0))) TryPath(way);
}

// Directory descriptors sent through a socket, received in another root.
void DescriptorPassing(const Arguments& arguments) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) Broken("socketpair");
  int sent[3] = {open("/", O_PATH), open("/", O_RDONLY | O_DIRECTORY), open("/proc/self", O_RDONLY | O_DIRECTORY)};
  char byte = 'x';
  iovec vector{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(sent))] = {};
  msghdr message{.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  *header = {.cmsg_len = CMSG_LEN(sizeof(sent)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(header), sent, sizeof(sent));
  if (sendmsg(pair[0], &message, 0) != 1) Broken("sendmsg");
  mkdir("/tmp/jail", 0777);
  (void)!chroot("/tmp/jail");
  if (recvmsg(pair[1], &message, 0) != 1) Broken("recvmsg");
  int received[3];
  memcpy(received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(received));
  for (int fd : received) {
    for (const std::string& way : WaysTo(arguments.at(0))) TryPathAt(fd, way, "from a descriptor that was passed");
  }
  // Descriptors that nobody gave us: the sentry's own.
  for (int fd = 3; fd < 2048; ++fd) {
    bool ours = fd == pair[0] || fd == pair[1];
    for (int own : sent) ours |= fd == own;
    for (int own : received) ours |= fd == own;
    struct stat attributes;
    if (!ours && fstat(fd, &attributes) == 0) Escaped("descriptor " + std::to_string(fd) + " is open");
  }
}

void Handles(const Arguments& arguments) {
  // open_by_handle_at walks no path at all.
  struct {
    file_handle header;
    unsigned char bytes[128];
  } handle{};
  handle.header.handle_bytes = sizeof(handle.bytes);
  int mount_id;
  (void)name_to_handle_at(AT_FDCWD, "/", &handle.header, &mount_id, 0);
  for (uint32_t inode : {1u, 2u, 3u, 11u, 128u}) {
    handle.header.handle_bytes = 8;
    handle.header.handle_type = 1;
    memcpy(handle.header.f_handle, &inode, sizeof(inode));
    const int fd = open_by_handle_at(AT_FDCWD, &handle.header, O_RDONLY);
    if (fd >= 0) {
      for (const std::string& way : WaysTo(arguments.at(0))) TryPathAt(fd, way, "from a handle");
    }
  }
}

void Mounts(const Arguments& arguments) {
  mkdir("/tmp", 0777);
  mkdir("/tmp/mount", 0777);
  for (const char* type : {"proc", "sysfs", "ext4", "overlay", "cgroup2", "debugfs", "devtmpfs", "bpf"}) {
    for (const char* source : {"none", "/dev/vda", "/dev/sda1"}) {
      if (mount(source, "/tmp/mount", type, 0, "lowerdir=/,upperdir=/tmp,workdir=/tmp") != 0) continue;
      TryPath("/tmp/mount" + arguments.at(0));
      const int fd = open("/tmp/mount/sysrq-trigger", O_WRONLY);
      if (fd >= 0) close(fd);
    }
  }
  for (int call : {SYS_fsopen, SYS_open_tree, SYS_pivot_root, SYS_unshare, SYS_setns}) {
    syscall(call, 0x10000000, "/", 0, 0, 0);
    CheckStillInside();
  }
  for (const std::string& way : WaysTo(arguments.at(0))) TryPath(way);
  // What has a path but lies on no mount.
  int pair[2];
  if (pipe(pair) != 0) return;
  const std::string anonymous = "/proc/self/fd/" + std::to_string(pair[0]);
  for (unsigned long flags : {0ul, static_cast<unsigned long>(MS_REMOUNT), static_cast<unsigned long>(MS_BIND),
                              static_cast<unsigned long>(MS_MOVE)}) {
    mount(anonymous.c_str(), anonymous.c_str(), "tmpfs", flags, nullptr);
    mount("/tmp/mount", anonymous.c_str(), "tmpfs", flags, nullptr);
    mount(anonymous.c_str(), "/tmp/mount", "tmpfs", flags, nullptr);
  }
  umount2(anonymous.c_str(), MNT_DETACH);
}

// One thread opens a path while another changes it between an allowed one and one that the policy denies.
struct Swap {
  std::string path;
  std::atomic<bool> stop{false};
};

void* SwapPath(void* argument) {
  auto* swap = static_cast<Swap*>(argument);
  while (!swap->stop) {
    // "/allow" and "/denied" differ in length; both strings are complete at every moment.
    memcpy(swap->path.data() + 1, "denied", 6);
    memcpy(swap->path.data() + 1, "allows", 6);
  }
  return nullptr;
}

void ChangedPathArgument(const Arguments&) {
  Swap swap{.path = "/allows"};
  if (open("/denied", O_RDONLY) >= 0) Escaped("the policy lets /denied be opened");
  pthread_t thread;
  pthread_create(&thread, nullptr, SwapPath, &swap);
  const time_t end = time(nullptr) + 2;
  int opened = 0;
  while (time(nullptr) < end) {
    for (int i = 0; i < 100; ++i) {
      const int fd = open(swap.path.c_str(), O_RDONLY);
      opened += fd >= 0;
      CheckDescriptor(fd, "a path that changed under way");
    }
  }
  swap.stop = true;
  pthread_join(thread, nullptr);
  if (opened == 0) Broken("/allows was never opened");
}

}  // namespace

const std::vector<Attack> kFileAttacks = {
    {"dot_dot", DotDot},
    {"symbolic_links", SymbolicLinks},
    {"proc_links", ProcLinks},
    {"proc_files", ProcFiles},
    {"rename_race", RenameRace},
    {"symlink_race", SymlinkRace},
    {"several_links", SeveralLinks},
    {"chroot", Chroot},
    {"descriptor_passing", DescriptorPassing},
    {"handles", Handles},
    {"mounts", Mounts},
    {"changed_path_argument", ChangedPathArgument},
};

}  // namespace attack
