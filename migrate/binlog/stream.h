// The changes of some tables, in the order of the server's binary log.
//
//   StreamOptions options{.connection = ..., .server_id = 99999, .tables = {spec}};
//   ASSIGN_OR_RETURN(std::unique_ptr<Stream> stream, Stream::Open(options, start));
//   while (true) {
//     ASSIGN_OR_RETURN(Item item, stream->Next());
//     Apply(item.changes);
//     reached = item.position;
//   }
//
// What arrives is committed: changes of a prepared XA transaction are held back until its XA COMMIT and dropped at its
// XA ROLLBACK. A transaction arrives in pieces of one rows event each, so memory does not grow with its size.
//
// A lost connection is opened again inside Next(), from the last resume point; changes after that point then arrive a
// second time, which an applier that writes whole rows does not notice.
//
// Whatever could lose a change is an error, never skipped: an event that cannot be decoded, a wrong checksum, a purged
// log (DataLoss), an event type we do not know, a table that no longer looks like its TableSpec (FailedPrecondition).
//
// Before the copy starts: rows changed by XA transactions that were prepared before the start position are not in the
// stream. Take the start position, then read XA RECOVER and wait until those transactions are gone.
#ifndef MIGRATE_BINLOG_STREAM_H_
#define MIGRATE_BINLOG_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "migrate/binlog/position.h"
#include "migrate/binlog/stream_item.h"
#include "migrate/binlog/value.h"
#include "migrate/mysql/connection.h"

namespace migrate::binlog {

struct StreamOptions {
  mysql::ConnectionOptions connection;
  uint32_t server_id = 0;  // ours, as a replica; must be unique in the topology
  bool use_gtid = false;   // resume by Position::gtid_set instead of file and offset
  std::vector<TableSpec> tables;
  absl::Duration heartbeat = absl::Milliseconds(200);  // of an idle server; bounds how long Next() blocks
  int max_reconnects = 60;                             // in a row, without an event in between
  absl::Duration reconnect_delay = absl::Seconds(1);
};

class Stream {
 public:
  // Connects and asks for the log from `start` on.
  static absl::StatusOr<std::unique_ptr<Stream>> Open(StreamOptions options, const Position& start);

  ~Stream();

  // The next step; blocks no longer than about the heartbeat period while the connection is alive. One thread.
  absl::StatusOr<Item> Next();

  // Makes the current and every later Next() return Cancelled. Any thread.
  void Cancel();

 private:
  class Impl;
  explicit Stream(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_STREAM_H_
