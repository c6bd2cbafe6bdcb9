#include "sandbox/kernel/signals.h"

#include <algorithm>
#include <bit>

namespace sandbox {

DefaultAction DefaultActionOf(int signal) {
  switch (signal) {
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
      return DefaultAction::kIgnore;
    case SIGCONT:
      return DefaultAction::kContinue;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      return DefaultAction::kStop;
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGSYS:
    case SIGXCPU:
    case SIGXFSZ:
      return DefaultAction::kCore;
    default:
      return DefaultAction::kTerminate;
  }
}

bool SignalHandlers::Ignores(int signal) const {
  const SignalAction& action = Get(signal);
  if (action.handler == kSignalIgnore) return true;
  return action.handler == kSignalDefault && DefaultActionOf(signal) == DefaultAction::kIgnore;
}

void SignalHandlers::ResetForExec() {
  for (SignalAction& action : actions_) {
    const bool ignored = action.handler == kSignalIgnore;
    action = SignalAction{};
    if (ignored) action.handler = kSignalIgnore;
  }
}

bool PendingSignals::Add(const siginfo_t& info, size_t limit) {
  const int signal = info.si_signo;
  if (signal < kFirstRealTimeSignal && (set_ & SignalBit(signal)) != 0) return true;
  if (signal >= kFirstRealTimeSignal && queue_.size() >= limit) return false;
  queue_.push_back(info);
  set_ |= SignalBit(signal);
  return true;
}

std::optional<siginfo_t> PendingSignals::Take(SignalSet allowed) {
  SignalSet candidates = set_ & allowed;
  if (candidates == 0) return std::nullopt;
  if ((candidates & kSynchronousSignals) != 0) candidates &= kSynchronousSignals;
  const int signal = std::countr_zero(candidates) + 1;
  const auto matches = [signal](const siginfo_t& info) { return info.si_signo == signal; };
  const auto first = std::find_if(queue_.begin(), queue_.end(), matches);
  const siginfo_t taken = *first;
  queue_.erase(first);
  if (std::none_of(queue_.begin(), queue_.end(), matches)) set_ &= ~SignalBit(signal);
  return taken;
}

void PendingSignals::Remove(SignalSet signals) {
  queue_.remove_if([signals](const siginfo_t& info) { return (SignalBit(info.si_signo) & signals) != 0; });
  set_ &= ~signals;
}

void PendingSignals::RemoveTimer(int timer_id) {
  queue_.remove_if(
      [timer_id](const siginfo_t& info) { return info.si_code == SI_TIMER && info.si_timerid == timer_id; });
  set_ = 0;
  for (const siginfo_t& info : queue_) set_ |= SignalBit(info.si_signo);
}

siginfo_t MakeSignalInfo(int signal, int code, pid_t sender, uid_t sender_uid) {
  siginfo_t info{};
  info.si_signo = signal;
  info.si_code = code;
  info.si_pid = sender;
  info.si_uid = sender_uid;
  return info;
}

siginfo_t KernelSignalInfo(int signal) { return MakeSignalInfo(signal, SI_KERNEL, 0, 0); }

}  // namespace sandbox
