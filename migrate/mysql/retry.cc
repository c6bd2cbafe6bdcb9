#include "migrate/mysql/retry.h"

#include <algorithm>

#include "absl/log/log.h"
#include "absl/time/clock.h"
#include "migrate/mysql/errors.h"

namespace migrate::mysql {

bool SleepUnlessStopped(absl::Duration duration, const std::stop_token& stop) {
  const absl::Time end = absl::Now() + duration;
  while (!stop.stop_requested()) {
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return true;
    absl::SleepFor(std::min(left, absl::Milliseconds(20)));
  }
  return false;
}

absl::Status WithRetries(Connection& connection, const RetryPolicy& policy, const std::function<absl::Status()>& work) {
  absl::Duration pause = absl::Milliseconds(10);
  for (int attempt = 0;; ++attempt) {
    if (policy.stop.stop_requested()) return absl::CancelledError("stopped");
    absl::Status status = connection.broken() ? connection.Reconnect() : absl::OkStatus();
    if (status.ok()) status = work();
    if (status.ok() || !IsTransient(status) || attempt >= policy.retries) return status;
    VLOG(1) << "attempt " << attempt + 1 << " failed, trying again: " << status.message();
    if (!SleepUnlessStopped(pause, policy.stop)) return absl::CancelledError("stopped");
    pause = std::min(pause * 2, absl::Seconds(1));
  }
}

}  // namespace migrate::mysql
