#include "migrate/migration/migration.h"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/explain/explain.h"
#include "common/metrics/metrics.h"
#include "migrate/binlog/position.h"
#include "migrate/binlog/stream.h"
#include "migrate/migration/sessions.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"
#include "migrate/mysql/retry.h"
#include "migrate/schema/preflight.h"
#include "migrate/verify/verifier.h"

namespace migrate::migration {
namespace {

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

std::string BaseName(const MigrationOptions& options) {
  return options.force_table_names().empty() ? options.table() : options.force_table_names();
}

copy::CopyOptions MakeCopyOptions(const MigrationOptions& options) {
  copy::CopyOptions copy;
  copy.threads = static_cast<int>(options.threads());
  copy.retries = static_cast<int>(options.default_retries());
  copy.stop_at_warnings = options.panic_on_warnings() && !options.allow_lossy();
  copy.chunk.target_time = ToDuration(options.chunk_target_time());
  if (options.chunk_size() > 0) {
    copy.chunk.rows = options.chunk_size();
    copy.chunk.target_time = absl::ZeroDuration();
  }
  return copy;
}

apply::ApplyOptions MakeApplyOptions(const MigrationOptions& options) {
  apply::ApplyOptions apply;
  apply.threads = static_cast<int>(options.threads());
  apply.retries = static_cast<int>(options.default_retries());
  if (options.dml_batch_size() > 0) apply.limits.rows = options.dml_batch_size();
  return apply;
}

}  // namespace

Migration::Migration(const MigrationOptions& options)
    : options_(options),
      names_(schema::MakeTableNames(
          options.table(), BaseName(options),
          options.timestamp_old_table() ? absl::FormatTime("%Y%m%d%H%M%S", absl::Now(), absl::LocalTimeZone()) : "")) {}

Migration::~Migration() = default;

absl::Status Migration::Run(std::stop_token stop) {
  begin_ = absl::Now();
  absl::Status status = Prepare();
  if (status.ok() && options_.execute()) status = Migrate(stop);
  return Conclude(std::move(status));
}

absl::Status Migration::Prepare() {
  absl::StatusOr<schema::Alter> alter = schema::ParseAlter(options_.alter(), options_.database(), options_.table());
  if (!alter.ok()) return alter.status();
  alter_ = *std::move(alter);
  if (absl::Status status = schema::CheckAlter(alter_, options_); !status.ok()) return status;

  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(PlainSession(options_));
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  const mysql::ServerInfo server = connection_->server();
  if (absl::Status status = schema::CheckServer(*connection_, options_); !status.ok()) return status;
  connection = mysql::Connection::Open(DefinitionSession(options_, server));
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  row_session_ = RowSession(options_, server);
  EXPLAIN() << "connected to " << server.version << " at " << mysql::DescribeEndpoint(row_session_);

  absl::StatusOr<schema::Table> original = schema::ReadTable(*connection_, options_.database(), options_.table());
  if (!original.ok()) return original.status();
  if (absl::Status status = schema::CheckTable(*connection_, *original, options_); !status.ok()) return status;
  if (absl::Status status = CheckNames(); !status.ok()) return status;

  absl::StatusOr<schema::Table> ghost = schema::CreateGhost(*connection_, *original, names_, alter_);
  if (!ghost.ok()) return ghost.status();
  ghost_exists_ = true;
  if (options_.build_indexes_last()) deferred_ = schema::FindDeferrableIndexes(*ghost);
  absl::StatusOr<schema::TablePair> pair =
      schema::MakeTablePair(*std::move(original), *std::move(ghost), alter_,
                            {.allow_nullable_unique_key = options_.allow_nullable_unique_key(),
                             .skip_renamed_columns = options_.skip_renamed_columns()});
  if (!pair.ok()) return pair.status();
  pair_ = std::make_unique<schema::TablePair>(*std::move(pair));
  EXPLAIN() << "rows are recognised by key " << pair_->key.original_index << " of the original and "
            << pair_->key.ghost_index << " of the ghost; columns carried over: " << pair_->OriginalColumnList();
  if (deferred_.empty() || !options_.execute()) return absl::OkStatus();
  const std::string sql = schema::DropIndexesSql(pair_->ghost, deferred_);
  EXPLAIN() << "indexes that can wait until the rows are there: " << sql;
  return connection_->Execute(sql).status();
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
    return absl::FailedPreconditionError(absl::StrCat(
        "Table ", mysql::QualifiedName(options_.database(), name), " already exists. Use --initially-drop-",
        name == names_.ghost ? "ghost" : "old", "-table to force dropping it, or drop it or rename it away"));
  }
  return absl::OkStatus();
}

absl::Status Migration::Migrate(const std::stop_token& stop) {
  for (auto step : {&Migration::FollowLog, &Migration::CopyRows, &Migration::BuildIndexes, &Migration::CatchUp,
                    &Migration::Verify, &Migration::CutOver}) {
    if (stop.stop_requested()) return absl::CancelledError("interrupted");
    if (absl::Status status = (this->*step)(stop); !status.ok()) return status;
  }
  return Finish();
}

absl::Status Migration::FollowLog(const std::stop_token& stop) {
  SetState("following the binary log");
  absl::StatusOr<binlog::Position> start = binlog::CurrentPosition(*connection_);
  if (!start.ok()) return start.status();
  EXPLAIN() << "step 2: whatever changes after " << start->ToString()
            << " comes from the binary log, whatever was there before from the copy";
  binlog::StreamOptions stream_options;
  stream_options.connection = PlainSession(options_);
  stream_options.server_id = options_.replica_server_id();
  stream_options.use_gtid = options_.gtid();
  stream_options.tables = {pair_->BinlogSpec()};
  if (options_.binlogsyncer_max_reconnect_attempts() > 0) {
    stream_options.max_reconnects = static_cast<int>(options_.binlogsyncer_max_reconnect_attempts());
  }
  absl::StatusOr<std::unique_ptr<binlog::Stream>> stream = binlog::Stream::Open(stream_options, *start);
  if (!stream.ok()) return stream.status();
  applier_ = std::make_unique<apply::Applier>(*pair_, row_session_, MakeApplyOptions(options_), gate_);
  if (absl::Status status = applier_->Start(*std::move(stream), *start); !status.ok()) return status;
  return WaitForPreparedTransactions(stop);
}

// Rows of XA transactions that were prepared before the log's start are neither visible yet nor in the log to come.
absl::Status Migration::WaitForPreparedTransactions(const std::stop_token& stop) {
  while (true) {
    absl::StatusOr<mysql::Result> prepared = connection_->Query("XA RECOVER");
    if (mysql::Classify(prepared.status()) == mysql::ErrorClass::kLostConnection) return prepared.status();
    if (!prepared.ok()) {
      LOG(WARNING) << "cannot look for prepared XA transactions (" << prepared.status().message()
                   << "); there must be none on this table";
      return absl::OkStatus();
    }
    if (prepared->empty()) return absl::OkStatus();
    LOG_EVERY_N_SEC(INFO, 10) << "waiting for " << prepared->size()
                              << " prepared XA transaction(s) to be committed or rolled back";
    if (!mysql::SleepUnlessStopped(absl::Milliseconds(200), stop)) return absl::CancelledError("interrupted");
  }
}

absl::Status Migration::Supervise(const std::stop_token& stop,
                                  const std::function<absl::Status(std::stop_token)>& work) {
  std::stop_source stop_work;
  std::stop_callback forward(stop, [&] { stop_work.request_stop(); });
  std::atomic<bool> done = false;
  absl::Status result;
  std::thread worker([&] {
    result = work(stop_work.get_token());
    done = true;
  });
  absl::Status log_status;
  while (!done) {
    log_status = applier_->status();
    if (!log_status.ok()) stop_work.request_stop();
    absl::SleepFor(absl::Milliseconds(10));
  }
  worker.join();
  return log_status.ok() ? result : log_status;
}

absl::Status Migration::CopyRows(const std::stop_token& stop) {
  SetState("copying rows");
  copier_ = std::make_unique<copy::Copier>(*pair_, row_session_, MakeCopyOptions(options_), gate_);
  copier_->SetNiceRatio(options_.nice_ratio());
  absl::Status status = Supervise(stop, [&](std::stop_token token) { return copier_->Run(token); });
  const copy::CopyProgress progress = copier_->Progress();
  EXPLAIN() << "the copy " << (status.ok() ? "is complete: " : "ended early: ") << progress.chunks << " chunks, about "
            << progress.rows << " rows";
  return status;
}

absl::Status Migration::BuildIndexes(const std::stop_token& stop) {
  if (deferred_.empty()) return absl::OkStatus();
  SetState("building indexes");
  const std::string sql = schema::AddIndexesSql(pair_->ghost, deferred_);
  EXPLAIN() << "step 3, the rows are there, now their indexes; changes wait in the binary log meanwhile: " << sql;
  applier_->Pause();
  absl::Status status =
      Supervise(stop, [&](std::stop_token token) { return ExecuteStoppable(*connection_, sql, token); });
  applier_->Resume();
  return status;
}

absl::Status Migration::CatchUp(const std::stop_token& stop) {
  SetState("catching up");
  if (connection_->broken()) {
    if (absl::Status status = connection_->Reconnect(); !status.ok()) return status;
  }
  absl::StatusOr<binlog::Position> end = binlog::CurrentPosition(*connection_);
  if (!end.ok()) return end.status();
  EXPLAIN() << "applying what is left of the log, up to " << end->ToString();
  return applier_->WaitFor(*end, absl::InfiniteFuture(), stop);
}

absl::Status Migration::Verify(const std::stop_token& stop) {
  if (!options_.verify()) return absl::OkStatus();
  SetState("comparing old and new table");
  verify::Verifier verifier(
      *pair_, row_session_,
      {.threads = static_cast<int>(options_.threads()), .retries = static_cast<int>(options_.default_retries())},
      *applier_, *copier_, gate_);
  verify::Report report;
  absl::Status status = Supervise(stop, [&](std::stop_token token) {
    absl::StatusOr<verify::Report> result = verifier.Run(token);
    if (result.ok()) report = *std::move(result);
    return result.status();
  });
  if (!status.ok()) return status;
  EXPLAIN() << "compared " << report.rows << " rows: " << report.repaired_ranges << " ranges repaired, "
            << report.bad_ranges << " differ for good";
  if (report.bad_ranges == 0) return absl::OkStatus();
  const std::string samples =
      absl::StrJoin(report.samples, "; ", [](std::string* out, const verify::Difference& difference) {
        absl::StrAppend(out, "row ", difference.key, " ", difference.problem);
      });
  const std::string message = absl::StrCat("the new definition would drop or alter rows (", report.bad_ranges,
                                           " key ranges differ): ", samples);
  if (!options_.allow_lossy()) return absl::DataLossError(absl::StrCat(message, "; --allow-lossy accepts it"));
  LOG(WARNING) << message << "; accepted by --allow-lossy";
  return absl::OkStatus();
}

absl::Status Migration::CutOver(const std::stop_token& stop) {
  SetState("cutting over");
  cutover::Context context{.pair = *pair_,
                           .names = names_,
                           .session = row_session_,
                           .applier = *applier_,
                           .lock_timeout = absl::Seconds(options_.cut_over_lock_timeout_seconds())};
  std::unique_ptr<cutover::Strategy> strategy =
      cutover::MakeStrategy(options_.cut_over() == "two-step" ? cutover::Kind::kTwoStep : cutover::Kind::kAtomic,
                            connection_->server(), context);
  EXPLAIN() << "step 4, the swap, by " << strategy->name();
  absl::Duration pause = absl::Seconds(1);
  for (uint32_t attempt = 0;; ++attempt) {
    absl::StatusOr<cutover::Outcome> outcome = strategy->Attempt(stop);
    if (outcome.ok()) {
      swapped_ = true;
      common::metrics::GetGauge("migrate_cut_over_lock_seconds", "How long writers waited at the cut-over.")
          .Set(absl::ToDoubleSeconds(outcome->locked));
      LOG(INFO) << "cut-over done; writers waited "
                << absl::FormatDuration(absl::Trunc(outcome->locked, absl::Microseconds(100)));
      return absl::OkStatus();
    }
    if (absl::IsCancelled(outcome.status()) && stop.stop_requested()) return outcome.status();
    if (!applier_->status().ok()) return applier_->status();
    if (attempt >= options_.default_retries()) return outcome.status();
    LOG(WARNING) << "cut-over attempt " << attempt + 1 << " gave way: " << outcome.status().message();
    if (!mysql::SleepUnlessStopped(pause, stop)) return absl::CancelledError("interrupted");
    if (options_.cut_over_exponential_backoff())
      pause = std::min(pause * 2, absl::Seconds(options_.exponential_backoff_max_interval()));
  }
}

absl::Status Migration::Finish() {
  ghost_exists_ = false;
  applier_->Stop();
  if (!options_.ok_to_drop_table()) return absl::OkStatus();
  if (connection_->broken()) {
    if (absl::Status status = connection_->Reconnect(); !status.ok()) return status;
  }
  return schema::DropTable(*connection_, options_.database(), names_.old);
}

// Cleans up and says how things stand.
absl::Status Migration::Conclude(absl::Status status) {
  if (applier_) applier_->Stop();
  const std::string table = mysql::QualifiedName(options_.database(), options_.table());
  const std::string old = mysql::QualifiedName(options_.database(), names_.old);
  std::string left;
  if (ghost_exists_ && !swapped_) {
    absl::Status dropped = connection_->broken() ? connection_->Reconnect() : absl::OkStatus();
    if (dropped.ok()) dropped = schema::DropTable(*connection_, options_.database(), names_.ghost);
    if (!dropped.ok())
      left = absl::StrCat("; left to drop: ", mysql::QualifiedName(options_.database(), names_.ghost), " (",
                          dropped.message(), ")");
  }
  if (!status.ok()) {
    const std::string place = swapped_ ? absl::StrCat("; ", table, " is the new table, ", old, " the old one")
                                       : absl::StrCat("; ", table, " is unchanged");
    return absl::Status(status.code(), absl::StrCat(status.message(), place, left));
  }
  const std::string took = absl::FormatDuration(absl::Trunc(absl::Now() - begin_, absl::Milliseconds(1)));
  if (!options_.execute()) {
    std::cout << "dry run: every check passed; " << table << " is unchanged. --execute does it" << left << "\n";
  } else {
    std::cout << table << " has the new definition after " << took
              << (options_.ok_to_drop_table() ? "; the old table is dropped" : absl::StrCat("; the old table is ", old))
              << "\n";
  }
  return absl::OkStatus();
}

void Migration::SetState(std::string_view state) { LOG(INFO) << state; }

}  // namespace migrate::migration
