// Signals: sets, actions, and the queue of pending ones.
//
// Numbers and siginfo layout are Linux's, so siginfo_t of the host's headers is used as it is. Everything runs under
// the kernel lock.
#ifndef SANDBOX_KERNEL_SIGNALS_H_
#define SANDBOX_KERNEL_SIGNALS_H_

#include <signal.h>

#include <array>
#include <cstdint>
#include <list>
#include <optional>

#include "sandbox/abi/address.h"

namespace sandbox {

inline constexpr int kSignalCount = 64;  // 1..64
inline constexpr int kFirstRealTimeSignal = 32;

// Bit n-1 is signal n, as in the kernel's sigset_t.
using SignalSet = uint64_t;
constexpr SignalSet SignalBit(int signal) { return SignalSet{1} << (signal - 1); }
constexpr bool IsValidSignal(int signal) { return signal >= 1 && signal <= kSignalCount; }

inline constexpr SignalSet kUnblockable = SignalBit(SIGKILL) | SignalBit(SIGSTOP);
inline constexpr SignalSet kStopSignals =
    SignalBit(SIGSTOP) | SignalBit(SIGTSTP) | SignalBit(SIGTTIN) | SignalBit(SIGTTOU);
// Signals that an instruction of the thread itself raises.
inline constexpr SignalSet kSynchronousSignals = SignalBit(SIGSEGV) | SignalBit(SIGBUS) | SignalBit(SIGILL) |
                                                 SignalBit(SIGTRAP) | SignalBit(SIGFPE) | SignalBit(SIGSYS);

// The kernel's struct sigaction.
struct SignalAction {
  Addr handler = 0;  // or SIG_DFL (0), SIG_IGN (1)
  uint64_t flags = 0;
  Addr restorer = 0;
  SignalSet mask = 0;
};
inline constexpr Addr kSignalDefault = 0;
inline constexpr Addr kSignalIgnore = 1;

// What a signal does when its action is SIG_DFL (signal(7)).
enum class DefaultAction { kTerminate, kCore, kIgnore, kStop, kContinue };
DefaultAction DefaultActionOf(int signal);

// One process's (or, with CLONE_SIGHAND, several processes') actions.
class SignalHandlers {
 public:
  const SignalAction& Get(int signal) const { return actions_[signal - 1]; }
  void Set(int signal, const SignalAction& action) { actions_[signal - 1] = action; }
  // Whether the signal would be thrown away on delivery.
  bool Ignores(int signal) const;
  // exec: handlers become SIG_DFL, ignored signals stay ignored.
  void ResetForExec();

 private:
  std::array<SignalAction, kSignalCount> actions_{};
};

// Signals that wait for delivery to one thread or to a whole process. Standard signals are kept once, real-time signals
// queue.
class PendingSignals {
 public:
  SignalSet set() const { return set_; }
  // False if a real-time signal finds `limit` signals queued already. A standard signal that is pending already is
  // merged.
  bool Add(const siginfo_t& info, size_t limit);
  // Takes the next signal of `allowed`: synchronous ones first, then the lowest number.
  std::optional<siginfo_t> Take(SignalSet allowed);
  void Remove(SignalSet signals);
  void RemoveTimer(int timer_id);
  size_t size() const { return queue_.size(); }

 private:
  std::list<siginfo_t> queue_;
  SignalSet set_ = 0;
};

// A siginfo as kill(2) and friends fill it.
siginfo_t MakeSignalInfo(int signal, int code, pid_t sender, uid_t sender_uid);
// From the kernel itself.
siginfo_t KernelSignalInfo(int signal);

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_SIGNALS_H_
