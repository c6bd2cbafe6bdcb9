// The sentry's own process, from its first line to the guest's exit code.
#ifndef SANDBOX_BOOT_SENTRY_H_
#define SANDBOX_BOOT_SENTRY_H_

#include "sandbox/boot/request.h"
#include "sandbox/confine/confine.h"
#include "sandbox/platform/ptrace/host_vdso.h"
#include "sandbox/policy/policy.h"

namespace sandbox {

// Runs in the process that RunConfined made, with one thread. Writes one line on standard error before it returns one
// of the sandbox's own exit codes.
int RunSentry(const Request& request, const Policy& policy, const HostVdso& vdso, const Confined& confined);

}  // namespace sandbox
#endif  // SANDBOX_BOOT_SENTRY_H_
