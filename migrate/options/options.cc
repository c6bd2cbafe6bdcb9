#include "migrate/options/options.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace migrate {
namespace {

absl::Status SetFromConf(MigrationOptions& options, std::string_view key, std::string_view value) {
  if (key == "user" && options.user().empty()) options.set_user(std::string(value));
  if (key == "password" && options.password().empty()) options.set_password(std::string(value));
  if (key == "host" && options.host() == "127.0.0.1") options.set_host(std::string(value));
  if (key == "socket" && options.socket().empty()) options.set_socket(std::string(value));
  uint32_t port = 0;
  if (key == "port" && options.port() == 3306) {
    if (!absl::SimpleAtoi(value, &port))
      return absl::InvalidArgumentError(absl::StrCat("--conf ", options.conf(), ": port=", value, " is not a number"));
    options.set_port(port);
  }
  return absl::OkStatus();
}

// The [client] section of a my.cnf style file. What was given as a flag stays.
absl::Status ReadConf(MigrationOptions& options) {
  if (options.conf().empty()) return absl::OkStatus();
  std::ifstream file(options.conf());
  if (!file)
    return absl::InvalidArgumentError(absl::StrCat("--conf: cannot read ", options.conf(), ": ", std::strerror(errno)));
  bool in_client = false;
  for (std::string line; std::getline(file, line);) {
    const std::string_view text = absl::StripAsciiWhitespace(line);
    if (text.empty() || text[0] == '#' || text[0] == ';') continue;
    if (text[0] == '[') {
      in_client = text == "[client]";
      continue;
    }
    if (!in_client) continue;
    const std::pair<std::string_view, std::string_view> entry = absl::StrSplit(text, absl::MaxSplits('=', 1));
    std::string_view value = absl::StripAsciiWhitespace(entry.second);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    if (absl::Status status = SetFromConf(options, absl::StripAsciiWhitespace(entry.first), value); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::Status AskPassword(MigrationOptions& options) {
  if (!options.ask_pass()) return absl::OkStatus();
  const char* typed = getpass("Password: ");
  if (typed == nullptr) return absl::InvalidArgumentError("--ask-pass: there is no terminal to ask on");
  options.set_password(typed);
  return absl::OkStatus();
}

absl::Status CheckRange(std::string_view flag, uint64_t value, uint64_t least, uint64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--", flag, "=", value, ": expected ", least, " to ", most));
}

absl::Status CheckChoice(std::string_view flag, std::string_view value,
                         std::initializer_list<std::string_view> choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return absl::OkStatus();
  std::string expected;
  for (std::string_view choice : choices) absl::StrAppend(&expected, expected.empty() ? "" : " or ", choice);
  return absl::InvalidArgumentError(absl::StrCat("--", flag, "=", value, ": expected ", expected));
}

absl::Status CheckPresence(const MigrationOptions& options) {
  if (options.database().empty())
    return absl::InvalidArgumentError("--database must be given: the database of the table");
  if (options.table().empty()) return absl::InvalidArgumentError("--table must be given: the table to change");
  if (options.alter().empty())
    return absl::InvalidArgumentError("--alter must be given: the change, for example --alter=\"ADD COLUMN c int\"");
  return absl::OkStatus();
}

absl::Status CheckCombinations(const MigrationOptions& options) {
  if (options.allow_on_master() && options.test_on_replica())
    return absl::InvalidArgumentError("--allow-on-master and --test-on-replica are mutually exclusive");
  if (options.allow_on_master() && options.migrate_on_replica())
    return absl::InvalidArgumentError("--allow-on-master and --migrate-on-replica are mutually exclusive");
  if (options.migrate_on_replica() && options.test_on_replica())
    return absl::InvalidArgumentError("--migrate-on-replica and --test-on-replica are mutually exclusive");
  if (options.switch_to_rbr() && options.assume_rbr())
    return absl::InvalidArgumentError("--switch-to-rbr and --assume-rbr are mutually exclusive");
  if (options.test_on_replica_skip_replica_stop() && !options.test_on_replica())
    return absl::InvalidArgumentError("--test-on-replica-skip-replica-stop requires --test-on-replica");
  if (options.include_triggers() && options.trigger_suffix().empty())
    return absl::InvalidArgumentError("--include-triggers requires --trigger-suffix: two triggers cannot share a name");
  if (!options.trigger_suffix().empty() && !options.include_triggers())
    return absl::InvalidArgumentError("--trigger-suffix requires --include-triggers");
  if (!options.ssl() && !(options.ssl_ca() + options.ssl_cert() + options.ssl_key()).empty())
    return absl::InvalidArgumentError("--ssl-ca, --ssl-cert and --ssl-key require --ssl");
  if (!options.ssl() && options.ssl_allow_insecure())
    return absl::InvalidArgumentError("--ssl-allow-insecure requires --ssl");
  if (options.ssl_cert().empty() != options.ssl_key().empty())
    return absl::InvalidArgumentError("--ssl-cert and --ssl-key require each other");
  if (options.master_user().empty() != options.master_password().empty() && options.master_user().empty())
    return absl::InvalidArgumentError("--master-password requires --master-user");
  return absl::OkStatus();
}

absl::Status CheckValues(const MigrationOptions& options) {
  for (const absl::Status& status : {
           CheckRange("port", options.port(), 1, 65535),
           CheckRange("serve-tcp-port", options.serve_tcp_port(), 0, 65535),
           CheckRange("threads", options.threads(), 1, 64),
           CheckRange("chunk-size", options.chunk_size(), 10, 100'000),
           CheckRange("dml-batch-size", options.dml_batch_size(), 1, 10'000),
           CheckRange("heartbeat-interval-millis", options.heartbeat_interval_millis(), 100, 1000),
           CheckRange("max-lag-millis", options.max_lag_millis(), 100, 3'600'000),
           CheckRange("cut-over-lock-timeout-seconds", options.cut_over_lock_timeout_seconds(), 1, 10),
           CheckRange("exponential-backoff-max-interval", options.exponential_backoff_max_interval(), 2, 3600),
           CheckRange("checkpoint-seconds", options.checkpoint_seconds(), 1, 3600),
           CheckRange("replica-server-id", options.replica_server_id(), 1, UINT32_MAX),
           CheckChoice("cut-over", options.cut_over(), {"atomic", "default", "two-step"}),
           CheckChoice("status-format", options.status_format(), {"text", "json"}),
       }) {
    if (!status.ok()) return status;
  }
  if (options.nice_ratio() < 0 || options.nice_ratio() > 100)
    return absl::InvalidArgumentError("--nice-ratio: expected 0 to 100");
  if (options.chunk_target_time().seconds() < 0 || options.chunk_target_time().seconds() > 60)
    return absl::InvalidArgumentError("--chunk-target-time: expected 0s to 60s");
  return absl::OkStatus();
}

}  // namespace

absl::Status CompleteOptions(MigrationOptions& options) {
  if (absl::Status status = ReadConf(options); !status.ok()) return status;
  if (absl::Status status = CheckPresence(options); !status.ok()) return status;
  if (absl::Status status = CheckCombinations(options); !status.ok()) return status;
  if (options.threads() == 0) options.set_threads(std::clamp(std::thread::hardware_concurrency(), 2u, 8u));
  if (absl::Status status = CheckValues(options); !status.ok()) return status;
  return AskPassword(options);
}

std::vector<std::string> FlagsWithoutEffect(const MigrationOptions& options) {
  std::vector<std::string> lines;
  auto say = [&](bool given, std::string_view flag, std::string_view why) {
    if (given) lines.push_back(absl::StrCat("--", flag, " has no effect: ", why));
  };
  say(options.stack(), "stack", "errors are single lines that say what was being done");
  say(options.tungsten(), "tungsten", "the binary log is always read from the server given by --host");
  say(options.aliyun_rds(), "aliyun-rds", "nothing here depends on it");
  say(options.gcp(), "gcp", "nothing here depends on it");
  say(options.azure(), "azure", "nothing here depends on it");
  say(!options.statsd_addr().empty(), "statsd-addr", "metrics are Prometheus text, see --metrics-address");
  say(!options.statsd_tags().empty(), "statsd-tags", "metrics are Prometheus text, see --metrics-address");
  say(!options.replication_lag_query().empty(), "replication-lag-query", "gh-ost has given it up too");
  say(options.skip_port_validation(), "skip-port-validation", "the port is never compared");
  say(options.skip_metadata_lock_check(), "skip-metadata-lock-check", "waits for the lock are bounded instead");
  say(options.charset() != "utf8mb4,utf8,latin1", "charset", "connections always use utf8mb4");
  return lines;
}

}  // namespace migrate
