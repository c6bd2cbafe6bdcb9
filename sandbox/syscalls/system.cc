// What the machine is and what a process may use of it.
#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_kernel.h"

namespace sandbox {
namespace {

constexpr size_t kMaxName = 64;
constexpr int kCpuSetBytes = 128;

void PutName(char (&field)[65], const std::string& text) { std::strncpy(field, text.c_str(), sizeof(field) - 1); }

SyscallResult SetName(Task& task, const SyscallArguments& a, std::string* name) {
  if (!task.credentials().Has(CAP_SYS_ADMIN)) return Error(EPERM);
  if (a.Int(1) < 0 || a[1] > kMaxName) return Error(EINVAL);
  std::string text(a[1], '\0');
  RETURN_IF_ERROR(task.memory().CopyIn(text.data(), a.Address(0), text.size()));
  *name = text.c_str();
  return 0;
}

// The process, or none with ESRCH/EPERM, that prlimit, priorities and schedulers ask about.
Result<Task*> Target(Task& task, pid_t pid) {
  if (pid == 0) return &task;
  if (pid < 0) return Error(EINVAL);
  Task* target = task.kernel().FindTask(pid);
  if (target == nullptr) return Error(ESRCH);
  return target;
}

bool MaySet(Task& task, const Task& target) {
  const Credentials& mine = task.credentials();
  const Credentials& theirs = target.credentials();
  return mine.Has(CAP_SYS_RESOURCE) || (mine.uid == theirs.uid && mine.uid == theirs.euid && mine.uid == theirs.suid);
}

SyscallResult SetLimit(Task& task, Task& target, int resource, const rlimit& wanted) {
  rlimit& limit = target.thread_group().limits[resource];
  if (wanted.rlim_cur > wanted.rlim_max) return Error(EINVAL);
  if (wanted.rlim_max > limit.rlim_max && !task.credentials().Has(CAP_SYS_RESOURCE)) return Error(EPERM);
  if (resource == RLIMIT_NOFILE && wanted.rlim_max > (1 << 20)) return Error(EPERM);
  limit = wanted;
  if (resource == RLIMIT_CPU) target.thread_group().WatchCpuLimit();
  if (resource == RLIMIT_AS) target.mm().address_limit = wanted.rlim_cur;
  return 0;
}

}  // namespace

SyscallResult SysUname(Task& task, const SyscallArguments& a) {
  utsname host{};
  uname(&host);
  utsname answer{};
  PutName(answer.sysname, "Linux");
  PutName(answer.nodename, task.kernel().hostname);
  // Programs and C libraries choose features by this: the interface of the calls in the table.
  PutName(answer.release, "6.1.0");
  PutName(answer.version, "#1 SMP sandbox");
  PutName(answer.machine, "x86_64");
  PutName(answer.domainname, task.kernel().domainname);
  RETURN_IF_ERROR(task.memory().Write(a.Address(0), answer));
  return 0;
}

SyscallResult SysSethostname(Task& task, const SyscallArguments& a) {
  return SetName(task, a, &task.kernel().hostname);
}
SyscallResult SysSetdomainname(Task& task, const SyscallArguments& a) {
  return SetName(task, a, &task.kernel().domainname);
}

SyscallResult SysSysinfo(Task& task, const SyscallArguments& a) {
  struct sysinfo host {};
  sysinfo(&host);
  struct sysinfo answer {};
  const uint64_t limit = task.kernel().memory_file()->limit_bytes();
  answer.mem_unit = 1;
  answer.totalram = limit != 0 ? limit : host.totalram * host.mem_unit;
  const uint64_t used = task.kernel().memory_file()->UsedBytes();
  answer.freeram =
      limit != 0 ? answer.totalram - std::min<uint64_t>(used, answer.totalram) : host.freeram * host.mem_unit;
  answer.uptime = (MonotonicNow() - task.kernel().boot_time()) / kNanosecondsPerSecond;
  answer.procs = static_cast<uint16_t>(std::min<size_t>(task.kernel().tasks().size(), UINT16_MAX));
  RETURN_IF_ERROR(task.memory().Write(a.Address(0), answer));
  return 0;
}

SyscallResult SysGetrandom(Task& task, const SyscallArguments& a) {
  if ((a.Uint(2) & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0) return Error(EINVAL);
  uint64_t left = std::min<uint64_t>(a[1], INT32_MAX);
  uint64_t done = 0;
  char bytes[1024];
  while (left != 0) {
    const ssize_t got = getrandom(bytes, std::min<uint64_t>(left, sizeof(bytes)), 0);
    if (got <= 0) return Error(EIO);
    const size_t put = task.memory().CopyOutPartly(a.Address(0) + done, bytes, got);
    done += put;
    left -= put;
    if (put < static_cast<size_t>(got)) return done != 0 ? SyscallResult(done) : SyscallResult(Error(EFAULT));
    if (task.SignalPending()) break;
  }
  return done;
}

SyscallResult SysGetrlimit(Task& task, const SyscallArguments& a) {
  if (a.Uint(0) >= RLIM_NLIMITS) return Error(EINVAL);
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), task.thread_group().limits[a.Uint(0)]));
  return 0;
}

SyscallResult SysSetrlimit(Task& task, const SyscallArguments& a) {
  if (a.Uint(0) >= RLIM_NLIMITS) return Error(EINVAL);
  ASSIGN_OR_RETURN(const rlimit wanted, task.memory().Read<rlimit>(a.Address(1)));
  return SetLimit(task, task, a.Int(0), wanted);
}

SyscallResult SysPrlimit64(Task& task, const SyscallArguments& a) {
  if (a.Uint(1) >= RLIM_NLIMITS) return Error(EINVAL);
  ASSIGN_OR_RETURN(Task * target, Target(task, a.Int(0)));
  if (target != &task && !MaySet(task, *target)) return Error(EPERM);
  const rlimit before = target->thread_group().limits[a.Uint(1)];
  if (a.Address(2) != 0) {
    ASSIGN_OR_RETURN(const rlimit wanted, task.memory().Read<rlimit>(a.Address(2)));
    RETURN_IF_ERROR(SetLimit(task, *target, a.Int(1), wanted));
  }
  if (a.Address(3) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(3), before));
  return 0;
}

// Priorities and schedulers are remembered and reported; the host schedules all guests alike.
SyscallResult SysGetpriority(Task& task, const SyscallArguments& a) {
  if (a.Int(0) != PRIO_PROCESS && a.Int(0) != PRIO_PGRP && a.Int(0) != PRIO_USER) return Error(EINVAL);
  Task* target = &task;
  if (a.Int(0) == PRIO_PROCESS) {
    ASSIGN_OR_RETURN(target, Target(task, a.Int(1)));
  }
  return 20 - target->nice;
}

SyscallResult SysIoprioGet(Task& task, const SyscallArguments& a) {
  if (a.Int(0) < 1 || a.Int(0) > 3) return Error(EINVAL);  // IOPRIO_WHO_*
  ASSIGN_OR_RETURN(const Task* target, Target(task, a.Int(0) == 1 ? a.Int(1) : 0));
  return target->io_priority;
}

SyscallResult SysIoprioSet(Task& task, const SyscallArguments& a) {
  constexpr int kClassShift = 13, kRealTime = 1, kIdle = 3, kLevels = 8;
  const int priority_class = a.Int(2) >> kClassShift;
  if (a.Int(0) < 1 || a.Int(0) > 3 || priority_class < 0 || priority_class > kIdle) return Error(EINVAL);
  if ((a.Int(2) & ((1 << kClassShift) - 1)) >= kLevels && priority_class != kIdle) return Error(EINVAL);
  if (priority_class == kRealTime && !task.credentials().Has(CAP_SYS_NICE)) return Error(EPERM);
  ASSIGN_OR_RETURN(Task * target, Target(task, a.Int(0) == 1 ? a.Int(1) : 0));
  if (target != &task && !MaySet(task, *target)) return Error(EPERM);
  target->io_priority = a.Int(2);
  return 0;
}

SyscallResult SysSetpriority(Task& task, const SyscallArguments& a) {
  if (a.Int(0) != PRIO_PROCESS && a.Int(0) != PRIO_PGRP && a.Int(0) != PRIO_USER) return Error(EINVAL);
  Task* target = &task;
  if (a.Int(0) == PRIO_PROCESS) {
    ASSIGN_OR_RETURN(target, Target(task, a.Int(1)));
  }
  const int nice = std::clamp(a.Int(2), -20, 19);
  if (nice < target->nice && !task.credentials().Has(CAP_SYS_NICE)) return Error(EACCES);
  target->nice = nice;
  return 0;
}

SyscallResult SysSchedYield(Task&, const SyscallArguments&) { return 0; }

SyscallResult SysSchedGetaffinity(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(Target(task, a.Int(0)));
  if (a.Uint(1) < sizeof(uint64_t) || a.Uint(1) % sizeof(uint64_t) != 0) return Error(EINVAL);
  std::vector<uint8_t> mask(kCpuSetBytes);
  const int cpus = task.kernel().cpu_count();
  if (a.Uint(1) * 8 < static_cast<uint32_t>(cpus)) return Error(EINVAL);
  for (int i = 0; i < cpus && i < kCpuSetBytes * 8; ++i) mask[i / 8] |= 1 << (i % 8);
  const size_t n = std::min<size_t>(a.Uint(1), mask.size());
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(2), mask.data(), n));
  return n;
}

// The sentry places guests itself: a wish that leaves at least one CPU is accepted and has no effect.
SyscallResult SysSchedSetaffinity(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(Target(task, a.Int(0)));
  std::vector<uint8_t> mask(std::min<size_t>(a.Uint(1), kCpuSetBytes));
  RETURN_IF_ERROR(task.memory().CopyIn(mask.data(), a.Address(2), mask.size()));
  const int cpus = task.kernel().cpu_count();
  for (size_t i = 0; i < mask.size() * 8 && i < static_cast<size_t>(cpus); ++i) {
    if ((mask[i / 8] >> (i % 8) & 1) != 0) return 0;
  }
  return Error(EINVAL);
}

SyscallResult SysSchedGetscheduler(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(Target(task, a.Int(0)));
  return SCHED_OTHER;
}

SyscallResult SysSchedSetscheduler(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(Target(task, a.Int(0)));
  ASSIGN_OR_RETURN(const sched_param wanted, task.memory().Read<sched_param>(a.Address(2)));
  const int policy = a.Int(1) & ~SCHED_RESET_ON_FORK;
  if (policy == SCHED_FIFO || policy == SCHED_RR) return Error(EPERM);
  if (policy != SCHED_OTHER && policy != SCHED_BATCH && policy != SCHED_IDLE) return Error(EINVAL);
  return wanted.sched_priority == 0 ? SyscallResult(0) : SyscallResult(Error(EINVAL));
}

SyscallResult SysSchedGetparam(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(Target(task, a.Int(0)));
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), sched_param{0}));
  return 0;
}

SyscallResult SysSchedSetparam(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(Target(task, a.Int(0)));
  ASSIGN_OR_RETURN(const sched_param wanted, task.memory().Read<sched_param>(a.Address(1)));
  return wanted.sched_priority == 0 ? SyscallResult(0) : SyscallResult(Error(EINVAL));
}

SyscallResult SysSchedGetPriorityMax(Task&, const SyscallArguments& a) {
  if (a.Int(0) == SCHED_FIFO || a.Int(0) == SCHED_RR) return 99;
  return a.Uint(0) <= SCHED_IDLE + 1 ? SyscallResult(0) : SyscallResult(Error(EINVAL));
}

SyscallResult SysSchedGetPriorityMin(Task&, const SyscallArguments& a) {
  if (a.Int(0) == SCHED_FIFO || a.Int(0) == SCHED_RR) return 1;
  return a.Uint(0) <= SCHED_IDLE + 1 ? SyscallResult(0) : SyscallResult(Error(EINVAL));
}

SyscallResult SysSchedRrGetInterval(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(Target(task, a.Int(0)));
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), timespec{0, 4000000}));
  return 0;
}

SyscallResult SysGetcpu(Task& task, const SyscallArguments& a) {
  const int cpu = std::max(sched_getcpu(), 0);
  if (a.Address(0) != 0) RETURN_IF_ERROR(task.memory().Write<uint32_t>(a.Address(0), cpu));
  if (a.Address(1) != 0) RETURN_IF_ERROR(task.memory().Write<uint32_t>(a.Address(1), 0));
  return 0;
}

SyscallResult SysPersonality(Task&, const SyscallArguments& a) {
  constexpr uint32_t kQuery = 0xffffffff;
  return a.Uint(0) == kQuery || a.Uint(0) == 0 ? SyscallResult(0) : SyscallResult(Error(EINVAL));
}

}  // namespace sandbox
