// One connection to a MySQL or MariaDB server.
//
//   ConnectionOptions options{.host = "127.0.0.1", .port = 3306, .user = "migrate", .password = "..."};
//   options.session.push_back({"time_zone", "'+00:00'"});
//   ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(options));
//   ASSIGN_OR_RETURN(Result rows, connection->Query("SELECT ..."));
//
// A thin RAII layer over libmysqlclient's C interface; it compiles against MariaDB Connector/C and against Oracle's
// library. Every session speaks utf8mb4 and has ANSI_QUOTES and NO_BACKSLASH_ESCAPES taken out of its sql_mode, which
// is what quote.h relies on (options.session runs afterwards: do not put them back).
//
// Errors carry the server's number and a class; see errors.h. The status says what was being done (the start of the
// statement). After a lost connection broken() is true, every call fails with Unavailable, and Reconnect() makes a new
// session with the same options; what the old one held (locks, transaction, temporary tables) is gone.
//
// Not thread-safe: one thread at a time. Only Interrupt() and id() may be called from another thread.
#ifndef MIGRATE_MYSQL_CONNECTION_H_
#define MIGRATE_MYSQL_CONNECTION_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "migrate/mysql/result.h"
#include "migrate/mysql/server_info.h"

namespace migrate::mysql {

struct SslOptions {
  enum class Mode {
    kDisabled,  // plain text
    kRequired,  // encrypted, the server's certificate is not checked
    kVerifyCa,  // encrypted, the certificate must be signed by `ca` (or by the system's authorities) and name the host
  };
  Mode mode = Mode::kDisabled;
  std::string ca;    // PEM file, for kVerifyCa
  std::string cert;  // PEM file of the client's certificate
  std::string key;   // PEM file of its key
};

struct ConnectionOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 3306;
  std::string unix_socket;  // when set: this instead of host and port
  std::string user;
  std::string password;
  std::string database;  // default schema, may be empty
  SslOptions ssl;
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration read_timeout = absl::ZeroDuration();   // without a byte from the server; zero: no limit
  absl::Duration write_timeout = absl::ZeroDuration();  // zero: no limit
  // SET SESSION name = value at every connect and reconnect; the value is an SQL expression ("'+00:00'", "100").
  std::vector<std::pair<std::string, std::string>> session;
};

// "host:port" or the socket's path, for messages.
std::string DescribeEndpoint(const ConnectionOptions& options);

struct ExecResult {
  uint64_t affected_rows = 0;
  uint64_t insert_id = 0;
  uint32_t warnings = 0;  // as SHOW WARNINGS would count them
  std::string info;       // "Records: 3  Duplicates: 0  Warnings: 0" where the server says so
};

class Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Runs one statement that returns no rows. Rows, if there are any, are read and dropped.
  absl::StatusOr<ExecResult> Execute(std::string_view sql);

  // Runs one statement and reads all its rows.
  absl::StatusOr<Result> Query(std::string_view sql);

  // First column of the first row; nullopt for NULL; NotFound if there is no row.
  absl::StatusOr<std::optional<std::string>> QueryValue(std::string_view sql);

  // Closes the session, if it is still there, and opens a new one.
  absl::Status Reconnect();

  absl::Status Ping();

  // The connection was lost (or Interrupt()ed): only Reconnect() helps.
  bool broken() const { return broken_; }

  // CONNECTION_ID() of the current session, for KILL. Thread-safe.
  uint64_t id() const { return id_; }

  // When the current session began, or the last one that there was.
  absl::Time opened() const { return opened_; }

  const ServerInfo& server() const { return server_; }
  const ConnectionOptions& options() const { return options_; }

  // Shuts the socket down: a call that waits for the server fails at once with Unavailable. The server notices when it
  // next writes; to stop a statement use KILL QUERY from another connection. Any thread, but not during Open or
  // Reconnect.
  void Interrupt() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class BinlogDump;

  explicit Connection(ConnectionOptions options) : options_(std::move(options)) {}

  absl::Status Connect();
  absl::Status SetUpSession();
  absl::Status Run(std::string_view sql);            // sends and reads the first answer
  absl::Status DrainResults(std::string_view what);  // what a multi-result statement left
  absl::Status LastError(std::string_view what);
  void Close();
  void HoldSocket(int socket) ABSL_LOCKS_EXCLUDED(mutex_);
  void DropSocket() ABSL_LOCKS_EXCLUDED(mutex_);

  ConnectionOptions options_;
  ServerInfo server_;
  void* handle_ = nullptr;  // MYSQL*; the two libraries disagree about its tag
  bool broken_ = true;
  std::atomic<uint64_t> id_{0};
  absl::Time opened_ = absl::InfinitePast();
  absl::Mutex mutex_;  // a leaf
  int socket_ ABSL_GUARDED_BY(mutex_) = -1;
};

}  // namespace migrate::mysql

#endif  // MIGRATE_MYSQL_CONNECTION_H_
