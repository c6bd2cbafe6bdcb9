// The original table and its ghost side by side: which column of one carries the data of which column of the other, and
// the unique key by which a row is recognised in both. Everything that moves rows works on a TablePair.
//
// A column is shared if it exists in both tables under the same name or under the name that the ALTER renamed it to,
// and neither side computes it. A unique key is shared if both tables have a unique key over the same columns, in
// whatever order.
#ifndef MIGRATE_SCHEMA_TABLE_PAIR_H_
#define MIGRATE_SCHEMA_TABLE_PAIR_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "migrate/binlog/value.h"
#include "migrate/schema/alter.h"
#include "migrate/schema/table.h"

namespace migrate::schema {

struct SharedColumn {
  int original = 0;  // ordinal in the original
  int ghost = 0;     // ordinal in the ghost
};

struct SharedKey {
  std::string original_index;         // name to force when reading the original in key order
  std::string ghost_index;            // name to force when reading the ghost by key
  std::vector<SharedColumn> columns;  // in the original index's order
};

struct TablePair {
  Table original;
  Table ghost;
  std::vector<SharedColumn> columns;
  SharedKey key;
  bool ghost_has_other_unique_keys = false;  // so that a REPLACE may hit a row of another key

  const Column& OriginalColumn(SharedColumn column) const { return original.columns[column.original]; }
  const Column& GhostColumn(SharedColumn column) const { return ghost.columns[column.ghost]; }
  // "`a`, `b`": the shared columns as they are called in the original or in the ghost.
  std::string OriginalColumnList() const;
  std::string GhostColumnList() const;
  // What the binary-log reader has to know about the original.
  binlog::TableSpec BinlogSpec() const;
};

struct PairOptions {
  bool allow_nullable_unique_key = false;
  bool skip_renamed_columns = false;
};

// FailedPrecondition "no shared unique key can be found after ALTER" and the like.
absl::StatusOr<TablePair> MakeTablePair(Table original, Table ghost, const Alter& alter, const PairOptions& options);

}  // namespace migrate::schema

#endif  // MIGRATE_SCHEMA_TABLE_PAIR_H_
