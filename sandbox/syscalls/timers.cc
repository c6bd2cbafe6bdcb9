// Timers that send signals: alarm, setitimer, timer_create.
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <memory>

#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/cpu_clock.h"
#include "sandbox/kernel/cpu_timer.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_kernel.h"

namespace sandbox {
namespace {

constexpr size_t kMaxTimers = 1024;  // a process
constexpr int kMaxOverrun = INT32_MAX;

int64_t ToNanoseconds(const timeval& time) { return time.tv_sec * kNanosecondsPerSecond + time.tv_usec * 1000; }
timeval ToTimeval(int64_t ns) { return {ns / kNanosecondsPerSecond, ns % kNanosecondsPerSecond / 1000}; }
bool IsValid(const timeval& time) {
  return time.tv_sec >= 0 && time.tv_sec < kNoDeadline / kNanosecondsPerSecond / 2 && time.tv_usec >= 0 &&
         time.tv_usec < 1000000;
}

int64_t LeftOf(const std::unique_ptr<CpuTimer>& timer) {
  if (timer == nullptr || timer->deadline() == 0) return 0;
  return std::max<int64_t>(timer->deadline() - timer->Now(), 1);
}

int64_t LeftOf(const std::unique_ptr<TimerQueue::Timer>& timer) {
  if (timer == nullptr || timer->deadline() == 0) return 0;
  return std::max<int64_t>(timer->deadline() - MonotonicNow(), 1);
}

void RealTimerExpired(ThreadGroup* group) {
  siginfo_t info = KernelSignalInfo(SIGALRM);
  group->Send(info);
  if (group->real_timer.interval != 0) group->real_timer.timer->Set(DeadlineIn(group->real_timer.interval));
}

void SetRealTimer(ThreadGroup& group, int64_t value, int64_t interval) {
  IntervalTimer& real = group.real_timer;
  if (real.timer == nullptr) {
    real.timer = std::make_unique<TimerQueue::Timer>(&group.kernel().timers(), [&group] { RealTimerExpired(&group); });
  }
  real.interval = interval;
  if (value == 0) {
    real.timer->Cancel();
  } else {
    real.timer->Set(DeadlineIn(value));
  }
}

CpuIntervalTimer& CpuTimerOf(ThreadGroup& group, int which) {
  return which == ITIMER_VIRTUAL ? group.virtual_timer : group.prof_timer;
}

void CpuTimerExpired(ThreadGroup* group, int which) {
  CpuIntervalTimer& timer = CpuTimerOf(*group, which);
  if (timer.interval != 0) timer.timer->Set(timer.timer->Now() + timer.interval);
  group->Send(KernelSignalInfo(which == ITIMER_VIRTUAL ? SIGVTALRM : SIGPROF));
}

void SetCpuTimer(ThreadGroup& group, int which, int64_t value, int64_t interval) {
  CpuIntervalTimer& timer = CpuTimerOf(group, which);
  if (timer.timer == nullptr) {
    const auto clock = [&group, which] {
      const CpuTimes times = group.Times();
      return times.user + (which == ITIMER_VIRTUAL ? 0 : times.system);
    };
    timer.timer = std::make_unique<CpuTimer>(&group.kernel().timers(), group.kernel().cpu_count(), clock,
                                             [&group, which] { CpuTimerExpired(&group, which); });
  }
  timer.interval = interval;
  if (value == 0) {
    timer.timer->Cancel();
  } else {
    timer.timer->Set(timer.timer->Now() + value);
  }
}

void Arm(PosixTimer& timer) {
  if (timer.cpu_timer != nullptr) {
    timer.cpu_timer->Set(timer.next);
  } else {
    timer.timer->Set(timer.next);
  }
}

void PosixTimerExpired(ThreadGroup* group, PosixTimer* timer) {
  siginfo_t info{};
  info.si_signo = timer->event.sigev_signo;
  info.si_code = SI_TIMER;
  info.si_timerid = timer->id;
  info.si_value = timer->event.sigev_value;
  const int notify = timer->event.sigev_notify;
  if (notify == SIGEV_THREAD_ID) {
    if (Task* task = group->kernel().FindTask(timer->thread)) task->Send(info);
  } else if (notify != SIGEV_NONE) {
    group->Send(info);
  }
  if (timer->interval != 0) {
    const int64_t late = (timer->cpu_timer != nullptr ? timer->cpu_timer->Now() : MonotonicNow()) - timer->next;
    const int64_t missed = late / timer->interval;
    timer->overrun = static_cast<int>(std::min<int64_t>(missed, kMaxOverrun));
    timer->next += (missed + 1) * timer->interval;
    Arm(*timer);
  }
}

PosixTimer* FindTimer(Task& task, int id) {
  auto& timers = task.thread_group().posix_timers;
  const auto it = timers.find(id);
  return it == timers.end() ? nullptr : it->second.get();
}

itimerspec StateOf(const PosixTimer& timer) {
  const int64_t left = timer.cpu_timer != nullptr ? LeftOf(timer.cpu_timer) : LeftOf(timer.timer);
  return {ToTimespec(timer.interval), ToTimespec(left)};
}

bool IsTimerClock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME || clock == CLOCK_TAI ||
         clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

}  // namespace

SyscallResult SysAlarm(Task& task, const SyscallArguments& a) {
  ThreadGroup& group = task.thread_group();
  const int64_t left = LeftOf(group.real_timer.timer);
  SetRealTimer(group, int64_t{a.Uint(0)} * kNanosecondsPerSecond, 0);
  // Rounded, but never to 0 for a timer that runs.
  return left == 0 ? 0 : std::max<int64_t>((left + kNanosecondsPerSecond / 2) / kNanosecondsPerSecond, 1);
}

SyscallResult SysGetitimer(Task& task, const SyscallArguments& a) {
  itimerval value{};
  if (a.Int(0) == ITIMER_REAL) {
    const IntervalTimer& real = task.thread_group().real_timer;
    value = {ToTimeval(real.interval), ToTimeval(LeftOf(real.timer))};
  } else if (a.Int(0) == ITIMER_VIRTUAL || a.Int(0) == ITIMER_PROF) {
    const CpuIntervalTimer& timer = CpuTimerOf(task.thread_group(), a.Int(0));
    value = {ToTimeval(timer.interval), ToTimeval(LeftOf(timer.timer))};
  } else {
    return Error(EINVAL);
  }
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), value));
  return 0;
}

SyscallResult SysSetitimer(Task& task, const SyscallArguments& a) {
  itimerval wanted{};
  if (a.Address(1) != 0) {
    ASSIGN_OR_RETURN(wanted, task.memory().Read<itimerval>(a.Address(1)));
  }
  if (!IsValid(wanted.it_value) || !IsValid(wanted.it_interval)) return Error(EINVAL);
  if (a.Int(0) != ITIMER_REAL && a.Int(0) != ITIMER_VIRTUAL && a.Int(0) != ITIMER_PROF) return Error(EINVAL);
  if (a.Address(2) != 0) RETURN_IF_ERROR(SysGetitimer(task, {{a[0], a[2]}}));
  const int64_t value = ToNanoseconds(wanted.it_value), interval = ToNanoseconds(wanted.it_interval);
  if (a.Int(0) == ITIMER_REAL) {
    SetRealTimer(task.thread_group(), value, interval);
  } else {
    SetCpuTimer(task.thread_group(), a.Int(0), value, interval);
  }
  return 0;
}

SyscallResult SysTimerCreate(Task& task, const SyscallArguments& a) {
  ThreadGroup& group = task.thread_group();
  CpuClock cpu_clock;
  if (!IsTimerClock(a.Int(0))) {
    ASSIGN_OR_RETURN(cpu_clock, FindCpuClock(task, a.Int(0)));
  }
  if (group.posix_timers.size() >= kMaxTimers) return Error(EAGAIN);
  auto timer = std::make_unique<PosixTimer>();
  timer->id = group.next_timer_id;
  timer->clock = a.Int(0);
  timer->event.sigev_signo = SIGALRM;
  timer->event.sigev_value.sival_int = timer->id;
  if (a.Address(1) != 0) {
    ASSIGN_OR_RETURN(timer->event, task.memory().Read<sigevent>(a.Address(1)));
    const int notify = timer->event.sigev_notify;
    if (notify != SIGEV_NONE && notify != SIGEV_SIGNAL && notify != SIGEV_THREAD && notify != SIGEV_THREAD_ID) {
      return Error(EINVAL);
    }
    if (notify != SIGEV_NONE && !IsValidSignal(timer->event.sigev_signo)) return Error(EINVAL);
    if (notify == SIGEV_THREAD_ID) {
      timer->thread = timer->event._sigev_un._tid;
      const Task* target = task.kernel().FindTask(timer->thread);
      if (target == nullptr || &target->thread_group() != &group) return Error(EINVAL);
    }
  }
  PosixTimer* raw = timer.get();
  const auto expired = [&group, raw] { PosixTimerExpired(&group, raw); };
  TimerQueue* const queue = &task.kernel().timers();
  if (cpu_clock) {
    timer->cpu_timer = std::make_unique<CpuTimer>(queue, task.kernel().cpu_count(), std::move(cpu_clock), expired);
  } else {
    timer->timer = std::make_unique<TimerQueue::Timer>(queue, expired);
  }
  RETURN_IF_ERROR(task.memory().Write<int>(a.Address(2), timer->id));
  ++group.next_timer_id;
  group.posix_timers[timer->id] = std::move(timer);
  return 0;
}

SyscallResult SysTimerSettime(Task& task, const SyscallArguments& a) {
  PosixTimer* timer = FindTimer(task, a.Int(0));
  if (timer == nullptr) return Error(EINVAL);
  ASSIGN_OR_RETURN(const itimerspec wanted, task.memory().Read<itimerspec>(a.Address(2)));
  if (!sandbox::IsValid(wanted.it_value) || !sandbox::IsValid(wanted.it_interval)) return Error(EINVAL);
  if (a.Address(3) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(3), StateOf(*timer)));
  timer->interval = sandbox::ToNanoseconds(wanted.it_interval);
  timer->overrun = 0;
  const int64_t value = sandbox::ToNanoseconds(wanted.it_value);
  const bool absolute = (a.Int(1) & TIMER_ABSTIME) != 0;
  if (timer->cpu_timer != nullptr) {
    timer->next = absolute ? value : timer->cpu_timer->Now() + value;
    value == 0 ? timer->cpu_timer->Cancel() : Arm(*timer);
    return 0;
  }
  if (value == 0) {
    timer->timer->Cancel();
    return 0;
  }
  timer->next = absolute ? DeadlineIn(std::max<int64_t>(value - ClockNow(timer->clock), 0)) : DeadlineIn(value);
  Arm(*timer);
  return 0;
}

SyscallResult SysTimerGettime(Task& task, const SyscallArguments& a) {
  const PosixTimer* timer = FindTimer(task, a.Int(0));
  if (timer == nullptr) return Error(EINVAL);
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), StateOf(*timer)));
  return 0;
}

SyscallResult SysTimerGetoverrun(Task& task, const SyscallArguments& a) {
  const PosixTimer* timer = FindTimer(task, a.Int(0));
  if (timer == nullptr) return Error(EINVAL);
  return timer->overrun;
}

SyscallResult SysTimerDelete(Task& task, const SyscallArguments& a) {
  if (task.thread_group().posix_timers.erase(a.Int(0)) == 0) return Error(EINVAL);
  return 0;
}

}  // namespace sandbox
