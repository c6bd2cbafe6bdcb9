// Doing a piece of work again when it failed for a reason that passes: a deadlock, a lock wait, a lost connection.
//
//   absl::Status status = WithRetries(connection, {.retries = 60, .stop = token}, [&] { return
//   connection.Execute(sql).status(); });
//
// The work must be repeatable: after a lost connection nobody knows whether the statement took effect.
#ifndef MIGRATE_MYSQL_RETRY_H_
#define MIGRATE_MYSQL_RETRY_H_

#include <cstdint>
#include <functional>
#include <stop_token>

#include "absl/status/status.h"
#include "migrate/mysql/connection.h"

namespace migrate::mysql {

struct RetryPolicy {
  int retries = 60;
  std::stop_token stop;  // requested: no further attempt, Cancelled
};

// Runs `work` up to 1 + retries times, with a growing pause (10 ms to 1 s) between attempts and a new session in
// `connection` where the old one was lost; the old one is made sure to have ended first. Returns the last error.
absl::Status WithRetries(Connection& connection, const RetryPolicy& policy, const std::function<absl::Status()>& work);

// Kills session `id` and waits until the server is done with it. For a session whose connection was lost: the server
// may not have noticed, and a statement of it that ends late would undo what was done since. A server that was started
// after the session was `opened` may have given its number to somebody else; then there is nothing to end.
absl::Status EndSession(Connection& connection, uint64_t id, absl::Time opened);

// Sleeps, at most until `stop` is requested; false if it was.
bool SleepUnlessStopped(absl::Duration duration, const std::stop_token& stop);

}  // namespace migrate::mysql

#endif  // MIGRATE_MYSQL_RETRY_H_
