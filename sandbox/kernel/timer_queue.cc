#include "sandbox/kernel/timer_queue.h"

#include <algorithm>
#include <thread>

#include "absl/time/time.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel_lock.h"

namespace sandbox {
namespace {

constexpr int64_t kShortestPause = 20'000;  // ns

}  // namespace

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
    const int64_t now = MonotonicNow();
    const int64_t left = timers_.begin()->first - now;
    if (left > 0) {
      changed_.WaitWithTimeout(&KernelLock(), absl::Nanoseconds(left));
      continue;
    }
    // Each that is due, at most once.
    for (size_t most = timers_.size(); most > 0 && !timers_.empty() && timers_.begin()->first <= now; --most) {
      Timer* const timer = timers_.begin()->second;
      timers_.erase(timers_.begin());
      timer->deadline_ = 0;
      timer->expired_();
    }
    // A guest may ask for periods shorter than it takes to serve them: what is due again at once waits for as long as
    // this round took, and whoever wants the lock gets it.
    const int64_t took = MonotonicNow() - now;
    if (!timers_.empty() && timers_.begin()->first <= now + took) {
      changed_.WaitWithTimeout(&KernelLock(), absl::Nanoseconds(std::max(took, kShortestPause)));
    }
  }
}

}  // namespace sandbox
