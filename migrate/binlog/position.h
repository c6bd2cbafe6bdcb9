// A place in a server's binary log.
#ifndef MIGRATE_BINLOG_POSITION_H_
#define MIGRATE_BINLOG_POSITION_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "migrate/mysql/connection.h"

namespace migrate::binlog {

// `file` and `offset` name a byte of one server's log. `gtid_set` is what had been executed there, in the server's own
// notation (MySQL: "uuid:1-5:7,uuid:tag:1"; MariaDB: "0-1-100,2-7-3"), empty where the server does not use GTIDs; it
// means the same on every server of the topology.
struct Position {
  std::string file;
  uint64_t offset = 0;
  std::string gtid_set;

  // "binlog.000012:4567"
  std::string ToString() const;

  friend bool operator==(const Position& a, const Position& b) { return a.file == b.file && a.offset == b.offset; }
};

// <0, 0 or >0 as `a` is before, at or after `b` in the same server's log: by the number at the end of the file names,
// then by offset. An empty file name is before everything.
int Compare(const Position& a, const Position& b);

// Where the server's log ends now; on MariaDB the GTIDs may be those of a moment before. FailedPrecondition if it
// writes none, PermissionDenied without REPLICATION CLIENT.
absl::StatusOr<Position> CurrentPosition(mysql::Connection& connection);

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_POSITION_H_
