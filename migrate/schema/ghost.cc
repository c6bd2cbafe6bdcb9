#include "migrate/schema/ghost.h"

#include <algorithm>

#include "absl/log/log.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/explain/explain.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"

namespace migrate::schema {
namespace {

constexpr int kSyntaxError = 1064;
constexpr int kUnknownDataType = 4161;  // MariaDB; a syntax error to MySQL

absl::Status ExplainAlterError(const absl::Status& status, const Alter& alter) {
  const std::string message = absl::StrCat("the server refuses --alter=\"", alter.clauses, "\": ", status.message());
  const int code = mysql::ServerErrorCode(status);
  if (code == kSyntaxError || code == kUnknownDataType) return absl::InvalidArgumentError(message);
  return absl::FailedPreconditionError(message);
}

// The name between the first two backquotes of an index line.
std::string IndexName(std::string_view line) {
  std::string name;
  const size_t begin = line.find('`');
  for (size_t i = begin + 1; begin != std::string_view::npos && i < line.size(); ++i) {
    if (line[i] == '`') {
      if (i + 1 >= line.size() || line[i + 1] != '`') break;
      ++i;
    }
    name.push_back(line[i]);
  }
  return name;
}

// An AUTO_INCREMENT column must lead some index at all times.
bool NeededByAutoIncrement(const Table& table, const std::string& index_name) {
  auto leads_with_auto_increment = [&](const Index& index) {
    return !index.columns.empty() && table.columns[index.columns.front()].auto_increment;
  };
  bool needed = false;
  for (const Index& index : table.indexes) {
    if (!leads_with_auto_increment(index)) continue;
    if (index.unique) return false;
    needed |= index.name == index_name;
  }
  return needed;
}

}  // namespace

absl::StatusOr<Table> CreateGhost(mysql::Connection& connection, const Table& original, const TableNames& names,
                                  const Alter& alter) {
  const std::string ghost = mysql::QualifiedName(original.schema, names.ghost);
  const std::string create = absl::StrCat("CREATE TABLE ", ghost, " LIKE ", original.QualifiedName());
  EXPLAIN() << "step 1, the ghost table: " << create;
  if (absl::Status status = connection.Execute(create).status(); !status.ok()) return status;
  const std::string change = absl::StrCat("ALTER TABLE ", ghost, " ", alter.clauses);
  EXPLAIN() << "the empty ghost gets the new definition at once: " << change;
  absl::Status altered = connection.Execute(change).status();
  if (!altered.ok()) altered = ExplainAlterError(altered, alter);
  // LIKE does not carry the counter over, and a copy may not hand out a number twice.
  if (altered.ok() && original.auto_increment > 1 && !alter.changes_auto_increment) {
    altered =
        connection.Execute(absl::StrCat("ALTER TABLE ", ghost, " AUTO_INCREMENT=", original.auto_increment)).status();
  }
  absl::StatusOr<Table> table = altered.ok() ? ReadTable(connection, original.schema, names.ghost) : altered;
  if (!table.ok()) {
    if (absl::Status dropped = DropTable(connection, original.schema, names.ghost); !dropped.ok()) {
      LOG(WARNING) << "the ghost table " << ghost << " is left behind: " << dropped.message();
    }
  }
  return table;
}

std::vector<DeferredIndex> FindDeferrableIndexes(const Table& table) {
  std::vector<DeferredIndex> indexes;
  if (absl::StrContains(table.create_statement, " FOREIGN KEY (")) return indexes;
  for (std::string_view line : absl::StrSplit(table.create_statement, '\n')) {
    line = absl::StripPrefix(line, "  ");
    if (!absl::StartsWith(line, "KEY `")) continue;
    line = absl::StripSuffix(line, ",");
    std::string name = IndexName(line);
    if (!NeededByAutoIncrement(table, name)) indexes.push_back({std::move(name), std::string(line)});
  }
  return indexes;
}

void EraseBuilt(const Table& table, std::vector<DeferredIndex>& indexes) {
  std::erase_if(indexes, [&](const DeferredIndex& index) {
    return std::any_of(table.indexes.begin(), table.indexes.end(),
                       [&](const Index& built) { return built.name == index.name; });
  });
}

std::string DropIndexesSql(const Table& table, const std::vector<DeferredIndex>& indexes) {
  const std::string clauses = absl::StrJoin(indexes, ", ", [](std::string* out, const DeferredIndex& index) {
    absl::StrAppend(out, "DROP INDEX ", mysql::QuoteIdentifier(index.name));
  });
  return absl::StrCat("ALTER TABLE ", table.QualifiedName(), " ", clauses);
}

std::string AddIndexesSql(const Table& table, const std::vector<DeferredIndex>& indexes) {
  const std::string clauses = absl::StrJoin(indexes, ", ", [](std::string* out, const DeferredIndex& index) {
    absl::StrAppend(out, "ADD ", index.definition);
  });
  return absl::StrCat("ALTER TABLE ", table.QualifiedName(), " ", clauses);
}

absl::Status DropTable(mysql::Connection& connection, const std::string& schema, const std::string& name) {
  return connection.Execute(absl::StrCat("DROP TABLE IF EXISTS ", mysql::QualifiedName(schema, name))).status();
}

}  // namespace migrate::schema
