// Sending signals to tasks and delivering them (signal(7)).
#include <sys/syscall.h>

#include <algorithm>
#include <utility>

#include "common/explain/explain.h"
#include "sandbox/arch/signal_frame.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"

namespace sandbox {
namespace {

constexpr uint64_t kRedZone = 128;
// Linux's own flag bits of sigaction that the guest's C library sets.
constexpr uint64_t kSaRestorer = 0x04000000;
constexpr int kSsAutodisarm = static_cast<int>(1u << 31);

uint64_t TrapNumberOf(int signal) {
  switch (signal) {
    case SIGSEGV:
    case SIGBUS:
      return 14;
    case SIGILL:
      return 6;
    case SIGFPE:
      return 0;
    case SIGTRAP:
      return 3;
    default:
      return 0;
  }
}

}  // namespace

bool Task::SignalPending() const { return exiting() || (PendingSet() & ~signal_mask_) != 0 || thread_group_->stopped; }

bool Task::SignalWakes(int signal) const {
  return (signal_mask_ & SignalBit(signal)) == 0 || signal == SIGKILL || thread_group_->stopped;
}

void Task::SetSignalMask(SignalSet mask) { signal_mask_ = mask & ~kUnblockable; }

void Task::SetTemporarySignalMask(SignalSet mask) {
  if (!mask_saved_) saved_mask_ = signal_mask_;
  mask_saved_ = true;
  SetSignalMask(mask);
}

bool Task::Send(const siginfo_t& info) {
  const int signal = info.si_signo;
  if (thread_group_->zombie() || exiting_) return true;
  if (signal == SIGKILL) {
    thread_group_->Exit(SIGKILL);
    return true;
  }
  if (signal == SIGCONT || (kStopSignals & SignalBit(signal)) != 0) return thread_group_->Send(info);
  if (thread_group_->handlers().Ignores(signal) && !KeepsIgnored(signal)) return true;
  if (!pending_.Add(info, thread_group_->limit(RLIMIT_SIGPENDING).rlim_cur)) return false;
  thread_group_->signal_events().Notify(EPOLLIN);
  if (SignalWakes(signal)) Kick();
  return true;
}

bool ThreadGroup::Send(const siginfo_t& info) {
  const int signal = info.si_signo;
  if (zombie_ || exiting_) return true;
  if (signal == SIGKILL) {
    Exit(SIGKILL);
    return true;
  }
  if (signal == SIGCONT) {
    pending_.Remove(kStopSignals);
    for (Task* task : tasks_) task->pending().Remove(kStopSignals);
    if (stopped) {
      stopped = false;
      stop_unreported = false;
      continue_unreported = true;
      stop_events.Notify(EPOLLIN);
      if (const auto above = parent.lock()) {
        if ((above->handlers().Get(SIGCHLD).flags & SA_NOCLDSTOP) == 0) {
          siginfo_t child = MakeSignalInfo(SIGCHLD, CLD_CONTINUED, id_, 0);
          child.si_status = SIGCONT;
          above->Send(child);
        }
        above->child_events().Notify(EPOLLIN);
      }
    }
  } else if ((kStopSignals & SignalBit(signal)) != 0) {
    pending_.Remove(SignalBit(SIGCONT));
    for (Task* task : tasks_) task->pending().Remove(SignalBit(SIGCONT));
  }
  const auto keeps = [signal](const Task* task) { return task->KeepsIgnored(signal); };
  if (handlers_->Ignores(signal) && !std::all_of(tasks_.begin(), tasks_.end(), keeps)) return true;
  if (!pending_.Add(info, limit(RLIMIT_SIGPENDING).rlim_cur)) return false;
  signal_events_.Notify(EPOLLIN);
  for (Task* task : tasks_) {
    if (!task->SignalWakes(signal)) continue;
    task->Kick();
    break;
  }
  return true;
}

void Task::ForceSignal(siginfo_t info) {
  const int signal = info.si_signo;
  SignalHandlers& handlers = thread_group_->handlers();
  const bool blocked = (signal_mask_ & SignalBit(signal)) != 0;
  if (blocked || handlers.Get(signal).handler == kSignalIgnore) {
    // It cannot be put off: the instruction would only run again.
    handlers.Set(signal, SignalAction{});
    signal_mask_ &= ~SignalBit(signal);
  }
  pending_.Remove(SignalBit(signal));
  pending_.Add(info, 1 << 20);
}

void Task::DeliverSignals() {
  while (!exiting()) {
    if (thread_group_->stopped) {
      StopUntilContinued();
      continue;
    }
    std::optional<siginfo_t> info = pending_.Take(~signal_mask_);
    if (!info.has_value()) info = thread_group_->pending().Take(~signal_mask_);
    if (!info.has_value()) break;
    DeliverOne(*info);
  }
  FinishSyscall(nullptr);
  if (std::exchange(mask_saved_, false)) SetSignalMask(saved_mask_);
}

void Task::DeliverOne(const siginfo_t& info) {
  const int signal = info.si_signo;
  SignalHandlers& handlers = thread_group_->handlers();
  const SignalAction action = handlers.Get(signal);
  if (handlers.Ignores(signal)) return;
  if (action.handler != kSignalDefault) {
    FinishSyscall(&action);
    if ((action.flags & SA_RESETHAND) != 0) handlers.Set(signal, SignalAction{});
    if (!SetUpFrame(info, action)) {
      // No stack to deliver it on.
      if (signal == SIGSEGV) handlers.Set(SIGSEGV, SignalAction{});
      ForceSignal(KernelSignalInfo(SIGSEGV));
    }
    return;
  }
  switch (DefaultActionOf(signal)) {
    case DefaultAction::kIgnore:
    case DefaultAction::kContinue:
      return;
    case DefaultAction::kStop:
      // The keys stop nobody who could not be continued.
      if (signal != SIGSTOP && IsOrphaned(*kernel_, *thread_group_->process_group())) return;
      EnterGroupStop(signal);
      return;
    case DefaultAction::kTerminate:
    case DefaultAction::kCore:
      // No core is written, so the status has no core bit.
      EXPLAIN() << "process " << thread_group_->id() << " is ended by signal " << signal;
      thread_group_->Exit(signal);
      return;
  }
}

bool Task::SetUpFrame(const siginfo_t& info, const SignalAction& action) {
  SignalFrameOptions options{};
  options.info = info;
  options.restorer = action.restorer;
  options.mask = mask_saved_ ? saved_mask_ : signal_mask_;
  options.stack = {alternate_stack.address, alternate_stack.flags, 0, alternate_stack.size};
  options.trap_number = TrapNumberOf(info.si_signo);
  if (info.si_code > 0 && (info.si_signo == SIGSEGV || info.si_signo == SIGBUS)) {
    options.fault_address = reinterpret_cast<uint64_t>(info.si_addr);
  }
  const AlternateStack& alternate = alternate_stack;
  const Addr sp = registers_.rsp;
  const bool enabled = (alternate.flags & SS_DISABLE) == 0 && alternate.size != 0;
  const bool on_it = enabled && (alternate.flags & kSsAutodisarm) == 0 && sp > alternate.address &&
                     sp - alternate.address <= alternate.size;
  options.stack_pointer = sp - kRedZone;
  if ((action.flags & SA_ONSTACK) != 0 && enabled && !on_it) options.stack_pointer = alternate.address + alternate.size;
  if ((action.flags & kSaRestorer) == 0) options.restorer = 0;
  const std::vector<uint8_t> extended = context_->GetExtendedState();
  if (!PushSignalFrame(*mm_, options, action.handler, extended, &registers_).ok()) return false;
  if (enabled && (alternate.flags & kSsAutodisarm) != 0) alternate_stack = AlternateStack{};
  changed_ = Changed::kAll;
  SignalSet mask = signal_mask_ | action.mask;
  if ((action.flags & SA_NODEFER) == 0) mask |= SignalBit(info.si_signo);
  SetSignalMask(mask);
  mask_saved_ = false;
  return true;
}

Result<uint64_t> Task::ReturnFromSignal() {
  std::vector<uint8_t> extended = context_->GetExtendedState();
  const Result<RestoredFrame> frame = PopSignalFrame(*mm_, &registers_, &extended);
  if (!frame.ok() || (!extended.empty() && !context_->SetExtendedState(extended))) {
    ForceSignal(KernelSignalInfo(SIGSEGV));
    return registers_.rax;
  }
  SetSignalMask(frame->mask);
  alternate_stack = {frame->stack.address, frame->stack.size, frame->stack.flags};
  changed_ = Changed::kAll;
  return registers_.rax;
}

bool Task::EnterGroupStop(int signal) {
  ThreadGroup& group = *thread_group_;
  if (group.exiting()) return false;
  group.stopped = true;
  group.stop_signal = signal;
  group.stop_unreported = true;
  group.continue_unreported = false;
  for (Task* task : group.tasks_) {
    if (task != this) task->Kick();
  }
  if (const auto above = group.parent.lock()) {
    if ((above->handlers().Get(SIGCHLD).flags & SA_NOCLDSTOP) == 0) {
      siginfo_t child = MakeSignalInfo(SIGCHLD, CLD_STOPPED, group.id(), credentials_->uid);
      child.si_status = signal;
      above->Send(child);
    }
    above->child_events().Notify(EPOLLIN);
  }
  return true;
}

void Task::StopUntilContinued() {
  TaskWaitEntry entry(*this, EPOLLIN);
  thread_group_->stop_events.Add(&entry);
  while (thread_group_->stopped && !exiting()) (void)BlockKillable();
}

}  // namespace sandbox
