// The operator's path rules, put in front of every file that is opened, executed, created, removed or changed.
#ifndef SANDBOX_SYSCALLS_PATH_POLICY_H_
#define SANDBOX_SYSCALLS_PATH_POLICY_H_

#include "sandbox/policy/policy.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

// Asks `policy`, which must live as long as guests do, from now on. Does nothing if it has no path rules.
void GuardPaths(Vfs& vfs, const Policy& policy);

}  // namespace sandbox
#endif  // SANDBOX_SYSCALLS_PATH_POLICY_H_
