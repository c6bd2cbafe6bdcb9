// LOCK TABLES; write the last changes; rename the original away; rename the ghost into place. Between the two renames
// queries fail with "table does not exist". Asked for with --cut-over=two-step only.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/explain/explain.h"
#include "migrate/binlog/position.h"
#include "migrate/cutover/strategies.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"

namespace migrate::cutover {
namespace {

class TwoStep : public Strategy {
 public:
  explicit TwoStep(Context context) : context_(std::move(context)) {}

  std::string_view name() const override { return "two-step"; }
  absl::StatusOr<Outcome> Attempt(std::stop_token stop) override;

 private:
  absl::Status Swap(mysql::Connection& session);
  absl::Status UndoFirstRename();

  const Context context_;
};

absl::StatusOr<Outcome> TwoStep::Attempt(std::stop_token stop) {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> session = OpenLockSession(context_);
  if (!session.ok()) return session.status();
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  context_.applier.Pause();
  Cleanup resume([this] { context_.applier.Resume(); });
  const absl::Time asked = absl::Now();
  absl::Status locked_both = (*session)
                                 ->Execute(absl::StrCat("LOCK TABLES ", context_.pair.original.QualifiedName(),
                                                        " WRITE, ", context_.pair.ghost.QualifiedName(), " WRITE"))
                                 .status();
  if (!locked_both.ok()) return locked_both;
  const absl::Time locked = absl::Now();
  AfterStep(context_, "lock", **session);
  absl::Status swapped = Swap(**session);
  if (mysql::Classify(swapped) == mysql::ErrorClass::kLostConnection) {
    absl::StatusOr<bool> is_swapped = IsSwapped(context_, **session, context_.names.old);
    if (!is_swapped.ok()) return is_swapped.status();
    if (*is_swapped) swapped = absl::OkStatus();
  }
  if (!(*session)->broken()) (void)(*session)->Execute("UNLOCK TABLES");
  if (!swapped.ok()) {
    UndoPrepareSwap(context_);
    if (absl::Status undone = UndoFirstRename(); !undone.ok()) return undone;
    return swapped;
  }
  return Outcome{.locked = absl::Now() - locked, .waiting = locked - asked};
}

absl::Status TwoStep::Swap(mysql::Connection& session) {
  absl::StatusOr<binlog::Position> position = binlog::CurrentPosition(session);
  if (!position.ok()) return position.status();
  absl::Status drained = context_.applier.DrainThrough(session, *position, absl::Now() + context_.lock_timeout);
  if (!drained.ok()) return drained;
  AfterStep(context_, "drain", session);
  if (absl::Status status = PrepareSwap(context_, session); !status.ok()) return status;
  const std::string original = context_.pair.original.QualifiedName();
  const std::string old = mysql::QualifiedName(context_.pair.original.schema, context_.names.old);
  EXPLAIN() << "cut-over in two steps: " << original << " becomes " << old << ", then the ghost becomes " << original;
  if (absl::Status status = session.Execute(absl::StrCat("ALTER TABLE ", original, " RENAME TO ", old)).status();
      !status.ok())
    return status;
  AfterStep(context_, "first rename", session);
  return session.Execute(absl::StrCat("ALTER TABLE ", context_.pair.ghost.QualifiedName(), " RENAME TO ", original))
      .status();
}

// If the attempt ended between its two renames the original goes back to its name.
absl::Status TwoStep::UndoFirstRename() {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(context_.session);
  if (!connection.ok()) return connection.status();
  absl::StatusOr<bool> original =
      schema::TableExists(**connection, context_.pair.original.schema, context_.names.original);
  if (!original.ok()) return original.status();
  if (*original) return absl::OkStatus();
  return (*connection)
      ->Execute(absl::StrCat("RENAME TABLE ", mysql::QualifiedName(context_.pair.original.schema, context_.names.old),
                             " TO ", context_.pair.original.QualifiedName()))
      .status();
}

}  // namespace

std::unique_ptr<Strategy> MakeTwoStep(Context context) { return std::make_unique<TwoStep>(std::move(context)); }

}  // namespace migrate::cutover
