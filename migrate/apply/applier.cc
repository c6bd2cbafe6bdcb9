#include "migrate/apply/applier.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/explain/explain.h"
#include "common/metrics/metrics.h"
#include "migrate/mysql/retry.h"

namespace migrate::apply {
namespace {

// Below this many statements handing work to other threads costs more than it brings.
constexpr size_t kParallelFrom = 2;
// Of one statement, where nothing else is asked for.
constexpr size_t kLeastRows = 10;
constexpr size_t kMostRows = 500;

void CountApplied(uint64_t changes) {
  static auto& counter = common::metrics::GetCounter("migrate_changes_applied_total",
                                                     "Row changes of the log that are in the ghost table.");
  counter.Increment(changes);
}

}  // namespace

Applier::Applier(const schema::TablePair& pair, mysql::ConnectionOptions session, ApplyOptions options,
                 const throttle::Gate& gate)
    : pair_(pair),
      session_(std::move(session)),
      options_(options),
      gate_(gate),
      row_text_(pair),
      writer_(pair),
      pending_(row_text_),
      batch_rows_(options.batch_rows) {}

Applier::~Applier() { Stop(); }

absl::Status Applier::Start(std::unique_ptr<binlog::Stream> stream, const binlog::Position& start) {
  absl::StatusOr<std::vector<std::unique_ptr<mysql::Connection>>> connections = OpenConnections();
  if (!connections.ok()) return connections.status();
  connections_ = *std::move(connections);
  if (absl::Status status = KeepToPacketSize(); !status.ok()) return status;
  stream_ = std::move(stream);
  {
    absl::MutexLock lock(&mutex_);
    pending_.read = pending_.resume = progress_.read = progress_.applied = progress_.resume = start;
    progress_.event_time = absl::Now();
  }
  EXPLAIN() << "following the binary log from " << start.ToString() << "; changes of " << pair_.original.QualifiedName()
            << " are written to " << pair_.ghost.QualifiedName() << " on " << connections_.size() << " connections";
  reader_ = std::thread([this] { ReadLog(); });
  flusher_ = std::thread([this] { FlushSets(); });
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::unique_ptr<mysql::Connection>>> Applier::OpenConnections() const {
  std::vector<std::unique_ptr<mysql::Connection>> connections;
  for (int i = 0; i < std::max(1, options_.threads); ++i) {
    absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session_);
    if (!connection.ok()) return connection.status();
    connections.push_back(*std::move(connection));
  }
  return connections;
}

// No statement may be longer than max_allowed_packet; as text a row is up to twice as long.
absl::Status Applier::KeepToPacketSize() {
  absl::StatusOr<std::optional<std::string>> value = connections_[0]->QueryValue("SELECT @@SESSION.max_allowed_packet");
  if (!value.ok()) return value.status();
  size_t packet = 0;
  if (!absl::SimpleAtoi(value->value_or(""), &packet)) return absl::InternalError("max_allowed_packet is no number");
  row_text_.SetMostBytes(std::min(RowText::kMostBytes, packet / 3));
  batch_bytes_ = std::min(BatchLimits().bytes, packet / 2);
  return absl::OkStatus();
}

void Applier::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  stopping_.request_stop();
  if (stream_) stream_->Cancel();
  if (reader_.joinable()) reader_.join();
  if (flusher_.joinable()) flusher_.join();
}

void Applier::ReadLog() {
  while (true) {
    absl::StatusOr<binlog::Item> item = stream_->Next();
    absl::Status status = item.ok() ? Take(*item) : item.status();
    if (!status.ok()) {
      Fail(status);
      return;
    }
  }
}

bool Applier::CanRead() const { return stopped_ || pending_.set.bytes() < options_.max_pending_bytes; }

absl::Status Applier::Take(const binlog::Item& item) {
  if (!item.statement.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("a statement that the rows of the log do not tell touched ",
                                                      pair_.original.QualifiedName(),
                                                      " while it was being migrated: ", item.statement.substr(0, 200)));
  }
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Applier::CanRead));
  if (stopped_) return absl::CancelledError("stopped");
  for (const binlog::RowChange& change : item.changes) {
    if (absl::Status status = pending_.set.Add(change); !status.ok()) return status;
  }
  progress_.changes_read += item.changes.size();
  progress_.read = pending_.read = item.position;
  pending_.resume = item.resume;
  // A heartbeat has no time and says that there is nothing more to read. The log's times are whole seconds: take the
  // end of theirs.
  progress_.event_time = item.timestamp == 0 ? absl::Now() : absl::FromUnixSeconds(item.timestamp + 1);
  // With nothing left to write the ghost is as far as the reader.
  if (pending_.set.empty() && !flushing_) {
    SetApplied(pending_);
  } else if (!pending_.set.empty() && pending_.oldest == absl::InfiniteFuture()) {
    pending_.oldest = progress_.event_time;
  }
  return absl::OkStatus();
}

void Applier::SetApplied(const Pending& taken) {
  progress_.applied = taken.read;
  progress_.resume = taken.resume;
  progress_.changes_applied += taken.set.changes();
  flushing_since_ = absl::InfiniteFuture();
}

bool Applier::CanFlush() const { return stopped_ || (!paused_ && !pending_.set.empty()); }

Applier::Pending Applier::TakePending() {
  Pending taken = std::exchange(pending_, Pending(row_text_));
  pending_.read = taken.read;
  pending_.resume = taken.resume;
  return taken;
}

void Applier::FlushSets() {
  const std::stop_token stop = stopping_.get_token();
  while (gate_.Wait(stop)) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &Applier::CanFlush), absl::Milliseconds(100));
      if (stopped_) return;
      if (!CanFlush() || gate_.closed()) continue;
    }
    if (!hurry_) mysql::SleepUnlessStopped(options_.gather, stop);
    Pending taken(row_text_);
    {
      absl::MutexLock lock(&mutex_);
      if (stopped_) return;
      if (!CanFlush()) continue;
      taken = TakePending();
      flushing_ = true;
      flushing_since_ = taken.oldest;
    }
    absl::Status status = Flush(taken);
    {
      absl::MutexLock lock(&mutex_);
      flushing_ = false;
      if (status.ok()) SetApplied(taken);
    }
    if (!status.ok()) return Fail(status);
    CountApplied(taken.set.changes());
  }
}

absl::Status Applier::Flush(const Pending& taken) {
  const Statements statements = writer_.MakeStatements(taken.set, LimitsFor(taken.set, connections_.size()));
  if (absl::Status status = RunPhase(statements.deletes); !status.ok()) return status;
  return RunPhase(statements.writes);
}

absl::Status Applier::RunPhase(const std::vector<std::string>& statements) {
  const std::stop_token stop = stopping_.get_token();
  std::atomic<size_t> next = 0;
  std::vector<absl::Status> results(connections_.size());
  auto work = [&](size_t worker) {
    for (size_t i = next++; i < statements.size() && results[worker].ok(); i = next++) {
      results[worker] = RunStatement(*connections_[worker], statements[i], options_.retries, stop);
    }
  };
  std::vector<std::thread> helpers;
  if (statements.size() >= kParallelFrom) {
    const size_t wanted = std::min(connections_.size(), statements.size());
    for (size_t i = 1; i < wanted; ++i) helpers.emplace_back(work, i);
  }
  work(0);
  for (std::thread& helper : helpers) helper.join();
  for (const absl::Status& status : results) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void Applier::Fail(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  if (stopped_ || !failure_.ok()) return;
  VLOG(1) << "the log is no longer followed: " << status;
  failure_ = std::move(status);
}

absl::Status Applier::WaitFor(const binlog::Position& target, absl::Time deadline, const std::stop_token& stop) {
  absl::MutexLock lock(&mutex_);
  auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return Compare(progress_.applied, target) >= 0; };
  while (!reached()) {
    if (!failure_.ok()) return failure_;
    if (stopped_ || stop.stop_requested()) return absl::CancelledError("stopped");
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError(absl::StrCat("the log was not applied up to ", target.ToString(),
                                                      " in time; it is at ", progress_.applied.ToString()));
    }
    mutex_.AwaitWithTimeout(absl::Condition(&reached), absl::Milliseconds(50));
  }
  return absl::OkStatus();
}

void Applier::Pause() {
  absl::MutexLock lock(&mutex_);
  paused_ = true;
  mutex_.Await(absl::Condition(
      +[](bool* flushing) { return !*flushing; }, &flushing_));
}

void Applier::Resume() {
  absl::MutexLock lock(&mutex_);
  paused_ = false;
}

absl::Status Applier::DrainThrough(mysql::Connection& session, const binlog::Position& target, absl::Time deadline) {
  while (true) {
    Pending taken(row_text_);
    {
      absl::MutexLock lock(&mutex_);
      if (Compare(progress_.applied, target) >= 0) return absl::OkStatus();
      if (!failure_.ok()) return failure_;
      auto ready = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return !failure_.ok() || !pending_.set.empty() || Compare(progress_.applied, target) >= 0;
      };
      if (!mutex_.AwaitWithDeadline(absl::Condition(&ready), deadline)) {
        return absl::DeadlineExceededError(
            absl::StrCat("the log did not arrive up to ", target.ToString(), " in time"));
      }
      if (pending_.set.empty()) continue;
      taken = TakePending();
    }
    absl::Status status = WriteThrough(session, taken);
    absl::MutexLock lock(&mutex_);
    if (!status.ok()) {
      PutBack(std::move(taken));
      return status;
    }
    SetApplied(taken);
  }
}

// Never repeated on a new session: that one would not hold the locks.
absl::Status Applier::WriteThrough(mysql::Connection& session, const Pending& taken) {
  const Statements statements = writer_.MakeStatements(taken.set, LimitsFor(taken.set, 1));
  for (const std::vector<std::string>* phase : {&statements.deletes, &statements.writes}) {
    for (const std::string& sql : *phase) {
      if (absl::Status status = session.Execute(sql).status(); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

void Applier::PutBack(Pending taken) {
  taken.set.Append(std::move(pending_.set));
  pending_.set = std::move(taken.set);
}

ApplyProgress Applier::Progress() const {
  absl::MutexLock lock(&mutex_);
  ApplyProgress progress = progress_;
  const absl::Time oldest = std::min({flushing_since_, pending_.oldest, progress_.event_time});
  progress.lag = std::max(absl::ZeroDuration(), absl::Now() - oldest);
  return progress;
}

absl::Status Applier::status() const {
  absl::MutexLock lock(&mutex_);
  return failure_;
}

void Applier::SetBatchRows(size_t rows) {
  absl::MutexLock lock(&mutex_);
  batch_rows_ = rows;
}

BatchLimits Applier::LimitsFor(const ChangeSet& set, size_t connections) const {
  absl::MutexLock lock(&mutex_);
  if (batch_rows_ > 0) return {.rows = batch_rows_, .bytes = batch_bytes_};
  const size_t share = (set.outcomes().size() + connections - 1) / connections;
  return {.rows = std::clamp(share, kLeastRows, kMostRows), .bytes = batch_bytes_};
}

}  // namespace migrate::apply
