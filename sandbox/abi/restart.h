// What an interrupted system call answers inside the kernel (include/linux/errno.h). Signal delivery turns these into
// EINTR or into running the call again; a guest never sees them.
#ifndef SANDBOX_ABI_RESTART_H_
#define SANDBOX_ABI_RESTART_H_

namespace sandbox::abi {

inline constexpr int kERestartSys = 512;           // again if the handler has SA_RESTART, or if no handler ran
inline constexpr int kERestartNoIntr = 513;        // always again
inline constexpr int kERestartNoHand = 514;        // again only if no handler ran, else EINTR
inline constexpr int kERestartRestartBlock = 516;  // as NoHand, but through restart_syscall (relative timeouts)

}  // namespace sandbox::abi
#endif  // SANDBOX_ABI_RESTART_H_
