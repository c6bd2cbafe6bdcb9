// What files are: stat, statx, statfs, access, extended attributes.
#include <fcntl.h>
#include <linux/limits.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_files.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/permissions.h"

namespace sandbox {
namespace {

Result<Attributes> AttributesAt(Task& task, int dirfd, Addr path, int at_flags) {
  std::shared_ptr<File> file;
  ASSIGN_OR_RETURN(Path found, ResolveAt(task, dirfd, path, at_flags, &file));
  return file ? file->GetAttributes() : found.inode().GetAttributes();
}

SyscallResult StatTo(Task& task, const Result<Attributes>& attributes, Addr to) {
  RETURN_IF_ERROR(attributes);
  RETURN_IF_ERROR(task.memory().Write(to, ToStat(*attributes)));
  return uint64_t{0};
}

}  // namespace

SyscallResult SysStat(Task& task, const SyscallArguments& a) {
  return StatTo(task, AttributesAt(task, AT_FDCWD, a.Address(0), 0), a.Address(1));
}

SyscallResult SysLstat(Task& task, const SyscallArguments& a) {
  return StatTo(task, AttributesAt(task, AT_FDCWD, a.Address(0), AT_SYMLINK_NOFOLLOW), a.Address(1));
}

SyscallResult SysFstat(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFileOrPath(task, a.Int(0)));
  return StatTo(task, file->GetAttributes(), a.Address(1));
}

SyscallResult SysNewfstatat(Task& task, const SyscallArguments& a) {
  if ((a.Int(3) & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)) != 0) return Error(EINVAL);
  return StatTo(task, AttributesAt(task, a.Int(0), a.Address(1), a.Int(3)), a.Address(2));
}

SyscallResult SysStatx(Task& task, const SyscallArguments& a) {
  constexpr int kFlags = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE;
  if ((a.Int(2) & ~kFlags) != 0 || (a.Uint(3) & STATX__RESERVED) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(Attributes attributes, AttributesAt(task, a.Int(0), a.Address(1), a.Int(2)));
  RETURN_IF_ERROR(task.memory().Write(a.Address(4), ToStatx(attributes)));
  return uint64_t{0};
}

// -- statfs

namespace {

SyscallResult StatFsTo(Task& task, const Path& path, Addr to) {
  ASSIGN_OR_RETURN(struct statfs status, path.inode().StatFs());
  if (path.mount)
    status.f_flags = 0x20 /* ST_VALID */ |
                     (path.mount->options().flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME));
  RETURN_IF_ERROR(task.memory().Write(to, status));
  return uint64_t{0};
}

}  // namespace

SyscallResult SysStatfs(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::AtCwd(task, a.Address(0), kFollowLast));
  ASSIGN_OR_RETURN(Path found, path.Resolve());
  return StatFsTo(task, found, a.Address(1));
}

SyscallResult SysFstatfs(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFileOrPath(task, a.Int(0)));
  return StatFsTo(task, file->path(), a.Address(1));
}

// -- access

namespace {

SyscallResult AccessAt(Task& task, int dirfd, Addr address, int mode, int at_flags) {
  if ((mode & ~(R_OK | W_OK | X_OK)) != 0) return Error(EINVAL);
  if ((at_flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) return Error(EINVAL);
  // The real ids ask, not the effective ones, and a real root has root's capabilities.
  Credentials asking = task.credentials();
  if ((at_flags & AT_EACCESS) == 0) {
    asking.fsuid = asking.uid;
    asking.fsgid = asking.gid;
    asking.effective = asking.uid == 0 ? asking.permitted : 0;
  }
  Path found;
  if (address != 0 || (at_flags & AT_EMPTY_PATH) == 0) {
    ASSIGN_OR_RETURN(PathArgument path, PathArgument::Read(task, dirfd, address));
    if (!path.empty() || (at_flags & AT_EMPTY_PATH) == 0) {
      unsigned flags = (at_flags & AT_SYMLINK_NOFOLLOW) != 0 ? 0 : unsigned{kFollowLast};
      Lookup lookup = path.lookup();
      ASSIGN_OR_RETURN(found, path.vfs().Resolve(Lookup{lookup.root, lookup.start, lookup.path, asking, flags}));
    }
  }
  if (!found) {
    ASSIGN_OR_RETURN(found, ResolveAt(task, dirfd, 0, AT_EMPTY_PATH, nullptr));
  }
  if (mode == F_OK) return uint64_t{0};
  RETURN_IF_ERROR(task.kernel().vfs().CheckAccess(found, asking, mode));
  return uint64_t{0};
}

}  // namespace

SyscallResult SysAccess(Task& task, const SyscallArguments& a) {
  return AccessAt(task, AT_FDCWD, a.Address(0), a.Int(1), 0);
}
SyscallResult SysFaccessat(Task& task, const SyscallArguments& a) {
  return AccessAt(task, a.Int(0), a.Address(1), a.Int(2), 0);
}
SyscallResult SysFaccessat2(Task& task, const SyscallArguments& a) {
  return AccessAt(task, a.Int(0), a.Address(1), a.Int(2), a.Int(3));
}

// -- extended attributes

namespace {

// user.* needs the file's own permission; trusted.* and security.* need CAP_SYS_ADMIN to write (xattr(7)).
Result<void> CheckXattr(Task& task, const Path& path, const std::string& name, bool write) {
  if (write && path.mount && path.mount->Has(MS_RDONLY)) return Error(EROFS);
  if (absl::StartsWith(name, "user.")) {
    uint32_t type = path.inode().type();
    if (type != S_IFREG && type != S_IFDIR) return Error(write ? EPERM : ENODATA);
    return task.kernel().vfs().CheckAccess(path, task.credentials(), write ? kMayWrite : kMayRead);
  }
  if (absl::StartsWith(name, "trusted.") || (absl::StartsWith(name, "security.") && write)) {
    if (!task.credentials().Has(CAP_SYS_ADMIN)) return Error(write ? EPERM : ENODATA);
    return Ok();
  }
  if (absl::StartsWith(name, "security.")) return Ok();
  return Error(EOPNOTSUPP);  // system.*: no ACLs
}

Result<std::string> XattrName(Task& task, Addr address) {
  Result<std::string> name = task.memory().CopyInString(address, XATTR_NAME_MAX + 1);
  if (!name.ok()) return Error(name.error() == ENAMETOOLONG ? ERANGE : name.error());
  if (name->empty()) return Error(ERANGE);
  return name;
}

Result<Path> XattrPath(Task& task, uint64_t target, bool by_descriptor, bool follow) {
  if (by_descriptor) {
    ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, static_cast<int>(target)));
    return file->path();
  }
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::AtCwd(task, target, follow ? unsigned{kFollowLast} : 0));
  return path.Resolve();
}

SyscallResult GetXattrOf(Task& task, const Result<Path>& path, const SyscallArguments& a) {
  RETURN_IF_ERROR(path);
  ASSIGN_OR_RETURN(std::string name, XattrName(task, a.Address(1)));
  RETURN_IF_ERROR(CheckXattr(task, *path, name, false));
  ASSIGN_OR_RETURN(std::string value, path->inode().GetXattr(name));
  if (a[3] == 0) return uint64_t{value.size()};
  if (a[3] < value.size()) return Error(ERANGE);
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(2), value.data(), value.size()));
  return uint64_t{value.size()};
}

SyscallResult SetXattrOf(Task& task, const Result<Path>& path, const SyscallArguments& a) {
  RETURN_IF_ERROR(path);
  if ((a.Int(4) & ~(XATTR_CREATE | XATTR_REPLACE)) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::string name, XattrName(task, a.Address(1)));
  if (a[3] > XATTR_SIZE_MAX) return Error(E2BIG);
  std::string value(a[3], '\0');
  RETURN_IF_ERROR(task.memory().CopyIn(value.data(), a.Address(2), value.size()));
  RETURN_IF_ERROR(CheckXattr(task, *path, name, true));
  RETURN_IF_ERROR(path->inode().SetXattr(name, value, a.Int(4)));
  return uint64_t{0};
}

SyscallResult ListXattrsOf(Task& task, const Result<Path>& path, const SyscallArguments& a) {
  RETURN_IF_ERROR(path);
  ASSIGN_OR_RETURN(std::vector<std::string> names, path->inode().ListXattrs());
  std::string list;
  for (const std::string& name : names) list.append(name.c_str(), name.size() + 1);
  if (a[2] == 0) return uint64_t{list.size()};
  if (a[2] < list.size()) return Error(ERANGE);
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(1), list.data(), list.size()));
  return uint64_t{list.size()};
}

SyscallResult RemoveXattrOf(Task& task, const Result<Path>& path, const SyscallArguments& a) {
  RETURN_IF_ERROR(path);
  ASSIGN_OR_RETURN(std::string name, XattrName(task, a.Address(1)));
  RETURN_IF_ERROR(CheckXattr(task, *path, name, true));
  RETURN_IF_ERROR(path->inode().RemoveXattr(name));
  return uint64_t{0};
}

}  // namespace

SyscallResult SysGetxattr(Task& task, const SyscallArguments& a) {
  return GetXattrOf(task, XattrPath(task, a[0], false, true), a);
}
SyscallResult SysLgetxattr(Task& task, const SyscallArguments& a) {
  return GetXattrOf(task, XattrPath(task, a[0], false, false), a);
}
SyscallResult SysFgetxattr(Task& task, const SyscallArguments& a) {
  return GetXattrOf(task, XattrPath(task, a[0], true, false), a);
}
SyscallResult SysSetxattr(Task& task, const SyscallArguments& a) {
  return SetXattrOf(task, XattrPath(task, a[0], false, true), a);
}
SyscallResult SysLsetxattr(Task& task, const SyscallArguments& a) {
  return SetXattrOf(task, XattrPath(task, a[0], false, false), a);
}
SyscallResult SysFsetxattr(Task& task, const SyscallArguments& a) {
  return SetXattrOf(task, XattrPath(task, a[0], true, false), a);
}
SyscallResult SysListxattr(Task& task, const SyscallArguments& a) {
  return ListXattrsOf(task, XattrPath(task, a[0], false, true), a);
}
SyscallResult SysLlistxattr(Task& task, const SyscallArguments& a) {
  return ListXattrsOf(task, XattrPath(task, a[0], false, false), a);
}
SyscallResult SysFlistxattr(Task& task, const SyscallArguments& a) {
  return ListXattrsOf(task, XattrPath(task, a[0], true, false), a);
}
SyscallResult SysRemovexattr(Task& task, const SyscallArguments& a) {
  return RemoveXattrOf(task, XattrPath(task, a[0], false, true), a);
}
SyscallResult SysLremovexattr(Task& task, const SyscallArguments& a) {
  return RemoveXattrOf(task, XattrPath(task, a[0], false, false), a);
}
SyscallResult SysFremovexattr(Task& task, const SyscallArguments& a) {
  return RemoveXattrOf(task, XattrPath(task, a[0], true, false), a);
}

}  // namespace sandbox
