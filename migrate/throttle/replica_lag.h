// How far replicas are behind: --throttle-control-replicas.
#ifndef MIGRATE_THROTTLE_REPLICA_LAG_H_
#define MIGRATE_THROTTLE_REPLICA_LAG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "migrate/mysql/connection.h"

namespace migrate::throttle {

struct ReplicaAddress {
  std::string host;
  uint16_t port = 3306;

  std::string ToString() const;
};

// "host1:3307,host2,[::1]:3306". InvalidArgument names the part that is wrong.
absl::StatusOr<std::vector<ReplicaAddress>> ParseReplicas(std::string_view text);

// What the replica says of itself, in whole seconds. FailedPrecondition if it does not replicate now.
absl::StatusOr<absl::Duration> ReplicaLag(mysql::Connection& replica);

}  // namespace migrate::throttle

#endif  // MIGRATE_THROTTLE_REPLICA_LAG_H_
