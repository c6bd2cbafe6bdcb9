#include "sandbox/confine/namespaces.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sandbox {
namespace {

absl::Status Refused(absl::string_view step, int error, absl::string_view advice = "") {
  return absl::FailedPreconditionError(absl::StrCat("the host does not allow the sentry to ", step, ": ",
                                                    strerror(error), advice.empty() ? "" : "; ", advice));
}

// Files of /proc are written in one piece. 0 or an errno.
int WriteFile(const std::string& path, absl::string_view text) {
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int error = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : errno;
  close(fd);
  return error;
}

std::string ReadFile(const std::string& path) {
  std::string text(4096, '\0');
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  ssize_t n = read(fd, text.data(), text.size());
  close(fd);
  text.resize(n > 0 ? n : 0);
  return text;
}

// Each range of /proc/self/{uid,gid}_map, mapped to itself.
std::string IdentityMap(const std::string& own_map) {
  std::string map;
  for (absl::string_view line : absl::StrSplit(own_map, '\n', absl::SkipEmpty())) {
    std::vector<absl::string_view> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (fields.size() == 3) absl::StrAppend(&map, fields[0], " ", fields[0], " ", fields[2], "\n");
  }
  return map;
}

// The whole map if we are privileged, else the one id that everybody may map.
int WriteIdMap(const std::string& path, const std::string& own_map_path, uint32_t own_id) {
  const std::string whole = IdentityMap(ReadFile(own_map_path));
  if (!whole.empty() && WriteFile(path, whole) == 0) return 0;
  return WriteFile(path, absl::StrCat(own_id, " ", own_id, " 1\n"));
}

// A new, empty, read-only tmpfs that is mounted nowhere.
absl::StatusOr<int> EmptyFileSystem() {
  int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
  if (context < 0) return Refused("open a tmpfs", errno);
  int mount = -1;
  if (fsconfig(context, FSCONFIG_SET_STRING, "mode", "0555", 0) == 0 &&
      fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    mount = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  }
  int error = errno;
  close(context);
  if (mount < 0) return Refused("mount an empty tmpfs", error);
  return mount;
}

// Mounts a copy of `mount` on `path`, if that is a directory.
absl::Status Cover(int mount, const std::string& path) {
  struct stat attributes;
  if (stat(path.c_str(), &attributes) != 0 || !S_ISDIR(attributes.st_mode)) return absl::OkStatus();
  int copy = open_tree(mount, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
  int result = copy < 0 ? -1 : move_mount(copy, "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH);
  int error = errno;
  if (copy >= 0) close(copy);
  return result == 0 ? absl::OkStatus() : Refused(absl::StrCat("cover ", path), error);
}

absl::StatusOr<int> CloneTree(const HostTree& tree) {
  int fd = open_tree(AT_FDCWD, tree.path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (fd < 0) {
    int error = errno;
    if (access(tree.path.c_str(), F_OK) != 0 || error == EACCES) {
      return absl::NotFoundError(absl::StrCat("cannot open ", tree.path, ": ", strerror(error)));
    }
    return Refused(absl::StrCat("clone the mounts under ", tree.path), error);
  }
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (tree.writable ? 0 : MOUNT_ATTR_RDONLY);
  if (mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes)) != 0) {
    int error = errno;
    close(fd);
    return Refused(absl::StrCat("restrict the mounts under ", tree.path), error);
  }
  return fd;
}

}  // namespace

absl::Status MapIds(pid_t child) {
  const std::string directory = absl::StrCat("/proc/", child, "/");
  // An ordinary user may map a group only after giving up setgroups(2) for good; for root it does no harm.
  WriteFile(directory + "setgroups", "deny");
  int error = WriteIdMap(directory + "uid_map", "/proc/self/uid_map", getuid());
  if (error == 0) error = WriteIdMap(directory + "gid_map", "/proc/self/gid_map", getgid());
  if (error != 0) return Refused("map its user and group id", error, "is /proc mounted?");
  return absl::OkStatus();
}

NewNetwork::NewNetwork() {
#if defined(__SANITIZE_THREAD__)
  // Its run-time library does not know this process (RunConfined makes it by clone(2)) and cannot start threads in it.
  Make();
#else
  thread_ = std::thread([this] { Make(); });
#endif
}

void NewNetwork::Make() {
  if (unshare(CLONE_NEWNET) != 0) {
    error_ = errno;
    return;
  }
  // Any socket tells which network it is in.
  const int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any >= 0) fd_ = ioctl(any, SIOCGSKNS);
  error_ = fd_ < 0 ? errno : 0;
  if (any >= 0) close(any);
}

NewNetwork::~NewNetwork() {
  if (thread_.joinable()) thread_.join();
  if (fd_ >= 0) close(fd_);
}

absl::Status NewNetwork::Enter() {
  if (thread_.joinable()) thread_.join();
  if (error_ == 0 && setns(fd_, CLONE_NEWNET) != 0) error_ = errno;
  return error_ == 0 ? absl::OkStatus() : Refused("enter a network of its own", error_);
}

absl::StatusOr<std::vector<int>> OpenTrees(const std::vector<HostTree>& trees, int* empty_mount) {
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return Refused("make its mounts private", errno);
  absl::StatusOr<int> empty = EmptyFileSystem();
  if (!empty.ok()) return empty.status();
  std::vector<int> fds;
  for (const HostTree& tree : trees) {
    if (tree.hide_kernel_files) {
      for (const char* name : {"/proc", "/sys", "/dev"}) {
        absl::Status covered = Cover(*empty, absl::StrCat(tree.path == "/" ? "" : tree.path, name));
        if (!covered.ok()) return covered;
      }
    }
    absl::StatusOr<int> fd = CloneTree(tree);
    if (!fd.ok()) return fd.status();
    fds.push_back(*fd);
  }
  *empty_mount = *empty;
  return fds;
}

absl::StatusOr<int> LimitedFile(uint64_t bytes) {
  const int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
  if (context < 0) return Refused("open a tmpfs", errno);
  const std::string size = absl::StrCat(bytes);
  int mount = -1, file = -1;
  if (fsconfig(context, FSCONFIG_SET_STRING, "size", size.c_str(), 0) == 0 &&
      fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    mount = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  }
  if (mount >= 0) file = openat(mount, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  const int error = errno;
  close(context);
  if (mount >= 0) close(mount);
  if (file < 0) return Refused("make a file for the guests' memory", error);
  return file;
}

absl::Status EnterEmptyRoot(int empty) {
  // Over the present root, from where pivot_root(".", ".") swaps the two (pivot_root(2), "pivot_root(".", ".")").
  int result = move_mount(empty, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
  if (result == 0) result = fchdir(empty);
  if (result == 0) result = syscall(SYS_pivot_root, ".", ".");
  if (result == 0) result = umount2(".", MNT_DETACH);
  if (result == 0) result = chdir("/");
  int error = errno;
  close(empty);
  return result == 0 ? absl::OkStatus() : Refused("change to an empty root", error);
}

}  // namespace sandbox
