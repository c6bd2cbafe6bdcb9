// Any bytes give events or an error: no crash, no endless loop, no read past the end.
//
// The input is a binary log file. Format descriptions are left out: without one the decoder takes an event whose
// checksum does not match as one without checksum, so that mutations reach the parsers.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "migrate/binlog/assembler.h"
#include "migrate/binlog/decoder.h"
#include "migrate/binlog/log_file.h"

namespace migrate::binlog {
namespace {

// Everything that a user of the values would do.
size_t Use(const std::vector<TableSpec>& tables, const Item& item) {
  std::string sql;
  for (const RowChange& change : item.changes) {
    const TableSpec& spec = tables[change.table];
    for (size_t i = 0; i < change.before.size(); ++i) AppendSql(spec.columns[i], change.before[i], &sql);
    for (size_t i = 0; i < change.after.size(); ++i) AppendSql(spec.columns[i], change.after[i], &sql);
  }
  return sql.size();
}

void Decode(std::string_view file) {
  static const std::vector<TableSpec>* tables = new std::vector<TableSpec>(RecordedTables());
  Decoder decoder(tables);
  Assembler assembler(tables, GtidSet(mysql::Flavour::kMySql), Position{"binlog.000001", 4, ""});
  for (std::string_view packet : SplitLogFile(file)) {
    if (static_cast<EventType>(packet[4]) == EventType::kFormatDescription) continue;
    if (!decoder.Feed(packet).ok()) return;
    while (true) {
      absl::StatusOr<std::optional<Event>> event = decoder.Next();
      if (!event.ok()) return;
      if (!event->has_value()) break;
      absl::StatusOr<std::optional<Item>> item = assembler.Handle(**std::move(event));
      if (!item.ok()) return;
      if (item->has_value()) Use(*tables, **item);
    }
  }
}

}  // namespace
}  // namespace migrate::binlog

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  migrate::binlog::Decode(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
