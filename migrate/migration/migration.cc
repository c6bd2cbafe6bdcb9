#include "migrate/migration/migration.h"

#include <sys/ioctl.h>
#include <unistd.h>

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
#include "migrate/binlog/stream.h"
#include "migrate/cutover/blockers.h"
#include "migrate/cutover/cutover.h"
#include "migrate/migration/sessions.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"
#include "migrate/mysql/retry.h"
#include "migrate/options/options.h"
#include "migrate/verify/verifier.h"

namespace migrate::migration {
namespace {

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

std::string BaseName(const MigrationOptions& options) {
  return options.force_table_names().empty() ? options.table() : options.force_table_names();
}

std::string OldTableTimestamp(const MigrationOptions& options) {
  return options.timestamp_old_table() ? absl::FormatTime("%Y%m%d%H%M%S", absl::Now(), absl::LocalTimeZone()) : "";
}

int TerminalColumns() {
  constexpr int kMost = 100;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kMost;
  return std::min<int>(size.ws_col, kMost);
}

copy::CopyOptions MakeCopyOptions(const MigrationOptions& options, const checkpoint::Checkpoint& resumed) {
  copy::CopyOptions copy;
  copy.threads = static_cast<int>(options.threads());
  copy.retries = static_cast<int>(options.default_retries());
  copy.stop_at_warnings = options.panic_on_warnings() && !options.allow_lossy();
  copy.chunk.target_time = ToDuration(options.chunk_target_time());
  copy.chunk.rows = options.chunk_size();
  if (options.chunk_size() != kFirstChunkSize) copy.chunk.target_time = absl::ZeroDuration();
  copy.resume_after.assign(resumed.watermark().begin(), resumed.watermark().end());
  copy.resume_last.assign(resumed.last().begin(), resumed.last().end());
  return copy;
}

apply::ApplyOptions MakeApplyOptions(const MigrationOptions& options) {
  apply::ApplyOptions apply;
  apply.threads = static_cast<int>(options.threads());
  apply.retries = static_cast<int>(options.default_retries());
  if (options.dml_batch_size() != kLeastBatchSize) apply.batch_rows = options.dml_batch_size();
  return apply;
}

control::Variables FixedHookVariables(const MigrationOptions& options, const schema::TableNames& names) {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  return {{"GH_OST_DATABASE_NAME", options.database()},
          {"GH_OST_TABLE_NAME", options.table()},
          {"GH_OST_GHOST_TABLE_NAME", names.ghost},
          {"GH_OST_OLD_TABLE_NAME", names.old},
          {"GH_OST_DDL", options.alter()},
          {"GH_OST_MIGRATED_HOST", options.host()},
          {"GH_OST_INSPECTED_HOST", options.host()},
          {"GH_OST_EXECUTING_HOST", host},
          {"GH_OST_HOOKS_HINT", options.hooks_hint()},
          {"GH_OST_HOOKS_HINT_OWNER", options.hooks_hint_owner()},
          {"GH_OST_HOOKS_HINT_TOKEN", options.hooks_hint_token()},
          {"GH_OST_DRY_RUN", options.execute() ? "false" : "true"},
          {"GH_OST_REVERT", "false"}};
}

}  // namespace

Migration::Migration(const MigrationOptions& options)
    : options_(options),
      table_(mysql::QualifiedName(options.database(), options.table())),
      names_(schema::MakeTableNames(options.table(), BaseName(options), OldTableTimestamp(options))),
      table_lock_(table_),
      store_(mysql::QualifiedName(options.database(), names_.changelog)),
      progress_(table_, gate_),
      operator_(options, progress_, gate_),
      hooks_({.path = options.hooks_path(), .variables = FixedHookVariables(options, names_)}) {}

Migration::~Migration() {
  control_server_.reset();
  housekeeper_.Stop();
}

absl::Status Migration::Run(std::stop_token stop) {
  // A panic stops like an interrupt; what becomes of the tables differs.
  std::stop_source stop_all;
  std::stop_callback by_caller(stop, [&] { stop_all.request_stop(); });
  std::stop_callback by_panic(operator_.panic_token(), [&] { stop_all.request_stop(); });
  absl::Status status = Prepare();
  if (status.ok() && options_.execute()) status = Migrate(stop_all.get_token());
  return Conclude(std::move(status));
}

absl::Status Migration::Migrate(const std::stop_token& stop) {
  if (options_.attempt_instant_ddl() && !options_.resume()) {
    absl::StatusOr<bool> done = TryInstant();
    if (!done.ok() || *done) return done.status();
  }
  for (auto step : {&Migration::FollowLog, &Migration::CopyRows, &Migration::BuildIndexes, &Migration::CatchUp,
                    &Migration::Verify, &Migration::Postpone, &Migration::CutOver}) {
    if (stop.stop_requested()) return absl::CancelledError("interrupted");
    if (absl::Status status = (this->*step)(stop); !status.ok()) return status;
  }
  return Finish();
}

absl::StatusOr<bool> Migration::TryInstant() {
  const std::string sql = absl::StrCat("ALTER TABLE ", table_, " ", alter_.clauses, ", ALGORITHM=INSTANT");
  EXPLAIN() << "perhaps the server can do it at once: " << sql;
  (void)connection_->Execute(
      absl::StrCat("SET SESSION lock_wait_timeout = ", options_.cut_over_lock_timeout_seconds()));
  absl::Status status = connection_->Execute(sql).status();
  (void)connection_->Execute("SET SESSION lock_wait_timeout = DEFAULT");
  instant_ = status.ok();
  if (!instant_) LOG(INFO) << "not possible in place: " << status.message();
  if (mysql::Classify(status) == mysql::ErrorClass::kLostConnection) return status;
  return instant_;
}

absl::Status Migration::FollowLog(const std::stop_token& stop) {
  progress_.SetState("following the binary log");
  binlog::StreamOptions stream_options;
  absl::StatusOr<binlog::Position> start = binlog::CurrentPosition(*connection_);
  if (!start.ok()) return start.status();
  stream_options.use_gtid = options_.gtid();
  if (options_.resume()) {
    absl::StatusOr<std::string> server = ServerIdentity(*connection_);
    if (!server.ok()) return server.status();
    start->file = resumed_.log_file();
    start->offset = resumed_.log_offset();
    start->gtid_set = resumed_.gtid_set();
    // File and offset mean nothing on another server.
    if (*server != resumed_.server()) {
      start->file.clear();
      start->offset = 0;
    }
    if (start->file.empty()) stream_options.use_gtid = true;
  }
  EXPLAIN() << "step 2: whatever changes after " << start->ToString()
            << " comes from the binary log, whatever was there before from the copy";
  stream_options.connection = PlainSession(options_);
  stream_options.server_id = options_.replica_server_id();
  stream_options.tables = {pair_->BinlogSpec()};
  if (options_.binlogsyncer_max_reconnect_attempts() > 0) {
    stream_options.max_reconnects = static_cast<int>(options_.binlogsyncer_max_reconnect_attempts());
  }
  absl::StatusOr<std::unique_ptr<binlog::Stream>> stream = binlog::Stream::Open(stream_options, *start);
  if (!stream.ok()) return stream.status();
  applier_ = std::make_unique<apply::Applier>(*pair_, row_session_, MakeApplyOptions(options_), gate_);
  if (absl::Status status = applier_->Start(*std::move(stream), *start); !status.ok()) return status;
  copy::CopyOptions copy_options = MakeCopyOptions(options_, resumed_);
  copy_options.on_retry = [this](const absl::Status& error) {
    absl::Status hook = RunHooks("batch-copy-retry", {{"GH_OST_LAST_BATCH_COPY_ERROR", std::string(error.message())}});
    if (!hook.ok()) LOG(WARNING) << hook.message();
  };
  copier_ = std::make_unique<copy::Copier>(*pair_, row_session_, std::move(copy_options),
                                           std::vector<const throttle::Gate*>{&gate_, &copy_gate_});
  progress_.SetApplier(applier_.get());
  operator_.SetApplier(applier_.get());
  operator_.SetCopier(copier_.get());
  StartHousekeeping();
  return options_.resume() ? absl::OkStatus() : WaitForPreparedTransactions(stop);
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
  absl::Status trouble;
  while (!done) {
    if (trouble.ok()) trouble = Trouble();
    if (!trouble.ok()) stop_work.request_stop();
    absl::SleepFor(absl::Milliseconds(10));
  }
  worker.join();
  return trouble.ok() ? result : trouble;
}

absl::Status Migration::Trouble() const {
  if (absl::Status status = applier_->status(); !status.ok()) return status;
  if (absl::Status status = table_lock_.failure(); !status.ok()) return status;
  return monitor_ ? monitor_->failure() : absl::OkStatus();
}

bool Migration::Panicked() const { return operator_.panicked() || (monitor_ && monitor_->panic()); }

// --exact-rowcount. A count that fails leaves the estimate.
absl::Status Migration::CountRows(const std::stop_token& stop) {
  auto count = [this](const std::stop_token& token) {
    absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(row_session_);
    if (!connection.ok()) return;
    std::stop_callback interrupt(token, [&] { (*connection)->Interrupt(); });
    absl::StatusOr<std::optional<std::string>> rows =
        (*connection)->QueryValue(absl::StrCat("SELECT COUNT(*) FROM ", pair_->original.QualifiedName()));
    if (!rows.ok() || token.stop_requested()) return;
    progress_.SetTotalRows(std::strtoull(rows->value_or("0").c_str(), nullptr, 10));
    if (absl::Status status = RunHooks("rowcount-complete"); !status.ok()) LOG(WARNING) << status.message();
  };
  if (options_.concurrent_rowcount()) {
    counter_ = std::jthread(count);
    return absl::OkStatus();
  }
  progress_.SetState("counting rows");
  return Supervise(stop, [&](std::stop_token token) {
    count(token);
    return absl::OkStatus();
  });
}

absl::Status Migration::CopyRows(const std::stop_token& stop) {
  if (resumed_.copy_done()) {
    progress_.SetTotalRows(resumed_.rows_copied());
    progress_.SetCopyDone();
    return absl::OkStatus();
  }
  if (options_.exact_rowcount()) {
    if (absl::Status status = CountRows(stop); !status.ok()) return status;
  }
  if (absl::Status status = RunHooks("before-row-copy"); !status.ok()) return status;
  progress_.SetState("migrating");
  progress_.SetCopier(copier_.get());
  absl::Status status = Supervise(stop, [&](std::stop_token token) { return copier_->Run(token); });
  const copy::CopyProgress progress = copier_->Progress();
  EXPLAIN() << "the copy " << (status.ok() ? "is complete: " : "ended early: ") << progress.chunks << " chunks, "
            << progress.rows << " rows";
  if (!status.ok()) return status;
  if (counter_.joinable()) counter_ = std::jthread();  // a count that is still running has no use any more
  progress_.SetTotalRows(resumed_.rows_copied() + progress.rows);
  progress_.SetCopyDone();
  SaveCheckpoint();
  return RunHooks("row-copy-complete");
}

absl::Status Migration::BuildIndexes(const std::stop_token& stop) {
  if (deferred_.empty()) return absl::OkStatus();
  progress_.SetState("building indexes");
  EXPLAIN() << "step 3, the rows are there, now their indexes; changes wait in the binary log meanwhile: "
            << schema::AddIndexesSql(pair_->ghost, deferred_);
  applier_->Pause();
  absl::Status status = Supervise(stop, [&](std::stop_token token) {
    return mysql::WithRetries(
        *connection_, {.retries = static_cast<int>(options_.default_retries()), .stop = token}, [&] {
          // An attempt whose connection was lost may have built them all the same.
          absl::StatusOr<schema::Table> ghost = schema::ReadTable(*connection_, options_.database(), names_.ghost);
          if (!ghost.ok()) return ghost.status();
          schema::EraseBuilt(*ghost, deferred_);
          if (deferred_.empty()) return absl::OkStatus();
          return ExecuteStoppable(*connection_, schema::AddIndexesSql(*ghost, deferred_), token);
        });
  });
  applier_->Resume();
  if (status.ok() && checkpointer_) checkpointer_->ForgetIndexes();
  return status;
}

absl::Status Migration::Reconnect() {
  return mysql::WithRetries(*connection_, {.retries = 10}, [&] { return connection_->Ping(); });
}

absl::Status Migration::CatchUp(const std::stop_token& stop) {
  progress_.SetState("catching up");
  if (absl::Status status = Reconnect(); !status.ok()) return status;
  if (options_.analyze_ghost_table_before_cutover()) {
    if (absl::Status status =
            connection_->Execute(absl::StrCat("ANALYZE TABLE ", pair_->ghost.QualifiedName())).status();
        !status.ok())
      return status;
  }
  return WaitForLogEnd(stop);
}

absl::Status Migration::WaitForLogEnd(const std::stop_token& stop) {
  if (absl::Status status = Reconnect(); !status.ok()) return status;
  table_lock_.Keep();
  absl::StatusOr<binlog::Position> end = binlog::CurrentPosition(*connection_);
  if (!end.ok()) return end.status();
  EXPLAIN() << "applying what is left of the log, up to " << end->ToString();
  return Supervise(stop, [&](std::stop_token token) { return applier_->WaitFor(*end, absl::InfiniteFuture(), token); });
}

absl::Status Migration::Verify(const std::stop_token& stop) {
  if (!options_.verify()) return absl::OkStatus();
  progress_.SetState("comparing old and new table");
  verify::Verifier verifier(
      *pair_, row_session_,
      {.threads = static_cast<int>(options_.threads()), .retries = static_cast<int>(options_.default_retries())},
      *applier_, *copier_, {&gate_, &copy_gate_});
  verify::Report report;
  absl::Status status = Supervise(stop, [&](std::stop_token token) {
    absl::StatusOr<verify::Report> result = verifier.Run(token);
    if (!result.ok()) return result.status();
    report = *std::move(result);
    return absl::OkStatus();
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

absl::Status Migration::Postpone(const std::stop_token& stop) {
  const std::string& file = options_.postpone_cut_over_flag_file();
  bool begun = false;
  while (!file.empty() && access(file.c_str(), F_OK) == 0 && !operator_.unpostponed()) {
    if (!std::exchange(begun, true)) {
      progress_.SetState("postponing cut-over");
      if (absl::Status status = RunHooks("begin-postponed"); !status.ok()) return status;
      EXPLAIN() << "the swap waits while " << file
                << " exists, or for the command unpostpone; changes are applied meanwhile";
    }
    if (absl::Status status = Trouble(); !status.ok()) return status;
    if (!mysql::SleepUnlessStopped(absl::Milliseconds(100), stop)) return absl::CancelledError("interrupted");
  }
  return absl::OkStatus();
}

// --test-on-replica: replication stops, the ghost gets everything that there is, and both tables stay for comparison.
absl::Status Migration::TestOnReplica(const std::stop_token& stop) {
  absl::Status status = RunHooks("stop-replication");
  if (status.ok()) status = SwitchReplication(false);
  if (status.ok()) status = CatchUp(stop);
  if (status.ok()) return status;
  // The replica goes on as before.
  absl::Status started = RunHooks("start-replication");
  if (started.ok()) started = SwitchReplication(true);
  if (!started.ok()) LOG(WARNING) << "replication was not started again: " << started.message();
  return status;
}

absl::Status Migration::SwitchReplication(bool on) {
  if (options_.test_on_replica_skip_replica_stop()) return absl::OkStatus();
  const std::string sql =
      absl::StrCat(on ? "START " : "STOP ", connection_->server().ReplicaWords() ? "REPLICA" : "SLAVE");
  EXPLAIN() << "step 4 is only tried: " << sql << "; both tables stay";
  return mysql::WithRetries(*connection_, {.retries = 10}, [&] { return connection_->Execute(sql).status(); });
}

absl::Status Migration::CutOver(const std::stop_token& stop) {
  if (options_.test_on_replica()) return TestOnReplica(stop);
  absl::Status open = Supervise(stop, [&](std::stop_token token) {
    return gate_.Wait(token) ? absl::OkStatus() : absl::CancelledError("interrupted");
  });
  if (!open.ok()) return open;
  progress_.SetState("cutting over");
  cutover::Context context{
      .pair = *pair_,
      .names = names_,
      .session = row_session_,
      .applier = *applier_,
      .lock_timeout = absl::Seconds(options_.cut_over_lock_timeout_seconds()),
      .before_swap = schema::CreateTriggersSql(triggers_, pair_->ghost, options_.trigger_suffix(),
                                               options_.remove_trigger_suffix_if_exists()),
      .undo_before_swap = schema::DropTriggersSql(triggers_, pair_->ghost, options_.trigger_suffix(),
                                                  options_.remove_trigger_suffix_if_exists())};
  std::unique_ptr<cutover::Strategy> strategy =
      cutover::MakeStrategy(options_.cut_over() == "two-step" ? cutover::Kind::kTwoStep : cutover::Kind::kAtomic,
                            connection_->server(), context);
  EXPLAIN() << "step 4, the swap, by " << strategy->name();
  absl::Duration pause = absl::Seconds(1);
  for (uint32_t attempt = 0;; ++attempt) {
    if (absl::Status status = RunHooks("before-cut-over"); !status.ok()) return status;
    // Whatever is applied before the lock need not be applied under it.
    applier_->Hurry(true);
    if (absl::Status status = WaitForLogEnd(stop); !status.ok()) return status;
    progress_.SetState("cutting over");
    absl::StatusOr<cutover::Outcome> outcome = strategy->Attempt(stop);
    applier_->Hurry(false);
    if (outcome.ok()) {
      swapped_ = true;
      common::metrics::GetGauge("migrate_cut_over_lock_seconds", "How long writers waited at the cut-over.")
          .Set(absl::ToDoubleSeconds(outcome->locked));
      LOG(INFO) << "cut-over done; writers waited "
                << absl::FormatDuration(absl::Trunc(outcome->locked, absl::Microseconds(100)));
      return absl::OkStatus();
    }
    if (absl::IsUnknown(outcome.status())) return outcome.status();
    if (absl::IsCancelled(outcome.status()) && stop.stop_requested()) return outcome.status();
    if (absl::Status trouble = Trouble(); !trouble.ok()) return trouble;
    if (attempt >= options_.default_retries()) return outcome.status();
    LOG(WARNING) << "cut-over attempt " << attempt + 1 << " gave way, the next comes in " << absl::FormatDuration(pause)
                 << ": " << outcome.status().message();
    if (mysql::Classify(outcome.status()) == mysql::ErrorClass::kLockWaitTimeout) NameBlockers();
    if (!mysql::SleepUnlessStopped(pause, stop)) return absl::CancelledError("interrupted");
    if (options_.cut_over_exponential_backoff())
      pause = std::min(pause * 2, absl::Seconds(options_.exponential_backoff_max_interval()));
  }
}

// In the log, and in the status until the next attempt.
void Migration::NameBlockers() {
  absl::StatusOr<std::vector<cutover::Blocker>> blockers =
      cutover::FindBlockers(*connection_, options_.database(), options_.table());
  if (!blockers.ok()) {
    LOG(WARNING) << "who holds the table's lock cannot be seen: " << blockers.status().message();
    return;
  }
  const std::string sessions = absl::StrJoin(*blockers, ", ", [](std::string* out, const cutover::Blocker& blocker) {
    absl::StrAppend(out, cutover::Describe(blocker));
  });
  if (!sessions.empty()) progress_.SetState(absl::StrCat("cutting over, blocked by ", sessions));
}

absl::Status Migration::Finish() {
  ghost_exists_ = false;
  housekeeper_.Stop();
  applier_->Stop();
  return mysql::WithRetries(*connection_, {.retries = 10}, [&] {
    absl::Status status = schema::DropTable(*connection_, options_.database(), names_.changelog);
    if (!status.ok() || !options_.ok_to_drop_table() || !swapped_) return status;
    return schema::DropTable(*connection_, options_.database(), names_.old);
  });
}

absl::Status Migration::RunHooks(std::string_view event, control::Variables more) {
  if (options_.hooks_path().empty()) return absl::OkStatus();
  const control::StatusReport report = progress_.Report();
  const std::optional<absl::Duration> eta = report.eta();
  more.insert(more.end(), {{"GH_OST_ELAPSED_SECONDS", absl::StrCat(absl::ToDoubleSeconds(report.elapsed))},
                           {"GH_OST_ELAPSED_COPY_SECONDS", absl::StrCat(absl::ToDoubleSeconds(report.copy_elapsed))},
                           {"GH_OST_ESTIMATED_ROWS", absl::StrCat(report.rows_total)},
                           {"GH_OST_COPIED_ROWS", absl::StrCat(report.rows_copied)},
                           {"GH_OST_INSPECTED_LAG", absl::StrCat(absl::ToDoubleSeconds(report.lag))},
                           {"GH_OST_HEARTBEAT_LAG", absl::StrCat(absl::ToDoubleSeconds(report.lag))},
                           {"GH_OST_PROGRESS", absl::StrCat(report.progress_percent())},
                           {"GH_OST_ETA_SECONDS", absl::StrCat(eta ? absl::ToInt64Seconds(*eta) : -1)}});
  return hooks_.Run(event, more);
}

void Migration::StartHousekeeping() {
  if (!options_.quiet()) housekeeper_.Every(absl::Seconds(1), [this] { PrintStatus(); });
  housekeeper_.Every(absl::Milliseconds(options_.heartbeat_interval_millis()), [this] { SlowDownWhenBehind(); });
  housekeeper_.Every(absl::Seconds(2), [this] { table_lock_.Keep(); });
  if (checkpointer_) housekeeper_.Every(absl::Seconds(options_.checkpoint_seconds()), [this] { SaveCheckpoint(); });
  if (!options_.hooks_path().empty()) {
    housekeeper_.Every(absl::Seconds(std::max(1u, options_.hooks_status_interval())), [this] {
      absl::Status status =
          RunHooks("status", {{"GH_OST_STATUS", absl::StrCat("'", control::FormatText(progress_.Report()), "'")}});
      if (!status.ok()) LOG(WARNING) << status.message();
    });
  }
  housekeeper_.Start();
}

// With --explain there are too many other lines.
bool Migration::ShowsBar() const {
  return isatty(STDOUT_FILENO) != 0 && !options_.quiet() && options_.status_format() != "json" &&
         !options_.common().explain();
}

void Migration::PrintStatus() {
  const control::StatusReport report = progress_.Report();
  if (!control::IsStatusDue(absl::ToInt64Seconds(report.elapsed), report)) return;
  if (options_.status_format() == "json") {
    std::cout << control::FormatJson(report) << std::endl;
  } else if (ShowsBar()) {
    std::cout << "\r\x1b[K" << control::FormatBar(report, TerminalColumns()) << std::flush;
  } else {
    std::cout << control::FormatText(report) << std::endl;
  }
}

void Migration::SlowDownWhenBehind() {
  const control::StatusReport report = progress_.Report();
  const absl::Duration lag = report.lag;
  common::metrics::GetGauge("migrate_lag_seconds", "Age of the oldest change that is not in the ghost table.")
      .Set(absl::ToDoubleSeconds(lag));
  if (lag > absl::Milliseconds(operator_.max_lag_millis())) {
    copy_gate_.Close("behind", absl::StrCat("the copy and the comparison wait for the log, lag=",
                                            absl::FormatDuration(absl::Trunc(lag, absl::Milliseconds(10)))));
  } else {
    copy_gate_.Open("behind");
  }
}

void Migration::SaveCheckpoint() {
  if (!checkpointer_ || !applier_) return;
  absl::Status status = checkpointer_->Save(*applier_, resumed_.copy_done() ? nullptr : copier_.get());
  if (!status.ok()) LOG(WARNING) << "the checkpoint could not be saved: " << status.message();
}

}  // namespace migrate::migration
