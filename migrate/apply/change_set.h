// What a stretch of the binary log comes down to: for each key, the last thing that happened to it.
//
// A key is recognised by the bytes that the row stores, as the log gives them. That is right for every collation: of
// two keys that the server holds equal ('a' and 'A') the table has at most one at any time, so at the end of the
// stretch at most one of them has an image here, and Writer deletes every key of the set before it writes any image.
//
// The SQL text of a change is made when it is added, so that a set holds text only and its size is known. Not
// thread-safe.
#ifndef MIGRATE_APPLY_CHANGE_SET_H_
#define MIGRATE_APPLY_CHANGE_SET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "migrate/binlog/row_change.h"
#include "migrate/schema/table_pair.h"

namespace migrate::apply {

// The SQL that names rows and writes them; derived once from the tables.
class RowText {
 public:
  explicit RowText(const schema::TablePair& pair);

  // A longer row is not carried over from the log but read again from the original: its text might be longer than the
  // server lets a statement be, and would take memory until it is written. Before Add() is called.
  static constexpr size_t kMostBytes = 1 << 20;
  void SetMostBytes(size_t bytes) { most_bytes_ = bytes; }
  bool IsLong(const binlog::RowImage& image) const;

  // Identifies the key of `image` and is a condition on the ghost at the same time: "`id`=7", "(`a`=1 AND `b`='x')".
  // FailedPrecondition if a key column is missing in the log or NULL.
  absl::StatusOr<std::string> GhostCondition(const binlog::RowImage& image) const;
  // The same condition on the original.
  absl::StatusOr<std::string> OriginalCondition(const binlog::RowImage& image) const;
  // "(7,'x',NULL)": the shared columns of a complete image.
  std::string Tuple(const binlog::RowImage& image) const;

 private:
  absl::StatusOr<std::string> Condition(const binlog::RowImage& image, const std::vector<std::string>& names) const;

  const schema::TablePair& pair_;
  const binlog::TableSpec spec_;
  std::vector<std::string> original_key_names_;
  std::vector<std::string> ghost_key_names_;
  size_t most_bytes_ = kMostBytes;
};

// The outcome for one key.
struct Outcome {
  enum class Kind : uint8_t { kDeleted, kRow, kReread } kind = Kind::kDeleted;
  // kRow: the tuple to write. kReread: the log did not tell the whole row, or it is very long; the condition that finds
  // it in the original.
  std::string text;
};

class ChangeSet {
 public:
  explicit ChangeSet(const RowText& row_text) : row_text_(&row_text) {}

  absl::Status Add(const binlog::RowChange& change);
  // Everything in `newer` happened after what is here.
  void Append(ChangeSet newer);

  bool empty() const { return outcomes_.empty(); }
  size_t bytes() const { return bytes_; }        // of memory, about
  uint64_t changes() const { return changes_; }  // added, before coalescing
  // By the key's condition on the ghost.
  const absl::flat_hash_map<std::string, Outcome>& outcomes() const { return outcomes_; }

 private:
  void Put(std::string key, Outcome outcome);

  const RowText* row_text_;
  absl::flat_hash_map<std::string, Outcome> outcomes_;
  size_t bytes_ = 0;
  uint64_t changes_ = 0;
};

}  // namespace migrate::apply

#endif  // MIGRATE_APPLY_CHANGE_SET_H_
