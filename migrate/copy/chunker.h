// Splits a table into key ranges that are copied one at a time.
//
// A chunk is the half-open range (lower, upper] of the chosen unique key, in the server's own order of that key; the
// first chunk includes its lower bound, the smallest key. Ranges never overlap and together cover every row that
// existed when Create() was called; rows inserted above the last upper bound arrive through the binary log.
//
// The size follows a target time: Feedback(rows, elapsed) moves the next chunk towards `target_time`, at most by a
// factor of two a step, within [min_rows, max_rows].
//
// Not thread-safe: callers take turns.
#ifndef MIGRATE_COPY_CHUNKER_H_
#define MIGRATE_COPY_CHUNKER_H_

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "migrate/copy/key_range.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/table_pair.h"

namespace migrate::copy {

struct ChunkOptions {
  uint64_t rows = 1000;                                  // of the first chunk
  absl::Duration target_time = absl::Milliseconds(500);  // zero: every chunk has `rows` rows
  uint64_t min_rows = 10;
  uint64_t max_rows = 100'000;
};

struct Chunk {
  uint64_t number = 0;  // counted from 0 in key order
  KeyRange range;
  uint64_t rows = 0;  // it was cut to have; the last one has fewer
};

// The size alone, so that it can be tested without a server.
class ChunkSize {
 public:
  explicit ChunkSize(const ChunkOptions& options) : options_(options), rows_(options.rows) {}
  uint64_t rows() const { return rows_; }
  // A chunk of `rows` rows took `elapsed`.
  void Feedback(uint64_t rows, absl::Duration elapsed);
  // The next chunk has no more than `rows`, unless that is less than the smallest.
  void LimitTo(uint64_t rows) { rows_ = std::max(options_.min_rows, std::min(rows_, rows)); }
  void SetOptions(const ChunkOptions& options);
  const ChunkOptions& options() const { return options_; }

 private:
  ChunkOptions options_;
  uint64_t rows_;
};

class Chunker {
 public:
  // FailedPrecondition if a row has NULL in a nullable key. Reads the smallest and the largest key. `after`, when not
  // empty, continues behind that key (resume); `last` then is the largest key as it was known, or empty.
  static absl::StatusOr<Chunker> Create(mysql::Connection& connection, const schema::TablePair& pair,
                                        ChunkOptions options, KeyValue after = {}, KeyValue last = {});

  // The next range, or nullopt after the last. One round trip to the server.
  absl::StatusOr<std::optional<Chunk>> Next(mysql::Connection& connection);

  ChunkSize& size() { return size_; }
  const KeyReader& reader() const { return reader_; }
  const KeyValue& last() const { return last_; }  // the largest key; empty: the table was empty

 private:
  Chunker(const schema::TablePair& pair, ChunkOptions options) : pair_(&pair), reader_(pair), size_(options) {}

  const schema::TablePair* pair_;
  KeyReader reader_;
  ChunkSize size_;
  KeyValue position_;  // upper bound of the last chunk, or the smallest key while first_
  KeyValue last_;
  bool first_ = true;
  bool done_ = false;
  uint64_t next_number_ = 0;
};

}  // namespace migrate::copy

#endif  // MIGRATE_COPY_CHUNKER_H_
