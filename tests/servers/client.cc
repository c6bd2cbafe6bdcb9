#include "tests/servers/client.h"

#include <mysql.h>

#include "absl/strings/str_cat.h"

namespace tests::servers {

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const Address& address) {
  st_mysql* connection = mysql_init(nullptr);
  if (connection == nullptr) return absl::ResourceExhaustedError("mysql_init: out of memory");
  unsigned timeout_seconds = 10;
  mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &timeout_seconds);
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  std::unique_ptr<Client> client(new Client(connection));
  if (mysql_real_connect(connection, address.host.c_str(), address.user.c_str(), address.password.c_str(),
                         address.database.empty() ? nullptr : address.database.c_str(), address.port, nullptr,
                         CLIENT_MULTI_RESULTS) == nullptr) {
    return absl::UnavailableError(absl::StrCat("connecting to ", address.host, ":", address.port, ": error ",
                                               mysql_errno(connection), ": ", mysql_error(connection)));
  }
  return client;
}

Client::~Client() { mysql_close(connection_); }

absl::StatusOr<std::vector<Row>> Client::Query(const std::string& statement) {
  auto error = [&] {
    return absl::InternalError(absl::StrCat("error ", mysql_errno(connection_), ": ", mysql_error(connection_),
                                            ", in: ", statement.substr(0, 200)));
  };
  if (mysql_real_query(connection_, statement.data(), statement.size()) != 0) return error();
  std::vector<Row> rows;
  MYSQL_RES* result = mysql_store_result(connection_);
  if (result == nullptr) {
    if (mysql_field_count(connection_) != 0) return error();
    return rows;
  }
  const unsigned columns = mysql_num_fields(result);
  while (MYSQL_ROW values = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    Row& row = rows.emplace_back();
    for (unsigned i = 0; i < columns; ++i) {
      if (values[i] == nullptr) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(std::string(values[i], lengths[i]));
      }
    }
  }
  mysql_free_result(result);
  return rows;
}

absl::Status Client::Execute(const std::string& statement) { return Query(statement).status(); }

absl::StatusOr<std::string> Client::QueryValue(const std::string& statement) {
  auto rows = Query(statement);
  if (!rows.ok()) return rows.status();
  if (rows->empty() || !rows->front().front().has_value())
    return absl::NotFoundError(absl::StrCat("no value from: ", statement));
  return *rows->front().front();
}

unsigned Client::last_error() const { return mysql_errno(connection_); }

}  // namespace tests::servers
