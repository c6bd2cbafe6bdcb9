// The platform that stops guests with ptrace.
//
// A guest address space is a process of the host (a stub process) whose memory below kStubCode is the guest's; a guest
// thread is one thread of it. It runs under PTRACE_SYSEMU: a system call stops it before the host kernel looks at it.
// Its tracer is the sentry thread that drives it, on the same CPU.
//
// Forking a guest clones its stub process, so that the host copies the mappings in one call; execve empties the process
// and uses it again. See stub.h for how a stub is made to change its own mappings.
#ifndef SANDBOX_PLATFORM_PTRACE_PTRACE_PLATFORM_H_
#define SANDBOX_PLATFORM_PTRACE_PTRACE_PLATFORM_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "sandbox/platform/cpu_placement.h"
#include "sandbox/platform/platform.h"
#include "sandbox/platform/ptrace/stub.h"

namespace sandbox {

// Notes what the host's Yama says about ptrace, for the message if it is refused: called while /proc can be seen.
void RememberPtraceScope();

class PtracePlatform : public Platform {
 public:
  // Forks the first stub; call while the process has a single thread. Fails with a line that names what forbids ptrace.
  // `vdso`: what to lend to guests (FindHostVdso, called while /proc can be read).
  static absl::StatusOr<std::unique_ptr<PtracePlatform>> Create(const HostVdso& vdso);

  absl::StatusOr<std::unique_ptr<Context>> FirstContext() override;
  Addr vdso() const override { return vdso_; }
  bool Balance() override { return placement_.Balance(); }

 private:
  friend class PtraceContext;
  explicit PtracePlatform(StubMemory memory) : memory_(memory) {}

  // A free slot of orders, or -1.
  int TakeSlot();
  void ReturnSlot(int slot);

  const StubMemory memory_;
  CpuPlacement placement_;
  pid_t first_stub_ = -1;
  HostVdso host_vdso_;
  Addr vdso_ = 0;
  absl::Mutex mutex_;
  std::vector<int> free_slots_ ABSL_GUARDED_BY(mutex_);
  int next_slot_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sandbox
#endif  // SANDBOX_PLATFORM_PTRACE_PTRACE_PLATFORM_H_
