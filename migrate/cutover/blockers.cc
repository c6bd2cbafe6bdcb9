#include "migrate/cutover/blockers.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "migrate/mysql/quote.h"

namespace migrate::cutover {
namespace {

constexpr std::string_view kLimit = " ORDER BY 3 DESC LIMIT 5";

std::string MySqlQuery(const std::string& schema, const std::string& table) {
  return absl::StrCat(
      "SELECT DISTINCT t.processlist_id, CONCAT(t.processlist_user, '@', t.processlist_host), t.processlist_time, "
      "LEFT(COALESCE(t.processlist_info, s.sql_text, ''), 100) FROM performance_schema.metadata_locks AS l JOIN "
      "performance_schema.threads AS t ON t.thread_id = l.owner_thread_id LEFT JOIN "
      "performance_schema.events_statements_current AS s ON s.thread_id = t.thread_id WHERE l.object_type = 'TABLE' "
      "AND l.lock_status = 'GRANTED' AND t.processlist_id <> CONNECTION_ID() AND l.object_schema = ",
      mysql::QuoteString(schema), " AND l.object_name = ", mysql::QuoteString(table), kLimit);
}

std::string MariaDbQuery(const std::string& schema, const std::string& table, bool plugin) {
  const std::string columns =
      "SELECT DISTINCT p.id, CONCAT(p.user, '@', SUBSTRING_INDEX(p.host, ':', 1)), p.time, LEFT(COALESCE(p.info, ''), "
      "100) FROM information_schema.processlist AS p JOIN information_schema.";
  if (plugin) {
    return absl::StrCat(columns, "metadata_lock_info AS l ON l.thread_id = p.id WHERE p.id <> CONNECTION_ID() AND ",
                        "l.table_schema = ", mysql::QuoteString(schema),
                        " AND l.table_name = ", mysql::QuoteString(table), kLimit);
  }
  return absl::StrCat(columns,
                      "innodb_trx AS x ON x.trx_mysql_thread_id = p.id WHERE p.id <> CONNECTION_ID() AND "
                      "x.trx_started < NOW() - INTERVAL 1 SECOND",
                      kLimit);
}

}  // namespace

absl::StatusOr<std::vector<Blocker>> FindBlockers(mysql::Connection& connection, const std::string& schema,
                                                  const std::string& table) {
  std::string sql = MySqlQuery(schema, table);
  if (connection.server().IsMariaDb()) {
    absl::StatusOr<mysql::Result> plugin = connection.Query(
        "SELECT 1 FROM information_schema.plugins WHERE plugin_name = 'METADATA_LOCK_INFO' AND plugin_status = "
        "'ACTIVE'");
    if (!plugin.ok()) return plugin.status();
    sql = MariaDbQuery(schema, table, !plugin->empty());
  }
  absl::StatusOr<mysql::Result> rows = connection.Query(sql);
  if (!rows.ok()) return rows.status();
  std::vector<Blocker> blockers;
  for (mysql::Row row : *rows) {
    blockers.push_back({.id = row.Uint(0), .account = row.Text(1), .seconds = row.Uint(2), .query = row.Text(3)});
  }
  return blockers;
}

absl::Status EnableLockInstrument(mysql::Connection& connection) {
  if (!connection.server().IsMySql()) return absl::OkStatus();
  return connection
      .Execute(
          "UPDATE performance_schema.setup_instruments SET enabled = 'YES' WHERE name = 'wait/lock/metadata/sql/mdl'")
      .status();
}

std::string Describe(const Blocker& blocker) {
  return absl::StrCat("session ", blocker.id, " (", blocker.account, ", ", blocker.seconds, "s",
                      blocker.query.empty() ? "" : ": ", blocker.query, ")");
}

}  // namespace migrate::cutover
