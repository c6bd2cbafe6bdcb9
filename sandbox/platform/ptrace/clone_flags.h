// The two ways a stub is cloned; its seccomp filter allows exactly these.
#ifndef SANDBOX_PLATFORM_PTRACE_CLONE_FLAGS_H_
#define SANDBOX_PLATFORM_PTRACE_CLONE_FLAGS_H_

#include <sched.h>
#include <signal.h>

#include <cstdint>

namespace sandbox {

inline constexpr uint64_t kCloneStubThread =
    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
// The sentry becomes the parent, so that it reaps the process whoever forked it.
inline constexpr uint64_t kCloneStubProcess = CLONE_FILES | CLONE_FS | CLONE_PARENT | SIGCHLD;

}  // namespace sandbox
#endif  // SANDBOX_PLATFORM_PTRACE_CLONE_FLAGS_H_
