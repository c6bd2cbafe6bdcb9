#include "sandbox/vfs/attributes.h"

#include <string.h>
#include <sys/sysmacros.h>

namespace sandbox {
namespace {

statx_timestamp ToStatxTime(const timespec& time) {
  statx_timestamp result = {};
  result.tv_sec = time.tv_sec;
  result.tv_nsec = static_cast<uint32_t>(time.tv_nsec);
  return result;
}

}  // namespace

Attributes FromHostStat(const struct stat& status) {
  Attributes result;
  result.device = status.st_dev;
  result.inode = status.st_ino;
  result.mode = status.st_mode;
  result.links = static_cast<uint32_t>(status.st_nlink);
  result.uid = status.st_uid;
  result.gid = status.st_gid;
  result.special_device = status.st_rdev;
  result.size = static_cast<uint64_t>(status.st_size);
  result.block_size = static_cast<uint32_t>(status.st_blksize);
  result.blocks = static_cast<uint64_t>(status.st_blocks);
  result.access_time = status.st_atim;
  result.modify_time = status.st_mtim;
  result.change_time = status.st_ctim;
  result.birth_time = status.st_ctim;
  return result;
}

struct stat ToStat(const Attributes& attributes) {
  struct stat result;
  memset(&result, 0, sizeof(result));
  result.st_dev = attributes.device;
  result.st_ino = attributes.inode;
  result.st_nlink = attributes.links;
  result.st_mode = attributes.mode;
  result.st_uid = attributes.uid;
  result.st_gid = attributes.gid;
  result.st_rdev = attributes.special_device;
  result.st_size = static_cast<off_t>(attributes.size);
  result.st_blksize = attributes.block_size;
  result.st_blocks = static_cast<blkcnt_t>(attributes.blocks);
  result.st_atim = attributes.access_time;
  result.st_mtim = attributes.modify_time;
  result.st_ctim = attributes.change_time;
  return result;
}

struct statx ToStatx(const Attributes& attributes) {
  struct statx result;
  memset(&result, 0, sizeof(result));
  result.stx_mask = STATX_BASIC_STATS | STATX_BTIME;
  result.stx_blksize = attributes.block_size;
  result.stx_nlink = attributes.links;
  result.stx_uid = attributes.uid;
  result.stx_gid = attributes.gid;
  result.stx_mode = static_cast<uint16_t>(attributes.mode);
  result.stx_ino = attributes.inode;
  result.stx_size = attributes.size;
  result.stx_blocks = attributes.blocks;
  result.stx_atime = ToStatxTime(attributes.access_time);
  result.stx_btime = ToStatxTime(attributes.birth_time);
  result.stx_ctime = ToStatxTime(attributes.change_time);
  result.stx_mtime = ToStatxTime(attributes.modify_time);
  result.stx_rdev_major = gnu_dev_major(attributes.special_device);
  result.stx_rdev_minor = gnu_dev_minor(attributes.special_device);
  result.stx_dev_major = gnu_dev_major(attributes.device);
  result.stx_dev_minor = gnu_dev_minor(attributes.device);
  return result;
}

timespec Now() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now;
}

}  // namespace sandbox
