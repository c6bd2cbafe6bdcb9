#include "migrate/throttle/replica_lag.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace migrate::throttle {

std::string ReplicaAddress::ToString() const { return absl::StrCat(host, ":", port); }

absl::StatusOr<std::vector<ReplicaAddress>> ParseReplicas(std::string_view text) {
  std::vector<ReplicaAddress> replicas;
  for (std::string_view part : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    part = absl::StripAsciiWhitespace(part);
    ReplicaAddress replica;
    std::string_view port;
    const size_t bracket = part.find(']');
    const size_t colon = part.rfind(':');
    if (part[0] == '[' && bracket != std::string_view::npos) {
      replica.host = std::string(part.substr(1, bracket - 1));
      if (part.size() > bracket + 1) port = part[bracket + 1] == ':' ? part.substr(bracket + 2) : "?";
    } else {
      replica.host = std::string(part.substr(0, colon));
      if (colon != std::string_view::npos) port = part.substr(colon + 1);
    }
    uint32_t number = replica.port;
    const bool bad_port = !port.empty() && (!absl::SimpleAtoi(port, &number) || number == 0 || number > 65535);
    if (replica.host.empty() || bad_port) {
      return absl::InvalidArgumentError(absl::StrCat("'", part, "' is not a replica: expected HOST or HOST:PORT"));
    }
    replica.port = static_cast<uint16_t>(number);
    replicas.push_back(std::move(replica));
  }
  return replicas;
}

absl::StatusOr<absl::Duration> ReplicaLag(mysql::Connection& replica) {
  absl::StatusOr<mysql::Result> status =
      replica.Query(replica.server().ReplicaWords() ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS");
  if (!status.ok()) return status.status();
  if (status->empty()) return absl::FailedPreconditionError("it is not a replica");
  absl::Duration lag = absl::ZeroDuration();
  for (mysql::Row channel : *status) {
    std::optional<std::string_view> seconds = channel.Get("Seconds_Behind_Source");
    if (!seconds.has_value()) seconds = channel.Get("Seconds_Behind_Master");
    int64_t value = 0;
    if (!seconds.has_value() || !absl::SimpleAtoi(*seconds, &value)) {
      return absl::FailedPreconditionError("its replication is not running");
    }
    lag = std::max(lag, absl::Seconds(value));
  }
  return lag;
}

}  // namespace migrate::throttle
