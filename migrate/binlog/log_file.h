// Binary log files in tests.
#ifndef MIGRATE_BINLOG_LOG_FILE_H_
#define MIGRATE_BINLOG_LOG_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "migrate/binlog/value.h"

namespace migrate::binlog {

// The events of a file, by the sizes in their headers; stops where the rest is shorter than a header says. Views into
// `file`.
std::vector<std::string_view> SplitLogFile(std::string_view file);

// The tables of testdata/README.md.
std::vector<TableSpec> RecordedTables();

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_LOG_FILE_H_
