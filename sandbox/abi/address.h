// Guest addresses and pages.
#ifndef SANDBOX_ABI_ADDRESS_H_
#define SANDBOX_ABI_ADDRESS_H_

#include <cstdint>

namespace sandbox {

// An address in a guest's memory. Never a pointer of ours: it is turned into bytes only by GuestMemory.
using Addr = uint64_t;

inline constexpr uint64_t kPageSize = 4096;

constexpr uint64_t PageFloor(uint64_t n) { return n & ~(kPageSize - 1); }
// Wraps to 0 within the last page of the 64-bit range; callers check for it.
constexpr uint64_t PageCeil(uint64_t n) { return (n + kPageSize - 1) & ~(kPageSize - 1); }
constexpr bool IsPageAligned(uint64_t n) { return (n & (kPageSize - 1)) == 0; }

// The half-open range [start, end).
struct AddrRange {
  Addr start = 0;
  Addr end = 0;

  uint64_t length() const { return end - start; }
  bool empty() const { return end <= start; }
  bool Contains(Addr a) const { return a >= start && a < end; }
  bool Overlaps(const AddrRange& other) const { return start < other.end && other.start < end; }
  AddrRange Intersect(const AddrRange& other) const {
    AddrRange r{start > other.start ? start : other.start, end < other.end ? end : other.end};
    return r.empty() ? AddrRange{} : r;
  }
};

}  // namespace sandbox
#endif  // SANDBOX_ABI_ADDRESS_H_
