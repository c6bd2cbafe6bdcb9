// TABLE_MAP events and the row events that refer to them.
#ifndef MIGRATE_BINLOG_ROWS_H_
#define MIGRATE_BINLOG_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "migrate/binlog/byte_reader.h"
#include "migrate/binlog/column_value.h"
#include "migrate/binlog/row_change.h"
#include "migrate/binlog/value.h"

namespace migrate::binlog {

// A rows event without its header and checksum, taken apart as far as the bytes go that are never compressed.
struct RowsHeader {
  uint64_t table_id = 0;
  bool has_before = false;  // update, delete
  bool has_after = false;   // update, insert
  bool partial = false;     // PARTIAL_UPDATE_ROWS
  uint64_t columns = 0;
  std::string_view before_columns;  // bitmaps: which columns the images hold
  std::string_view after_columns;
  std::string_view rows;
};

// `version_2`: event types 30-32 and 39, with extra data behind the flags.
absl::StatusOr<RowsHeader> ParseRowsHeader(std::string_view body, bool version_2, bool has_before, bool has_after,
                                           bool partial);

// Remembers table maps and decodes rows of the watched tables. Not thread-safe; bounded: a map lives until Clear(),
// which the caller calls between transactions.
class RowsDecoder {
 public:
  // `tables` must outlive the decoder.
  explicit RowsDecoder(const std::vector<TableSpec>* tables) : tables_(tables) {}

  // FailedPrecondition if a watched table is not what its spec says.
  absl::Status AddTableMap(std::string_view body);

  // Index of the watched table, -1 if it is not watched. DataLoss if there was no table map.
  absl::StatusOr<int> FindTable(const RowsHeader& header) const;

  // Decodes all rows of a watched table.
  absl::Status Decode(const RowsHeader& header, std::string_view rows, std::vector<RowChange>* changes) const;

  void Clear() { maps_.clear(); }

 private:
  struct TableMap {
    int table = -1;
    std::vector<LoggedColumn> columns;
  };

  absl::Status ReadImage(const TableMap& map, std::string_view present, bool partial, ByteReader* in,
                         RowImage* image) const;
  absl::Status ReadRow(const TableMap& map, const RowsHeader& header, ByteReader* in, RowChange* change) const;

  const std::vector<TableSpec>* tables_;
  absl::flat_hash_map<uint64_t, TableMap> maps_;
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_ROWS_H_
