#include "sandbox/platform/ptrace/ptrace_address_space.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <utility>

namespace sandbox {
namespace {

// Unmappings that nobody waits for are collected up to this many before they are applied by themselves.
constexpr size_t kMaxLazyOrders = 64;

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

std::vector<Order> PtraceAddressSpace::TakeOrders() {
  urgent_ = false;
  return std::exchange(orders_, {});
}

}  // namespace sandbox
