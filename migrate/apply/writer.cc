#include "migrate/apply/writer.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "migrate/mysql/quote.h"
#include "migrate/mysql/retry.h"

namespace migrate::apply {
namespace {

// Gathers pieces into statements of bounded size.
class Batcher {
 public:
  Batcher(std::string_view head, std::string_view separator, std::string_view tail, const BatchLimits& limits,
          std::vector<std::string>& out)
      : head_(head), separator_(separator), tail_(tail), limits_(limits), out_(out) {}

  void Add(std::string_view piece) {
    if (rows_ == limits_.rows || (rows_ > 0 && text_.size() + piece.size() > limits_.bytes)) Finish();
    absl::StrAppend(&text_, rows_ == 0 ? head_ : separator_, piece);
    ++rows_;
  }

  void Finish() {
    if (rows_ == 0) return;
    text_.append(tail_);
    out_.push_back(std::move(text_));
    text_.clear();
    rows_ = 0;
  }

 private:
  std::string_view head_, separator_, tail_;
  const BatchLimits& limits_;
  std::vector<std::string>& out_;
  std::string text_;
  size_t rows_ = 0;
};

}  // namespace

Writer::Writer(const schema::TablePair& pair) : pair_(pair) {
  const std::string into =
      absl::StrCat("REPLACE INTO ", pair.ghost.QualifiedName(), " (", pair.GhostColumnList(), ") ");
  replace_head_ = absl::StrCat(into, "VALUES ");
  delete_head_ = absl::StrCat("DELETE FROM ", pair.ghost.QualifiedName(), " WHERE ");
  reread_head_ =
      absl::StrCat(into, "SELECT ", pair.OriginalColumnList(), " FROM ", pair.original.QualifiedName(), " WHERE ");
}

Statements Writer::MakeStatements(const ChangeSet& set, const BatchLimits& limits) const {
  Statements statements;
  // Conditions joined with OR: both servers' optimizers make a list of key lookups of it, also for keys of several
  // columns.
  Batcher deletes(delete_head_, " OR ", "", limits, statements.deletes);
  Batcher replaces(replace_head_, ",", "", limits, statements.writes);
  Batcher rereads(reread_head_, " OR ", " LOCK IN SHARE MODE", limits, statements.writes);
  for (const auto& [key, outcome] : set.outcomes()) {
    // A REPLACE removes the row of its own key by itself.
    if (outcome.kind != Outcome::Kind::kRow || pair_.ghost_has_other_unique_keys) deletes.Add(key);
    if (outcome.kind == Outcome::Kind::kRow) replaces.Add(outcome.text);
    if (outcome.kind == Outcome::Kind::kReread) rereads.Add(outcome.text);
  }
  deletes.Finish();
  replaces.Finish();
  rereads.Finish();
  return statements;
}

absl::Status RunStatement(mysql::Connection& connection, const std::string& sql, int retries,
                          const std::stop_token& stop) {
  EXPLAIN_FIRST_N(6) << "applying changes: " << std::string_view(sql).substr(0, 200)
                     << (sql.size() > 200 ? " ..." : "");
  return mysql::WithRetries(connection, {.retries = retries, .stop = stop},
                            [&] { return connection.Execute(sql).status(); });
}

}  // namespace migrate::apply
