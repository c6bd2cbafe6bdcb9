// What a rule says about one system call, whoever wrote the rule: the operator or the guest.
#ifndef SANDBOX_POLICY_VERDICT_H_
#define SANDBOX_POLICY_VERDICT_H_

#include <cstdint>

namespace sandbox {

struct Verdict {
  enum class Action : uint8_t {
    kAllow,
    kLog,         // serve it, and say so in the log
    kError,       // answer -data
    kTrap,        // SIGSYS with si_errno = data (seccomp(2), SECCOMP_RET_TRAP)
    kKillThread,  // as if by SIGSYS
    kKillProcess,
  };
  Action action = Action::kAllow;
  uint16_t data = 0;

  bool operator==(const Verdict&) const = default;
};

}  // namespace sandbox
#endif  // SANDBOX_POLICY_VERDICT_H_
