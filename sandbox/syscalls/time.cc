// Clocks, sleeping, and how much time was used.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/cpu_clock.h"
#include "sandbox/kernel/cpu_timer.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_kernel.h"

namespace sandbox {
namespace {

constexpr int64_t kTicksPerSecond = 100;

bool IsHostClock(clockid_t clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
    case CLOCK_TAI:
      return true;
    default:
      return false;
  }
}

// Nanoseconds of `clock`, CPU clocks of guests included.
Result<int64_t> Now(Task& task, clockid_t clock) {
  if (IsHostClock(clock)) return ClockNow(clock);
  ASSIGN_OR_RETURN(const CpuClock cpu_clock, FindCpuClock(task, clock));
  return cpu_clock();
}

timeval ToTimeval(int64_t nanoseconds) {
  return {nanoseconds / kNanosecondsPerSecond, nanoseconds % kNanosecondsPerSecond / 1000};
}

// Sleeps until `deadline`; a relative sleep that a signal interrupts goes on by restart_syscall.
SyscallResult SleepUntil(Task& task, Deadline deadline, bool relative, Addr remaining) {
  Result<void> slept = Ok();
  while (slept.ok()) slept = task.Block(deadline);
  if (slept.error() == ETIMEDOUT) return 0;
  if (!relative) return Error(abi::kERestartNoHand);
  if (remaining != 0) {
    const int64_t left = std::max<int64_t>(deadline - MonotonicNow(), 0);
    RETURN_IF_ERROR(task.memory().Write(remaining, ToTimespec(left)));
  }
  task.restart_deadline = deadline;
  task.restart_remaining = remaining;
  return Error(abi::kERestartRestartBlock);
}

// Until another thread (or process) has used so much.
SyscallResult SleepByCpuClock(Task& task, clockid_t clock, int64_t deadline) {
  ASSIGN_OR_RETURN(CpuClock cpu_clock, FindCpuClock(task, clock));
  CpuTimer timer(&task.kernel().timers(), task.kernel().cpu_count(), std::move(cpu_clock), [&task] { task.Wake(); });
  timer.Set(deadline);
  while (timer.deadline() != 0) {
    if (!task.Block().ok()) return Error(abi::kERestartNoHand);
  }
  return 0;
}

rusage UsageOf(const CpuTimes& times) {
  rusage usage{};
  usage.ru_utime = ToTimeval(times.user);
  usage.ru_stime = ToTimeval(times.system);
  return usage;
}

}  // namespace

SyscallResult SysClockGettime(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(const int64_t now, Now(task, a.Int(0)));
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), ToTimespec(now)));
  return 0;
}

SyscallResult SysClockGetres(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(Now(task, a.Int(0)));
  timespec resolution{0, 1};
  if (IsHostClock(a.Int(0))) clock_getres(a.Int(0), &resolution);
  if (a.Address(1) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(1), resolution));
  return 0;
}

SyscallResult SysClockSettime(Task&, const SyscallArguments& a) {
  return Error(IsHostClock(a.Int(0)) ? EPERM : EINVAL);  // the host's clocks are the host's
}

SyscallResult SysClockNanosleep(Task& task, const SyscallArguments& a) {
  const clockid_t clock = a.Int(0);
  const bool absolute = (a.Int(1) & TIMER_ABSTIME) != 0;
  ASSIGN_OR_RETURN(const timespec time, task.memory().Read<timespec>(a.Address(2)));
  if (!IsValid(time)) return Error(EINVAL);
  ASSIGN_OR_RETURN(const int64_t now, Now(task, clock));
  if (clock == CLOCK_THREAD_CPUTIME_ID) return Error(EINVAL);
  const int64_t wanted = ToNanoseconds(time);
  if (!IsHostClock(clock)) return SleepByCpuClock(task, clock, absolute ? wanted : now + wanted);
  if (!absolute) return SleepUntil(task, DeadlineIn(wanted), /*relative=*/true, a.Address(3));
  return SleepUntil(task, DeadlineIn(wanted > now ? wanted - now : 0), /*relative=*/false, 0);
}

SyscallResult SysNanosleep(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(const timespec time, task.memory().Read<timespec>(a.Address(0)));
  if (!IsValid(time)) return Error(EINVAL);
  return SleepUntil(task, DeadlineIn(ToNanoseconds(time)), /*relative=*/true, a.Address(1));
}

// Only sleeps leave something to go on with.
SyscallResult SysRestartSyscall(Task& task, const SyscallArguments&) {
  if (task.restart_number != SYS_nanosleep && task.restart_number != SYS_clock_nanosleep) return Error(EINTR);
  const uint64_t number = task.restart_number;
  SyscallResult result = SleepUntil(task, task.restart_deadline, /*relative=*/true, task.restart_remaining);
  task.restart_number = number;
  return result;
}

SyscallResult SysGettimeofday(Task& task, const SyscallArguments& a) {
  if (a.Address(0) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(0), ToTimeval(ClockNow(CLOCK_REALTIME))));
  if (a.Address(1) != 0) {
    struct timezone utc {};
    RETURN_IF_ERROR(task.memory().Write(a.Address(1), utc));
  }
  return 0;
}

SyscallResult SysTime(Task& task, const SyscallArguments& a) {
  const time_t now = ClockNow(CLOCK_REALTIME_COARSE) / kNanosecondsPerSecond;
  if (a.Address(0) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(0), now));
  return now;
}

SyscallResult SysTimes(Task& task, const SyscallArguments& a) {
  const auto ticks = [](int64_t ns) { return ns / (kNanosecondsPerSecond / kTicksPerSecond); };
  if (a.Address(0) != 0) {
    const CpuTimes own = task.thread_group().Times();
    const CpuTimes& children = task.thread_group().reaped_children_times;
    const tms answer{ticks(own.user), ticks(own.system), ticks(children.user), ticks(children.system)};
    RETURN_IF_ERROR(task.memory().Write(a.Address(0), answer));
  }
  return ticks(MonotonicNow());
}

SyscallResult SysGetrusage(Task& task, const SyscallArguments& a) {
  rusage usage;
  switch (a.Int(0)) {
    case RUSAGE_SELF:
      usage = UsageOf(task.thread_group().Times());
      break;
    case RUSAGE_THREAD:
      usage = UsageOf(task.Times());
      break;
    case RUSAGE_CHILDREN:
      usage = UsageOf(task.thread_group().reaped_children_times);
      break;
    default:
      return Error(EINVAL);
  }
  usage.ru_maxrss =
      static_cast<long>(std::min(task.kernel().memory_file()->UsedBytes(), task.mm().mapped_bytes()) / 1024);
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), usage));
  return 0;
}

}  // namespace sandbox
