// LOCK TABLES original WRITE, ghost WRITE; write the last changes; RENAME both; UNLOCK TABLES: all in one session.
//
// Nobody else can read or write either table between LOCK and UNLOCK. If the session dies before the RENAME the server
// releases the locks and the original is as it was; the RENAME itself is atomic. There is no moment at which a write
// could be lost.
#include <memory>
#include <string>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/explain/explain.h"
#include "migrate/binlog/position.h"
#include "migrate/cutover/strategies.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"

namespace migrate::cutover {
namespace {

class RenameUnderLock : public Strategy {
 public:
  explicit RenameUnderLock(Context context) : context_(std::move(context)) {}

  std::string_view name() const override { return "rename under lock"; }
  absl::StatusOr<Outcome> Attempt(std::stop_token stop) override;

 private:
  absl::Status Swap(mysql::Connection& session);

  const Context context_;
};

absl::StatusOr<Outcome> RenameUnderLock::Attempt(std::stop_token stop) {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> session = OpenLockSession(context_);
  if (!session.ok()) return session.status();
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  // Our own writers must not queue for the ghost behind the lock.
  context_.applier.Pause();
  Cleanup resume([this] { context_.applier.Resume(); });

  const absl::Time asked = absl::Now();
  const std::string lock = absl::StrCat("LOCK TABLES ", context_.pair.original.QualifiedName(), " WRITE, ",
                                        context_.pair.ghost.QualifiedName(), " WRITE");
  EXPLAIN() << "cut-over: " << lock << "  -- from here on writers of the original wait";
  if (absl::Status status = (*session)->Execute(lock).status(); !status.ok()) return status;
  const absl::Time locked = absl::Now();
  AfterStep(context_, "lock", **session);

  absl::Status swapped = Swap(**session);
  if (!swapped.ok() && mysql::Classify(swapped) == mysql::ErrorClass::kLostConnection) {
    absl::StatusOr<bool> is_swapped = IsSwapped(context_, **session, context_.names.old);
    if (!is_swapped.ok()) return is_swapped.status();
    if (*is_swapped) swapped = absl::OkStatus();
  }
  if (!(*session)->broken()) (void)(*session)->Execute("UNLOCK TABLES");
  if (!swapped.ok()) {
    UndoPrepareSwap(context_);
    return swapped;
  }
  return Outcome{.locked = absl::Now() - locked, .waiting = locked - asked};
}

absl::Status RenameUnderLock::Swap(mysql::Connection& session) {
  absl::StatusOr<binlog::Position> position = binlog::CurrentPosition(session);
  if (!position.ok()) return position.status();
  AfterStep(context_, "position", session);
  EXPLAIN() << "cut-over: no more changes can come after " << position->ToString()
            << "; the locking session itself writes what is missing up to there";
  absl::Status drained = context_.applier.DrainThrough(session, *position, absl::Now() + context_.lock_timeout);
  if (!drained.ok()) return drained;
  AfterStep(context_, "drain", session);
  if (absl::Status status = PrepareSwap(context_, session); !status.ok()) return status;
  const std::string& schema = context_.pair.original.schema;
  const std::string rename = absl::StrCat(
      "RENAME TABLE ", context_.pair.original.QualifiedName(), " TO ", mysql::QualifiedName(schema, context_.names.old),
      ", ", context_.pair.ghost.QualifiedName(), " TO ", context_.pair.original.QualifiedName());
  EXPLAIN() << "cut-over: " << rename;
  absl::Status renamed = session.Execute(rename).status();
  AfterStep(context_, "rename", session);
  return renamed;
}

}  // namespace

std::unique_ptr<Strategy> MakeRenameUnderLock(Context context) {
  return std::make_unique<RenameUnderLock>(std::move(context));
}

}  // namespace migrate::cutover
