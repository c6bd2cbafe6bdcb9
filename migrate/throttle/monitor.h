// Watches every reason to slow down and opens and closes the gate accordingly.
//
//   Monitor monitor(settings, session, gate);
//   monitor.Start();
//   ...
//   if (!monitor.failure().ok()) ...   // critical load, or the panic file: stop
//
// Reasons, by the name under which they close the gate:
//
//   max-load          a status variable is at its limit (--max-load)
//   lag               a control replica is behind by more than max_lag, or cannot be asked
//   query             --throttle-query returns more than zero
//   http              --throttle-http does not answer 200
//   flag-file         one of the two throttle files exists
//   critical-load     hibernating (--critical-load-hibernate-seconds)
//
// A reason that cannot be found out (the query fails, the URL does not answer) counts as a reason, so that a broken
// probe is seen; ignore_http_errors excepts the URL.
//
// Each reason has a thread and, where it asks a server, a connection of its own, so that a slow one does not delay the
// others. All methods are thread-safe; the setters serve the control socket and take effect at the next look.
#ifndef MIGRATE_THROTTLE_MONITOR_H_
#define MIGRATE_THROTTLE_MONITOR_H_

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "migrate/mysql/connection.h"
#include "migrate/options/migration_options.pb.h"
#include "migrate/throttle/gate.h"
#include "migrate/throttle/load.h"
#include "migrate/throttle/replica_lag.h"

namespace migrate::throttle {

struct Settings {
  std::vector<LoadLimit> max_load;
  std::vector<LoadLimit> critical_load;
  absl::Duration critical_load_interval = absl::ZeroDuration();   // look again this much later before stopping
  absl::Duration critical_load_hibernate = absl::ZeroDuration();  // pause this long instead of stopping
  absl::Duration max_lag = absl::Milliseconds(1500);
  std::vector<ReplicaAddress> replicas;
  std::string query;
  std::string http_url;
  absl::Duration http_interval = absl::Milliseconds(100);
  absl::Duration http_timeout = absl::Seconds(1);
  bool ignore_http_errors = false;
  std::string flag_file;
  std::string additional_flag_file;
  std::string panic_flag_file;
  absl::Duration interval = absl::Milliseconds(100);  // between two looks at files and replicas; servers: one second

  // InvalidArgument names the flag.
  static absl::StatusOr<Settings> FromOptions(const MigrationOptions& options);
};

class Monitor {
 public:
  // `session` says how to reach the server; replicas are reached with the same user, password and TLS settings. `gate`
  // must outlive the monitor.
  Monitor(Settings settings, mysql::ConnectionOptions session, Gate& gate);
  ~Monitor();  // stops

  void Start();
  // Ends all threads and opens the gate as far as this monitor closed it.
  void Stop();

  // Not ok once the migration must stop: Aborted at critical load, Cancelled when the panic file appeared (panic() is
  // then true, and nothing is to be cleaned).
  absl::Status failure() const ABSL_LOCKS_EXCLUDED(mutex_);
  bool panic() const ABSL_LOCKS_EXCLUDED(mutex_);

  // The greatest lag of the control replicas at the last look.
  absl::Duration lag() const ABSL_LOCKS_EXCLUDED(mutex_);

  Settings settings() const ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status SetMaxLoad(const std::string& text) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status SetCriticalLoad(const std::string& text) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status SetReplicas(const std::string& text) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetMaxLag(absl::Duration max_lag) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetQuery(const std::string& sql) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetHttp(const std::string& url) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Why the gate should be closed now; nullopt: it need not.
  using Reason = std::optional<std::string>;

  // Looks every `interval` until stopped and keeps the gate for `name` accordingly.
  void Watch(const std::string& name, absl::Duration interval, std::function<Reason(const std::stop_token&)> look);

  Reason LookAtMaxLoad();
  Reason LookAtCriticalLoad(const std::stop_token& stop);
  Reason LookAtReplicas();
  Reason LookAtQuery();
  Reason LookAtHttp() const;
  Reason LookAtFiles();

  // A connection that is opened at first use and again after it broke.
  class Session;

  void Fail(absl::Status status, bool panic) ABSL_LOCKS_EXCLUDED(mutex_);

  const mysql::ConnectionOptions session_;
  Gate& gate_;
  mutable absl::Mutex mutex_;  // a leaf
  Settings settings_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  bool panic_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration lag_ ABSL_GUARDED_BY(mutex_);

  // Each used by one thread only.
  std::unique_ptr<Session> max_load_session_;
  std::unique_ptr<Session> critical_load_session_;
  std::unique_ptr<Session> query_session_;
  std::vector<std::pair<std::string, std::unique_ptr<Session>>> replica_sessions_;
  std::vector<std::pair<std::string, std::jthread>> threads_;
};

}  // namespace migrate::throttle

#endif  // MIGRATE_THROTTLE_MONITOR_H_
