// The only code of ours inside a guest's address space, and the page it takes its orders from.
//
// At kStubCode lies one page of code, at kStubOrders a shared memory region: both read-only for the guest, the second
// written by the sentry. Each context owns a slot of the orders: a list of host calls. To run a list the sentry points
// rbx at it, rip at StubListEntry() and resumes with PTRACE_CONT; the stub runs call after call until the end mark or a
// failed call and then hits an int3. Guest code that jumps here gains nothing: under PTRACE_SYSEMU these instructions
// trap like any of the guest's own.
//
// A guest can read the orders of other guests of the same sandbox (addresses and lengths of their mappings), not change
// them.
#ifndef SANDBOX_PLATFORM_PTRACE_STUB_H_
#define SANDBOX_PLATFORM_PTRACE_STUB_H_

#include <sys/types.h>

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sandbox/abi/address.h"
#include "sandbox/platform/ptrace/host_vdso.h"

namespace sandbox {

// One host call. A list ends with number == kEndOfOrders.
struct Order {
  uint64_t number;
  std::array<uint64_t, 6> arguments;
};
inline constexpr uint64_t kEndOfOrders = ~uint64_t{0};

inline constexpr Addr kStubCode = 0x7fff'f000'0000;
inline constexpr Addr kStubVdso = kStubCode + 0x1'0000;
inline constexpr Addr kStubOrders = kStubCode + 0x10'0000;
inline constexpr uint64_t kOrdersPerSlot = 146;  // two pages
inline constexpr uint64_t kSlotBytes = 2 * kPageSize;
inline constexpr uint64_t kSlots = 4096;  // contexts at one time
static_assert(kOrdersPerSlot * sizeof(Order) <= kSlotBytes);

// Guest addresses of the stub's entries.
Addr StubListEntry();   // runs the list at rbx
Addr StubCloneEntry();  // clone(rdi...); int3 in the caller, StubPark in the child
Addr StubPark();        // sleeps forever

// The memory behind kStubCode and kStubOrders.
class StubMemory {
 public:
  static absl::StatusOr<StubMemory> Create();

  int code_fd() const { return code_fd_; }
  int orders_fd() const { return orders_fd_; }
  // The sentry's own view of a slot.
  Order* slot(int index) const { return reinterpret_cast<Order*>(orders_ + index * kSlotBytes); }
  // Whether the first stub has the vDSO at kStubVdso; once it is parked.
  bool VdsoMoved() const { return slot(kSlots - 1)->number == kVdsoMoved; }
  void SetVdsoMoved() const { slot(kSlots - 1)->number = kVdsoMoved; }
  static Addr SlotAddress(int index) { return kStubOrders + index * kSlotBytes; }

 private:
  static constexpr uint64_t kVdsoMoved = 1;  // in a slot that no context has yet

  int code_fd_ = -1;
  int orders_fd_ = -1;
  char* orders_ = nullptr;
};

// Forks a process that maps the stub, puts itself under the stub's seccomp filter and parks. It still has the sentry's
// other mappings: the first list must remove them. It keeps `vdso`, at kStubVdso.
absl::StatusOr<pid_t> ForkFirstStub(const StubMemory& memory, const HostVdso& vdso);

}  // namespace sandbox
#endif  // SANDBOX_PLATFORM_PTRACE_STUB_H_
