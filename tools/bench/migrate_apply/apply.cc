// Applies a stretch of a server's binary log to a table and says how long that took: once as migrate does it, once as
// a plain applier does, so that both can be compared on the same log.
//
//   apply --port=3306 --user=root --database=bench --table=t --ghost=g --from=binlog.000001:157 --to=binlog.000001:9999
//   apply ... --plain
//
// The plain applier is one thread that takes ten changes at a time, as gh-ost does by default: BEGIN, one statement a
// change (REPLACE, UPDATE or DELETE by key), COMMIT, all sent as one packet. It reads and decodes the log with
// migrate's own code, so that only the applying differs.
#include <mysql.h>

#include <iostream>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "migrate/apply/applier.h"
#include "migrate/apply/change_set.h"
#include "migrate/binlog/position.h"
#include "migrate/binlog/stream.h"
#include "migrate/mysql/connection.h"
#include "migrate/mysql/quote.h"
#include "migrate/schema/alter.h"
#include "migrate/schema/table.h"
#include "migrate/schema/table_pair.h"
#include "migrate/throttle/gate.h"

ABSL_FLAG(std::string, host, "127.0.0.1", "Server.");
ABSL_FLAG(uint16_t, port, 3306, "Its port.");
ABSL_FLAG(std::string, user, "root", "User name.");
ABSL_FLAG(std::string, password, "", "Password.");
ABSL_FLAG(std::string, database, "bench", "Database of both tables.");
ABSL_FLAG(std::string, table, "", "The table whose changes are in the log.");
ABSL_FLAG(std::string, ghost, "", "The table to apply them to; it holds what the other one held at --from.");
ABSL_FLAG(std::string, from, "", "Where to begin in the log: FILE:OFFSET.");
ABSL_FLAG(std::string, to, "", "Where to end.");
ABSL_FLAG(bool, plain, false, "One thread, ten changes a transaction, no coalescing.");

namespace migrate::bench {
namespace {

using binlog::RowChange;

constexpr size_t kPlainBatch = 10;
constexpr uint32_t kServerId = 99998;

struct Result {
  uint64_t changes = 0;
  absl::Duration took;
};

absl::StatusOr<binlog::Position> ParsePosition(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  binlog::Position position;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &position.offset))
    return absl::InvalidArgumentError(absl::StrCat("expected FILE:OFFSET, not ", text));
  position.file = parts[0];
  return position;
}

mysql::ConnectionOptions Session() {
  mysql::ConnectionOptions session;
  session.host = absl::GetFlag(FLAGS_host);
  session.port = absl::GetFlag(FLAGS_port);
  session.user = absl::GetFlag(FLAGS_user);
  session.password = absl::GetFlag(FLAGS_password);
  return session;
}

// As migrate's sessions that move rows.
mysql::ConnectionOptions RowSession(const mysql::ServerInfo& server) {
  mysql::ConnectionOptions session = Session();
  session.session = {{"time_zone", "'+00:00'"},
                     {"sql_mode", "'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES'"},
                     {server.IsMariaDb() ? "tx_isolation" : "transaction_isolation", "'READ-COMMITTED'"}};
  if (server.IsMySql()) session.session.emplace_back("range_optimizer_max_mem_size", "0");
  return session;
}

absl::StatusOr<schema::TablePair> ReadPair(mysql::Connection& connection) {
  const std::string database = absl::GetFlag(FLAGS_database);
  absl::StatusOr<schema::Table> table = schema::ReadTable(connection, database, absl::GetFlag(FLAGS_table));
  if (!table.ok()) return table.status();
  absl::StatusOr<schema::Table> ghost = schema::ReadTable(connection, database, absl::GetFlag(FLAGS_ghost));
  if (!ghost.ok()) return ghost.status();
  return schema::MakeTablePair(*std::move(table), *std::move(ghost), schema::Alter(), {});
}

absl::StatusOr<Result> Migrate(const schema::TablePair& pair, const mysql::ConnectionOptions& session,
                               std::unique_ptr<binlog::Stream> stream, const binlog::Position& from,
                               const binlog::Position& to) {
  throttle::Gate gate;
  apply::Applier applier(pair, session, {}, gate);
  const absl::Time begin = absl::Now();
  if (absl::Status status = applier.Start(std::move(stream), from); !status.ok()) return status;
  absl::Status status = applier.WaitFor(to, absl::InfiniteFuture(), std::stop_token());
  const absl::Duration took = absl::Now() - begin;
  if (!status.ok()) return status;
  const Result result{applier.Progress().changes_applied, took};
  applier.Stop();
  return result;
}

class PlainApplier {
 public:
  explicit PlainApplier(const schema::TablePair& pair) : pair_(pair), spec_(pair.BinlogSpec()), text_(pair) {
    replace_ = absl::StrCat("REPLACE INTO ", pair.ghost.QualifiedName(), " (", pair.GhostColumnList(), ") VALUES ");
  }
  ~PlainApplier() {
    if (connection_ != nullptr) mysql_close(connection_);
  }
  PlainApplier(const PlainApplier&) = delete;
  PlainApplier& operator=(const PlainApplier&) = delete;

  absl::Status Connect(const mysql::ConnectionOptions& session) {
    connection_ = mysql_init(nullptr);
    mysql_options(connection_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(connection_, session.host.c_str(), session.user.c_str(), session.password.c_str(), nullptr,
                           session.port, nullptr, CLIENT_MULTI_STATEMENTS) == nullptr) {
      return absl::UnavailableError(mysql_error(connection_));
    }
    for (const auto& [name, value] : session.session) {
      if (absl::Status status = Send(absl::StrCat("SET SESSION ", name, " = ", value)); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Add(const RowChange& change) {
    absl::StatusOr<std::string> sql = Statement(change);
    if (!sql.ok()) return sql.status();
    batch_.push_back(*std::move(sql));
    return batch_.size() < kPlainBatch ? absl::OkStatus() : Flush();
  }

  absl::Status Flush() {
    if (batch_.empty()) return absl::OkStatus();
    const std::string packet = absl::StrCat("BEGIN;", absl::StrJoin(batch_, ";"), ";COMMIT");
    batch_.clear();
    return Send(packet);
  }

 private:
  absl::StatusOr<std::string> Statement(const RowChange& change) const {
    if (change.op == RowChange::Op::kInsert) return absl::StrCat(replace_, text_.Tuple(change.after));
    absl::StatusOr<std::string> key = text_.GhostCondition(change.before);
    if (!key.ok()) return key.status();
    if (change.op == RowChange::Op::kDelete)
      return absl::StrCat("DELETE FROM ", pair_.ghost.QualifiedName(), " WHERE ", *key);
    std::vector<std::string> assignments;
    for (schema::SharedColumn column : pair_.columns) {
      std::string& text =
          assignments.emplace_back(absl::StrCat(mysql::QuoteIdentifier(pair_.GhostColumn(column).name), "="));
      binlog::AppendSql(spec_.columns[column.original], change.after[column.original], &text);
    }
    return absl::StrCat("UPDATE ", pair_.ghost.QualifiedName(), " SET ", absl::StrJoin(assignments, ","), " WHERE ",
                        *key);
  }

  absl::Status Send(const std::string& sql) {
    if (mysql_real_query(connection_, sql.data(), sql.size()) != 0)
      return absl::InternalError(absl::StrCat(mysql_error(connection_), ", in: ", sql.substr(0, 200)));
    while (true) {
      const int next = mysql_next_result(connection_);
      if (next < 0) return absl::OkStatus();
      if (next > 0) return absl::InternalError(mysql_error(connection_));
    }
  }

  const schema::TablePair& pair_;
  const binlog::TableSpec spec_;
  const apply::RowText text_;
  std::string replace_;
  st_mysql* connection_ = nullptr;
  std::vector<std::string> batch_;
};

absl::StatusOr<Result> Plain(const schema::TablePair& pair, const mysql::ConnectionOptions& session,
                             binlog::Stream& stream, const binlog::Position& to) {
  PlainApplier applier(pair);
  const absl::Time begin = absl::Now();
  if (absl::Status status = applier.Connect(session); !status.ok()) return status;
  Result result;
  for (binlog::Position reached; binlog::Compare(reached, to) < 0;) {
    absl::StatusOr<binlog::Item> item = stream.Next();
    if (!item.ok()) return item.status();
    for (const RowChange& change : item->changes) {
      if (absl::Status status = applier.Add(change); !status.ok()) return status;
    }
    result.changes += item->changes.size();
    reached = item->position;
  }
  if (absl::Status status = applier.Flush(); !status.ok()) return status;
  result.took = absl::Now() - begin;
  return result;
}

absl::StatusOr<Result> Run() {
  absl::StatusOr<binlog::Position> from = ParsePosition(absl::GetFlag(FLAGS_from));
  absl::StatusOr<binlog::Position> to = ParsePosition(absl::GetFlag(FLAGS_to));
  if (!from.ok()) return from.status();
  if (!to.ok()) return to.status();
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(Session());
  if (!connection.ok()) return connection.status();
  absl::StatusOr<schema::TablePair> pair = ReadPair(**connection);
  if (!pair.ok()) return pair.status();
  absl::StatusOr<std::unique_ptr<binlog::Stream>> stream =
      binlog::Stream::Open({.connection = Session(), .server_id = kServerId, .tables = {pair->BinlogSpec()}}, *from);
  if (!stream.ok()) return stream.status();
  const mysql::ConnectionOptions session = RowSession((*connection)->server());
  if (absl::GetFlag(FLAGS_plain)) return Plain(*pair, session, **stream, *to);
  return Migrate(*pair, session, *std::move(stream), *from, *to);
}

}  // namespace
}  // namespace migrate::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  absl::SetStderrThreshold(absl::LogSeverityAtLeast::kWarning);
  absl::InitializeLog();
  const absl::StatusOr<migrate::bench::Result> result = migrate::bench::Run();
  if (!result.ok()) {
    std::cerr << "apply: " << result.status().message() << std::endl;
    return 1;
  }
  std::cout << result->changes << " " << absl::ToDoubleSeconds(result->took) << std::endl;
  return 0;
}
