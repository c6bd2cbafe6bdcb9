// Which server of a replication topology a migration works on.
//
//   --host is a primary                       that server, with --allow-on-master
//   --host is a replica                       its primary, found by following it upwards; the replica's lag then counts
//                                             as a reason to slow down
//   --migrate-on-replica, --test-on-replica   the replica itself, which must log what it replicates
//   --assume-master-host                      that server
//
// The binary log that is read is always the one of the server that is written to: one place in one log then says
// everything.
#ifndef MIGRATE_MIGRATION_TOPOLOGY_H_
#define MIGRATE_MIGRATION_TOPOLOGY_H_

#include "absl/status/statusor.h"
#include "migrate/options/migration_options.pb.h"

namespace migrate::migration {

// `options` with host, port, user and password of the server to work on. FailedPrecondition if the topology forbids
// what was asked.
absl::StatusOr<MigrationOptions> ResolveTopology(const MigrationOptions& options);

}  // namespace migrate::migration

#endif  // MIGRATE_MIGRATION_TOPOLOGY_H_
