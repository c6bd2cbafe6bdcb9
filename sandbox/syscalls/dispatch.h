// From a trapped system call to its handler: the operator's policy, one strace line, the table.
#ifndef SANDBOX_SYSCALLS_DISPATCH_H_
#define SANDBOX_SYSCALLS_DISPATCH_H_

#include <cstdint>

#include "sandbox/policy/policy.h"
#include "sandbox/syscalls/handler.h"

namespace sandbox {

// What Kernel::Options::dispatcher is set to. Runs under the kernel lock.
SyscallResult Dispatch(Task& task, uint64_t number, const SyscallArguments& arguments);

// Asked before every call from now on; null: everything is served. Set before the first guest runs; must live as long
// as guests do.
void SetOperatorPolicy(const Policy* policy);

}  // namespace sandbox

#endif  // SANDBOX_SYSCALLS_DISPATCH_H_
