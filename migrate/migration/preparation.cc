// Step 1 of a migration: connecting, checking, and the ghost table, new or found again.
#include <memory>
#include <string>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/explain/explain.h"
#include "migrate/control/command.h"
#include "migrate/cutover/blockers.h"
#include "migrate/migration/migration.h"
#include "migrate/migration/sessions.h"
#include "migrate/mysql/quote.h"
#include "migrate/schema/preflight.h"

namespace migrate::migration {

absl::Status Migration::Prepare() {
  // Before anything is touched.
  if (absl::Status status = throttle::Settings::FromOptions(options_).status(); !status.ok()) return status;
  if (absl::Status status = RunHooks("startup"); !status.ok()) return status;
  absl::StatusOr<schema::Alter> alter = schema::ParseAlter(options_.alter(), options_.database(), options_.table());
  if (!alter.ok()) return alter.status();
  alter_ = *std::move(alter);
  if (absl::Status status = schema::CheckAlter(alter_, options_); !status.ok()) return status;
  if (absl::Status status = Connect(); !status.ok()) return status;

  absl::StatusOr<schema::Table> original = schema::ReadTable(*connection_, options_.database(), options_.table());
  if (!original.ok()) return original.status();
  if (absl::Status status = schema::CheckTable(*connection_, *original, options_); !status.ok()) return status;
  if (options_.include_triggers()) {
    absl::StatusOr<std::vector<schema::Trigger>> triggers = schema::ReadTriggers(*connection_, *original);
    if (!triggers.ok()) return triggers.status();
    triggers_ = *std::move(triggers);
    absl::Status named =
        schema::CheckTriggerNames(*connection_, options_.database(), triggers_, options_.trigger_suffix(),
                                  options_.remove_trigger_suffix_if_exists());
    if (!named.ok()) return named;
  }
  if (absl::Status status = RunHooks("validated"); !status.ok()) return status;

  absl::StatusOr<schema::Table> ghost = options_.resume() ? FindGhost() : MakeGhost(*original);
  if (!ghost.ok()) return ghost.status();
  progress_.SetTotalRows(original->estimated_rows);
  absl::StatusOr<schema::TablePair> pair =
      schema::MakeTablePair(*std::move(original), *std::move(ghost), alter_,
                            {.allow_nullable_unique_key = options_.allow_nullable_unique_key(),
                             .skip_renamed_columns = options_.skip_renamed_columns()});
  if (!pair.ok()) return pair.status();
  pair_ = std::make_unique<schema::TablePair>(*std::move(pair));
  EXPLAIN() << "rows are recognised by key " << pair_->key.original_index << " of the original and "
            << pair_->key.ghost_index << " of the ghost; columns carried over: " << pair_->OriginalColumnList();
  if (!options_.execute()) return absl::OkStatus();
  if (!deferred_.empty() && !options_.resume()) {
    const std::string sql = schema::DropIndexesSql(pair_->ghost, deferred_);
    EXPLAIN() << "indexes that can wait until the rows are there: " << sql;
    if (absl::Status status = connection_->Execute(sql).status(); !status.ok()) return status;
  }
  if (absl::Status status = PrepareCheckpoints(); !status.ok()) return status;
  if (absl::Status status = StartMonitor(); !status.ok()) return status;
  return StartControl();
}

absl::Status Migration::Connect() {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(PlainSession(options_));
  if (!connection.ok()) return connection.status();
  const mysql::ServerInfo server = (*connection)->server();
  if (absl::Status status = schema::CheckServer(**connection, options_); !status.ok()) return status;
  connection = mysql::Connection::Open(DefinitionSession(options_, server));
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  row_session_ = RowSession(options_, server);
  operator_.SetEndpoint(absl::StrCat(mysql::DescribeEndpoint(row_session_), " ", server.version));
  EXPLAIN() << "connected to " << server.version << " at " << mysql::DescribeEndpoint(row_session_);
  if (options_.allow_setup_metadata_lock_instruments()) {
    if (absl::Status status = cutover::EnableLockInstrument(*connection_); !status.ok()) return status;
  }
  return table_lock_.Take(PlainSession(options_));
}

// The names of our tables must be free.
absl::Status Migration::CheckNames() {
  const std::pair<std::string, bool> kinds[] = {{names_.ghost, options_.initially_drop_ghost_table()},
                                                {names_.old, options_.initially_drop_old_table()}};
  for (const auto& [name, may_drop] : kinds) {
    if (may_drop) {
      if (absl::Status status = schema::DropTable(*connection_, options_.database(), name); !status.ok()) return status;
    }
    absl::StatusOr<bool> exists = schema::TableExists(*connection_, options_.database(), name);
    if (!exists.ok()) return exists.status();
    if (!*exists) continue;
    const bool is_ghost = name == names_.ghost;
    return absl::FailedPreconditionError(absl::StrCat(
        "Table ", mysql::QualifiedName(options_.database(), name), " already exists. Use --initially-drop-",
        is_ghost ? "ghost" : "old", "-table to force dropping it, or drop it or rename it away",
        is_ghost ? "; --resume goes on with it" : ""));
  }
  return absl::OkStatus();
}

absl::StatusOr<schema::Table> Migration::MakeGhost(const schema::Table& original) {
  if (absl::Status status = CheckNames(); !status.ok()) return status;
  absl::StatusOr<schema::Table> ghost = schema::CreateGhost(*connection_, original, names_, alter_);
  if (!ghost.ok()) return ghost.status();
  ghost_exists_ = true;
  if (options_.build_indexes_last()) deferred_ = schema::FindDeferrableIndexes(*ghost);
  resumed_.set_alter(alter_.clauses);
  SetDeferredIndexes(deferred_, resumed_);
  return ghost;
}

// --resume: the ghost and the checkpoint of an earlier run.
absl::StatusOr<schema::Table> Migration::FindGhost() {
  if (absl::Status status = WaitForEarlierSessions(); !status.ok()) return status;
  absl::StatusOr<checkpoint::Checkpoint> found = store_.Load(*connection_);
  if (!found.ok()) return absl::Status(found.status().code(), absl::StrCat("--resume: ", found.status().message()));
  if (found->alter() != alter_.clauses) {
    return absl::FailedPreconditionError(
        absl::StrCat("--resume: the checkpoint is of another change: --alter=\"", found->alter(), "\""));
  }
  absl::StatusOr<schema::Table> ghost = schema::ReadTable(*connection_, options_.database(), names_.ghost);
  if (!ghost.ok())
    return absl::Status(ghost.status().code(),
                        absl::StrCat("--resume: ", ghost.status().message(), "; perhaps the swap was done already"));
  ghost_exists_ = true;
  resumed_ = *std::move(found);
  deferred_ = DeferredIndexes(resumed_);
  // The earlier run may have built them and ended before it could say so.
  schema::EraseBuilt(*ghost, deferred_);
  progress_.SetEarlier(resumed_.rows_copied(), absl::Seconds(resumed_.copy_seconds()));
  EXPLAIN() << "going on where an earlier run stopped: " << resumed_.rows_copied() << " rows copied, log at "
            << resumed_.log_file() << ":" << resumed_.log_offset();
  return ghost;
}

// A statement of the earlier run that is still at work would write over what we replay.
absl::Status Migration::WaitForEarlierSessions() {
  const std::string sql =
      absl::StrCat("SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND info LIKE ",
                   mysql::QuoteString(absl::StrCat("%`", names_.ghost, "`%")));
  for (int attempt = 0; attempt < 600; ++attempt) {
    absl::StatusOr<mysql::Result> sessions = connection_->Query(sql);
    if (!sessions.ok() || sessions->empty()) return sessions.status();
    LOG_EVERY_N_SEC(INFO, 5) << "waiting for session " << (*sessions)[0].Uint(0) << " of the earlier run to end";
    absl::SleepFor(absl::Milliseconds(100));
  }
  return absl::DeadlineExceededError(
      "--resume: a session of the earlier run still works on the ghost table; KILL it and try again");
}

absl::Status Migration::PrepareCheckpoints() {
  if (!options_.checkpoint()) return absl::OkStatus();
  absl::StatusOr<std::string> server = ServerIdentity(*connection_);
  if (!server.ok()) return server.status();
  checkpoint::Checkpoint known = resumed_;
  known.set_server(*server);
  if (!options_.resume()) {
    if (absl::Status status = store_.Create(*connection_); !status.ok()) return status;
  }
  checkpointer_ = std::make_unique<Checkpointer>(store_, row_session_, std::move(known));
  return absl::OkStatus();
}

absl::Status Migration::StartMonitor() {
  absl::StatusOr<throttle::Settings> settings = throttle::Settings::FromOptions(options_);
  if (!settings.ok()) return settings.status();
  monitor_ = std::make_unique<throttle::Monitor>(*std::move(settings), PlainSession(options_), gate_);
  operator_.SetListener([this](std::string_view setting, const std::string& value) {
    if (setting == "max-load") return monitor_->SetMaxLoad(value);
    if (setting == "critical-load") return monitor_->SetCriticalLoad(value);
    if (setting == "throttle-control-replicas") return monitor_->SetReplicas(value);
    if (setting == "throttle-query") monitor_->SetQuery(value);
    if (setting == "throttle-http") monitor_->SetHttp(value);
    if (setting == "max-lag-millis") monitor_->SetMaxLag(absl::Milliseconds(std::atoll(value.c_str())));
    return absl::OkStatus();
  });
  monitor_->Start();
  return absl::OkStatus();
}

absl::Status Migration::StartControl() {
  std::string socket_file = options_.serve_socket_file();
  if (socket_file.empty()) {
    socket_file = absl::StrCat("/tmp/gh-ost.", options_.database(), ".", options_.table(), ".sock");
    constexpr size_t kMost = 107;
    if (socket_file.size() > kMost || options_.table().find('/') != std::string::npos) {
      LOG(WARNING) << "no control socket: " << socket_file
                   << " is not a path that a socket can have; name one with --serve-socket-file";
      socket_file.clear();
    }
  }
  absl::StatusOr<std::unique_ptr<control::Server>> server = control::Server::Start(
      {.socket_file = socket_file,
       .drop_socket_file = options_.initially_drop_socket_file(),
       .tcp_port = static_cast<uint16_t>(options_.serve_tcp_port())},
      [this](const std::string& line) {
        if (absl::Status status = RunHooks("interactive-command", {{"GH_OST_COMMAND", absl::StrCat("'", line, "'")}});
            !status.ok())
          return absl::StrCat(status.message(), "\n");
        return control::RunCommand(line, operator_);
      });
  if (!server.ok()) return server.status();
  control_server_ = *std::move(server);
  EXPLAIN() << "commands are taken at " << socket_file << ": echo status | nc -U " << socket_file;
  return absl::OkStatus();
}

}  // namespace migrate::migration
