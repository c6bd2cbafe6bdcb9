// Makes the ghost table: a copy of the original's definition, changed by the ALTER, empty.
//
// Its non-unique indexes may be left out at first and built when the rows are there, which is much faster than keeping
// them up to date row by row.
#ifndef MIGRATE_SCHEMA_GHOST_H_
#define MIGRATE_SCHEMA_GHOST_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/alter.h"
#include "migrate/schema/names.h"
#include "migrate/schema/table.h"

namespace migrate::schema {

// CREATE TABLE ghost LIKE original, ALTER TABLE ghost. When the ALTER is refused the ghost is dropped again; a syntax
// error is an InvalidArgument.
absl::StatusOr<Table> CreateGhost(mysql::Connection& connection, const Table& original, const TableNames& names,
                                  const Alter& alter);

struct DeferredIndex {
  std::string name;
  std::string definition;  // "KEY `k` (`c`)", as SHOW CREATE TABLE has it
};

// The indexes of `table` that can wait: not unique, not needed by an AUTO_INCREMENT column or by a foreign key.
std::vector<DeferredIndex> FindDeferrableIndexes(const Table& table);

// Takes those that `table` has already off the list.
void EraseBuilt(const Table& table, std::vector<DeferredIndex>& indexes);

// The statement that drops or adds them all at once. `indexes` must not be empty.
std::string DropIndexesSql(const Table& table, const std::vector<DeferredIndex>& indexes);
std::string AddIndexesSql(const Table& table, const std::vector<DeferredIndex>& indexes);

absl::Status DropTable(mysql::Connection& connection, const std::string& schema, const std::string& name);

}  // namespace migrate::schema

#endif  // MIGRATE_SCHEMA_GHOST_H_
