#include "migrate/schema/table_pair.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "migrate/mysql/quote.h"

namespace migrate::schema {
namespace {

// The ghost's name of an original column; nullopt if its data is not carried over.
std::optional<std::string> NameInGhost(const std::string& name, const Alter& alter, const PairOptions& options) {
  for (const auto& [from, to] : alter.renamed) {
    if (!absl::EqualsIgnoreCase(from, name)) continue;
    if (options.skip_renamed_columns) return std::nullopt;
    return to;
  }
  // A column dropped and added again under its name begins empty.
  for (const std::string& dropped : alter.dropped) {
    if (absl::EqualsIgnoreCase(dropped, name)) return std::nullopt;
  }
  // Another column may have been renamed to this one's name.
  for (const auto& [from, to] : alter.renamed) {
    if (absl::EqualsIgnoreCase(to, name)) return std::nullopt;
  }
  return name;
}

std::vector<SharedColumn> FindSharedColumns(const Table& original, const Table& ghost, const Alter& alter,
                                            const PairOptions& options) {
  std::vector<SharedColumn> shared;
  for (int i = 0; i < static_cast<int>(original.columns.size()); ++i) {
    if (original.columns[i].generated) continue;
    const std::optional<std::string> name = NameInGhost(original.columns[i].name, alter, options);
    const std::optional<int> in_ghost = name ? ghost.FindColumn(*name) : std::nullopt;
    if (in_ghost && !ghost.columns[*in_ghost].generated) shared.push_back({i, *in_ghost});
  }
  return shared;
}

// The values of such a column would be lost: they are not carried over, and the new table does not compute them.
absl::Status CheckComputedColumns(const Table& original, const Table& ghost, const Alter& alter,
                                  const PairOptions& options) {
  for (const Column& column : original.columns) {
    if (!column.generated) continue;
    const std::optional<std::string> name = NameInGhost(column.name, alter, options);
    const std::optional<int> in_ghost = name ? ghost.FindColumn(*name) : std::nullopt;
    if (in_ghost && !ghost.columns[*in_ghost].generated) {
      return absl::FailedPreconditionError(absl::StrCat("column ", column.name, " is computed in ",
                                                        original.QualifiedName(),
                                                        " and would be an ordinary one in the new table; its values "
                                                        "could not be carried over"));
    }
  }
  return absl::OkStatus();
}

std::vector<int> Sorted(std::vector<int> ordinals) {
  std::sort(ordinals.begin(), ordinals.end());
  return ordinals;
}

// The ghost's side of `key`; nullopt if some column is not shared.
std::optional<std::vector<SharedColumn>> ShareKey(const Index& key, const std::vector<SharedColumn>& columns) {
  std::vector<SharedColumn> result;
  for (int ordinal : key.columns) {
    auto it =
        std::find_if(columns.begin(), columns.end(), [&](SharedColumn column) { return column.original == ordinal; });
    if (it == columns.end()) return std::nullopt;
    result.push_back(*it);
  }
  return result;
}

const Index* FindGhostKey(const Table& ghost, const std::vector<SharedColumn>& columns) {
  std::vector<int> wanted;
  for (SharedColumn column : columns) wanted.push_back(column.ghost);
  wanted = Sorted(std::move(wanted));
  const Index* found = nullptr;
  for (const Index& index : ghost.indexes) {
    if (!index.unique || !index.whole || !index.visible || Sorted(index.columns) != wanted) continue;
    if (found == nullptr || index.primary) found = &index;
  }
  return found;
}

// How good a key is to walk and to look up by; smaller is better. The primary key comes first because a row image may
// hold nothing else (binlog_row_image=MINIMAL).
int KeyRank(const Table& table, const Index& key) {
  if (key.primary) return 0;
  int rank = 10 * static_cast<int>(key.columns.size());
  for (int ordinal : key.columns) {
    const Column& column = table.columns[ordinal];
    if (!column.IsInteger()) rank += column.IsTextual() ? 5 : 3;
    if (column.nullable) rank += 1000;
  }
  return rank;
}

bool Usable(const Table& table, const Index& key, const PairOptions& options) {
  if (!key.unique || !key.whole || !key.visible || (key.nullable && !options.allow_nullable_unique_key)) return false;
  // The text of a FLOAT does not name its value exactly.
  return std::none_of(key.columns.begin(), key.columns.end(),
                      [&](int ordinal) { return table.columns[ordinal].data_type == "float"; });
}

absl::StatusOr<SharedKey> ChooseKey(const Table& original, const Table& ghost, const std::vector<SharedColumn>& columns,
                                    const PairOptions& options) {
  std::vector<const Index*> candidates;
  bool nullable = false;
  for (const Index& key : original.indexes) {
    if (Usable(original, key, options)) candidates.push_back(&key);
    nullable |= key.unique && key.nullable;
  }
  if (candidates.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "No PRIMARY nor UNIQUE key found in table ", original.QualifiedName(), " that could tell its rows apart",
        nullable ? " (one is nullable: --allow-nullable-unique-key allows it)" : "", ". Bailing out"));
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Index* a, const Index* b) { return KeyRank(original, *a) < KeyRank(original, *b); });
  for (const Index* candidate : candidates) {
    std::optional<std::vector<SharedColumn>> shared = ShareKey(*candidate, columns);
    const Index* in_ghost = shared ? FindGhostKey(ghost, *shared) : nullptr;
    if (in_ghost != nullptr) return SharedKey{candidate->name, in_ghost->name, *std::move(shared)};
  }
  return absl::FailedPreconditionError(absl::StrCat("No shared unique key can be found after ALTER: rows of ",
                                                    original.QualifiedName(),
                                                    " could not be recognised in the new table. Bailing out"));
}

std::string ColumnList(const Table& table, const std::vector<SharedColumn>& columns, int SharedColumn::*side) {
  return absl::StrJoin(columns, ", ", [&](std::string* out, SharedColumn column) {
    out->append(mysql::QuoteIdentifier(table.columns[column.*side].name));
  });
}

// A key column must keep its order and identity; a DATETIME that becomes a TIMESTAMP does not.
absl::Status CheckKeyConversions(const TablePair& pair) {
  for (SharedColumn column : pair.key.columns) {
    if (pair.OriginalColumn(column).data_type == "datetime" && pair.GhostColumn(column).data_type == "timestamp") {
      return absl::FailedPreconditionError(
          absl::StrCat("No support at this time for converting a column from DATETIME to TIMESTAMP that is also part "
                       "of the chosen unique key. Column: ",
                       pair.OriginalColumn(column).name, ", key: ", pair.key.original_index));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string TablePair::OriginalColumnList() const { return ColumnList(original, columns, &SharedColumn::original); }
std::string TablePair::GhostColumnList() const { return ColumnList(ghost, columns, &SharedColumn::ghost); }

binlog::TableSpec TablePair::BinlogSpec() const {
  binlog::TableSpec spec;
  spec.schema = original.schema;
  spec.name = original.name;
  for (const Column& column : original.columns) {
    binlog::ColumnSpec out;
    out.name = column.name;
    out.data_type = column.data_type;
    out.is_unsigned = column.is_unsigned;
    out.charset = column.charset;
    out.elements = column.elements;
    out.required = false;
    spec.columns.push_back(std::move(out));
  }
  for (SharedColumn column : columns) spec.columns[column.original].required = true;
  return spec;
}

absl::StatusOr<TablePair> MakeTablePair(Table original, Table ghost, const Alter& alter, const PairOptions& options) {
  if (absl::Status status = CheckComputedColumns(original, ghost, alter, options); !status.ok()) return status;
  TablePair pair;
  pair.columns = FindSharedColumns(original, ghost, alter, options);
  absl::StatusOr<SharedKey> key = ChooseKey(original, ghost, pair.columns, options);
  if (!key.ok()) return key.status();
  pair.key = *std::move(key);
  pair.ghost_has_other_unique_keys = std::any_of(ghost.indexes.begin(), ghost.indexes.end(), [&](const Index& index) {
    return index.unique && index.name != pair.key.ghost_index;
  });
  pair.original = std::move(original);
  pair.ghost = std::move(ghost);
  if (absl::Status status = CheckKeyConversions(pair); !status.ok()) return status;
  return pair;
}

}  // namespace migrate::schema
