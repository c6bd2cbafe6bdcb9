// The two ways in which a binary log holds compressed bytes.
#ifndef MIGRATE_BINLOG_COMPRESSION_H_
#define MIGRATE_BINLOG_COMPRESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace migrate::binlog {

// MariaDB's log_bin_compress: one byte 0x80 | algorithm << 4 | n, n bytes of uncompressed length (big-endian), then a
// zlib stream.
absl::StatusOr<std::string> InflateEventPart(std::string_view bytes);

// MariaDB's COMPRESSED columns: an empty value, or a header byte and the data. Header 0: the data is stored as it is;
// 0x80 | wrap << 3 | n: n bytes of uncompressed length (big-endian), then deflated data with (wrap) or without zlib
// header.
absl::StatusOr<std::string> InflateColumn(std::string_view bytes);

// MySQL's TRANSACTION_PAYLOAD: a zstd stream read piece by piece, so that a big transaction is never in memory as a
// whole.
class ZstdReader {
 public:
  // `compressed` must outlive the reader.
  explicit ZstdReader(std::string_view compressed);
  ~ZstdReader();
  ZstdReader(const ZstdReader&) = delete;
  ZstdReader& operator=(const ZstdReader&) = delete;

  // Appends exactly `count` bytes to *out; fewer only at the end of the stream.
  absl::Status Read(size_t count, std::string* out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_COMPRESSION_H_
