// Things to do at a time: one thread that waits for the nearest deadline and then calls back under the kernel lock.
//
// Task::Block has its own timeouts; this is for timers that fire whether anyone waits or not (itimers, POSIX timers,
// timerfd, --timeout). The thread starts with the first timer.
#ifndef SANDBOX_KERNEL_TIMER_QUEUE_H_
#define SANDBOX_KERNEL_TIMER_QUEUE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sandbox {

class TimerQueue {
 public:
  class Timer {
   public:
    // `expired` runs on the timer thread under the kernel lock; it may set timers, and delete this one.
    Timer(TimerQueue* queue, std::function<void()> expired) : queue_(queue), expired_(std::move(expired)) {}
    Timer(const Timer&) = delete;
    ~Timer() { Cancel(); }
    // At `deadline`, nanoseconds of CLOCK_MONOTONIC; replaces the time set before.
    void Set(int64_t deadline);
    void Cancel();
    // 0: not set.
    int64_t deadline() const { return deadline_; }

   private:
    friend class TimerQueue;
    TimerQueue* const queue_;
    const std::function<void()> expired_;
    int64_t deadline_ = 0;
  };

 private:
  void Run();

  std::set<std::pair<int64_t, Timer*>> timers_;
  absl::CondVar changed_;
  bool running_ = false;
};

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_TIMER_QUEUE_H_
