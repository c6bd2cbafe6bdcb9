// What a Stream delivers.
#ifndef MIGRATE_BINLOG_STREAM_ITEM_H_
#define MIGRATE_BINLOG_STREAM_ITEM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "migrate/binlog/position.h"
#include "migrate/binlog/row_change.h"

namespace migrate::binlog {

// One step of the stream.
struct Item {
  std::vector<RowChange> changes;  // in log order; often empty

  // Everything before `position` has been delivered. It moves with heartbeats and with other tables' transactions too.
  Position position;
  // A stream opened here delivers everything that is not in the items up to and including this one. At the end of a
  // transaction it equals `position`, unless an XA transaction is prepared and undecided.
  Position resume;
  bool transaction_end = false;

  uint32_t timestamp = 0;  // unix time at which the server began the statement; 0 in a heartbeat

  // Not empty: a statement that touches one of the tables in a way the rows do not tell: DDL, or a change logged as a
  // statement. The text is the statement's. Stop.
  std::string statement;
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_STREAM_ITEM_H_
