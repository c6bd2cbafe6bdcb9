// What a guest's thread has told seccomp(2): its mode, and its filters.
//
// A value: clone copies it, execve keeps it. Filters are shared and never change; a new one goes in front of the older
// ones, and every one of them is asked about every call.
//
// Runs under the kernel lock.
#ifndef SANDBOX_POLICY_GUEST_SECCOMP_H_
#define SANDBOX_POLICY_GUEST_SECCOMP_H_

#include <linux/seccomp.h>

#include <memory>
#include <vector>

#include "sandbox/abi/result.h"
#include "sandbox/policy/seccomp_program.h"
#include "sandbox/policy/verdict.h"

namespace sandbox {

class SeccompState {
 public:
  bool active() const { return mode_ != SECCOMP_MODE_DISABLED; }
  // SECCOMP_MODE_*, as PR_GET_SECCOMP and /proc/PID/status show it.
  int mode() const { return mode_; }
  int filter_count() const { return filters_ == nullptr ? 0 : filters_->count; }

  // EINVAL if there are filters already.
  Result<void> SetStrict();
  // EINVAL for a bad program, or in strict mode; ENOMEM when all filters together are too long.
  Result<void> AddFilter(std::vector<sock_filter> instructions);
  // Whether `other`'s filters end with all of ours or are ours: what SECCOMP_FILTER_FLAG_TSYNC asks of every thread.
  bool IsAncestorOf(const SeccompState& other) const;

  // Only while active().
  Verdict Check(const seccomp_data& data) const;

 private:
  struct Filter {
    SeccompProgram program;
    std::shared_ptr<const Filter> older;
    int count;     // with the older ones
    size_t total;  // instructions of all, as the kernel counts them against its limit
  };

  int mode_ = SECCOMP_MODE_DISABLED;
  std::shared_ptr<const Filter> filters_;
};

// The verdict that a filter's return value means. USER_NOTIF and TRACE have nobody to ask here and answer ENOSYS, as
// the host does without a listener or a tracer.
Verdict VerdictOf(uint32_t seccomp_return);

}  // namespace sandbox
#endif  // SANDBOX_POLICY_GUEST_SECCOMP_H_
