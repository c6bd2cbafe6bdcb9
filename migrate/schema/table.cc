#include "migrate/schema/table.h"

#include <array>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "migrate/mysql/quote.h"

namespace migrate::schema {
namespace {

using mysql::QuoteString;

std::string WhereTable(const std::string& schema, const std::string& name) {
  return absl::StrCat("table_schema = ", QuoteString(schema), " AND table_name = ", QuoteString(name));
}

absl::Status ReadColumns(mysql::Connection& connection, Table& table) {
  absl::StatusOr<mysql::Result> rows = connection.Query(absl::StrCat(
      "SELECT column_name, data_type, column_type, character_set_name, collation_name, is_nullable, extra, "
      "generation_expression FROM information_schema.columns WHERE ",
      WhereTable(table.schema, table.name), " ORDER BY ordinal_position"));
  if (!rows.ok()) return rows.status();
  for (const auto& row : *rows) {
    Column column;
    column.name = row.Text(0);
    column.data_type = absl::AsciiStrToLower(row.Text(1));
    column.column_type = row.Text(2);
    column.charset = row.Text(3);
    column.collation = row.Text(4);
    column.nullable = row.Text(5) == "YES";
    const std::string extra = absl::AsciiStrToLower(row.Text(6));
    // MySQL marks expression defaults with DEFAULT_GENERATED, which are ordinary columns; the expression tells them
    // apart.
    column.generated = !row.Text(7).empty();
    column.auto_increment = absl::StrContains(extra, "auto_increment");
    column.is_unsigned =
        absl::StrContains(absl::AsciiStrToLower(column.column_type), "unsigned") && !column.IsEnumOrSet();
    if (column.IsEnumOrSet()) column.elements = ParseElements(column.column_type);
    table.columns.push_back(std::move(column));
  }
  return absl::OkStatus();
}

absl::Status ReadIndexes(mysql::Connection& connection, Table& table) {
  const std::string visible =
      connection.server().IsMySql() && connection.server().AtLeast(8, 0) ? "is_visible" : "'YES'";
  absl::StatusOr<mysql::Result> rows =
      connection.Query(absl::StrCat("SELECT index_name, non_unique, column_name, sub_part, nullable, ", visible,
                                    " FROM information_schema.statistics WHERE ", WhereTable(table.schema, table.name),
                                    " ORDER BY index_name, seq_in_index"));
  if (!rows.ok()) return rows.status();
  for (const auto& row : *rows) {
    const std::string name(row.Text(0));
    if (table.indexes.empty() || table.indexes.back().name != name) {
      Index index;
      index.name = name;
      index.unique = row.Text(1) == "0";
      index.primary = name == "PRIMARY";
      index.visible = row.Text(5) == "YES";
      table.indexes.push_back(std::move(index));
    }
    Index& index = table.indexes.back();
    std::optional<int> ordinal = row.IsNull(2) ? std::nullopt : table.FindColumn(row.Text(2));
    if (!ordinal || !row.IsNull(3)) index.whole = false;
    if (ordinal) {
      index.columns.push_back(*ordinal);
      if (table.columns[*ordinal].nullable) index.nullable = true;
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool Column::IsInteger() const {
  static constexpr std::array<std::string_view, 5> kTypes = {"tinyint", "smallint", "mediumint", "int", "bigint"};
  for (std::string_view type : kTypes) {
    if (data_type == type) return true;
  }
  return false;
}

bool Column::IsBinary() const {
  return data_type == "binary" || data_type == "varbinary" || (charset.empty() && absl::EndsWith(data_type, "blob"));
}

std::string Table::QualifiedName() const { return mysql::QualifiedName(schema, name); }

std::optional<int> Table::FindColumn(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (absl::EqualsIgnoreCase(columns[i].name, column)) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::vector<std::string> ParseElements(std::string_view column_type) {
  std::vector<std::string> elements;
  const std::string lower = absl::AsciiStrToLower(column_type.substr(0, 5));
  if (!absl::StartsWith(lower, "enum(") && !absl::StartsWith(lower, "set(")) return elements;
  size_t i = column_type.find('(');
  while (i < column_type.size()) {
    if (column_type[i] != '\'') {
      ++i;
      continue;
    }
    std::string element;
    for (++i; i < column_type.size(); ++i) {
      char c = column_type[i];
      const char next = i + 1 < column_type.size() ? column_type[i + 1] : '\0';
      if (c == '\'' && next != '\'') break;
      if (c == '\'') ++i;
      if (c == '\\') {
        ++i;
        c = next == '0' ? '\0' : next == 'n' ? '\n' : next == 'r' ? '\r' : next;
      }
      element.push_back(c);
    }
    ++i;
    elements.push_back(std::move(element));
  }
  return elements;
}

absl::StatusOr<bool> TableExists(mysql::Connection& connection, const std::string& schema, const std::string& name) {
  absl::StatusOr<mysql::Result> rows =
      connection.Query(absl::StrCat("SELECT 1 FROM information_schema.tables WHERE ", WhereTable(schema, name)));
  if (!rows.ok()) return rows.status();
  return !rows->empty();
}

absl::StatusOr<Table> ReadTable(mysql::Connection& connection, const std::string& schema, const std::string& name) {
  absl::StatusOr<mysql::Result> rows = connection.Query(absl::StrCat(
      "SELECT table_type, engine, table_rows FROM information_schema.tables WHERE ", WhereTable(schema, name)));
  if (!rows.ok()) return rows.status();
  if (rows->empty()) {
    return absl::NotFoundError(
        absl::StrCat("table ", mysql::QualifiedName(schema, name), " does not exist on this server"));
  }
  if ((*rows)[0].Text(0) != "BASE TABLE") {
    return absl::FailedPreconditionError(
        absl::StrCat(mysql::QualifiedName(schema, name), " is a ", (*rows)[0].Text(0), ", not a table"));
  }
  Table table;
  table.schema = schema;
  table.name = name;
  table.engine = absl::AsciiStrToLower((*rows)[0].Text(1));
  table.estimated_rows = (*rows)[0].IsNull(2) ? 0 : (*rows)[0].Uint(2);
  if (absl::Status status = ReadColumns(connection, table); !status.ok()) return status;
  if (absl::Status status = ReadIndexes(connection, table); !status.ok()) return status;
  absl::StatusOr<mysql::Result> create = connection.Query(absl::StrCat("SHOW CREATE TABLE ", table.QualifiedName()));
  if (!create.ok()) return create.status();
  table.create_statement = (*create)[0].Text(1);
  // From the statement, because information_schema answers from a cache on MySQL 8.
  const size_t at = table.create_statement.rfind(" AUTO_INCREMENT=");
  if (at != std::string::npos)
    table.auto_increment = std::strtoull(table.create_statement.c_str() + at + 16, nullptr, 10);
  return table;
}

}  // namespace migrate::schema
