#include "migrate/binlog/log_file.h"

#include "migrate/binlog/byte_reader.h"

namespace migrate::binlog {

std::vector<std::string_view> SplitLogFile(std::string_view file) {
  constexpr size_t kMagic = 4, kSizeAt = 9, kHeader = 19;
  std::vector<std::string_view> events;
  size_t at = kMagic;
  while (at + kHeader <= file.size()) {
    const uint64_t size = ByteReader(file.substr(at + kSizeAt)).Uint(4);
    if (size < kHeader || size > file.size() - at) break;
    events.push_back(file.substr(at, size));
    at += size;
  }
  return events;
}

std::vector<TableSpec> RecordedTables() {
  return {
      {"test",
       "t",
       {{.name = "id", .data_type = "int"},
        {.name = "a", .data_type = "varchar", .charset = "utf8mb4"},
        {.name = "b", .data_type = "text", .charset = "utf8mb4"},
        {.name = "n", .data_type = "decimal"},
        {.name = "d", .data_type = "datetime"}}},
      {"test",
       "j",
       {{.name = "id", .data_type = "int"}, {.name = "j", .data_type = "json"}, {.name = "k", .data_type = "json"}}},
      {"test",
       "z",
       {{.name = "id", .data_type = "int"},
        {.name = "u", .data_type = "uuid"},
        {.name = "i", .data_type = "inet6"},
        {.name = "c", .data_type = "blob"}}},
  };
}

}  // namespace migrate::binlog
