#include "tests/migrate/cutover_rig.h"

#include <stop_token>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "migrate/binlog/position.h"
#include "migrate/binlog/stream.h"
#include "migrate/migration/sessions.h"
#include "migrate/mysql/retry.h"
#include "migrate/options/migration_options.pb.h"
#include "migrate/schema/alter.h"
#include "migrate/schema/names.h"
#include "migrate/schema/table.h"

namespace tests::migrate {

namespace binlog = ::migrate::binlog;
namespace cutover = ::migrate::cutover;
namespace migration = ::migrate::migration;
namespace mysql = ::migrate::mysql;
namespace schema = ::migrate::schema;

absl::StatusOr<std::unique_ptr<CutoverRig>> CutoverRig::Create(const Options& options, AfterStep after_step) {
  std::unique_ptr<CutoverRig> rig(new CutoverRig(options));
  if (absl::Status status = rig->Prepare(std::move(after_step)); !status.ok()) return status;
  return rig;
}

absl::Status CutoverRig::Prepare(AfterStep after_step) {
  ::migrate::MigrationOptions options;
  options.set_host(options_.address.host);
  options.set_port(options_.address.port);
  options.set_user(options_.address.user);
  options.set_password(options_.address.password);
  const std::string& database = options_.address.database;
  auto opened = mysql::Connection::Open(migration::PlainSession(options));
  if (!opened.ok()) return opened.status();
  const mysql::ServerInfo server = (*opened)->server();
  const mysql::ConnectionOptions session = migration::RowSession(options, server);
  opened = mysql::Connection::Open(session);
  if (!opened.ok()) return opened.status();
  connection_ = *std::move(opened);

  const schema::TableNames names = schema::MakeTableNames("t", "t", "");
  const std::string ghost_name = absl::StrCat("`", database, "`.`", names.ghost, "`");
  for (const std::string& sql :
       {absl::StrCat("DROP TABLE IF EXISTS ", ghost_name),
        absl::StrCat("CREATE TABLE ", ghost_name, " LIKE `", database, "`.`t`"),
        absl::StrCat("ALTER TABLE ", ghost_name, " ADD COLUMN added INT NOT NULL DEFAULT 7")}) {
    if (absl::Status status = connection_->Execute(sql).status(); !status.ok()) return status;
  }
  auto original = schema::ReadTable(*connection_, database, "t");
  if (!original.ok()) return original.status();
  auto ghost = schema::ReadTable(*connection_, database, names.ghost);
  if (!ghost.ok()) return ghost.status();
  auto pair = schema::MakeTablePair(*std::move(original), *std::move(ghost), schema::Alter(), {});
  if (!pair.ok()) return pair.status();
  pair_ = std::make_unique<schema::TablePair>(*std::move(pair));

  auto start = binlog::CurrentPosition(*connection_);
  if (!start.ok()) return start.status();
  auto stream = binlog::Stream::Open({.connection = migration::PlainSession(options),
                                      .server_id = options_.server_id,
                                      .tables = {pair_->BinlogSpec()},
                                      .reconnect_delay = absl::Milliseconds(50)},
                                     *start);
  if (!stream.ok()) return stream.status();
  applier_ = std::make_unique<::migrate::apply::Applier>(*pair_, session, ::migrate::apply::ApplyOptions(), gate_);
  if (absl::Status status = applier_->Start(*std::move(stream), *start); !status.ok()) return status;
  strategy_ = cutover::MakeStrategy(options_.kind, server,
                                    {.pair = *pair_,
                                     .names = names,
                                     .session = session,
                                     .applier = *applier_,
                                     .lock_timeout = absl::Seconds(3),
                                     .before_swap = {},
                                     .undo_before_swap = {},
                                     .after_step = std::move(after_step)});
  return Copy();
}

absl::Status CutoverRig::Copy() {
  const std::string sql =
      absl::StrCat("INSERT IGNORE INTO ", pair_->ghost.QualifiedName(), " (", pair_->GhostColumnList(), ") SELECT ",
                   pair_->OriginalColumnList(), " FROM ", pair_->original.QualifiedName(), " LOCK IN SHARE MODE");
  return mysql::WithRetries(*connection_, {}, [&] { return connection_->Execute(sql).status(); });
}

absl::StatusOr<cutover::Outcome> CutoverRig::Attempt() {
  binlog::Position end;
  absl::Status status = mysql::WithRetries(*connection_, {}, [&] {
    auto position = binlog::CurrentPosition(*connection_);
    if (position.ok()) end = *position;
    return position.status();
  });
  if (status.ok()) status = applier_->WaitFor(end, absl::Now() + absl::Minutes(1), std::stop_token());
  if (!status.ok()) return status;
  return strategy_->Attempt(std::stop_token());
}

}  // namespace tests::migrate
