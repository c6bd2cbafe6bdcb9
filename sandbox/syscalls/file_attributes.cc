// Changing what files are: modes, owners, times, sizes; and flushing them.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/syscalls/blocking_io.h"
#include "sandbox/syscalls/handlers_files.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/permissions.h"

namespace sandbox {
namespace {

SyscallResult Change(Task& task, const Path& path, const AttributeChange& change) {
  RETURN_IF_ERROR(task.kernel().vfs().SetAttributes(path, task.credentials(), change));
  return uint64_t{0};
}

SyscallResult ChangeAt(Task& task, int dirfd, Addr address, int at_flags, const AttributeChange& change) {
  ASSIGN_OR_RETURN(Path path, ResolveAt(task, dirfd, address, at_flags, nullptr));
  return Change(task, path, change);
}

SyscallResult ChangeOpen(Task& task, int fd, const AttributeChange& change) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  ASSIGN_OR_RETURN(Attributes attributes, file->GetAttributes());
  if (file->path().mount && file->path().mount->Has(MS_RDONLY)) return Error(EROFS);
  ASSIGN_OR_RETURN(AttributeChange allowed, CheckChange(task.credentials(), attributes, change));
  RETURN_IF_ERROR(file->SetAttributes(allowed));
  return uint64_t{0};
}

AttributeChange Mode(uint32_t mode) { return AttributeChange{.permissions = mode & 07777}; }

AttributeChange Owner(uint32_t uid, uint32_t gid) {
  AttributeChange change;
  if (uid != ~uint32_t{0}) change.uid = uid;
  if (gid != ~uint32_t{0}) change.gid = gid;
  return change;
}

}  // namespace

SyscallResult SysChmod(Task& task, const SyscallArguments& a) {
  return ChangeAt(task, AT_FDCWD, a.Address(0), 0, Mode(a.Uint(1)));
}
SyscallResult SysFchmod(Task& task, const SyscallArguments& a) { return ChangeOpen(task, a.Int(0), Mode(a.Uint(1))); }
SyscallResult SysFchmodat(Task& task, const SyscallArguments& a) {
  return ChangeAt(task, a.Int(0), a.Address(1), 0, Mode(a.Uint(2)));
}

SyscallResult SysFchmodat2(Task& task, const SyscallArguments& a) {
  if ((a.Int(3) & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(Path path, ResolveAt(task, a.Int(0), a.Address(1), a.Int(3), nullptr));
  if (path.inode().IsSymlink()) return Error(EOPNOTSUPP);
  return Change(task, path, Mode(a.Uint(2)));
}

SyscallResult SysChown(Task& task, const SyscallArguments& a) {
  return ChangeAt(task, AT_FDCWD, a.Address(0), 0, Owner(a.Uint(1), a.Uint(2)));
}
SyscallResult SysLchown(Task& task, const SyscallArguments& a) {
  return ChangeAt(task, AT_FDCWD, a.Address(0), AT_SYMLINK_NOFOLLOW, Owner(a.Uint(1), a.Uint(2)));
}
SyscallResult SysFchown(Task& task, const SyscallArguments& a) {
  return ChangeOpen(task, a.Int(0), Owner(a.Uint(1), a.Uint(2)));
}

SyscallResult SysFchownat(Task& task, const SyscallArguments& a) {
  if ((a.Int(4) & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) return Error(EINVAL);
  return ChangeAt(task, a.Int(0), a.Address(1), a.Int(4), Owner(a.Uint(2), a.Uint(3)));
}

SyscallResult SysUmask(Task& task, const SyscallArguments& a) {
  uint32_t old = task.fs_context()->umask;
  task.fs_context()->umask = a.Uint(0) & 0777;
  return uint64_t{old};
}

// -- times

namespace {

Result<std::optional<TimeChange>> FromTimespec(const timespec& time) {
  if (time.tv_nsec == UTIME_OMIT) return std::optional<TimeChange>();
  if (time.tv_nsec == UTIME_NOW) return std::optional<TimeChange>(TimeChange{.now = true});
  if (time.tv_nsec < 0 || time.tv_nsec >= 1'000'000'000) return Error(EINVAL);
  return std::optional<TimeChange>(TimeChange{false, time});
}

AttributeChange BothNow() {
  return AttributeChange{.access_time = TimeChange{.now = true}, .modify_time = TimeChange{.now = true}};
}

Result<AttributeChange> FromTimeval(Task& task, Addr address) {
  if (address == 0) return BothNow();
  timeval times[2];
  RETURN_IF_ERROR(task.memory().CopyIn(times, address, sizeof(times)));
  AttributeChange change;
  for (const timeval& time : times) {
    if (time.tv_usec < 0 || time.tv_usec >= 1'000'000) return Error(EINVAL);
  }
  change.access_time = TimeChange{false, {times[0].tv_sec, times[0].tv_usec * 1000}};
  change.modify_time = TimeChange{false, {times[1].tv_sec, times[1].tv_usec * 1000}};
  return change;
}

}  // namespace

SyscallResult SysUtimensat(Task& task, const SyscallArguments& a) {
  if ((a.Int(3) & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) return Error(EINVAL);
  AttributeChange change = BothNow();
  if (a.Address(2) != 0) {
    timespec times[2];
    RETURN_IF_ERROR(task.memory().CopyIn(times, a.Address(2), sizeof(times)));
    ASSIGN_OR_RETURN(change.access_time, FromTimespec(times[0]));
    ASSIGN_OR_RETURN(change.modify_time, FromTimespec(times[1]));
    if (!change.access_time && !change.modify_time) return uint64_t{0};
  }
  if (a.Address(1) == 0) return ChangeOpen(task, a.Int(0), change);  // futimens
  return ChangeAt(task, a.Int(0), a.Address(1), a.Int(3), change);
}

SyscallResult SysUtimes(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(AttributeChange change, FromTimeval(task, a.Address(1)));
  return ChangeAt(task, AT_FDCWD, a.Address(0), 0, change);
}

SyscallResult SysFutimesat(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(AttributeChange change, FromTimeval(task, a.Address(2)));
  return ChangeAt(task, a.Int(0), a.Address(1), 0, change);
}

SyscallResult SysUtime(Task& task, const SyscallArguments& a) {
  AttributeChange change = BothNow();
  if (a.Address(1) != 0) {
    ASSIGN_OR_RETURN(utimbuf times, task.memory().Read<utimbuf>(a.Address(1)));
    change.access_time = TimeChange{false, {times.actime, 0}};
    change.modify_time = TimeChange{false, {times.modtime, 0}};
  }
  return ChangeAt(task, AT_FDCWD, a.Address(0), 0, change);
}

// -- sizes

SyscallResult SysTruncate(Task& task, const SyscallArguments& a) {
  if (a.Long(1) < 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(Path path, ResolveAt(task, AT_FDCWD, a.Address(0), 0, nullptr));
  if (path.inode().IsDirectory()) return Error(EISDIR);
  if (path.inode().type() != S_IFREG) return Error(EINVAL);
  RETURN_IF_ERROR(CheckFileSize(task, a[1]));
  return Change(task, path, AttributeChange{.size = a[1]});
}

SyscallResult SysFtruncate(Task& task, const SyscallArguments& a) {
  if (a.Long(1) < 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  if (file->inode().type() != S_IFREG || !file->writable()) return Error(EINVAL);
  RETURN_IF_ERROR(CheckFileSize(task, a[1]));
  RETURN_IF_ERROR(file->SetAttributes(AttributeChange{.size = a[1]}));
  return uint64_t{0};
}

SyscallResult SysFallocate(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  if (!file->writable()) return Error(EBADF);
  if (a.Long(2) < 0 || a.Long(3) <= 0) return Error(EINVAL);
  if (file->inode().IsDirectory()) return Error(EISDIR);
  if (file->inode().type() == S_IFIFO) return Error(ESPIPE);
  int64_t end;
  if (__builtin_add_overflow(a.Long(2), a.Long(3), &end)) return Error(EFBIG);
  RETURN_IF_ERROR(CheckFileSize(task, static_cast<uint64_t>(end)));
  RETURN_IF_ERROR(file->Allocate(a.Int(1), a[2], a[3]));
  return uint64_t{0};
}

// -- flushing and advice

SyscallResult SysFsync(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  RETURN_IF_ERROR(file->Sync(false));
  return uint64_t{0};
}

SyscallResult SysFdatasync(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  RETURN_IF_ERROR(file->Sync(true));
  return uint64_t{0};
}

SyscallResult SysSyncFileRange(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  if (a.Long(1) < 0 || a.Long(2) < 0 || (a.Uint(3) & ~7u) != 0) return Error(EINVAL);
  if (file->inode().type() == S_IFIFO || file->inode().type() == S_IFSOCK) return Error(ESPIPE);
  RETURN_IF_ERROR(file->Sync(true));
  return uint64_t{0};
}

// Writes reach the host's page cache at once, and the host flushes that; a guest cannot make the host flush everything.
SyscallResult SysSync(Task&, const SyscallArguments&) { return uint64_t{0}; }

SyscallResult SysSyncfs(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(GetFile(task, a.Int(0)));
  return uint64_t{0};
}

SyscallResult SysFadvise64(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  if (file->inode().type() == S_IFIFO) return Error(ESPIPE);
  if (a.Int(3) < 0 || a.Int(3) > 5 || a.Long(2) < 0) return Error(EINVAL);
  return uint64_t{0};
}

SyscallResult SysReadahead(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  if (!file->readable()) return Error(EBADF);
  if (file->inode().type() != S_IFREG) return Error(EINVAL);
  return uint64_t{0};
}

}  // namespace sandbox
