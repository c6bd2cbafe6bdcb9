#include "migrate/apply/change_set.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "migrate/mysql/quote.h"

namespace migrate::apply {
namespace {

constexpr size_t kEntryOverhead = 112;  // of the map and of two string headers

}  // namespace

RowText::RowText(const schema::TablePair& pair) : pair_(pair), spec_(pair.BinlogSpec()) {
  for (schema::SharedColumn column : pair.key.columns) {
    original_key_names_.push_back(mysql::QuoteIdentifier(pair.OriginalColumn(column).name));
    ghost_key_names_.push_back(mysql::QuoteIdentifier(pair.GhostColumn(column).name));
  }
}

bool RowText::IsLong(const binlog::RowImage& image) const {
  size_t bytes = 0;
  for (const binlog::Value& value : image) bytes += value.text().size();
  return bytes > most_bytes_;
}

absl::StatusOr<std::string> RowText::GhostCondition(const binlog::RowImage& image) const {
  return Condition(image, ghost_key_names_);
}

absl::StatusOr<std::string> RowText::OriginalCondition(const binlog::RowImage& image) const {
  return Condition(image, original_key_names_);
}

absl::StatusOr<std::string> RowText::Condition(const binlog::RowImage& image,
                                               const std::vector<std::string>& names) const {
  std::string out;
  if (names.size() > 1) out.push_back('(');
  for (size_t i = 0; i < names.size(); ++i) {
    const int ordinal = pair_.key.columns[i].original;
    const binlog::Value& value = image[ordinal];
    if (value.missing() || value.null()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "a change in the binary log ", value.null() ? "has NULL in" : "does not tell", " column ",
          pair_.original.columns[ordinal].name, " of the migration's key ", pair_.key.original_index,
          value.null() ? "; rows with NULL cannot be told apart" : "; sessions must log with binlog_row_image=FULL"));
    }
    absl::StrAppend(&out, i == 0 ? "" : " AND ", names[i], "=");
    binlog::AppendSql(spec_.columns[ordinal], value, &out);
  }
  if (names.size() > 1) out.push_back(')');
  return out;
}

std::string RowText::Tuple(const binlog::RowImage& image) const {
  std::string out = "(";
  for (size_t i = 0; i < pair_.columns.size(); ++i) {
    if (i > 0) out.push_back(',');
    const int ordinal = pair_.columns[i].original;
    binlog::AppendSql(spec_.columns[ordinal], image[ordinal], &out);
  }
  out.push_back(')');
  return out;
}

absl::Status ChangeSet::Add(const binlog::RowChange& change) {
  ++changes_;
  std::string old_key;
  if (change.op != binlog::RowChange::Op::kInsert) {
    absl::StatusOr<std::string> key = row_text_->GhostCondition(change.before);
    if (!key.ok()) return key.status();
    old_key = *std::move(key);
  }
  if (change.op == binlog::RowChange::Op::kDelete) {
    Put(std::move(old_key), {Outcome::Kind::kDeleted, ""});
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> key = row_text_->GhostCondition(change.after);
  if (!key.ok()) return key.status();
  // An update that changes the key is a delete and an insert.
  if (!old_key.empty() && old_key != *key) Put(std::move(old_key), {Outcome::Kind::kDeleted, ""});
  const bool is_long = row_text_->IsLong(change.after);
  if (!change.incomplete && !is_long) {
    Put(*std::move(key), {Outcome::Kind::kRow, row_text_->Tuple(change.after)});
    return absl::OkStatus();
  }
  EXPLAIN_FIRST_N(3) << (is_long ? "too long to be carried over from here is row "
                                 : "the log does not tell the whole row ")
                     << *key << ": it will be read again from the original under a shared lock";
  absl::StatusOr<std::string> condition = row_text_->OriginalCondition(change.after);
  if (!condition.ok()) return condition.status();
  Put(*std::move(key), {Outcome::Kind::kReread, *std::move(condition)});
  return absl::OkStatus();
}

void ChangeSet::Append(ChangeSet newer) {
  changes_ += newer.changes_;
  for (auto& [key, outcome] : newer.outcomes_) Put(key, std::move(outcome));
}

void ChangeSet::Put(std::string key, Outcome outcome) {
  bytes_ += outcome.text.size();
  auto [it, added] = outcomes_.try_emplace(std::move(key));
  if (added) bytes_ += it->first.size() + kEntryOverhead;
  bytes_ -= it->second.text.size();
  it->second = std::move(outcome);
}

}  // namespace migrate::apply
