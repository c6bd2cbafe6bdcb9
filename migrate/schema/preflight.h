// What must hold before a migration begins. Each check ends in one line that says what is wrong and what can be done;
// the key phrases are those that gh-ost's users and scripts know.
#ifndef MIGRATE_SCHEMA_PREFLIGHT_H_
#define MIGRATE_SCHEMA_PREFLIGHT_H_

#include <string>

#include "absl/status/status.h"
#include "migrate/mysql/connection.h"
#include "migrate/options/migration_options.pb.h"
#include "migrate/schema/alter.h"
#include "migrate/schema/table.h"

namespace migrate::schema {

// The server writes a row-based binary log, and we may read it and write tables in the database.
absl::Status CheckServer(mysql::Connection& connection, const MigrationOptions& options);

// The statement alone: it does not rename the table, and renamed columns are approved.
absl::Status CheckAlter(const Alter& alter, const MigrationOptions& options);

// The table: engine, foreign keys on either side, triggers.
absl::Status CheckTable(mysql::Connection& connection, const Table& table, const MigrationOptions& options);

// "a -> b, c -> d"
std::string DescribeRenamedColumns(const Alter& alter);

}  // namespace migrate::schema

#endif  // MIGRATE_SCHEMA_PREFLIGHT_H_
