// Descriptors that tell of events: eventfd, timerfd, signalfd, inotify.
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "sandbox/fs/event_files.h"
#include "sandbox/fs/inotify.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_files.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/permissions.h"

namespace sandbox {

SyscallResult SysEventfd2(Task& task, const SyscallArguments& a) {
  int flags = a.Int(1);
  if ((flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) != 0) return Error(EINVAL);
  return InstallFile(task, MakeEventFile(task.kernel().vfs(), a.Uint(0), (flags & EFD_SEMAPHORE) != 0, flags),
                     (flags & EFD_CLOEXEC) != 0);
}

SyscallResult SysEventfd(Task& task, const SyscallArguments& a) {
  return InstallFile(task, MakeEventFile(task.kernel().vfs(), a.Uint(0), false, 0), false);
}

// -- timers

SyscallResult SysTimerfdCreate(Task& task, const SyscallArguments& a) {
  int clock = a.Int(0), flags = a.Int(1);
  if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) != 0) return Error(EINVAL);
  if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) return Error(EPERM);
  if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME) return Error(EINVAL);
  return InstallFile(task, MakeTimerFile(task.kernel().vfs(), clock, &task.kernel().timers(), flags),
                     (flags & TFD_CLOEXEC) != 0);
}

namespace {

Result<std::shared_ptr<TimerFile>> GetTimer(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  auto timer = std::dynamic_pointer_cast<TimerFile>(file);
  if (!timer) return Error(EINVAL);
  return timer;
}

}  // namespace

SyscallResult SysTimerfdSettime(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<TimerFile> timer, GetTimer(task, a.Int(0)));
  if ((a.Int(1) & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(itimerspec wanted, task.memory().Read<itimerspec>(a.Address(2)));
  if (!IsValid(wanted.it_value) || !IsValid(wanted.it_interval)) return Error(EINVAL);
  itimerspec old = timer->Get();
  timer->Set(ToNanoseconds(wanted.it_value), ToNanoseconds(wanted.it_interval), (a.Int(1) & TFD_TIMER_ABSTIME) != 0);
  if (a.Address(3) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(3), old));
  return uint64_t{0};
}

SyscallResult SysTimerfdGettime(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<TimerFile> timer, GetTimer(task, a.Int(0)));
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), timer->Get()));
  return uint64_t{0};
}

// -- signals

namespace {

SyscallResult SignalFd(Task& task, int fd, Addr mask_address, uint64_t size, int flags) {
  if ((flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) != 0 || size != sizeof(SignalSet)) return Error(EINVAL);
  ASSIGN_OR_RETURN(SignalSet mask, task.memory().Read<SignalSet>(mask_address));
  mask &= ~kUnblockable;
  if (fd == -1) return InstallFile(task, MakeSignalFile(task.kernel().vfs(), mask, flags), (flags & SFD_CLOEXEC) != 0);
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  auto signal_file = std::dynamic_pointer_cast<SignalFile>(file);
  if (!signal_file) return Error(EINVAL);
  signal_file->set_mask(mask);
  return static_cast<uint64_t>(fd);
}

}  // namespace

SyscallResult SysSignalfd4(Task& task, const SyscallArguments& a) {
  return SignalFd(task, a.Int(0), a.Address(1), a[2], a.Int(3));
}
SyscallResult SysSignalfd(Task& task, const SyscallArguments& a) {
  return SignalFd(task, a.Int(0), a.Address(1), a[2], 0);
}

// -- inotify

SyscallResult SysInotifyInit1(Task& task, const SyscallArguments& a) {
  if ((a.Int(0) & ~(IN_CLOEXEC | IN_NONBLOCK)) != 0) return Error(EINVAL);
  return InstallFile(task, Inotify::Make(task.kernel().vfs(), a.Int(0)), (a.Int(0) & IN_CLOEXEC) != 0);
}

SyscallResult SysInotifyInit(Task& task, const SyscallArguments&) {
  return InstallFile(task, Inotify::Make(task.kernel().vfs(), 0), false);
}

namespace {

Result<std::shared_ptr<Inotify>> GetInotify(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  auto inotify = std::dynamic_pointer_cast<Inotify>(file);
  if (!inotify) return Error(EINVAL);
  return inotify;
}

}  // namespace

SyscallResult SysInotifyAddWatch(Task& task, const SyscallArguments& a) {
  uint32_t mask = a.Uint(2);
  if ((mask & IN_ALL_EVENTS) == 0 || ((mask & IN_MASK_ADD) != 0 && (mask & IN_MASK_CREATE) != 0)) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::shared_ptr<Inotify> inotify, GetInotify(task, a.Int(0)));
  ASSIGN_OR_RETURN(PathArgument path,
                   PathArgument::AtCwd(task, a.Address(1), (mask & IN_DONT_FOLLOW) != 0 ? 0 : unsigned{kFollowLast}));
  ASSIGN_OR_RETURN(Path found, path.Resolve());
  if ((mask & IN_ONLYDIR) != 0 && !found.inode().IsDirectory()) return Error(ENOTDIR);
  RETURN_IF_ERROR(task.kernel().vfs().CheckAccess(found, task.credentials(), kMayRead));
  ASSIGN_OR_RETURN(int watch, inotify->Watch(found, mask));
  return static_cast<uint64_t>(watch);
}

SyscallResult SysInotifyRmWatch(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Inotify> inotify, GetInotify(task, a.Int(0)));
  RETURN_IF_ERROR(inotify->Remove(a.Int(1)));
  return uint64_t{0};
}

}  // namespace sandbox
