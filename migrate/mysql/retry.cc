#include "migrate/mysql/retry.h"

#include <algorithm>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
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

absl::Status EndSession(Connection& connection, uint64_t id, absl::Time opened) {
  absl::StatusOr<Result> uptime = connection.Query("SHOW GLOBAL STATUS LIKE 'Uptime'");
  if (!uptime.ok()) return uptime.status();
  if (!uptime->empty() && absl::Now() - absl::Seconds((*uptime)[0].Uint(1)) > opened) return absl::OkStatus();
  // Error 1094: there is no such session any more.
  (void)connection.Execute(absl::StrCat("KILL ", id));
  const absl::Time give_up = absl::Now() + absl::Seconds(60);
  while (true) {
    absl::StatusOr<Result> there =
        connection.Query(absl::StrCat("SELECT 1 FROM information_schema.processlist WHERE id = ", id));
    if (!there.ok() || there->empty()) return there.status();
    if (absl::Now() > give_up) {
      return absl::DeadlineExceededError(absl::StrCat("session ", id, " was killed and does not end"));
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
}

namespace {

absl::Status ReplaceSession(Connection& connection) {
  const uint64_t lost = connection.id();
  const absl::Time opened = connection.opened();
  if (absl::Status status = connection.Reconnect(); !status.ok()) return status;
  return lost == 0 ? absl::OkStatus() : EndSession(connection, lost, opened);
}

}  // namespace

absl::Status WithRetries(Connection& connection, const RetryPolicy& policy, const std::function<absl::Status()>& work) {
  absl::Duration pause = absl::Milliseconds(10);
  for (int attempt = 0;; ++attempt) {
    if (policy.stop.stop_requested()) return absl::CancelledError("stopped");
    absl::Status status = connection.broken() ? ReplaceSession(connection) : absl::OkStatus();
    if (status.ok()) status = work();
    if (status.ok() || !IsTransient(status) || attempt >= policy.retries) return status;
    VLOG(1) << "attempt " << attempt + 1 << " failed, trying again: " << status.message();
    if (!SleepUnlessStopped(pause, policy.stop)) return absl::CancelledError("stopped");
    pause = std::min(pause * 2, absl::Seconds(1));
  }
}

}  // namespace migrate::mysql
