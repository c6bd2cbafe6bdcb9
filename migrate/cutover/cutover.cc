#include "migrate/cutover/cutover.h"

#include <algorithm>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/explain/explain.h"
#include "migrate/cutover/strategies.h"
#include "migrate/mysql/retry.h"

namespace migrate::cutover {

std::unique_ptr<Strategy> MakeStrategy(Kind kind, const mysql::ServerInfo& server, Context context) {
  if (kind == Kind::kTwoStep) return MakeTwoStep(std::move(context));
  if (server.RenameUnderLock()) return MakeRenameUnderLock(std::move(context));
  return MakeSentry(std::move(context));
}

absl::StatusOr<std::unique_ptr<mysql::Connection>> OpenLockSession(const Context& context) {
  mysql::ConnectionOptions options = context.session;
  options.session.emplace_back("lock_wait_timeout",
                               absl::StrCat(std::max<int64_t>(1, absl::ToInt64Seconds(context.lock_timeout))));
  return mysql::Connection::Open(options);
}

namespace {

constexpr absl::Duration kWaitForServer = absl::Minutes(1);

absl::StatusOr<bool> LookWhetherSwapped(const Context& context, const mysql::Connection& session,
                                        const std::string& old_name) {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(context.session);
  if (!connection.ok()) return connection.status();
  absl::Status ended = mysql::EndSession(**connection, session.id(), session.opened());
  if (!ended.ok()) return ended;
  const std::string& schema = context.pair.original.schema;
  absl::StatusOr<bool> ghost = schema::TableExists(**connection, schema, context.names.ghost);
  if (!ghost.ok()) return ghost.status();
  absl::StatusOr<bool> original = schema::TableExists(**connection, schema, context.names.original);
  if (!original.ok()) return original.status();
  absl::StatusOr<bool> old = schema::TableExists(**connection, schema, old_name);
  if (!old.ok()) return old.status();
  return *original && *old && !*ghost;
}

}  // namespace

absl::StatusOr<bool> IsSwapped(const Context& context, const mysql::Connection& session, const std::string& old_name) {
  for (const absl::Time give_up = absl::Now() + kWaitForServer;;) {
    absl::StatusOr<bool> swapped = LookWhetherSwapped(context, session, old_name);
    if (swapped.ok()) return swapped;
    if (absl::Now() > give_up) {
      return absl::UnknownError(
          absl::StrCat("the answer to the RENAME was lost, and the server does not tell whether "
                       "it was done: ",
                       swapped.status().message()));
    }
    LOG_EVERY_N_SEC(WARNING, 5) << "the answer to the RENAME was lost; asking the server whether it was done: "
                                << swapped.status().message();
    absl::SleepFor(absl::Milliseconds(100));
  }
}

absl::Status PrepareSwap(const Context& context, mysql::Connection& session) {
  for (const std::string& sql : context.before_swap) {
    EXPLAIN() << "cut-over: " << sql;
    if (absl::Status status = session.Execute(sql).status(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void UndoPrepareSwap(const Context& context) {
  if (context.undo_before_swap.empty()) return;
  absl::StatusOr<std::unique_ptr<mysql::Connection>> session = OpenLockSession(context);
  for (const std::string& sql : context.undo_before_swap) {
    absl::Status status = session.ok() ? (*session)->Execute(sql).status() : session.status();
    if (!status.ok())
      LOG(WARNING) << "could not take back what was prepared for the swap: " << sql << ": " << status.message();
  }
}

void AfterStep(const Context& context, std::string_view step, const mysql::Connection& session) {
  if (context.after_step) context.after_step(step, session.id());
}

}  // namespace migrate::cutover
