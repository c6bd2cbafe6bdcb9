// Reads a real server's binary log through migrate's own stream, for tests of what arrives.
#ifndef TESTS_MIGRATE_LOG_READER_H_
#define TESTS_MIGRATE_LOG_READER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "migrate/binlog/stream.h"
#include "migrate/mysql/connection.h"
#include "tests/servers/server.h"

namespace tests::migrate {

// How to connect to a test server as root.
::migrate::mysql::ConnectionOptions Root(const servers::Endpoint& endpoint, std::string database = "test");

// What information_schema knows about a table, as the stream wants it.
absl::StatusOr<::migrate::binlog::TableSpec> ReadSpec(::migrate::mysql::Connection& connection,
                                                      const std::string& schema, const std::string& table);

// Everything the stream delivered.
struct Log {
  std::vector<::migrate::binlog::RowChange> changes;
  std::vector<std::string> statements;
  ::migrate::binlog::Position position;
  ::migrate::binlog::Position resume;
};

// A stream from where the log ended when it was made.
class LogReader {
 public:
  static absl::StatusOr<std::unique_ptr<LogReader>> Open(
      const servers::Endpoint& endpoint, std::vector<::migrate::binlog::TableSpec> tables, bool use_gtid = false,
      std::optional<::migrate::binlog::Position> start = std::nullopt);

  // Reads until the stream has passed where the log ends now.
  absl::StatusOr<Log> ReadToEnd();

  ::migrate::binlog::Stream& stream() { return *stream_; }

 private:
  std::unique_ptr<::migrate::mysql::Connection> connection_;
  std::unique_ptr<::migrate::binlog::Stream> stream_;
};

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_LOG_READER_H_
