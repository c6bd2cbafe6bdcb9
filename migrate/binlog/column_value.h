// The types and values of columns as row events hold them.
//
// The layout of every type is described in MySQL's libs/mysql/binlog/event/rows_event.h (class Table_map_event) and
// sql-common/my_time.cc; MariaDB's own types (UUID, INET4, INET6, COMPRESSED) are in its sql/sql_type_fixedbin.h and
// sql/field.cc.
#ifndef MIGRATE_BINLOG_COLUMN_VALUE_H_
#define MIGRATE_BINLOG_COLUMN_VALUE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "migrate/binlog/byte_reader.h"
#include "migrate/binlog/value.h"

namespace migrate::binlog {

// Type codes of a table map.
enum class ColumnType : uint8_t {
  kTiny = 1,
  kShort = 2,
  kLong = 3,
  kFloat = 4,
  kDouble = 5,
  kTimestampOld = 7,
  kLongLong = 8,
  kInt24 = 9,
  kDate = 10,
  kTimeOld = 11,
  kDateTimeOld = 12,
  kYear = 13,
  kVarchar = 15,
  kBit = 16,
  kTimestamp2 = 17,
  kDateTime2 = 18,
  kTime2 = 19,
  kBlobCompressed = 140,
  kVarcharCompressed = 141,
  kVector = 242,
  kJson = 245,
  kNewDecimal = 246,
  kEnum = 247,
  kSet = 248,
  kBlob = 252,
  kVarString = 253,
  kString = 254,
  kGeometry = 255,
};

struct LoggedColumn {
  ColumnType type = ColumnType::kTiny;
  // Meaning by type: bytes of the length (blobs), digits of the fraction (times), precision << 8 | scale (decimal),
  // bits modulo 8 << 8 | whole bytes (bit), greatest length in bytes (strings), size in bytes (enum, set, float).
  uint16_t meta = 0;
};

// Reads type code and metadata of one column; `metadata` is advanced. A CHAR that is really an ENUM or SET becomes one.
// Unimplemented for a type this program does not know.
absl::Status ReadLoggedColumn(uint8_t type_code, ByteReader* metadata, LoggedColumn* column);

// Whether a column the schema calls `data_type` can be logged as `type`; false after the table was changed.
bool TypeMatches(const ColumnSpec& spec, ColumnType type);

// Reads one value. DataLoss if the bytes are not one.
absl::Status ReadValue(const LoggedColumn& column, const ColumnSpec& spec, ByteReader* in, Value* value);

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_COLUMN_VALUE_H_
