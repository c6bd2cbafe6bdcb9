// open and its relatives, descriptors, and what fcntl and ioctl say about them.
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "sandbox/fs/pipe.h"
#include "sandbox/fs/tmpfs.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/syscalls/async_notice.h"
#include "sandbox/syscalls/handlers_files.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/locks.h"

namespace sandbox {
namespace {

constexpr int kLargeFile = 0100000;  // O_LARGEFILE, 0 in the headers of a 64-bit libc

// Waits for the other side of a named pipe.
Result<void> WaitForPeer(Task& task, File& file, int flags) {
  if (!file.OpenPending() || (flags & O_NONBLOCK) != 0 || file.wait_queue() == nullptr) return Ok();
  return BlockOn(task, *file.wait_queue(), kReadyAll, kNoDeadline,
                 [&]() -> Result<void> { return file.OpenPending() ? Error(EAGAIN) : Ok(); });
}

SyscallResult OpenAt(Task& task, int dirfd, Addr address, int flags, uint32_t mode, unsigned walk_flags = 0) {
  if ((flags & O_PATH) == 0 && (flags & O_ACCMODE) == O_ACCMODE) flags &= ~O_ACCMODE;  // "3" asks for ioctls only
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::Read(task, dirfd, address, walk_flags));
  Lookup lookup = path.lookup();
  if ((walk_flags & kInRoot) != 0) {
    Lookup in_root{path.start(), path.start(), path.path(), task.credentials(), walk_flags};
    OpenOptions options{flags, mode, task.fs_context()->umask, &task};
    ASSIGN_OR_RETURN(std::shared_ptr<File> file, path.vfs().Open(in_root, options));
    return InstallFile(task, std::move(file), (flags & O_CLOEXEC) != 0);
  }
  OpenOptions options{flags, mode, task.fs_context()->umask, &task};
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, path.vfs().Open(lookup, options));
  RETURN_IF_ERROR(WaitForPeer(task, *file, flags));
  return InstallFile(task, std::move(file), (flags & O_CLOEXEC) != 0);
}

}  // namespace

SyscallResult SysOpen(Task& task, const SyscallArguments& a) {
  return OpenAt(task, AT_FDCWD, a.Address(0), a.Int(1), a.Uint(2));
}

SyscallResult SysOpenat(Task& task, const SyscallArguments& a) {
  return OpenAt(task, a.Int(0), a.Address(1), a.Int(2), a.Uint(3));
}

SyscallResult SysCreat(Task& task, const SyscallArguments& a) {
  return OpenAt(task, AT_FDCWD, a.Address(0), O_CREAT | O_WRONLY | O_TRUNC, a.Uint(1));
}

SyscallResult SysOpenat2(Task& task, const SyscallArguments& a) {
  if (a[3] < sizeof(open_how)) return Error(EINVAL);
  if (a[3] > sizeof(open_how)) return Error(E2BIG);
  ASSIGN_OR_RETURN(open_how how, task.memory().Read<open_how>(a.Address(2)));
  constexpr uint64_t kKnown = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |
                              RESOLVE_IN_ROOT | RESOLVE_CACHED;
  constexpr uint64_t kFlags = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC |
                              O_SYNC | O_ASYNC | O_DIRECT | kLargeFile | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |
                              O_CLOEXEC | O_PATH | O_TMPFILE;
  if ((how.resolve & ~kKnown) != 0 || (how.flags & ~kFlags) != 0) return Error(EINVAL);
  bool creates = (how.flags & O_CREAT) != 0 || (how.flags & O_TMPFILE) == O_TMPFILE;
  if (creates ? (how.mode & ~uint64_t{07777}) != 0 : how.mode != 0) return Error(EINVAL);
  if ((how.resolve & RESOLVE_CACHED) != 0) return Error(EAGAIN);
  if ((how.resolve & RESOLVE_BENEATH) != 0 && (how.resolve & RESOLVE_IN_ROOT) != 0) return Error(EINVAL);
  unsigned walk = 0;
  if ((how.resolve & RESOLVE_NO_XDEV) != 0) walk |= kNoMountCross;
  if ((how.resolve & RESOLVE_NO_MAGICLINKS) != 0) walk |= kNoMagicLinks;
  if ((how.resolve & RESOLVE_NO_SYMLINKS) != 0) walk |= kNoSymlinks;
  if ((how.resolve & RESOLVE_BENEATH) != 0) walk |= kBeneath;
  if ((how.resolve & RESOLVE_IN_ROOT) != 0) walk |= kInRoot;
  return OpenAt(task, a.Int(0), a.Address(1), static_cast<int>(how.flags), static_cast<uint32_t>(how.mode), walk);
}

SyscallResult SysClose(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(task.fd_table()->Close(a.Int(0)));
  return uint64_t{0};
}

SyscallResult SysCloseRange(Task& task, const SyscallArguments& a) {
  constexpr unsigned kUnshare = 2, kCloexec = 4;  // CLOSE_RANGE_*
  unsigned first = a.Uint(0), last = a.Uint(1), flags = a.Uint(2);
  if (first > last || (flags & ~(kUnshare | kCloexec)) != 0) return Error(EINVAL);
  if ((flags & kUnshare) != 0 && task.fd_table().use_count() > 1) task.set_fd_table(task.fd_table()->Clone());
  FdTable& table = *task.fd_table();
  for (unsigned fd = first; fd <= last && fd < static_cast<unsigned>(table.end()); ++fd) {
    if (table.Peek(static_cast<int>(fd)) == nullptr) continue;
    (void)((flags & kCloexec) != 0 ? table.set_close_on_exec(fd, true) : table.Close(fd));
  }
  return uint64_t{0};
}

SyscallResult SysDup(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFileOrPath(task, a.Int(0)));
  return InstallFile(task, std::move(file), false);
}

namespace {

SyscallResult DupTo(Task& task, int from, int to, bool close_on_exec) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFileOrPath(task, from));
  uint64_t limit = std::min<uint64_t>(task.thread_group().Limit(RLIMIT_NOFILE), FdTable::kMaxDescriptors);
  if (to < 0 || static_cast<uint64_t>(to) >= limit) return Error(EBADF);
  task.fd_table()->InstallAt(to, std::move(file), close_on_exec);
  return static_cast<uint64_t>(to);
}

}  // namespace

SyscallResult SysDup2(Task& task, const SyscallArguments& a) {
  if (a.Int(0) == a.Int(1)) {
    RETURN_IF_ERROR(GetFileOrPath(task, a.Int(0)));
    return static_cast<uint64_t>(a.Int(0));
  }
  return DupTo(task, a.Int(0), a.Int(1), false);
}

SyscallResult SysDup3(Task& task, const SyscallArguments& a) {
  if (a.Int(0) == a.Int(1) || (a.Int(2) & ~O_CLOEXEC) != 0) return Error(EINVAL);
  return DupTo(task, a.Int(0), a.Int(1), (a.Int(2) & O_CLOEXEC) != 0);
}

SyscallResult SysPipe2(Task& task, const SyscallArguments& a) {
  int flags = a.Int(1);
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0) return Error(EINVAL);
  auto [reader, writer] = MakePipe(task.kernel().vfs(), task.credentials(), flags);
  bool close_on_exec = (flags & O_CLOEXEC) != 0;
  ASSIGN_OR_RETURN(uint64_t read_fd, InstallFile(task, reader, close_on_exec));
  Result<uint64_t> write_fd = InstallFile(task, writer, close_on_exec);
  Result<void> stored = write_fd.ok() ? Ok() : Result<void>(Error(write_fd.error()));
  if (write_fd.ok()) {
    int fds[2] = {static_cast<int>(read_fd), static_cast<int>(*write_fd)};
    stored = task.memory().CopyOut(a.Address(0), fds, sizeof(fds));
  }
  if (!stored.ok()) {
    (void)task.fd_table()->Close(static_cast<int>(read_fd));
    if (write_fd.ok()) (void)task.fd_table()->Close(static_cast<int>(*write_fd));
    return Error(stored.error());
  }
  return uint64_t{0};
}

SyscallResult SysPipe(Task& task, const SyscallArguments& a) {
  SyscallArguments with_flags = a;
  with_flags.value[1] = 0;
  return SysPipe2(task, with_flags);
}

SyscallResult SysMemfdCreate(Task& task, const SyscallArguments& a) {
  constexpr unsigned kNoExecSeal = 0x0008u, kExec = 0x0010u;  // MFD_NOEXEC_SEAL, MFD_EXEC
  constexpr unsigned kKnown = MFD_CLOEXEC | MFD_ALLOW_SEALING | kNoExecSeal | kExec;
  if ((a.Uint(1) & ~kKnown) != 0) return Error(EINVAL);
  Result<std::string> name = task.memory().CopyInString(a.Address(0), 250);
  if (!name.ok()) return Error(name.error() == ENAMETOOLONG ? EINVAL : name.error());
  std::string shown = absl::StrCat("/memfd:", *name);
  uint32_t permissions = (a.Uint(1) & kNoExecSeal) != 0 ? 0666 : 0777;
  const Credentials& credentials = task.credentials();
  std::shared_ptr<Inode> inode = MakeMemoryInode(task.kernel().shared_memory(), absl::StrCat(shown, " (deleted)"),
                                                 permissions, credentials.fsuid, credentials.fsgid);
  Path path = task.kernel().vfs().AnonymousPath(inode, absl::StrCat(shown, " (deleted)"));
  OpenRequest request{O_RDWR, &path, &credentials, &task};
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, inode->Open(request));
  if ((a.Uint(1) & MFD_ALLOW_SEALING) != 0 || (a.Uint(1) & kNoExecSeal) != 0) {
    ASSIGN_OR_RETURN(const std::shared_ptr<Mappable> contents, file->GetMappable());
    std::static_pointer_cast<MemoryContents>(contents)->seals = (a.Uint(1) & kNoExecSeal) != 0 ? 0x20 : 0;
  }
  return InstallFile(task, std::move(file), (a.Uint(1) & MFD_CLOEXEC) != 0);
}

// -- locks

namespace {

// The range of a struct flock, as a FileLock without owner.
Result<FileLock> ReadLock(File& file, const struct flock& request) {
  int64_t base = 0;
  if (request.l_whence == SEEK_CUR) {
    base = static_cast<int64_t>(file.position());
  } else if (request.l_whence == SEEK_END) {
    ASSIGN_OR_RETURN(Attributes attributes, file.GetAttributes());
    base = static_cast<int64_t>(attributes.size);
  } else if (request.l_whence != SEEK_SET) {
    return Error(EINVAL);
  }
  int64_t start, end;
  if (__builtin_add_overflow(base, request.l_start, &start)) return Error(EOVERFLOW);
  if (request.l_len == 0) {
    end = INT64_MAX;
  } else if (__builtin_add_overflow(start, request.l_len, &end)) {
    return Error(EOVERFLOW);
  }
  if (request.l_len < 0) std::swap(start, end);
  if (start < 0) return Error(EINVAL);
  FileLock lock;
  lock.exclusive = request.l_type == F_WRLCK;
  lock.start = static_cast<uint64_t>(start);
  lock.end = request.l_len == 0 ? ~uint64_t{0} : static_cast<uint64_t>(end);
  return lock;
}

SyscallResult RecordLock(Task& task, const std::shared_ptr<File>& file, int command, Addr address) {
  ASSIGN_OR_RETURN(struct flock request, task.memory().Read<struct flock>(address));
  if (request.l_type != F_RDLCK && request.l_type != F_WRLCK && request.l_type != F_UNLCK) return Error(EINVAL);
  ASSIGN_OR_RETURN(FileLock lock, ReadLock(*file, request));
  bool description = command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
  if (description && request.l_pid != 0) return Error(EINVAL);
  lock.owner = description ? static_cast<const void*>(file.get()) : task.fd_table().get();
  lock.process = description ? -1 : task.thread_group().id();
  LockList& locks = file->inode().MakeLocks();
  if (command == F_GETLK || command == F_OFD_GETLK) {
    if (request.l_type == F_UNLCK) return Error(EINVAL);
    std::optional<FileLock> conflict = locks.Conflict(lock);
    if (!conflict) {
      request.l_type = F_UNLCK;
    } else {
      request = {};
      request.l_type = conflict->exclusive ? F_WRLCK : F_RDLCK;
      request.l_start = static_cast<off_t>(conflict->start);
      request.l_len = conflict->end == ~uint64_t{0} ? 0 : static_cast<off_t>(conflict->end - conflict->start);
      request.l_pid = conflict->process;
    }
    RETURN_IF_ERROR(task.memory().Write(address, request));
    return uint64_t{0};
  }
  if (request.l_type == F_UNLCK) {
    locks.Release(LockKind::kRecord, lock.owner, lock.start, lock.end);
    return uint64_t{0};
  }
  if (lock.exclusive ? !file->writable() : !file->readable()) return Error(EBADF);
  bool wait = command == F_SETLKW || command == F_OFD_SETLKW;
  Result<void> taken =
      wait ? BlockOn(task, locks.wait_queue(), kReadyAll, kNoDeadline, [&] { return locks.Acquire(lock); })
           : locks.Acquire(lock);
  RETURN_IF_ERROR(taken);
  return uint64_t{0};
}

}  // namespace

SyscallResult SysFlock(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  int operation = a.Int(1);
  LockList& locks = file->inode().MakeLocks();
  FileLock lock{LockKind::kFlock, (operation & ~LOCK_NB) == LOCK_EX, file.get()};
  switch (operation & ~LOCK_NB) {
    case LOCK_UN:
      locks.Release(LockKind::kFlock, file.get(), 0, ~uint64_t{0});
      return uint64_t{0};
    case LOCK_SH:
    case LOCK_EX:
      break;
    default:
      return Error(EINVAL);
  }
  Result<void> taken = (operation & LOCK_NB) != 0 ? locks.Acquire(lock)
                                                  : BlockOn(task, locks.wait_queue(), kReadyAll, kNoDeadline,
                                                            [&] { return locks.Acquire(lock); });
  RETURN_IF_ERROR(taken);
  return uint64_t{0};
}

// -- fcntl and ioctl

namespace {

SyscallResult PipeSize(File& file, int command, uint64_t argument) {
  auto* pipe = dynamic_cast<PipeFile*>(&file);
  if (pipe == nullptr) return Error(EBADF);
  if (command == F_SETPIPE_SZ) {
    if (argument > kMaxPipeSize) return Error(EPERM);
    RETURN_IF_ERROR(pipe->pipe().Resize(argument));
  }
  return static_cast<uint64_t>(pipe->pipe().capacity());
}

}  // namespace

namespace {

bool IsMappedForWriting(Kernel& kernel, const Mappable& contents) {
  for (const auto& [tid, task] : kernel.tasks()) {
    for (const auto& [start, vma] : task->mm().vmas()) {
      if (vma.file.get() == &contents && vma.shared && vma.may_write) return true;
    }
  }
  return false;
}

SyscallResult Seals(Task& task, File& file, int command, int seals) {
  constexpr int kSealExecutable = 0x20;  // F_SEAL_EXEC
  constexpr int kKnown =
      F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | kSealExecutable;
  const Result<std::shared_ptr<Mappable>> mappable = file.GetMappable();
  const auto contents = mappable.ok() ? std::dynamic_pointer_cast<MemoryContents>(*mappable) : nullptr;
  if (contents == nullptr) return Error(EINVAL);
  if (command == F_GET_SEALS) return static_cast<uint64_t>(contents->seals);
  if ((seals & ~kKnown) != 0) return Error(EINVAL);
  if (!file.writable() || (contents->seals & F_SEAL_SEAL) != 0) return Error(EPERM);
  if ((seals & F_SEAL_WRITE) != 0 && IsMappedForWriting(task.kernel(), *contents)) return Error(EBUSY);
  contents->seals |= seals;
  return uint64_t{0};
}

SyscallResult SetStatusFlags(Task& task, File& file, int fd, int flags) {
  const int before = file.flags();
  RETURN_IF_ERROR(file.SetStatusFlags(flags));
  if (((before ^ file.flags()) & O_ASYNC) != 0) AsyncNotice::Of(task, file).Enable(file, fd);
  return uint64_t{0};
}

SyscallResult NoticeCommand(Task& task, File& file, int command, uint64_t argument) {
  AsyncNotice& notice = AsyncNotice::Of(task, file);
  const int number = static_cast<int>(argument);
  switch (command) {
    case F_GETOWN: {
      const f_owner_ex owner = notice.owner();
      return static_cast<uint64_t>(int64_t{owner.type == F_OWNER_PGRP ? -owner.pid : owner.pid});
    }
    case F_SETOWN:
      if (number == INT_MIN) return Error(EINVAL);
      RETURN_IF_ERROR(
          notice.SetOwner(task, number < 0 ? f_owner_ex{F_OWNER_PGRP, -number} : f_owner_ex{F_OWNER_PID, number}));
      return uint64_t{0};
    case F_GETOWN_EX:
      RETURN_IF_ERROR(task.memory().Write<f_owner_ex>(argument, notice.owner()));
      return uint64_t{0};
    case F_SETOWN_EX: {
      ASSIGN_OR_RETURN(const f_owner_ex owner, task.memory().Read<f_owner_ex>(argument));
      RETURN_IF_ERROR(notice.SetOwner(task, owner));
      return uint64_t{0};
    }
    case F_GETSIG:
      return static_cast<uint64_t>(notice.signal());
    default:
      RETURN_IF_ERROR(notice.SetSignal(number));
      return uint64_t{0};
  }
}

}  // namespace

SyscallResult SysFcntl(Task& task, const SyscallArguments& a) {
  const int fd = a.Int(0), command = a.Int(1);
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFileOrPath(task, fd));
  FdTable& table = *task.fd_table();
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      if (a.Int(2) < 0 || static_cast<uint64_t>(a.Int(2)) >= task.thread_group().Limit(RLIMIT_NOFILE))
        return Error(EINVAL);
      return InstallFile(task, file, command == F_DUPFD_CLOEXEC, a.Int(2));
    case F_GETFD: {
      ASSIGN_OR_RETURN(bool close_on_exec, table.close_on_exec(fd));
      return uint64_t{close_on_exec ? FD_CLOEXEC : 0u};
    }
    case F_SETFD:
      RETURN_IF_ERROR(table.set_close_on_exec(fd, (a.Int(2) & FD_CLOEXEC) != 0));
      return uint64_t{0};
    case F_GETFL:
      return static_cast<uint64_t>(file->flags());
  }
  if ((file->flags() & O_PATH) != 0) return Error(EBADF);
  switch (command) {
    case F_SETFL:
      return SetStatusFlags(task, *file, fd, a.Int(2));
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return RecordLock(task, file, command, a.Address(2));
    case F_GETOWN:
    case F_SETOWN:
    case F_GETOWN_EX:
    case F_SETOWN_EX:
    case F_GETSIG:
    case F_SETSIG:
      return NoticeCommand(task, *file, command, a[2]);
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ:
      return PipeSize(*file, command, a[2]);
    case F_GETLEASE:
      return uint64_t{F_UNLCK};
    case F_SETLEASE:
      return Error(a.Int(2) == F_UNLCK ? EAGAIN : EINVAL);
    case F_GET_SEALS:
    case F_ADD_SEALS:
      return Seals(task, *file, command, a.Int(2));
    default:
      return Error(EINVAL);
  }
}

SyscallResult SysIoctl(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  switch (a.Uint(1)) {
    case FIOCLEX:
    case FIONCLEX:
      RETURN_IF_ERROR(task.fd_table()->set_close_on_exec(a.Int(0), a.Uint(1) == FIOCLEX));
      return uint64_t{0};
    case FIONBIO: {
      ASSIGN_OR_RETURN(int on, task.memory().Read<int>(a.Address(2)));
      RETURN_IF_ERROR(file->SetStatusFlags(on != 0 ? file->flags() | O_NONBLOCK : file->flags() & ~O_NONBLOCK));
      return uint64_t{0};
    }
    case FIOASYNC: {
      ASSIGN_OR_RETURN(int on, task.memory().Read<int>(a.Address(2)));
      return SetStatusFlags(task, *file, a.Int(0), on != 0 ? file->flags() | O_ASYNC : file->flags() & ~O_ASYNC);
    }
    case FIONREAD:
      if (file->inode().type() == S_IFREG) {
        ASSIGN_OR_RETURN(Attributes attributes, file->GetAttributes());
        int64_t left = static_cast<int64_t>(attributes.size) - static_cast<int64_t>(file->position());
        RETURN_IF_ERROR(
            task.memory().Write<int>(a.Address(2), static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX))));
        return uint64_t{0};
      }
      break;
  }
  return file->Ioctl(task, a.Uint(1), a[2]);
}

}  // namespace sandbox
