// Time, in nanoseconds of the host's clocks. Guests see the same clocks.
#ifndef SANDBOX_KERNEL_CLOCK_H_
#define SANDBOX_KERNEL_CLOCK_H_

#include <time.h>

#include <cstdint>
#include <limits>

namespace sandbox {

// Deadlines are nanoseconds of CLOCK_MONOTONIC.
using Deadline = int64_t;
inline constexpr Deadline kNoDeadline = std::numeric_limits<int64_t>::max();
inline constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

inline int64_t ToNanoseconds(const timespec& time) {
  if (time.tv_sec >= kNoDeadline / kNanosecondsPerSecond) return kNoDeadline;
  return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
}
inline timespec ToTimespec(int64_t nanoseconds) {
  return {nanoseconds / kNanosecondsPerSecond, nanoseconds % kNanosecondsPerSecond};
}
inline int64_t ClockNow(clockid_t clock) {
  timespec now;
  return clock_gettime(clock, &now) == 0 ? ToNanoseconds(now) : 0;
}
inline int64_t MonotonicNow() { return ClockNow(CLOCK_MONOTONIC); }
// Now plus `nanoseconds`, without overflow.
inline Deadline DeadlineIn(int64_t nanoseconds) {
  const int64_t now = MonotonicNow();
  return nanoseconds >= kNoDeadline - now ? kNoDeadline : now + nanoseconds;
}
inline bool IsValid(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < kNanosecondsPerSecond;
}

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_CLOCK_H_
