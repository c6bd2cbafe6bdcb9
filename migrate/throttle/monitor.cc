#include "migrate/throttle/monitor.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "migrate/mysql/retry.h"
#include "migrate/throttle/http_check.h"

namespace migrate::throttle {
namespace {

constexpr absl::Duration kServerInterval = absl::Seconds(1);

bool Exists(const std::string& file) { return !file.empty() && access(file.c_str(), F_OK) == 0; }

absl::Status OfFlag(std::string_view flag, const absl::Status& status) {
  return status.ok() ? status : absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", status.message()));
}

}  // namespace

absl::StatusOr<Settings> Settings::FromOptions(const MigrationOptions& options) {
  Settings settings;
  absl::StatusOr<std::vector<LoadLimit>> limits = ParseLoadLimits(options.max_load());
  if (!limits.ok()) return OfFlag("max-load", limits.status());
  settings.max_load = *std::move(limits);
  limits = ParseLoadLimits(options.critical_load());
  if (!limits.ok()) return OfFlag("critical-load", limits.status());
  settings.critical_load = *std::move(limits);
  absl::StatusOr<std::vector<ReplicaAddress>> replicas = ParseReplicas(options.throttle_control_replicas());
  if (!replicas.ok()) return OfFlag("throttle-control-replicas", replicas.status());
  settings.replicas = *std::move(replicas);
  settings.critical_load_interval = absl::Milliseconds(options.critical_load_interval_millis());
  settings.critical_load_hibernate = absl::Seconds(options.critical_load_hibernate_seconds());
  settings.max_lag = absl::Milliseconds(options.max_lag_millis());
  settings.query = options.throttle_query();
  settings.http_url = options.throttle_http();
  settings.http_interval = absl::Milliseconds(std::max(10u, options.throttle_http_interval_millis()));
  settings.http_timeout = absl::Milliseconds(std::max(1u, options.throttle_http_timeout_millis()));
  settings.ignore_http_errors = options.ignore_http_errors();
  settings.flag_file = options.throttle_flag_file();
  settings.additional_flag_file = options.throttle_additional_flag_file();
  settings.panic_flag_file = options.panic_flag_file();
  settings.interval = absl::Milliseconds(std::clamp(options.heartbeat_interval_millis(), 100u, 1000u));
  return settings;
}

class Monitor::Session {
 public:
  explicit Session(mysql::ConnectionOptions options) : options_(std::move(options)) {
    options_.connect_timeout = absl::Seconds(5);
    options_.read_timeout = absl::Seconds(10);
  }

  absl::StatusOr<mysql::Connection*> Get() {
    if (connection_ == nullptr) {
      absl::StatusOr<std::unique_ptr<mysql::Connection>> opened = mysql::Connection::Open(options_);
      if (!opened.ok()) return opened.status();
      connection_ = *std::move(opened);
    } else if (connection_->broken()) {
      if (absl::Status status = connection_->Reconnect(); !status.ok()) return status;
    }
    return connection_.get();
  }

 private:
  mysql::ConnectionOptions options_;
  std::unique_ptr<mysql::Connection> connection_;
};

Monitor::Monitor(Settings settings, mysql::ConnectionOptions session, Gate& gate)
    : session_(std::move(session)),
      gate_(gate),
      settings_(std::move(settings)),
      max_load_session_(std::make_unique<Session>(session_)),
      critical_load_session_(std::make_unique<Session>(session_)),
      query_session_(std::make_unique<Session>(session_)) {}

Monitor::~Monitor() { Stop(); }

void Monitor::Start() {
  const Settings settings = this->settings();
  auto ignore_stop = [](Reason (Monitor::*look)(), Monitor* self) {
    return [look, self](const std::stop_token&) { return (self->*look)(); };
  };
  Watch("flag-file", settings.interval, ignore_stop(&Monitor::LookAtFiles, this));
  Watch("lag", std::max(settings.interval, absl::Milliseconds(500)), ignore_stop(&Monitor::LookAtReplicas, this));
  Watch("max-load", kServerInterval, ignore_stop(&Monitor::LookAtMaxLoad, this));
  Watch("query", kServerInterval, ignore_stop(&Monitor::LookAtQuery, this));
  Watch("critical-load", kServerInterval, [this](const std::stop_token& stop) { return LookAtCriticalLoad(stop); });
  Watch("http", settings.http_interval, [this](const std::stop_token&) { return LookAtHttp(); });
}

void Monitor::Stop() {
  for (auto& [name, thread] : threads_) thread.request_stop();
  for (auto& [name, thread] : threads_) {
    thread.join();
    gate_.Open(name);
  }
  threads_.clear();
}

void Monitor::Watch(const std::string& name, absl::Duration interval,
                    std::function<Reason(const std::stop_token&)> look) {
  threads_.emplace_back(name, std::jthread([this, name, interval, look](const std::stop_token& stop) {
                          do {
                            if (Reason reason = look(stop); reason.has_value()) {
                              gate_.Close(name, *reason);
                            } else {
                              gate_.Open(name);
                            }
                          } while (mysql::SleepUnlessStopped(interval, stop));
                        }));
}

Monitor::Reason Monitor::LookAtFiles() {
  const Settings settings = this->settings();
  if (Exists(settings.panic_flag_file)) {
    Fail(absl::CancelledError(absl::StrCat("the panic file ", settings.panic_flag_file, " appeared")), true);
  }
  for (const std::string& file : {settings.flag_file, settings.additional_flag_file}) {
    if (Exists(file)) return absl::StrCat("flag-file ", file);
  }
  return std::nullopt;
}

Monitor::Reason Monitor::LookAtMaxLoad() {
  const Settings settings = this->settings();
  if (settings.max_load.empty()) return std::nullopt;
  absl::StatusOr<mysql::Connection*> connection = max_load_session_->Get();
  if (!connection.ok()) return absl::StrCat("max-load cannot be read: ", connection.status().message());
  absl::StatusOr<std::optional<std::string>> exceeded = FindExceeded(**connection, settings.max_load);
  if (!exceeded.ok()) return absl::StrCat("max-load cannot be read: ", exceeded.status().message());
  if (!exceeded->has_value()) return std::nullopt;
  return absl::StrCat("max-load ", **exceeded);
}

Monitor::Reason Monitor::LookAtCriticalLoad(const std::stop_token& stop) {
  const Settings settings = this->settings();
  if (settings.critical_load.empty()) return std::nullopt;
  auto look = [&]() -> Reason {
    absl::StatusOr<mysql::Connection*> connection = critical_load_session_->Get();
    if (!connection.ok()) return std::nullopt;  // others notice that the server is gone
    absl::StatusOr<std::optional<std::string>> exceeded = FindExceeded(**connection, settings.critical_load);
    if (!exceeded.ok()) LOG_EVERY_N_SEC(WARNING, 60) << "critical-load cannot be read: " << exceeded.status().message();
    return exceeded.ok() ? *exceeded : std::nullopt;
  };
  Reason exceeded = look();
  if (!exceeded.has_value()) return std::nullopt;
  if (settings.critical_load_hibernate > absl::ZeroDuration()) {
    LOG(WARNING) << "critical-load " << *exceeded << "; hibernating for "
                 << absl::FormatDuration(settings.critical_load_hibernate);
    gate_.Close("critical-load", absl::StrCat("critical-load-hibernate ", *exceeded));
    mysql::SleepUnlessStopped(settings.critical_load_hibernate, stop);
    return std::nullopt;
  }
  if (settings.critical_load_interval > absl::ZeroDuration()) {
    LOG(WARNING) << "critical-load " << *exceeded << "; looking again in "
                 << absl::FormatDuration(settings.critical_load_interval);
    if (!mysql::SleepUnlessStopped(settings.critical_load_interval, stop)) return std::nullopt;
    exceeded = look();
    if (!exceeded.has_value()) return std::nullopt;
  }
  Fail(absl::AbortedError(absl::StrCat("critical-load met: ", *exceeded)), false);
  return absl::StrCat("critical-load ", *exceeded);
}

Monitor::Reason Monitor::LookAtReplicas() {
  const Settings settings = this->settings();
  absl::Duration greatest = absl::ZeroDuration();
  Reason reason;
  for (const ReplicaAddress& address : settings.replicas) {
    const std::string name = address.ToString();
    auto it = std::find_if(replica_sessions_.begin(), replica_sessions_.end(),
                           [&](const auto& entry) { return entry.first == name; });
    if (it == replica_sessions_.end()) {
      mysql::ConnectionOptions options = session_;
      options.unix_socket.clear();
      options.host = address.host;
      options.port = address.port;
      it = replica_sessions_.insert(it, {name, std::make_unique<Session>(options)});
    }
    absl::StatusOr<mysql::Connection*> connection = it->second->Get();
    absl::StatusOr<absl::Duration> lag = connection.ok() ? ReplicaLag(**connection) : connection.status();
    if (!lag.ok()) {
      reason = absl::StrCat(name, " lag cannot be read: ", lag.status().message());
      continue;
    }
    greatest = std::max(greatest, *lag);
    if (*lag > settings.max_lag) reason = absl::StrCat(name, " replica-lag=", absl::ToInt64Seconds(*lag), "s");
  }
  absl::MutexLock lock(&mutex_);
  lag_ = greatest;
  return reason;
}

Monitor::Reason Monitor::LookAtQuery() {
  const std::string query = settings().query;
  if (query.empty()) return std::nullopt;
  absl::StatusOr<mysql::Connection*> connection = query_session_->Get();
  if (!connection.ok()) return absl::StrCat("throttle-query failed: ", connection.status().message());
  absl::StatusOr<mysql::Result> rows = (*connection)->Query(query);
  if (!rows.ok()) return absl::StrCat("throttle-query failed: ", rows.status().message());
  if (rows->empty() || (*rows)[0].Double(0) <= 0) return std::nullopt;
  return "throttle-query";
}

Monitor::Reason Monitor::LookAtHttp() const {
  const Settings settings = this->settings();
  if (settings.http_url.empty()) return std::nullopt;
  absl::StatusOr<int> code = HttpStatus(settings.http_url, settings.http_timeout);
  if (!code.ok()) {
    if (settings.ignore_http_errors) return std::nullopt;
    return absl::StrCat("throttle-http failed: ", code.status().message());
  }
  if (*code == 200) return std::nullopt;
  return absl::StrCat("http=", *code);
}

void Monitor::Fail(absl::Status status, bool panic) {
  absl::MutexLock lock(&mutex_);
  panic_ = panic_ || panic;
  if (failure_.ok() || panic) failure_ = std::move(status);
}

absl::Status Monitor::failure() const {
  absl::MutexLock lock(&mutex_);
  return failure_;
}

bool Monitor::panic() const {
  absl::MutexLock lock(&mutex_);
  return panic_;
}

absl::Duration Monitor::lag() const {
  absl::MutexLock lock(&mutex_);
  return lag_;
}

Settings Monitor::settings() const {
  absl::MutexLock lock(&mutex_);
  return settings_;
}

absl::Status Monitor::SetMaxLoad(const std::string& text) {
  absl::StatusOr<std::vector<LoadLimit>> limits = ParseLoadLimits(text);
  if (!limits.ok()) return limits.status();
  absl::MutexLock lock(&mutex_);
  settings_.max_load = *std::move(limits);
  return absl::OkStatus();
}

absl::Status Monitor::SetCriticalLoad(const std::string& text) {
  absl::StatusOr<std::vector<LoadLimit>> limits = ParseLoadLimits(text);
  if (!limits.ok()) return limits.status();
  absl::MutexLock lock(&mutex_);
  settings_.critical_load = *std::move(limits);
  return absl::OkStatus();
}

absl::Status Monitor::SetReplicas(const std::string& text) {
  absl::StatusOr<std::vector<ReplicaAddress>> replicas = ParseReplicas(text);
  if (!replicas.ok()) return replicas.status();
  absl::MutexLock lock(&mutex_);
  settings_.replicas = *std::move(replicas);
  return absl::OkStatus();
}

void Monitor::SetMaxLag(absl::Duration max_lag) {
  absl::MutexLock lock(&mutex_);
  settings_.max_lag = max_lag;
}

void Monitor::SetQuery(const std::string& sql) {
  absl::MutexLock lock(&mutex_);
  settings_.query = sql;
}

void Monitor::SetHttp(const std::string& url) {
  absl::MutexLock lock(&mutex_);
  settings_.http_url = url;
}

}  // namespace migrate::throttle
