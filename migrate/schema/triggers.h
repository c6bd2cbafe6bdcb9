// Triggers of the original, made again on the new table.
//
// A trigger's name is unique in its database and the old table keeps its own, so the new ones get a suffix
// (--trigger-suffix), or lose it if they have it already (--remove-trigger-suffix-if-exists).
#ifndef MIGRATE_SCHEMA_TRIGGERS_H_
#define MIGRATE_SCHEMA_TRIGGERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/table.h"

namespace migrate::schema {

struct Trigger {
  std::string name;
  std::string timing;     // BEFORE, AFTER
  std::string event;      // INSERT, UPDATE, DELETE
  std::string statement;  // its body
  std::string definer;    // user@host
  std::string sql_mode;   // in force when it was made
};

// In the order in which they run.
absl::StatusOr<std::vector<Trigger>> ReadTriggers(mysql::Connection& connection, const Table& table);

// name -> name + suffix; name + suffix -> name, where `remove` asks for that.
std::string NewTriggerName(std::string_view name, std::string_view suffix, bool remove);

// FailedPrecondition if a new name is too long or taken.
absl::Status CheckTriggerNames(mysql::Connection& connection, const std::string& schema,
                               const std::vector<Trigger>& triggers, std::string_view suffix, bool remove);

// The statements that make them on `ghost`, and those that take them away again.
std::vector<std::string> CreateTriggersSql(const std::vector<Trigger>& triggers, const Table& ghost,
                                           std::string_view suffix, bool remove);
std::vector<std::string> DropTriggersSql(const std::vector<Trigger>& triggers, const Table& ghost,
                                         std::string_view suffix, bool remove);

}  // namespace migrate::schema

#endif  // MIGRATE_SCHEMA_TRIGGERS_H_
