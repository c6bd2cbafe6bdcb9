// One plain connection to a test server: text in, text out, for setting up data and for checking results independently
// of the program under test.
//
//   ASSERT_OK_AND_ASSIGN(auto client, Client::Connect({.port = server->primary().port, .password = ...}));
//   ASSERT_OK(client->Execute("CREATE TABLE test.t (id INT PRIMARY KEY)"));
//   auto rows = client->Query("SELECT COUNT(*) FROM test.t");   // (*rows)[0][0] == "0"
//
// Not thread-safe; one connection a thread.
#ifndef TESTS_SERVERS_CLIENT_H_
#define TESTS_SERVERS_CLIENT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct st_mysql;

namespace tests::servers {

struct Address {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string user = "root";
  std::string password;
  std::string database;  // empty: none selected
};

// A row of a result; NULL is nullopt.
using Row = std::vector<std::optional<std::string>>;

class Client {
 public:
  // Fails with Unavailable and the server's message.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const Address& address);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Runs one statement. Fails with Internal: "error NUMBER: MESSAGE, in: STATEMENT" (the statement cut at 200 bytes).
  absl::StatusOr<std::vector<Row>> Query(const std::string& statement);
  absl::Status Execute(const std::string& statement);

  // The first column of the first row; fails with NotFound where there is none, or where it is NULL.
  absl::StatusOr<std::string> QueryValue(const std::string& statement);

  // The server's error number of the last statement; 0 where it succeeded.
  unsigned last_error() const;

 private:
  explicit Client(st_mysql* connection) : connection_(connection) {}

  st_mysql* connection_;
};

}  // namespace tests::servers

#endif  // TESTS_SERVERS_CLIENT_H_
