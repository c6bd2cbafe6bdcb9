#include "migrate/migration/topology.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "migrate/migration/sessions.h"
#include "migrate/mysql/connection.h"
#include "migrate/throttle/replica_lag.h"

namespace migrate::migration {
namespace {

constexpr int kMaxHops = 16;

// The server that `connection`'s server replicates from; nullopt if it replicates from none.
absl::StatusOr<std::optional<throttle::ReplicaAddress>> SourceOf(mysql::Connection& connection) {
  absl::StatusOr<mysql::Result> rows =
      connection.Query(connection.server().ReplicaWords() ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS");
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::nullopt;
  const mysql::Row row = (*rows)[0];
  const auto host = row.Get("Source_Host") ? row.Get("Source_Host") : row.Get("Master_Host");
  const auto port = row.Get("Source_Port") ? row.Get("Source_Port") : row.Get("Master_Port");
  if (!host || host->empty()) return std::nullopt;
  absl::StatusOr<std::vector<throttle::ReplicaAddress>> address =
      throttle::ParseReplicas(absl::StrCat(*host, ":", port.value_or("3306")));
  if (!address.ok()) return address.status();
  return address->front();
}

void WorkOn(const throttle::ReplicaAddress& server, MigrationOptions& options) {
  options.set_host(server.host);
  options.set_port(server.port);
  options.clear_socket();
  if (!options.master_user().empty()) {
    options.set_user(options.master_user());
    options.set_password(options.master_password());
  }
}

absl::Status CheckReplica(mysql::Connection& connection, bool is_replica) {
  const std::string where = mysql::DescribeEndpoint(connection.options());
  if (!is_replica) {
    return absl::FailedPreconditionError(
        absl::StrCat(where, " is not a replica: --migrate-on-replica and --test-on-replica need one"));
  }
  absl::StatusOr<std::optional<std::string>> logs = connection.QueryValue(
      connection.server().IsMySql() && connection.server().AtLeast(8, 0, 26) ? "SELECT @@log_replica_updates"
                                                                             : "SELECT @@log_slave_updates");
  if (!logs.ok()) return logs.status();
  if (logs->value_or("") == "1") return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(where, " must have log_slave_updates enabled: its binary log would not tell what it replicates"));
}

// Goes up from `address` to the server that replicates from none.
absl::StatusOr<throttle::ReplicaAddress> FindPrimary(const MigrationOptions& options,
                                                     throttle::ReplicaAddress address) {
  std::set<std::string> seen;
  while (static_cast<int>(seen.size()) < kMaxHops) {
    if (!seen.insert(address.ToString()).second) {
      if (options.allow_master_master()) return address;
      return absl::FailedPreconditionError(absl::StrCat("There seems to be a master-master setup at ",
                                                        address.ToString(),
                                                        "; --allow-master-master or --assume-master-host decides"));
    }
    MigrationOptions next = options;
    WorkOn(address, next);
    absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(PlainSession(next));
    if (!connection.ok()) {
      return absl::Status(connection.status().code(),
                          absl::StrCat("looking for the primary of ", options.host(), ":", options.port(),
                                       " (--assume-master-host names it): ", connection.status().message()));
    }
    absl::StatusOr<std::optional<throttle::ReplicaAddress>> source = SourceOf(**connection);
    if (!source.ok()) return source.status();
    if (!source->has_value()) return address;
    address = **source;
  }
  return absl::FailedPreconditionError("no primary found: the chain of replicas does not end");
}

absl::Status CheckMayBePrimary(const MigrationOptions& asked, const MigrationOptions& resolved) {
  if (asked.allow_on_master() || asked.migrate_on_replica() || asked.test_on_replica()) return absl::OkStatus();
  if (asked.host() != resolved.host() || asked.port() != resolved.port()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "It seems like this migration attempt to run directly on master (", asked.host(), ":", asked.port(),
      "). Preferably it would be executed on a replica: --host=REPLICA finds its primary and minds the replica's lag. "
      "To proceed please provide --allow-on-master"));
}

absl::StatusOr<MigrationOptions> FindServer(const MigrationOptions& options) {
  MigrationOptions resolved = options;
  if (!options.assume_master_host().empty()) {
    absl::StatusOr<std::vector<throttle::ReplicaAddress>> named = throttle::ParseReplicas(options.assume_master_host());
    if (!named.ok() || named->size() != 1)
      return absl::InvalidArgumentError(
          absl::StrCat("--assume-master-host=", options.assume_master_host(), ": expected HOST or HOST:PORT"));
    WorkOn(named->front(), resolved);
    return resolved;
  }
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(PlainSession(options));
  if (!connection.ok()) return connection.status();
  absl::StatusOr<std::optional<throttle::ReplicaAddress>> source = SourceOf(**connection);
  const bool on_replica = options.migrate_on_replica() || options.test_on_replica();
  if (!source.ok()) {
    // Without the privilege to ask, the server is taken for what the flags say.
    if (!options.allow_on_master()) {
      return absl::Status(source.status().code(),
                          absl::StrCat("cannot see whether ", options.host(), ":", options.port(),
                                       " is a replica, and --allow-on-master does not say that it is none: ",
                                       source.status().message()));
    }
    LOG(WARNING) << "cannot see whether this server is a replica: " << source.status().message();
    return resolved;
  }
  if (on_replica) {
    if (absl::Status status = CheckReplica(**connection, source->has_value()); !status.ok()) return status;
    return resolved;
  }
  if (!source->has_value()) return resolved;
  absl::StatusOr<throttle::ReplicaAddress> primary = FindPrimary(options, **source);
  if (!primary.ok()) return primary.status();
  EXPLAIN() << options.host() << ":" << options.port() << " is a replica of " << primary->ToString()
            << ": the change is made there, and this replica's lag counts";
  LOG(INFO) << options.host() << ":" << options.port() << " is a replica; working on its primary "
            << primary->ToString();
  const std::string replica =
      throttle::ReplicaAddress{options.host(), static_cast<uint16_t>(options.port())}.ToString();
  resolved.set_throttle_control_replicas(options.throttle_control_replicas().empty()
                                             ? replica
                                             : absl::StrCat(options.throttle_control_replicas(), ",", replica));
  WorkOn(*primary, resolved);
  return resolved;
}

}  // namespace

absl::StatusOr<MigrationOptions> ResolveTopology(const MigrationOptions& options) {
  absl::StatusOr<MigrationOptions> resolved = FindServer(options);
  if (!resolved.ok()) return resolved;
  if (absl::Status status = CheckMayBePrimary(options, *resolved); !status.ok()) return status;
  return resolved;
}

}  // namespace migrate::migration
