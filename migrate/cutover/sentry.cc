// The swap for servers that refuse RENAME under LOCK TABLES: a second session renames, and a sentry table decides when
// it may.
//
//   holder   CREATE TABLE sentry; LOCK TABLES original READ, sentry WRITE    writers wait, readers do not
//   applier  brings the ghost up to the log's end                            nothing more can come
//   renamer  RENAME TABLE original TO sentry, ghost TO original              waits for the holder's lock
//   probe    SELECT from the original, without waiting: refused              so the RENAME is queued there
//   holder   DROP TABLE sentry; UNLOCK TABLES                                the RENAME goes first, before writers
//
// Why nothing is lost: while the sentry exists the RENAME cannot succeed, its target is taken; so whatever ends the
// holder before its DROP makes the RENAME fail. At the DROP the RENAME is known to stand in the original's own lock
// queue, ahead of every writer; so whatever ends the holder afterwards lets no writer through first.
//
// The probe is what gh-ost's version of this algorithm lacks. A RENAME takes its locks in the order of the tables'
// names. With gh-ost's sentry _t_del, which comes before t, it waits in the sentry's queue and not in that of t; when
// the holder unlocks, writers that wait for t can go ahead, and what they write is lost with the old table. Here the
// sentry's name comes after the original's, the ghost is not locked by the holder, and the probe proves that it worked:
// a reader is compatible with the holder's READ lock, and is refused only while an exclusive request is queued on the
// original.
//
// The old table is at first called by the sentry's name and gets its own right after the swap.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/explain/explain.h"
#include "migrate/binlog/position.h"
#include "migrate/cutover/strategies.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"
#include "migrate/mysql/retry.h"

namespace migrate::cutover {
namespace {

constexpr std::string_view kSentryComment = "sentry of a migration's cut-over";
constexpr size_t kMaxNameBytes = 64;  // bytes are at least as many as the characters that the server counts

// A name that comes after `original` in the byte order in which the server takes locks.
std::string SentryName(const std::string& original) {
  if (original.size() + 4 <= kMaxNameBytes) return absl::StrCat(original, "_del");
  // U+FFFD is above every other letter, in bytes.
  return absl::StrCat("\uFFFD", "cut_over_del");
}

class Sentry : public Strategy {
 public:
  explicit Sentry(Context context)
      : context_(std::move(context)),
        sentry_(SentryName(context_.names.original)),
        quoted_sentry_(mysql::QualifiedName(context_.pair.original.schema, sentry_)) {}

  std::string_view name() const override { return "sentry table"; }
  absl::StatusOr<Outcome> Attempt(std::stop_token stop) override;

 private:
  absl::Status CreateSentry(mysql::Connection& holder);
  absl::Status DropSentry();
  absl::StatusOr<Outcome> LockAndSwap(mysql::Connection& holder, mysql::Connection& renamer, mysql::Connection& probe,
                                      const std::stop_token& stop);
  absl::Status WaitUntilRenameIsQueued(mysql::Connection& probe, const std::function<bool()>& rename_ended,
                                       absl::Time deadline);
  absl::Status NameOldTable(mysql::Connection& session);

  const Context context_;
  const std::string sentry_;
  const std::string quoted_sentry_;
};

absl::StatusOr<Outcome> Sentry::Attempt(std::stop_token stop) {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> holder = OpenLockSession(context_);
  if (!holder.ok()) return holder.status();
  absl::StatusOr<std::unique_ptr<mysql::Connection>> renamer = OpenLockSession(context_);
  if (!renamer.ok()) return renamer.status();
  absl::StatusOr<std::unique_ptr<mysql::Connection>> probe = OpenLockSession(context_);
  if (!probe.ok()) return probe.status();
  if (absl::Status status = CreateSentry(**holder); !status.ok()) return status;
  AfterStep(context_, "sentry", **holder);

  absl::StatusOr<Outcome> outcome = LockAndSwap(**holder, **renamer, **probe, stop);
  // The renamer has ended; only now may the sentry go, if it is still one.
  if (outcome.ok()) {
    absl::Status named = NameOldTable(**probe);
    if (!named.ok())
      LOG(ERROR) << "the swap is done, but the old table is still called " << quoted_sentry_ << ": " << named.message();
    return outcome;
  }
  holder->reset();
  UndoPrepareSwap(context_);
  if (absl::Status dropped = DropSentry(); !dropped.ok())
    LOG(WARNING) << "drop the empty table " << quoted_sentry_ << " by hand: " << dropped.message();
  return outcome;
}

absl::Status Sentry::CreateSentry(mysql::Connection& holder) {
  if (absl::Status status = DropSentry(); !status.ok()) return status;
  EXPLAIN() << "cut-over: CREATE TABLE " << quoted_sentry_
            << "  -- while this sentry exists, no RENAME to its name can succeed";
  absl::Status created =
      holder
          .Execute(absl::StrCat("CREATE TABLE ", quoted_sentry_,
                                " (id INT PRIMARY KEY) COMMENT=", mysql::QuoteString(kSentryComment)))
          .status();
  if (created.ok()) return created;
  return absl::FailedPreconditionError(
      absl::StrCat("the cut-over needs the table name ", quoted_sentry_, " to be free: ", created.message()));
}

// Drops the table of the sentry's name if it is a sentry; any other table is left alone.
absl::Status Sentry::DropSentry() {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = OpenLockSession(context_);
  if (!connection.ok()) return connection.status();
  absl::StatusOr<mysql::Result> found =
      (*connection)
          ->Query(absl::StrCat("SELECT 1 FROM information_schema.tables WHERE table_schema=",
                               mysql::QuoteString(context_.pair.original.schema), " AND table_name=",
                               mysql::QuoteString(sentry_), " AND table_comment=", mysql::QuoteString(kSentryComment)));
  if (!found.ok()) return found.status();
  if (found->empty()) return absl::OkStatus();
  return (*connection)->Execute(absl::StrCat("DROP TABLE IF EXISTS ", quoted_sentry_)).status();
}

absl::StatusOr<Outcome> Sentry::LockAndSwap(mysql::Connection& holder, mysql::Connection& renamer,
                                            mysql::Connection& probe, const std::stop_token& stop) {
  const std::string original = context_.pair.original.QualifiedName();
  const absl::Time asked = absl::Now();
  const std::string lock = absl::StrCat("LOCK TABLES ", original, " READ, ", quoted_sentry_, " WRITE");
  EXPLAIN() << "cut-over: " << lock << "  -- from here on writers of the original wait";
  if (absl::Status status = holder.Execute(lock).status(); !status.ok()) return status;
  const absl::Time locked = absl::Now();
  const absl::Time deadline = locked + context_.lock_timeout;
  AfterStep(context_, "lock", holder);

  absl::StatusOr<binlog::Position> position = binlog::CurrentPosition(holder);
  if (!position.ok()) return position.status();
  EXPLAIN() << "cut-over: no more changes can come after " << position->ToString()
            << "; the appliers bring the ghost up to there";
  if (absl::Status drained = context_.applier.WaitFor(*position, deadline, stop); !drained.ok()) return drained;
  AfterStep(context_, "drain", holder);
  if (absl::Status status = PrepareSwap(context_, probe); !status.ok()) return status;

  const std::string rename = absl::StrCat("RENAME TABLE ", original, " TO ", quoted_sentry_, ", ",
                                          context_.pair.ghost.QualifiedName(), " TO ", original);
  EXPLAIN() << "cut-over, second session: " << rename << "  -- waits behind the lock";
  absl::Status renamed;
  std::atomic<bool> ended = false;
  std::thread rename_thread([&] {
    renamed = renamer.Execute(rename).status();
    ended = true;
  });
  absl::Status queued = WaitUntilRenameIsQueued(
      probe, [&] { return ended.load(); }, deadline);
  AfterStep(context_, "queued holder", holder);
  AfterStep(context_, "queued renamer", renamer);
  absl::Status dropped = queued.ok() ? holder.Execute(absl::StrCat("DROP TABLE ", quoted_sentry_)).status() : queued;
  AfterStep(context_, "dropped holder", holder);
  AfterStep(context_, "dropped renamer", renamer);
  if (!queued.ok()) (void)probe.Execute(absl::StrCat("KILL QUERY ", renamer.id()));
  if (!holder.broken()) (void)holder.Execute("UNLOCK TABLES");
  rename_thread.join();

  if (!renamed.ok() && mysql::Classify(renamed) == mysql::ErrorClass::kLostConnection) {
    absl::StatusOr<bool> is_swapped = IsSwapped(context_, renamer, sentry_);
    if (!is_swapped.ok()) return is_swapped.status();
    if (*is_swapped) renamed = absl::OkStatus();
  }
  if (renamed.ok()) return Outcome{.locked = absl::Now() - locked, .waiting = locked - asked};
  return dropped.ok() ? renamed : dropped;
}

absl::Status Sentry::WaitUntilRenameIsQueued(mysql::Connection& probe, const std::function<bool()>& rename_ended,
                                             absl::Time deadline) {
  // Where the lock is free the answer comes at once, and where it is not, after this timeout: zero, or one second on
  // old servers.
  if (absl::Status status = probe.Execute("SET SESSION lock_wait_timeout = 0").status(); !status.ok()) return status;
  const std::string sql = absl::StrCat("SELECT 1 FROM ", context_.pair.original.QualifiedName(), " LIMIT 0");
  while (!rename_ended()) {
    absl::Status refused = probe.Query(sql).status();
    if (mysql::Classify(refused) == mysql::ErrorClass::kLockWaitTimeout) {
      EXPLAIN() << "cut-over: even readers of the original are refused now, so the RENAME is first in its queue; the "
                   "sentry may go";
      return absl::OkStatus();
    }
    if (!refused.ok()) return refused;
    if (absl::Now() >= deadline)
      return absl::DeadlineExceededError(
          "the RENAME did not reach the original's lock in time; another session holds the ghost table");
    absl::SleepFor(absl::Milliseconds(1));
  }
  return absl::AbortedError("the RENAME ended before its time");
}

absl::Status Sentry::NameOldTable(mysql::Connection& session) {
  const std::string old = mysql::QualifiedName(context_.pair.original.schema, context_.names.old);
  return mysql::WithRetries(session, {.retries = 10}, [&] {
    (void)session.Execute("SET SESSION lock_wait_timeout = 5");
    absl::StatusOr<bool> there = schema::TableExists(session, context_.pair.original.schema, sentry_);
    if (!there.ok() || !*there) return there.status();
    return session.Execute(absl::StrCat("RENAME TABLE ", quoted_sentry_, " TO ", old)).status();
  });
}

}  // namespace

std::unique_ptr<Strategy> MakeSentry(Context context) { return std::make_unique<Sentry>(std::move(context)); }

}  // namespace migrate::cutover
