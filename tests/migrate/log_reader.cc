#include "tests/migrate/log_reader.h"

#include <atomic>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "migrate/mysql/quote.h"

namespace tests::migrate {

namespace binlog = ::migrate::binlog;
namespace mysql = ::migrate::mysql;

mysql::ConnectionOptions Root(const servers::Endpoint& endpoint, std::string database) {
  mysql::ConnectionOptions options;
  options.host = endpoint.host;
  options.port = static_cast<uint16_t>(endpoint.port);
  options.user = endpoint.user;
  options.password = endpoint.password;
  options.database = std::move(database);
  options.session = {{"time_zone", "'+00:00'"}};
  return options;
}

namespace {

// The members of "enum('a','it''s')".
std::vector<std::string> Elements(std::string_view type) {
  std::vector<std::string> elements;
  for (size_t i = type.find('\''); i < type.size(); ++i) {
    if (type[i] != '\'') continue;
    std::string element;
    for (++i; i < type.size(); ++i) {
      if (type[i] == '\'') {
        if (i + 1 >= type.size() || type[i + 1] != '\'') break;
        ++i;
      }
      element.push_back(type[i]);
    }
    elements.push_back(std::move(element));
  }
  return elements;
}

}  // namespace

absl::StatusOr<binlog::TableSpec> ReadSpec(mysql::Connection& connection, const std::string& schema,
                                           const std::string& table) {
  absl::StatusOr<mysql::Result> rows = connection.Query(absl::StrCat(
      "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, EXTRA FROM information_schema.COLUMNS "
      "WHERE TABLE_SCHEMA = ",
      mysql::QuoteString(schema), " AND TABLE_NAME = ", mysql::QuoteString(table), " ORDER BY ORDINAL_POSITION"));
  if (!rows.ok()) return rows.status();
  binlog::TableSpec spec{schema, table, {}};
  for (mysql::Row row : *rows) {
    binlog::ColumnSpec column;
    column.name = row.Text(0);
    column.data_type = absl::AsciiStrToLower(row.Text(1));
    column.is_unsigned = absl::StrContains(row.Text(2), "unsigned");
    column.charset = row.Text(3);
    column.required = !absl::StrContains(row.Text(4), "GENERATED");
    if (column.data_type == "enum" || column.data_type == "set") column.elements = Elements(row.Text(2));
    spec.columns.push_back(std::move(column));
  }
  return spec;
}

absl::StatusOr<std::unique_ptr<LogReader>> LogReader::Open(const servers::Endpoint& endpoint,
                                                           std::vector<binlog::TableSpec> tables, bool use_gtid,
                                                           std::optional<binlog::Position> start) {
  static std::atomic<uint32_t> server_id{900000};
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(Root(endpoint));
  if (!connection.ok()) return connection.status();
  if (!start.has_value()) {
    absl::StatusOr<binlog::Position> now = binlog::CurrentPosition(**connection);
    if (!now.ok()) return now.status();
    start = *now;
  }
  binlog::StreamOptions options;
  options.connection = Root(endpoint);
  options.server_id = ++server_id;
  options.use_gtid = use_gtid;
  options.tables = std::move(tables);
  options.heartbeat = absl::Milliseconds(50);
  options.reconnect_delay = absl::Milliseconds(200);
  absl::StatusOr<std::unique_ptr<binlog::Stream>> stream = binlog::Stream::Open(std::move(options), *start);
  if (!stream.ok()) return stream.status();
  auto reader = std::make_unique<LogReader>();
  reader->connection_ = *std::move(connection);
  reader->stream_ = *std::move(stream);
  return reader;
}

absl::StatusOr<Log> LogReader::ReadToEnd() {
  absl::StatusOr<binlog::Position> end = binlog::CurrentPosition(*connection_);
  if (connection_->broken()) {  // the server was restarted since the last time
    if (absl::Status status = connection_->Reconnect(); !status.ok()) return status;
    end = binlog::CurrentPosition(*connection_);
  }
  if (!end.ok()) return end.status();
  Log log;
  while (binlog::Compare(log.position, *end) < 0) {
    absl::StatusOr<binlog::Item> item = stream_->Next();
    if (!item.ok()) return item.status();
    for (binlog::RowChange& change : item->changes) log.changes.push_back(std::move(change));
    if (!item->statement.empty()) log.statements.push_back(item->statement);
    log.position = item->position;
    log.resume = item->resume;
  }
  return log;
}

}  // namespace tests::migrate
