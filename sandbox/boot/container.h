// Builds everything for one container and runs its first process.
//
// Two halves: RunContainer, in the process the user started, opens the host's trees and starts the sentry in its own
// namespaces (confine/); the sentry then makes the memory file, the first stub, the tree of mounts and the kernel, puts
// itself under its seccomp filter, and runs the guest.
#ifndef SANDBOX_BOOT_CONTAINER_H_
#define SANDBOX_BOOT_CONTAINER_H_

#include "absl/status/statusor.h"
#include "sandbox/boot/request.h"

namespace sandbox {

// Exit codes, as users of containers and timeout(1) know them; any other is the program's own.
inline constexpr int kExitTimeout = 124;
inline constexpr int kExitSandboxFailed = 125;
inline constexpr int kExitNotRunnable = 126;
inline constexpr int kExitNotFound = 127;

// The exit code for the shell: the program's own, 128+N if signal N ended it, or one of the above after a line on
// standard error. InvalidArgument for what the user got wrong (exit code 2). Call it with one thread.
absl::StatusOr<int> RunContainer(const Request& request);

}  // namespace sandbox
#endif  // SANDBOX_BOOT_CONTAINER_H_
