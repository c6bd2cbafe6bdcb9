#include "sandbox/platform/ptrace/ptrace_platform.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sandbox/mm/guest_memory.h"
#include "sandbox/platform/ptrace/ptrace_context.h"

namespace sandbox {
namespace {

static_assert(kGuestAddressEnd <= kStubCode, "the stub lies above everything a guest can name");

// The end of what a process of the host can map.
constexpr Addr kHostAddressEnd = 0x7fff'ffff'f000;

char g_scope = 0;

absl::Status WhyPtraceFailed(int error) {
  if (g_scope == '2' || g_scope == '3') {
    return absl::PermissionDeniedError(absl::StrCat("the host forbids ptrace (kernel.yama.ptrace_scope is ",
                                                    std::string(1, g_scope), "): set it to 0 or 1"));
  }
  if (error == EPERM || error == ENOSYS) {
    return absl::PermissionDeniedError(
        "the host forbids ptrace: a seccomp filter or security module of the surrounding container refuses it (for "
        "docker: "
        "--cap-add=SYS_PTRACE or --security-opt seccomp=unconfined)");
  }
  return absl::ErrnoToStatus(error, "tracing the first stub process (ptrace)");
}

}  // namespace

void RememberPtraceScope() {
  const int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (read(fd, &g_scope, 1) != 1) g_scope = 0;
  close(fd);
}

absl::StatusOr<std::unique_ptr<PtracePlatform>> PtracePlatform::Create(const HostVdso& vdso) {
  absl::StatusOr<StubMemory> memory = StubMemory::Create();
  if (!memory.ok()) return memory.status();
  std::unique_ptr<PtracePlatform> platform(new PtracePlatform(*memory));
  platform->host_vdso_ = vdso;
  absl::StatusOr<pid_t> stub = ForkFirstStub(*memory, vdso);
  if (!stub.ok()) return stub.status();
  platform->first_stub_ = *stub;
  return platform;
}

absl::StatusOr<std::unique_ptr<Context>> PtracePlatform::FirstContext() {
  auto space = std::make_shared<PtraceAddressSpace>(first_stub_);
  auto context = std::make_unique<PtraceContext>(this, space, first_stub_, TakeSlot(), /*cpu=*/-1);
  if (const Result<void> bound = context->Bind(); !bound.ok()) return WhyPtraceFailed(bound.error());
  // What the stub still has from the sentry goes.
  space->Unmap({0, kStubCode}, /*urgent=*/true);
  const Addr vdso_end = memory_.VdsoMoved() ? kStubVdso + host_vdso_.length() : kStubVdso;
  if (memory_.VdsoMoved()) vdso_ = host_vdso_.CodeAt(kStubVdso);
  space->Unmap({kStubCode + kPageSize, kStubVdso}, /*urgent=*/true);
  space->Unmap({vdso_end, kStubOrders}, /*urgent=*/true);
  space->Unmap({kStubOrders + kSlots * kSlotBytes, kHostAddressEnd}, /*urgent=*/true);
  context->Apply();
  return context;
}

int PtracePlatform::TakeSlot() {
  absl::MutexLock lock(&mutex_);
  if (!free_slots_.empty()) {
    const int slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  return next_slot_ < static_cast<int>(kSlots) ? next_slot_++ : -1;
}

void PtracePlatform::ReturnSlot(int slot) {
  absl::MutexLock lock(&mutex_);
  free_slots_.push_back(slot);
}

}  // namespace sandbox
