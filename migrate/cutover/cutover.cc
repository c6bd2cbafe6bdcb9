#include "migrate/cutover/cutover.h"

#include <algorithm>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
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

absl::StatusOr<bool> IsSwapped(const Context& context, uint64_t session, const std::string& old_name) {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(context.session);
  if (!connection.ok()) return connection.status();
  if (absl::Status ended = mysql::EndSession(**connection, session); !ended.ok()) return ended;
  const std::string& schema = context.pair.original.schema;
  absl::StatusOr<bool> ghost = schema::TableExists(**connection, schema, context.names.ghost);
  if (!ghost.ok()) return ghost.status();
  absl::StatusOr<bool> original = schema::TableExists(**connection, schema, context.names.original);
  if (!original.ok()) return original.status();
  absl::StatusOr<bool> old = schema::TableExists(**connection, schema, old_name);
  if (!old.ok()) return old.status();
  return *original && *old && !*ghost;
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
