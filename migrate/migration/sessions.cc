#include "migrate/migration/sessions.h"

#include <memory>
#include <string>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace migrate::migration {

mysql::ConnectionOptions PlainSession(const MigrationOptions& options) {
  mysql::ConnectionOptions session;
  session.host = options.host();
  session.port = static_cast<uint16_t>(options.port());
  session.unix_socket = options.socket();
  session.user = options.user();
  session.password = options.password();
  if (options.mysql_timeout() > 0) session.connect_timeout = absl::Seconds(options.mysql_timeout());
  if (options.ssl()) {
    session.ssl.mode =
        options.ssl_allow_insecure() ? mysql::SslOptions::Mode::kRequired : mysql::SslOptions::Mode::kVerifyCa;
    session.ssl.ca = options.ssl_ca();
    session.ssl.cert = options.ssl_cert();
    session.ssl.key = options.ssl_key();
  }
  return session;
}

mysql::ConnectionOptions DefinitionSession(const MigrationOptions& options, const mysql::ServerInfo& server) {
  mysql::ConnectionOptions session = PlainSession(options);
  if (options.allow_zero_in_date()) {
    session.session.emplace_back("sql_mode",
                                 "REPLACE(REPLACE(@@SESSION.sql_mode, 'NO_ZERO_IN_DATE', ''), 'NO_ZERO_DATE', '')");
  }
  if (server.IsMariaDb()) session.session.emplace_back("max_statement_time", "0");
  return session;
}

mysql::ConnectionOptions RowSession(const MigrationOptions& options, const mysql::ServerInfo& server) {
  mysql::ConnectionOptions session = PlainSession(options);
  session.session = {
      {"time_zone", "'+00:00'"},
      {"sql_mode",
       options.skip_strict_mode() ? "'NO_AUTO_VALUE_ON_ZERO'" : "'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES'"},
      {server.IsMariaDb() ? "tx_isolation" : "transaction_isolation", "'READ-COMMITTED'"},
      {"innodb_lock_wait_timeout", "5"},
  };
  if (server.IsMariaDb()) session.session.emplace_back("max_statement_time", "0");
  // A list of some hundred keys must stay a list of key lookups.
  if (server.IsMySql()) session.session.emplace_back("range_optimizer_max_mem_size", "0");
  return session;
}

absl::Status ExecuteStoppable(mysql::Connection& connection, std::string_view sql, const std::stop_token& stop) {
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  std::stop_callback kill(stop, [options = connection.options(), id = connection.id()] {
    absl::StatusOr<std::unique_ptr<mysql::Connection>> killer = mysql::Connection::Open(options);
    absl::Status killed = killer.ok() ? (*killer)->Execute(absl::StrCat("KILL QUERY ", id)).status() : killer.status();
    if (!killed.ok()) LOG(WARNING) << "could not stop a running statement: " << killed.message();
  });
  absl::Status status = connection.Execute(sql).status();
  if (!status.ok() && stop.stop_requested()) return absl::CancelledError("stopped");
  return status;
}

}  // namespace migrate::migration
