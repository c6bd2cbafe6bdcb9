// Chooses the CPU for each pair of a guest thread and the sentry thread that serves it.
//
// A hand-over between the two costs 8-9 us on one CPU and 25-45 us across two, so a pair is always pinned to one CPU
// and moves as a pair. A new pair begins on its maker's CPU: a process that forks mostly waits for its child, and to
// wake an idle CPU costs more than the hand-over. It moves when it wakes up to find its CPU busy and another idle, or
// when Balance finds two that share a CPU for long while another is idle. Thread-safe.
#ifndef SANDBOX_PLATFORM_CPU_PLACEMENT_H_
#define SANDBOX_PLATFORM_CPU_PLACEMENT_H_

#include <sched.h>

#include <atomic>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sandbox {

class CpuPlacement {
 public:
  struct Pair {
    std::atomic<pid_t> guest{0}, sentry{0};
    std::atomic<int> cpu{-1};  // an index; -1: not placed
    bool running = false;      // the placement's
  };

  // Over the CPUs this process may use now.
  CpuPlacement();

  // Counts the pair as running on CPU `inherited`, where its maker is pinned and so is its guest; the calling thread is
  // its sentry thread. -1: on the calling thread's CPU, if it is idle.
  void Enter(Pair* pair, int inherited);
  // The pair is gone.
  void Leave(Pair* pair);
  // The pair waits.
  void Block(Pair* pair);
  // It runs again: on its old CPU unless that is busy and another is idle.
  void Resume(Pair* pair);
  // The guest's thread is another now.
  void PinAgain(const Pair& pair) const { Pin(pair); }
  // Whether no pair runs on this one's CPU and some pair on another.
  bool OnlyOthersBusy(const Pair& pair) const;

  // Moves one of two or more pairs that share a CPU to an idle one, if there is one. False if no CPU is shared.
  bool Balance();

  int cpu_count() const { return static_cast<int>(cpus_.size()); }

 private:
  int IndexOfThisCpu() const;
  int LeastLoaded(int preferred) const;
  void Pin(const Pair& pair) const;

  std::vector<int> cpus_;
  std::unique_ptr<std::atomic<int>[]> load_;  // running pairs of each CPU; changes under mutex_
  mutable absl::Mutex mutex_;
  std::vector<Pair*> pairs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sandbox
#endif  // SANDBOX_PLATFORM_CPU_PLACEMENT_H_
