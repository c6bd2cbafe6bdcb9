// Dates and times of row events as SQL text. Each reads its bytes from `in`; `digits` is the number of digits of the
// fraction, 0 to 6. A reader that ran out of bytes makes the text meaningless: check in->ok().
#ifndef MIGRATE_BINLOG_TEMPORAL_H_
#define MIGRATE_BINLOG_TEMPORAL_H_

#include <string>

#include "migrate/binlog/byte_reader.h"

namespace migrate::binlog {

std::string ReadDate(ByteReader* in);                    // 2026-11-23
std::string ReadTime2(int digits, ByteReader* in);       // -838:59:59.000000
std::string ReadDateTime2(int digits, ByteReader* in);   // 2026-11-23 06:05:04.123
std::string ReadTimestamp2(int digits, ByteReader* in);  // the same, in UTC; the zero timestamp is 0000-00-00 00:00:00
std::string ReadTimeOld(ByteReader* in);                 // before MySQL 5.6 and mysql56_temporal_format
std::string ReadDateTimeOld(ByteReader* in);
std::string ReadTimestampOld(ByteReader* in);

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_TEMPORAL_H_
