// A stub process and the changes to its mappings that wait to be applied.
#ifndef SANDBOX_PLATFORM_PTRACE_PTRACE_ADDRESS_SPACE_H_
#define SANDBOX_PLATFORM_PTRACE_PTRACE_ADDRESS_SPACE_H_

#include <sys/types.h>

#include <atomic>
#include <vector>

#include "sandbox/platform/platform.h"
#include "sandbox/platform/ptrace/stub.h"

namespace sandbox {

class PtraceAddressSpace : public AddressSpace {
 public:
  explicit PtraceAddressSpace(pid_t pid) : pid_(pid) {}
  // Kills and reaps the process. No context uses it any more.
  ~PtraceAddressSpace() override;

  void Map(const Mapping& mapping, bool urgent) override;
  void Unmap(AddrRange range, bool urgent) override;
  void Protect(AddrRange range, int prot, bool urgent) override;
  bool TakeBackUnmap(AddrRange range) override;
  uint64_t queued() const override { return queued_; }
  uint64_t applied() const override { return applied_.load(std::memory_order_acquire); }
  void MakeUrgent() override { urgent_ = !orders_.empty(); }

  pid_t pid() const { return pid_; }
  bool urgent() const { return urgent_; }
  std::vector<Order> TakeOrders();
  // Orders taken when queued() was `number` have been carried out.
  void Applied(uint64_t number) { applied_.store(number, std::memory_order_release); }

  int contexts = 0;  // that run here; kernel lock

 private:
  void Add(const Order& order, bool urgent);

  const pid_t pid_;
  std::vector<Order> orders_;
  bool urgent_ = false;
  uint64_t queued_ = 0;
  std::atomic<uint64_t> applied_{0};
};

}  // namespace sandbox
#endif  // SANDBOX_PLATFORM_PTRACE_PTRACE_ADDRESS_SPACE_H_
