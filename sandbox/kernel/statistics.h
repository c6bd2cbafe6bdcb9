// What the sentry counts, for --metrics_address and --metrics_file.
//
// The numbers lie in memory that the sentry shares with its launcher: the launcher, which has a network, serves them
// and only ever reads. Written under the kernel lock; read at any time, each number for itself.
#ifndef SANDBOX_KERNEL_STATISTICS_H_
#define SANDBOX_KERNEL_STATISTICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sandbox {

// Of one writer at a time.
class Tally {
 public:
  void Add(int64_t amount = 1) { Set(value() + amount); }
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

struct Statistics {
  static constexpr size_t kCalls = 512;
  std::array<Tally, kCalls> calls;  // by number; what is beyond counts as the last
  Tally refused;                    // by the operator's policy or a guest's seccomp filter
  Tally faults;                     // of memory, served by the sentry
  Tally threads;                    // of guests, now
  Tally threads_made;
};

// The process's own; ShareStatistics() puts them where children made afterwards share them. False if the host has no
// memory for that.
Statistics& TheStatistics();
bool ShareStatistics();

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_STATISTICS_H_
