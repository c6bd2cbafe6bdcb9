// Timers that run by CPU time: ITIMER_VIRTUAL, ITIMER_PROF, RLIMIT_CPU, POSIX timers and sleeps on CPU clocks.
//
// Nothing tells the sentry when a guest has used so much CPU, so the timer looks: first when the guest can have got
// there at the earliest, then in steps of at least 4 ms (as coarse as Linux's own tick); while the clock stands still
// the steps grow to 64 ms. All under the kernel lock.
#ifndef SANDBOX_KERNEL_CPU_TIMER_H_
#define SANDBOX_KERNEL_CPU_TIMER_H_

#include <cstdint>
#include <functional>
#include <utility>

#include "sandbox/kernel/timer_queue.h"

namespace sandbox {

class CpuTimer {
 public:
  // `clock` gives nanoseconds that pass at most `speed` times as fast as time. `expired` may set the timer again, and
  // delete it.
  CpuTimer(TimerQueue* queue, int speed, std::function<int64_t()> clock, std::function<void()> expired)
      : speed_(speed), clock_(std::move(clock)), expired_(std::move(expired)), look_(queue, [this] { Look(); }) {}

  // At `deadline`, which is a reading of the clock.
  void Set(int64_t deadline);
  void Cancel();
  // 0: not set.
  int64_t deadline() const { return deadline_; }
  int64_t Now() const { return clock_(); }

 private:
  void Look();
  void LookLater(int64_t now);

  const int speed_;
  const std::function<int64_t()> clock_;
  const std::function<void()> expired_;
  TimerQueue::Timer look_;
  int64_t deadline_ = 0;
  int64_t last_reading_ = -1;
  int64_t step_ = 0;
};

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_CPU_TIMER_H_
