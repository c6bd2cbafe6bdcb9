// A private MariaDB or MySQL server, alone or with a replica, for as long as a test holds it.
//
//   auto server = Server::Start({.kind = Server::kMySql, .flags = {"--binlog_row_image=MINIMAL"}});
//   if (absl::IsUnavailable(server.status())) GTEST_SKIP() << server.status().message();   // not on this machine, and
//   how to get it ASSERT_TRUE(server.ok()) << server.status(); Connect((*server)->primary().host,
//   (*server)->primary().port, "root", (*server)->primary().password);
//
// The server listens on 127.0.0.1 and on a unix socket, with row-based binary log (GTID on MySQL), an empty database
// `test`, and root with a password on both. It lives in a temporary folder and is gone, folder included, when this
// object is: also when the test crashes or is killed, because a second process (servers_main.cc) owns it and watches
// this one. From the shell: `bazel run //tests/servers -- --help`.
//
// Start takes 1-2 s for MariaDB, 4-10 s for MySQL; a test suite should start one server and make a database per test.
#ifndef TESTS_SERVERS_SERVER_H_
#define TESTS_SERVERS_SERVER_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tests::servers {

// How to reach one server, and its files.
struct Endpoint {
  std::string host;  // 127.0.0.1
  int port = 0;
  std::string user;  // root, with all privileges
  std::string password;
  std::string socket;
  std::string data_folder;
  std::string log;  // what the server itself wrote
  pid_t pid = -1;   // -1 while it is stopped
};

// Not thread-safe.
class Server {
 public:
  enum Kind { kMariaDb, kMySql };
  enum Role { kPrimary, kReplica };

  struct Options {
    Kind kind = kMariaDb;
    bool replica = false;                         // a second server, which replicates the first by GTID
    std::vector<std::string> flags = {};          // of the server(s): "--binlog_transaction_compression=ON"
    std::vector<std::string> replica_flags = {};  // of the replica only, after those
  };

  // Unavailable: there is no such server on this machine; the message says how to get it. Internal: it did not start,
  // with the server's own error line.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const Endpoint& primary() const { return primary_; }
  const Endpoint& replica() const { return *replica_; }    // only with Options::replica
  const std::string& version() const { return version_; }  // SELECT VERSION()

  // Stops one server in order, kills it as a crash would (SIGKILL), or starts it again on the same port.
  absl::Status Stop(Role role);
  absl::Status Kill(Role role);
  absl::Status Restart(Role role);  // Stop where it runs, then start

  // The process that owns the servers.
  pid_t guardian() const { return guardian_; }

 private:
  Server() = default;
  absl::Status Order(const std::string& order, Role role);
  absl::Status ReadAnswer();

  pid_t guardian_ = -1;
  int orders_ = -1;   // to the guardian's stdin
  int answers_ = -1;  // from its stdout and stderr
  std::string version_;
  Endpoint primary_;
  std::optional<Endpoint> replica_;
};

}  // namespace tests::servers

#endif  // TESTS_SERVERS_SERVER_H_
