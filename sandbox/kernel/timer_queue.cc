#include "sandbox/kernel/timer_queue.h"

#include <algorithm>
#include <thread>

#include "absl/time/time.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel_lock.h"

namespace sandbox {

void TimerQueue::Timer::Set(int64_t deadline) {
  Cancel();
  deadline_ = std::max<int64_t>(deadline, 1);
  queue_->timers_.emplace(deadline_, this);
  if (!queue_->running_) {
    queue_->running_ = true;
    std::thread([queue = queue_] { queue->Run(); }).detach();
  } else if (queue_->timers_.begin()->second == this) {
    queue_->changed_.Signal();
  }
}

void TimerQueue::Timer::Cancel() {
  if (deadline_ == 0) return;
  queue_->timers_.erase({deadline_, this});
  deadline_ = 0;
}

void TimerQueue::Run() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  KernelLock().Lock();
  for (;;) {
    if (timers_.empty()) {
      changed_.Wait(&KernelLock());
      continue;
    }
    const auto [deadline, timer] = *timers_.begin();
    const int64_t left = deadline - MonotonicNow();
    if (left > 0) {
      changed_.WaitWithTimeout(&KernelLock(), absl::Nanoseconds(left));
      continue;
    }
    timers_.erase(timers_.begin());
    timer->deadline_ = 0;
    timer->expired_();
  }
}

}  // namespace sandbox
