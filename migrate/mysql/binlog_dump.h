// Turns a connection into a replica's: the server sends its binary log from a given point on, packet by packet.
//
// Packets are handed over raw, one event each; migrate/binlog decodes them. (MariaDB Connector/C has a decoder of its
// own, mariadb_rpl_fetch, but it refuses MySQL's event types 39, 40 and 42.)
//
// With MariaDB Connector/C the commands are COM_REGISTER_SLAVE, COM_BINLOG_DUMP and COM_BINLOG_DUMP_GTID as
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication.html describes them. Oracle's library
// does not export raw commands but offers mysql_binlog_open/fetch, which send the same bytes; there Register() does
// nothing.
//
// Not thread-safe, but Connection::Interrupt() may be called on the connection to end a Read() that waits.
#ifndef MIGRATE_MYSQL_BINLOG_DUMP_H_
#define MIGRATE_MYSQL_BINLOG_DUMP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "migrate/mysql/connection.h"

namespace migrate::mysql {

class BinlogDump {
 public:
  // Takes the connection over: after Start it can do nothing else.
  explicit BinlogDump(std::unique_ptr<Connection> connection);
  ~BinlogDump();

  Connection& connection() { return *connection_; }

  // Announces us under `server_id`, so that SHOW REPLICAS lists us. The id must be unlike every other replica's: the
  // server ends an older dump of the same id.
  absl::Status Register(uint32_t server_id);

  // From byte `offset` of log file `file`.
  absl::Status StartAt(std::string_view file, uint64_t offset, uint32_t server_id);

  // MySQL: everything that is not in the set; `encoded_set` is GtidSet's binary form. (MariaDB: set
  // @slave_connect_state on the connection and call StartAt("", 4, id).)
  absl::Status StartAfterGtids(std::string encoded_set, uint32_t server_id);

  // The bytes of the next event, valid until the next call. Blocks. OutOfRange: the server ended the stream.
  absl::StatusOr<std::string_view> Read();

 private:
  struct Oracle;  // state of mysql_binlog_open

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Oracle> oracle_;
};

}  // namespace migrate::mysql

#endif  // MIGRATE_MYSQL_BINLOG_DUMP_H_
