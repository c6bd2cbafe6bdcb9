#include "sandbox/policy/guest_seccomp.h"

#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

namespace sandbox {
namespace {

// kernel/seccomp.c: MAX_INSNS_PER_PATH, and a penalty for each filter.
constexpr size_t kMaxInstructions = (1 << 18) / sizeof(sock_filter);
constexpr size_t kPenalty = 4;
constexpr int kMaxErrno = 4095;

// Less is stricter: SECCOMP_RET_KILL_PROCESS is the most negative.
int32_t Precedence(uint32_t value) { return static_cast<int32_t>(value & SECCOMP_RET_ACTION_FULL); }

}  // namespace

Verdict VerdictOf(uint32_t value) {
  using Action = Verdict::Action;
  const uint16_t data = value & SECCOMP_RET_DATA;
  switch (value & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
      return {};
    case SECCOMP_RET_LOG:
      return {.action = Action::kLog};
    case SECCOMP_RET_ERRNO:
      return {.action = Action::kError, .data = static_cast<uint16_t>(std::min<int>(data, kMaxErrno))};
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
      return {.action = Action::kError, .data = ENOSYS};
    case SECCOMP_RET_TRAP:
      return {.action = Action::kTrap, .data = data};
    case SECCOMP_RET_KILL_THREAD:
      return {.action = Action::kKillThread};
    default:
      return {.action = Action::kKillProcess};
  }
}

Result<void> SeccompState::SetStrict() {
  if (mode_ == SECCOMP_MODE_FILTER) return Error(EINVAL);
  mode_ = SECCOMP_MODE_STRICT;
  return Ok();
}

Result<void> SeccompState::AddFilter(std::vector<sock_filter> instructions) {
  if (mode_ == SECCOMP_MODE_STRICT) return Error(EINVAL);
  ASSIGN_OR_RETURN(SeccompProgram program, SeccompProgram::Create(std::move(instructions)));
  const size_t total = program.size() + kPenalty + (filters_ == nullptr ? 0 : filters_->total);
  if (total - kPenalty > kMaxInstructions) return Error(ENOMEM);
  filters_ = std::make_shared<const Filter>(
      Filter{.program = std::move(program), .older = filters_, .count = filter_count() + 1, .total = total});
  mode_ = SECCOMP_MODE_FILTER;
  return Ok();
}

bool SeccompState::IsAncestorOf(const SeccompState& other) const {
  if (mode_ == SECCOMP_MODE_STRICT) return false;
  for (const Filter* filter = other.filters_.get(); filter != nullptr; filter = filter->older.get()) {
    if (filter == filters_.get()) return true;
  }
  return filters_ == nullptr;
}

Verdict SeccompState::Check(const seccomp_data& data) const {
  if (mode_ == SECCOMP_MODE_STRICT) {
    const bool allowed =
        data.nr == SYS_read || data.nr == SYS_write || data.nr == SYS_exit || data.nr == SYS_rt_sigreturn;
    return allowed ? Verdict{} : Verdict{.action = Verdict::Action::kKillThread};
  }
  uint32_t strictest = SECCOMP_RET_ALLOW;
  for (const Filter* filter = filters_.get(); filter != nullptr; filter = filter->older.get()) {
    const uint32_t value = filter->program.Run(data);
    if (Precedence(value) < Precedence(strictest)) strictest = value;
  }
  return VerdictOf(strictest);
}

}  // namespace sandbox
