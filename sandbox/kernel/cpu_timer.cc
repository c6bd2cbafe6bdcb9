#include "sandbox/kernel/cpu_timer.h"

#include <algorithm>

#include "sandbox/kernel/clock.h"

namespace sandbox {
namespace {

constexpr int64_t kShortestStep = 4'000'000, kLongestIdleStep = 64'000'000;

}  // namespace

void CpuTimer::Set(int64_t deadline) {
  deadline_ = std::max<int64_t>(deadline, 1);
  step_ = kShortestStep;
  last_reading_ = -1;
  LookLater(clock_());
}

void CpuTimer::Cancel() {
  deadline_ = 0;
  look_.Cancel();
}

void CpuTimer::LookLater(int64_t now) {
  step_ = now == last_reading_ ? std::min(2 * step_, kLongestIdleStep) : kShortestStep;
  last_reading_ = now;
  look_.Set(DeadlineIn(std::max((deadline_ - now) / speed_, step_)));
}

void CpuTimer::Look() {
  const int64_t now = clock_();
  if (now < deadline_) {
    LookLater(now);
    return;
  }
  deadline_ = 0;
  expired_();
}

}  // namespace sandbox
