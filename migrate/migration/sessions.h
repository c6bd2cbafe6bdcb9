// What kinds of session a migration uses.
#ifndef MIGRATE_MIGRATION_SESSIONS_H_
#define MIGRATE_MIGRATION_SESSIONS_H_

#include <stop_token>
#include <string_view>

#include "absl/status/status.h"
#include "migrate/mysql/connection.h"
#include "migrate/options/migration_options.pb.h"

namespace migrate::migration {

// For definitions: the server's own sql_mode and settings, as if the operator had typed the statement.
mysql::ConnectionOptions DefinitionSession(const MigrationOptions& options, const mysql::ServerInfo& server);

// As --host and the connection flags say, nothing else set.
mysql::ConnectionOptions PlainSession(const MigrationOptions& options);

// For rows: UTC, so that TIMESTAMP values pass as they are; READ COMMITTED, so that locking reads lock rows and not
// gaps; values are refused rather than changed, but zero dates that are there may stay.
mysql::ConnectionOptions RowSession(const MigrationOptions& options, const mysql::ServerInfo& server);

// Runs a statement that may take long; when `stop` is requested it is killed on the server, and the result is
// Cancelled.
absl::Status ExecuteStoppable(mysql::Connection& connection, std::string_view sql, const std::stop_token& stop);

}  // namespace migrate::migration

#endif  // MIGRATE_MIGRATION_SESSIONS_H_
