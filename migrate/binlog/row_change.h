// One changed row, as the binary log tells it.
#ifndef MIGRATE_BINLOG_ROW_CHANGE_H_
#define MIGRATE_BINLOG_ROW_CHANGE_H_

#include <cstdint>

#include "migrate/binlog/value.h"

namespace migrate::binlog {

struct RowChange {
  enum class Op : uint8_t { kInsert, kUpdate, kDelete };

  Op op = Op::kInsert;
  int table = 0;  // index into the tables the stream was opened with

  // One value a column of the table. `before` is empty for an insert, `after` for a delete. A column that an update's
  // `after` does not mention is unchanged and has been filled in from `before` where that has it.
  RowImage before;
  RowImage after;

  // A required column of `after` is missing: the session logged a MINIMAL or NOBLOB image or a partial JSON update, or
  // the value cannot be written as SQL without loss (JSON that holds a DECIMAL or a date). Never guess: read the row
  // again from the original table, by its key, under a shared lock.
  bool incomplete = false;
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_ROW_CHANGE_H_
