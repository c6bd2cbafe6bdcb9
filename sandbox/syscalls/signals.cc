// Sending, waiting for and handling signals.
#include <time.h>

#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_kernel.h"

namespace sandbox {
namespace {

constexpr size_t kSetSize = sizeof(SignalSet);
constexpr uint64_t kMinimumStack = 2048;  // MINSIGSTKSZ of the kernel
constexpr int kSsAutodisarm = static_cast<int>(1u << 31);

bool OnAlternateStack(Task& task) {
  const Task::AlternateStack& stack = task.alternate_stack;
  const Addr sp = task.registers().rsp;
  return (stack.flags & SS_DISABLE) == 0 && (stack.flags & kSsAutodisarm) == 0 && sp > stack.address &&
         sp - stack.address <= stack.size;
}

bool MayKill(Task& task, const ThreadGroup& target, int signal) {
  const Credentials& mine = task.credentials();
  Task* leader = target.leader();
  if (leader == nullptr || mine.Has(CAP_KILL)) return true;
  const Credentials& theirs = leader->credentials();
  if (mine.euid == theirs.suid || mine.euid == theirs.uid || mine.uid == theirs.suid || mine.uid == theirs.uid)
    return true;
  return signal == SIGCONT && &target.process_group()->session == &task.thread_group().process_group()->session;
}

siginfo_t FromUser(Task& task, int signal, int code) {
  return MakeSignalInfo(signal, code, task.thread_group().id(), task.credentials().uid);
}

SyscallResult SendToMany(Task& task, int signal, pid_t process_group) {
  bool found = false, allowed = false;
  for (const auto& [pid, group] : std::map(task.kernel().thread_groups())) {
    if (group->zombie() && process_group == 0) continue;
    if (process_group != 0 ? group->process_group()->id != process_group
                           : pid == 1 || group.get() == &task.thread_group()) {
      continue;
    }
    found = true;
    if (!MayKill(task, *group, signal)) continue;
    allowed = true;
    if (signal != 0) group->Send(FromUser(task, signal, SI_USER));
  }
  if (!found) return Error(ESRCH);
  return allowed ? SyscallResult(0) : SyscallResult(Error(EPERM));
}

SyscallResult SendToThread(Task& task, pid_t process, pid_t tid, const siginfo_t& info) {
  if (tid <= 0 || process == 0 || process < -1) return Error(EINVAL);
  const int signal = info.si_signo;
  if (signal != 0 && !IsValidSignal(signal)) return Error(EINVAL);
  Task* target = task.kernel().FindTask(tid);
  if (target == nullptr || (process != -1 && target->thread_group().id() != process)) return Error(ESRCH);
  if (!MayKill(task, target->thread_group(), signal)) return Error(EPERM);
  if (signal != 0 && !target->Send(info)) return Error(EAGAIN);
  return 0;
}

// A siginfo from the guest: it may not claim to come from the kernel or from kill when sent to others.
Result<siginfo_t> ReadInfo(Task& task, Addr from, int signal, pid_t target) {
  ASSIGN_OR_RETURN(siginfo_t info, task.memory().Read<siginfo_t>(from));
  info.si_signo = signal;
  if ((info.si_code >= 0 || info.si_code == SI_TKILL) && target != task.thread_group().id()) return Error(EPERM);
  return info;
}

}  // namespace

SyscallResult SysRtSigaction(Task& task, const SyscallArguments& a) {
  const int signal = a.Int(0);
  if (a[3] != kSetSize || !IsValidSignal(signal)) return Error(EINVAL);
  SignalHandlers& handlers = task.thread_group().handlers();
  const SignalAction before = handlers.Get(signal);
  if (a.Address(1) != 0) {
    if ((SignalBit(signal) & kUnblockable) != 0) return Error(EINVAL);
    ASSIGN_OR_RETURN(SignalAction action, task.memory().Read<SignalAction>(a.Address(1)));
    action.mask &= ~kUnblockable;
    handlers.Set(signal, action);
    if (handlers.Ignores(signal)) {
      task.thread_group().pending().Remove(SignalBit(signal));
      for (Task* other : task.thread_group().tasks()) other->pending().Remove(SignalBit(signal));
    }
  }
  if (a.Address(2) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(2), before));
  return 0;
}

SyscallResult SysRtSigprocmask(Task& task, const SyscallArguments& a) {
  if (a[3] != kSetSize) return Error(EINVAL);
  const SignalSet before = task.signal_mask();
  if (a.Address(1) != 0) {
    ASSIGN_OR_RETURN(const SignalSet set, task.memory().Read<SignalSet>(a.Address(1)));
    switch (a.Int(0)) {
      case SIG_BLOCK:
        task.SetSignalMask(before | set);
        break;
      case SIG_UNBLOCK:
        task.SetSignalMask(before & ~set);
        break;
      case SIG_SETMASK:
        task.SetSignalMask(set);
        break;
      default:
        return Error(EINVAL);
    }
  }
  if (a.Address(2) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(2), before));
  return 0;
}

SyscallResult SysRtSigreturn(Task& task, const SyscallArguments&) { return task.ReturnFromSignal(); }

SyscallResult SysRtSigpending(Task& task, const SyscallArguments& a) {
  if (a[1] > kSetSize) return Error(EINVAL);
  const SignalSet set = task.PendingSet() & task.signal_mask();
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(0), &set, a[1]));
  return 0;
}

SyscallResult SysRtSigtimedwait(Task& task, const SyscallArguments& a) {
  if (a[3] != kSetSize) return Error(EINVAL);
  ASSIGN_OR_RETURN(SignalSet set, task.memory().Read<SignalSet>(a.Address(0)));
  set &= ~kUnblockable;
  Deadline deadline = kNoDeadline;
  if (a.Address(2) != 0) {
    ASSIGN_OR_RETURN(const timespec timeout, task.memory().Read<timespec>(a.Address(2)));
    if (!IsValid(timeout)) return Error(EINVAL);
    deadline = DeadlineIn(ToNanoseconds(timeout));
  }
  // Unblocked while we wait, so that their arrival ends the sleep.
  const SignalSet mask = task.signal_mask();
  const auto take = [&] {
    std::optional<siginfo_t> info = task.pending().Take(set);
    return info.has_value() ? info : task.thread_group().pending().Take(set);
  };
  std::optional<siginfo_t> info = take();
  task.SetSignalMask(mask & ~set);
  task.AwaitSignals(set);
  Result<void> slept = Ok();
  while (!info.has_value() && slept.ok()) {
    slept = task.Block(deadline);
    info = take();
  }
  task.SetSignalMask(mask);
  task.AwaitSignals(0);
  if (!info.has_value()) return Error(slept.error() == ETIMEDOUT ? EAGAIN : EINTR);
  if (a.Address(1) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(1), *info));
  return info->si_signo;
}

SyscallResult SysRtSigsuspend(Task& task, const SyscallArguments& a) {
  if (a[1] != kSetSize) return Error(EINVAL);
  ASSIGN_OR_RETURN(const SignalSet set, task.memory().Read<SignalSet>(a.Address(0)));
  task.SetTemporarySignalMask(set);
  while (task.Block().ok()) {
  }
  return Error(abi::kERestartNoHand);
}

SyscallResult SysRtSigqueueinfo(Task& task, const SyscallArguments& a) {
  const int signal = a.Int(1);
  ASSIGN_OR_RETURN(const siginfo_t info, ReadInfo(task, a.Address(2), signal, a.Int(0)));
  if (signal != 0 && !IsValidSignal(signal)) return Error(EINVAL);
  const auto group = task.kernel().FindThreadGroup(a.Int(0));
  if (group == nullptr) return Error(ESRCH);
  if (!MayKill(task, *group, signal)) return Error(EPERM);
  if (signal != 0 && !group->Send(info)) return Error(EAGAIN);
  return 0;
}

SyscallResult SysRtTgsigqueueinfo(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(const siginfo_t info, ReadInfo(task, a.Address(3), a.Int(2), a.Int(0)));
  return SendToThread(task, a.Int(0), a.Int(1), info);
}

SyscallResult SysSigaltstack(Task& task, const SyscallArguments& a) {
  const Task::AlternateStack before = task.alternate_stack;
  const bool on_it = OnAlternateStack(task);
  if (a.Address(0) != 0) {
    ASSIGN_OR_RETURN(const stack_t wanted, task.memory().Read<stack_t>(a.Address(0)));
    const int mode = wanted.ss_flags & ~kSsAutodisarm;
    if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK) return Error(EINVAL);
    if (on_it) return Error(EPERM);
    if (mode == SS_DISABLE) {
      task.alternate_stack = Task::AlternateStack{};
    } else {
      if (wanted.ss_size < kMinimumStack) return Error(ENOMEM);
      task.alternate_stack = {reinterpret_cast<Addr>(wanted.ss_sp), wanted.ss_size, wanted.ss_flags & kSsAutodisarm};
    }
  }
  if (a.Address(1) != 0) {
    stack_t answer{};
    answer.ss_sp = reinterpret_cast<void*>(before.address);
    answer.ss_size = before.size;
    answer.ss_flags = before.flags | (on_it ? SS_ONSTACK : 0);
    RETURN_IF_ERROR(task.memory().Write(a.Address(1), answer));
  }
  return 0;
}

SyscallResult SysKill(Task& task, const SyscallArguments& a) {
  const pid_t pid = a.Int(0);
  const int signal = a.Int(1);
  if (signal != 0 && !IsValidSignal(signal)) return Error(EINVAL);
  if (pid == INT32_MIN) return Error(ESRCH);
  if (pid == -1) return SendToMany(task, signal, 0);
  if (pid <= 0) return SendToMany(task, signal, pid == 0 ? task.thread_group().process_group()->id : -pid);
  auto group = task.kernel().FindThreadGroup(pid);
  if (group == nullptr) {
    // Linux takes the id of any thread here.
    Task* thread = task.kernel().FindTask(pid);
    if (thread == nullptr) return Error(ESRCH);
    group = thread->thread_group().shared_from_this();
  }
  if (!MayKill(task, *group, signal)) return Error(EPERM);
  if (signal != 0) group->Send(FromUser(task, signal, SI_USER));
  return 0;
}

SyscallResult SysTkill(Task& task, const SyscallArguments& a) {
  return SendToThread(task, -1, a.Int(0), FromUser(task, a.Int(1), SI_TKILL));
}

SyscallResult SysTgkill(Task& task, const SyscallArguments& a) {
  if (a.Int(0) <= 0) return Error(EINVAL);
  return SendToThread(task, a.Int(0), a.Int(1), FromUser(task, a.Int(2), SI_TKILL));
}

SyscallResult SysPause(Task& task, const SyscallArguments&) {
  while (task.Block().ok()) {
  }
  return Error(abi::kERestartNoHand);
}

}  // namespace sandbox
