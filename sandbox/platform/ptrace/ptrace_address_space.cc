#include "sandbox/platform/ptrace/ptrace_address_space.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace sandbox {
namespace {

// Unmappings that nobody waits for are collected up to this many before they are applied by themselves.
constexpr size_t kMaxLazyOrders = 64;

AddrRange RangeOf(const Order& order) { return {order.arguments[0], order.arguments[0] + order.arguments[1]}; }

// Whether part of `range` may still be mapped in the stub although an unmapping of it waits in `orders`: a touch would
// find what was there before instead of faulting. An unmapping of what was itself only about to be mapped leaves
// nothing.
bool HidesOldMapping(const std::vector<Order>& orders, const AddrRange& range) {
  for (size_t i = 0; i < orders.size(); ++i) {
    const AddrRange unmapped = RangeOf(orders[i]);
    if (orders[i].number != SYS_munmap || !unmapped.Overlaps(range)) continue;
    bool never_applied = false;
    for (size_t j = 0; j < i && !never_applied; ++j) {
      const AddrRange mapped = RangeOf(orders[j]);
      never_applied = orders[j].number == SYS_mmap && mapped.start <= unmapped.start && unmapped.end <= mapped.end;
    }
    if (!never_applied) return true;
  }
  return false;
}

}  // namespace

PtraceAddressSpace::~PtraceAddressSpace() {
  kill(pid_, SIGKILL);
  int status;
  while (waitpid(pid_, &status, __WALL) < 0 && errno == EINTR) {
  }
}

void PtraceAddressSpace::Add(const Order& order, bool urgent) {
  orders_.push_back(order);
  ++queued_;
  urgent_ = urgent_ || urgent || orders_.size() >= kMaxLazyOrders;
}

void PtraceAddressSpace::Map(const Mapping& mapping, bool urgent) {
  const uint64_t flags = MAP_FIXED | MAP_NORESERVE | (mapping.shared ? MAP_SHARED : MAP_PRIVATE);
  const AddrRange& range = mapping.range;
  urgent = urgent || HidesOldMapping(orders_, range);
  // An unmapping of memory that is now mapped anew is done by the new mapping.
  while (!orders_.empty() && orders_.back().number == SYS_munmap && orders_.back().arguments[0] >= range.start &&
         orders_.back().arguments[0] + orders_.back().arguments[1] <= range.end) {
    orders_.pop_back();
  }
  Add({SYS_mmap,
       {range.start, range.length(), static_cast<uint64_t>(mapping.prot), flags, static_cast<uint64_t>(mapping.fd),
        mapping.offset}},
      urgent);
}

void PtraceAddressSpace::Unmap(AddrRange range, bool urgent) {
  Add({SYS_munmap, {range.start, range.length()}}, urgent);
}

void PtraceAddressSpace::Protect(AddrRange range, int prot, bool urgent) {
  Add({SYS_mprotect, {range.start, range.length(), static_cast<uint64_t>(prot)}}, urgent);
}

bool PtraceAddressSpace::TakeBackUnmap(AddrRange range) {
  const auto last = std::find_if(orders_.rbegin(), orders_.rend(),
                                 [&](const Order& order) { return RangeOf(order).Overlaps(range); });
  if (last == orders_.rend() || last->number != SYS_munmap || RangeOf(*last).start != range.start ||
      RangeOf(*last).end != range.end)
    return false;
  orders_.erase(std::next(last).base());
  return true;
}

std::vector<Order> PtraceAddressSpace::TakeOrders() {
  urgent_ = false;
  return std::exchange(orders_, {});
}

}  // namespace sandbox
