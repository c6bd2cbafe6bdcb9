// The last step of confinement: a seccomp filter on the sentry.
//
// It lets through what the sentry needs and no more, argument by argument where a call could do harm:
//   - no execve, no new processes (clone makes threads only), no namespaces, no mounts, no bpf, no keys, no modules;
//   - no memory that can be executed;
//   - files only relative to a descriptor: a walk from AT_FDCWD fails with EACCES (and would meet an empty root);
//     without `host_writes` no call that changes a directory;
//   - sockets only with `host_network`, and then internet sockets only;
//   - ioctl on terminals, but not TIOCSTI or TIOCLINUX; fcntl, prctl, ptrace by command.
// A call that is not let through ends the process: it says on standard error which call that was, and exits with 125.
//
// The first stub is started before this, and further stubs are children of stubs: they live under a filter of their own
// (platform/ptrace).
//
// The rules (filter_rules.cc) are compiled to BPF by libseccomp when the program is built; installing them is one call.
#ifndef SANDBOX_CONFINE_FILTER_H_
#define SANDBOX_CONFINE_FILTER_H_

#include "absl/status/status.h"
#include "sandbox/confine/filter_options.h"

namespace sandbox {

// What the process exits with when it tries what the filter forbids.
inline constexpr int kFilterViolationExitCode = 125;

// For all threads of the process, in RunConfined's body.
absl::Status InstallSentryFilter(const FilterOptions& options);

}  // namespace sandbox
#endif  // SANDBOX_CONFINE_FILTER_H_
