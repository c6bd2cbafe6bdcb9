// Chooses the CPU for each pair of a guest thread and the sentry thread that serves it.
//
// A hand-over between the two costs 8-9 us on one CPU and 25-45 us across two, so a pair is always pinned to one CPU
// and moves as a pair: when it is made, and when it wakes up to find its CPU busy and another idle. Thread-safe.
#ifndef SANDBOX_PLATFORM_CPU_PLACEMENT_H_
#define SANDBOX_PLATFORM_CPU_PLACEMENT_H_

#include <sched.h>

#include <atomic>
#include <memory>
#include <vector>

namespace sandbox {

class CpuPlacement {
 public:
  // Over the CPUs this process may use now.
  CpuPlacement();

  // The index of the least loaded CPU; counts the pair as running there.
  int Enter();
  // The pair waits, or is gone.
  void Leave(int index);
  // The pair runs again: its old CPU unless that is busy and another is idle.
  int Return(int index);

  // Pins a thread (0: the calling one).
  void Pin(pid_t tid, int index) const;
  int cpu_count() const { return static_cast<int>(cpus_.size()); }

 private:
  int LeastLoaded(int preferred) const;

  std::vector<int> cpus_;
  std::unique_ptr<std::atomic<int>[]> load_;
};

}  // namespace sandbox
#endif  // SANDBOX_PLATFORM_CPU_PLACEMENT_H_
