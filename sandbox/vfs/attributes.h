// What stat(2) reports about a file, and what chmod, chown, utimensat and truncate change.
//
// One value type is shared by every file system; `ToStat` and `ToStatx` turn it into the structures of the guest's ABI
// (the x86-64 ABI is the host's, so the host's own headers name the fields).
#ifndef SANDBOX_VFS_ATTRIBUTES_H_
#define SANDBOX_VFS_ATTRIBUTES_H_

#include <sys/stat.h>
#include <time.h>

#include <cstdint>
#include <optional>

namespace sandbox {

struct Attributes {
  uint64_t device = 0;  // st_dev as the guest sees it
  uint64_t inode = 0;
  uint32_t mode = 0;  // S_IFMT | permission bits
  uint32_t links = 1;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint64_t special_device = 0;  // st_rdev
  uint64_t size = 0;            // bytes
  uint32_t block_size = 4096;
  uint64_t blocks = 0;  // of 512 bytes
  timespec access_time = {};
  timespec modify_time = {};
  timespec change_time = {};
  timespec birth_time = {};

  uint32_t type() const { return mode & S_IFMT; }
  bool IsDirectory() const { return type() == S_IFDIR; }
  bool IsRegular() const { return type() == S_IFREG; }
  bool IsSymlink() const { return type() == S_IFLNK; }
};

// A time to set: a value, "now", or nothing (nullopt in AttributeChange).
struct TimeChange {
  bool now = false;
  timespec value = {};
};

// What to change; absent fields stay. The caller has checked the permissions.
struct AttributeChange {
  std::optional<uint32_t> permissions;  // 07777
  std::optional<uint32_t> uid;
  std::optional<uint32_t> gid;
  std::optional<uint64_t> size;
  std::optional<TimeChange> access_time;
  std::optional<TimeChange> modify_time;
};

// `status` as fstat(2) of the host filled it.
Attributes FromHostStat(const struct stat& status);

struct stat ToStat(const Attributes& attributes);

// All of STATX_BASIC_STATS | STATX_BTIME.
struct statx ToStatx(const Attributes& attributes);

// CLOCK_REALTIME.
timespec Now();

}  // namespace sandbox

#endif  // SANDBOX_VFS_ATTRIBUTES_H_
