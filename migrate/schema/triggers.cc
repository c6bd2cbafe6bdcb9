#include "migrate/schema/triggers.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "migrate/mysql/quote.h"

namespace migrate::schema {
namespace {

constexpr size_t kMaxNameCharacters = 64;

// root@localhost -> `root`@`localhost`; the host has no '@'.
std::string QuoteDefiner(std::string_view definer) {
  const size_t at = definer.rfind('@');
  if (at == std::string_view::npos) return mysql::QuoteIdentifier(definer);
  return absl::StrCat(mysql::QuoteIdentifier(definer.substr(0, at)), "@",
                      mysql::QuoteIdentifier(definer.substr(at + 1)));
}

}  // namespace

absl::StatusOr<std::vector<Trigger>> ReadTriggers(mysql::Connection& connection, const Table& table) {
  absl::StatusOr<mysql::Result> rows = connection.Query(
      absl::StrCat("SELECT trigger_name, action_timing, event_manipulation, action_statement, definer, sql_mode FROM "
                   "information_schema.triggers "
                   "WHERE event_object_schema=",
                   mysql::QuoteString(table.schema), " AND event_object_table=", mysql::QuoteString(table.name),
                   " ORDER BY event_manipulation, action_timing, action_order"));
  if (!rows.ok()) return rows.status();
  std::vector<Trigger> triggers;
  for (mysql::Row row : *rows) {
    triggers.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5)});
  }
  return triggers;
}

std::string NewTriggerName(std::string_view name, std::string_view suffix, bool remove) {
  if (remove && absl::EndsWith(name, suffix) && name.size() > suffix.size())
    return std::string(name.substr(0, name.size() - suffix.size()));
  return absl::StrCat(name, suffix);
}

absl::Status CheckTriggerNames(mysql::Connection& connection, const std::string& schema,
                               const std::vector<Trigger>& triggers, std::string_view suffix, bool remove) {
  for (const Trigger& trigger : triggers) {
    const std::string name = NewTriggerName(trigger.name, suffix, remove);
    if (name.size() > kMaxNameCharacters) {
      return absl::FailedPreconditionError(absl::StrCat(
          "trigger ", trigger.name, " with --trigger-suffix would be called ", name, ", which is too long"));
    }
    absl::StatusOr<mysql::Result> taken = connection.Query(
        absl::StrCat("SELECT 1 FROM information_schema.triggers WHERE trigger_schema=", mysql::QuoteString(schema),
                     " AND trigger_name=", mysql::QuoteString(name)));
    if (!taken.ok()) return taken.status();
    if (!taken->empty())
      return absl::FailedPreconditionError(
          absl::StrCat("there is a trigger ", name, " already; give another --trigger-suffix"));
  }
  return absl::OkStatus();
}

std::vector<std::string> CreateTriggersSql(const std::vector<Trigger>& triggers, const Table& ghost,
                                           std::string_view suffix, bool remove) {
  std::vector<std::string> statements;
  if (triggers.empty()) return statements;
  statements.push_back("SET @migrate_sql_mode = @@SESSION.sql_mode");
  for (const Trigger& trigger : triggers) {
    statements.push_back(absl::StrCat("SET SESSION sql_mode = ", mysql::QuoteString(trigger.sql_mode)));
    statements.push_back(absl::StrCat("CREATE DEFINER=", QuoteDefiner(trigger.definer), " TRIGGER ",
                                      mysql::QualifiedName(ghost.schema, NewTriggerName(trigger.name, suffix, remove)),
                                      " ", trigger.timing, " ", trigger.event, " ON ", ghost.QualifiedName(),
                                      " FOR EACH ROW ", trigger.statement));
  }
  statements.push_back("SET SESSION sql_mode = @migrate_sql_mode");
  return statements;
}

std::vector<std::string> DropTriggersSql(const std::vector<Trigger>& triggers, const Table& ghost,
                                         std::string_view suffix, bool remove) {
  std::vector<std::string> statements;
  for (const Trigger& trigger : triggers) {
    statements.push_back(absl::StrCat(
        "DROP TRIGGER IF EXISTS ", mysql::QualifiedName(ghost.schema, NewTriggerName(trigger.name, suffix, remove))));
  }
  return statements;
}

}  // namespace migrate::schema
