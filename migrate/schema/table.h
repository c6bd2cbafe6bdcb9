// What a table is, as the rooms that copy, apply and compare it need to know it.
//
// Plain values, read once from the server by ReadTable and never changed afterwards. A column is named by its ordinal:
// its index in Table::columns, which is also its place in the row images of the binary log.
#ifndef MIGRATE_SCHEMA_TABLE_H_
#define MIGRATE_SCHEMA_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "migrate/mysql/connection.h"

namespace migrate::schema {

struct Column {
  std::string name;
  std::string data_type;    // information_schema.columns.DATA_TYPE, lower case: "int", "varchar", "uuid"
  std::string column_type;  // COLUMN_TYPE: "int(10) unsigned", "enum('a','b')"
  std::string charset;      // CHARACTER_SET_NAME; empty for columns that are not text
  std::string collation;
  std::vector<std::string> elements;  // members of an ENUM or SET, UTF-8
  bool is_unsigned = false;
  bool nullable = false;
  bool generated = false;  // virtual or stored: the server computes it
  bool auto_increment = false;

  bool IsEnumOrSet() const { return data_type == "enum" || data_type == "set"; }
  bool IsInteger() const;
  bool IsFloat() const { return data_type == "float" || data_type == "double"; }
  bool IsTextual() const { return !charset.empty(); }
  // BINARY, VARBINARY, BLOB and their sizes: values are bytes without a character set.
  bool IsBinary() const;
};

struct Index {
  std::string name;
  std::vector<int> columns;  // ordinals, in index order
  bool unique = false;
  bool primary = false;
  bool nullable = false;  // some column may be NULL
  bool whole = true;      // no prefix, no expression: the columns' full values are indexed
  bool visible = true;    // FORCE INDEX may name it
};

struct Table {
  std::string schema;
  std::string name;
  std::string engine;            // lower case
  std::string create_statement;  // SHOW CREATE TABLE
  std::vector<Column> columns;
  std::vector<Index> indexes;
  uint64_t estimated_rows = 0;
  uint64_t auto_increment = 0;  // the next value; 0: the table has none

  // `schema`.`name`
  std::string QualifiedName() const;
  // Ordinal of a column; names are compared as the server does, without regard to ASCII case.
  std::optional<int> FindColumn(std::string_view column) const;
};

// Reads a base table. NotFound if there is none of that name, FailedPrecondition if it is a view.
absl::StatusOr<Table> ReadTable(mysql::Connection& connection, const std::string& schema, const std::string& name);

// True if a base table or view of that name exists.
absl::StatusOr<bool> TableExists(mysql::Connection& connection, const std::string& schema, const std::string& name);

// The members of "enum('a','it''s')" or "set(...)": {"a", "it's"}. Anything else has none.
std::vector<std::string> ParseElements(std::string_view column_type);

}  // namespace migrate::schema

#endif  // MIGRATE_SCHEMA_TABLE_H_
