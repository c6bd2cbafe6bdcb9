#include "migrate/copy/chunker.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/explain/explain.h"
#include "migrate/mysql/quote.h"

namespace migrate::copy {
namespace {

// No range holds a key with NULL. Those that come later are seen in the binary log.
absl::Status CheckNoNulls(mysql::Connection& connection, const schema::TablePair& pair) {
  std::vector<std::string> conditions;
  for (schema::SharedColumn shared : pair.key.columns) {
    const schema::Column& column = pair.OriginalColumn(shared);
    if (column.nullable) conditions.push_back(absl::StrCat(mysql::QuoteIdentifier(column.name), " IS NULL"));
  }
  if (conditions.empty()) return absl::OkStatus();
  absl::StatusOr<mysql::Result> found =
      connection.Query(absl::StrCat("SELECT 1 FROM ", pair.original.QualifiedName(), " WHERE ",
                                    absl::StrJoin(conditions, " OR "), " LIMIT 1 LOCK IN SHARE MODE"));
  if (!found.ok()) return found.status();
  if (found->empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(pair.original.QualifiedName(), " has rows with NULL in its key ",
                                                    pair.key.original_index, ", which cannot be told apart"));
}

}  // namespace

void ChunkSize::SetOptions(const ChunkOptions& options) {
  options_ = options;
  rows_ = options.rows;
}

void ChunkSize::Feedback(uint64_t rows, absl::Duration elapsed) {
  if (options_.target_time <= absl::ZeroDuration() || rows == 0) return;
  const double seconds = std::max(absl::ToDoubleSeconds(elapsed), 1e-4);
  const double wanted = rows * absl::ToDoubleSeconds(options_.target_time) / seconds;
  const double next = std::clamp(wanted, rows_ / 2.0, rows_ * 2.0);
  rows_ = std::clamp(static_cast<uint64_t>(next), options_.min_rows, options_.max_rows);
}

absl::StatusOr<Chunker> Chunker::Create(mysql::Connection& connection, const schema::TablePair& pair,
                                        ChunkOptions options, KeyValue after, KeyValue last) {
  if (absl::Status status = CheckNoNulls(connection, pair); !status.ok()) return status;
  Chunker chunker(pair, options);
  const KeyReader& reader = chunker.reader_;
  const std::string from =
      absl::StrCat("SELECT ", reader.SelectList(), " FROM ", pair.original.QualifiedName(), " FORCE INDEX (",
                   mysql::QuoteIdentifier(pair.key.original_index), ") ORDER BY ");
  if (!after.empty()) {
    chunker.position_ = std::move(after);
    chunker.first_ = false;
  } else {
    absl::StatusOr<mysql::Result> least =
        connection.Query(absl::StrCat(from, reader.OrderBy(), " LIMIT 1 LOCK IN SHARE MODE"));
    if (!least.ok()) return least.status();
    chunker.done_ = least->empty();
    if (!least->empty()) chunker.position_ = reader.Literals((*least)[0]);
  }
  chunker.last_ = std::move(last);
  if (!chunker.done_ && chunker.last_.empty()) {
    absl::StatusOr<mysql::Result> greatest =
        connection.Query(absl::StrCat(from, reader.OrderByDescending(), " LIMIT 1 LOCK IN SHARE MODE"));
    if (!greatest.ok()) return greatest.status();
    chunker.done_ = greatest->empty();
    if (!greatest->empty()) chunker.last_ = reader.Literals((*greatest)[0]);
  }
  EXPLAIN() << "rows are copied in the order of key " << pair.key.original_index << ", from "
            << absl::StrJoin(chunker.position_, ",") << " to " << absl::StrJoin(chunker.last_, ",");
  return chunker;
}

absl::StatusOr<std::optional<Chunk>> Chunker::Next(mysql::Connection& connection) {
  if (done_) return std::nullopt;
  Chunk chunk;
  chunk.number = next_number_;
  chunk.rows = size_.rows();
  chunk.range = {.lower = position_, .upper = last_, .lower_inclusive = first_};
  // The key of the chunk's last row is found by walking the index alone; no row: fewer are left, and the chunk ends at
  // the end.
  absl::StatusOr<mysql::Result> rows = connection.Query(
      absl::StrCat("SELECT ", reader_.SelectList(), " FROM ", pair_->original.QualifiedName(), " FORCE INDEX (",
                   mysql::QuoteIdentifier(pair_->key.original_index), ") WHERE ", reader_.InOriginal(chunk.range),
                   " ORDER BY ", reader_.OrderBy(), " LIMIT 1 OFFSET ", chunk.rows - 1));
  if (!rows.ok()) return rows.status();
  if (rows->empty()) {
    done_ = true;
  } else {
    chunk.range.upper = reader_.Literals((*rows)[0]);
    position_ = chunk.range.upper;
    done_ = position_ == last_;
  }
  first_ = false;
  ++next_number_;
  return chunk;
}

}  // namespace migrate::copy
