// One filter program that a guest installs with seccomp(2): classic BPF over struct seccomp_data
// (Documentation/userspace-api/seccomp_filter.rst, bpf(4)).
#ifndef SANDBOX_POLICY_SECCOMP_PROGRAM_H_
#define SANDBOX_POLICY_SECCOMP_PROGRAM_H_

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <vector>

#include "sandbox/abi/result.h"

namespace sandbox {

class SeccompProgram {
 public:
  // EINVAL if it is empty, longer than BPF_MAXINSNS, uses an instruction that seccomp does not have, or could leave its
  // end, its scratch memory or the data. So Run always ends: jumps only go forward.
  static Result<SeccompProgram> Create(std::vector<sock_filter> instructions);

  // A SECCOMP_RET_* value.
  uint32_t Run(const seccomp_data& data) const;
  size_t size() const { return instructions_.size(); }

 private:
  explicit SeccompProgram(std::vector<sock_filter> instructions) : instructions_(std::move(instructions)) {}

  std::vector<sock_filter> instructions_;
};

}  // namespace sandbox
#endif  // SANDBOX_POLICY_SECCOMP_PROGRAM_H_
