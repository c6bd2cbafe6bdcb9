#include "migrate/copy/copier.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/explain/explain.h"
#include "common/metrics/metrics.h"
#include "migrate/mysql/quote.h"
#include "migrate/mysql/retry.h"

namespace migrate::copy {
namespace {

constexpr std::string_view kDuplicateEntry = "1062";

// "Records: 1000  Duplicates: 3  Warnings: 3": rows read, whether or not they were already there.
uint64_t RowsRead(const mysql::ExecResult& result) {
  uint64_t records = 0;
  const std::vector<std::string_view> words = absl::StrSplit(result.info, absl::ByAnyChar(" "), absl::SkipEmpty());
  if (words.size() >= 2 && words[0] == "Records:" && absl::SimpleAtoi(words[1], &records)) return records;
  return result.affected_rows;
}

void CountChunk(uint64_t rows, absl::Duration elapsed) {
  static auto& copied = common::metrics::GetCounter("migrate_rows_copied_total", "Rows read by finished copy chunks.");
  static auto& seconds = common::metrics::GetHistogram("migrate_chunk_seconds", "Duration of a copy statement.",
                                                       {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10});
  copied.Increment(rows);
  seconds.Observe(absl::ToDoubleSeconds(elapsed));
}

}  // namespace

Copier::Copier(const schema::TablePair& pair, mysql::ConnectionOptions session, CopyOptions options,
               std::vector<const throttle::Gate*> gates)
    : pair_(pair),
      session_(std::move(session)),
      options_(std::move(options)),
      gates_(std::move(gates)),
      reader_(pair),
      chunk_options_(options_.chunk) {}

absl::Status Copier::Run(std::stop_token stop) {
  {
    absl::MutexLock lock(&mutex_);
    absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session_);
    if (!connection.ok()) return connection.status();
    chunk_connection_ = *std::move(connection);
    absl::Status created = mysql::WithRetries(
        *chunk_connection_, {.retries = options_.retries, .stop = stop}, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
          absl::StatusOr<Chunker> chunker =
              Chunker::Create(*chunk_connection_, pair_, chunk_options_, options_.resume_after, options_.resume_last);
          if (!chunker.ok()) return chunker.status();
          chunker_.emplace(*std::move(chunker));
          return absl::OkStatus();
        });
    if (!created.ok()) return created;
    progress_.last = chunker_->last();
    progress_.watermark = options_.resume_after;
  }
  std::stop_callback forward(stop, [this] { failed_.request_stop(); });
  std::vector<std::thread> workers;
  for (int i = 0; i < options_.threads; ++i) workers.emplace_back([this] { Work(failed_.get_token()); });
  for (std::thread& worker : workers) worker.join();

  absl::MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  if (stop.stop_requested()) return absl::CancelledError("the copy was stopped");
  progress_.done = true;
  chunk_connection_.reset();
  return absl::OkStatus();
}

void Copier::Work(std::stop_token stop) {
  absl::Status status = CopyChunks(stop);
  if (status.ok() || absl::IsCancelled(status)) return;
  absl::MutexLock lock(&mutex_);
  if (failure_.ok()) failure_ = status;
  failed_.request_stop();
}

bool Copier::WaitForGates(const std::stop_token& stop) const {
  return std::all_of(gates_.begin(), gates_.end(), [&](const throttle::Gate* gate) { return gate->Wait(stop); });
}

absl::Status Copier::CopyChunks(std::stop_token stop) {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session_);
  if (!connection.ok()) return connection.status();
  while (WaitForGates(stop)) {
    absl::StatusOr<std::optional<Chunk>> chunk = NextChunk();
    if (!chunk.ok()) return chunk.status();
    if (!chunk->has_value()) return absl::OkStatus();
    const absl::Time begin = absl::Now();
    uint64_t rows = 0;
    absl::Status status = mysql::WithRetries(**connection, {.retries = options_.retries, .stop = stop}, [&] {
      absl::StatusOr<uint64_t> copied = CopyChunk(**connection, **chunk);
      if (copied.ok()) {
        rows = *copied;
      } else if (options_.on_retry) {
        options_.on_retry(copied.status());
      }
      return copied.status();
    });
    if (!status.ok()) return status;
    const absl::Duration elapsed = absl::Now() - begin;
    Finish(**chunk, rows, elapsed);
    if (const double nice = nice_ratio_; nice > 0 && !mysql::SleepUnlessStopped(elapsed * nice, stop)) break;
  }
  return absl::CancelledError("stopped");
}

absl::StatusOr<std::optional<Chunk>> Copier::NextChunk() {
  absl::MutexLock lock(&mutex_);
  std::optional<Chunk> chunk;
  absl::Status status =
      mysql::WithRetries(*chunk_connection_, {.retries = options_.retries}, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
        absl::StatusOr<std::optional<Chunk>> next = chunker_->Next(*chunk_connection_);
        if (!next.ok()) return next.status();
        chunk = *std::move(next);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return chunk;
}

std::string Copier::CopySql(const KeyRange& range) const {
  return absl::StrCat("INSERT IGNORE INTO ", pair_.ghost.QualifiedName(), " (", pair_.GhostColumnList(), ") SELECT ",
                      pair_.OriginalColumnList(), " FROM ", pair_.original.QualifiedName(), " FORCE INDEX (",
                      mysql::QuoteIdentifier(pair_.key.original_index), ") WHERE ", reader_.InOriginal(range),
                      " LOCK IN SHARE MODE");
}

absl::StatusOr<uint64_t> Copier::CopyChunk(mysql::Connection& connection, const Chunk& chunk) {
  const std::string sql = CopySql(chunk.range);
  EXPLAIN_FIRST_N(2) << "copying chunk " << chunk.number << ": " << sql
                     << "  -- shared locks hold until the rows are committed in the ghost; rows already there came "
                        "through the log and stay";
  absl::StatusOr<mysql::ExecResult> result = connection.Execute(sql);
  if (!result.ok()) return result.status();
  VLOG(2) << "chunk " << chunk.number << ": " << result->affected_rows << " of " << chunk.rows << " rows";
  if (result->warnings > 0) {
    if (absl::Status status = CheckWarnings(connection, chunk.range); !status.ok()) return status;
  }
  return RowsRead(*result);
}

absl::Status Copier::CopyRange(mysql::Connection& connection, const KeyRange& range) {
  absl::StatusOr<mysql::ExecResult> result = connection.Execute(CopySql(range));
  if (!result.ok()) return result.status();
  return result->warnings > 0 ? CheckWarnings(connection, range) : absl::OkStatus();
}

// Duplicates are expected: of the key, a row that came through the log; of another unique key, perhaps a neighbour that
// is about to change, perhaps a row that the new definition has no room for. The comparison of both tables tells the
// latter; here only values that the conversion changed are errors.
absl::Status Copier::CheckWarnings(mysql::Connection& connection, const KeyRange& range) {
  if (!options_.stop_at_warnings) return absl::OkStatus();
  absl::StatusOr<mysql::Result> warnings = connection.Query("SHOW WARNINGS");
  if (!warnings.ok()) return warnings.status();
  for (mysql::Row warning : *warnings) {
    if (warning.Text(0) == "Note" || warning.Text(1) == kDuplicateEntry) continue;
    return absl::DataLossError(absl::StrCat("the new definition would change data: ", warning.Text(2),
                                            " (in the rows up to key ", absl::StrJoin(range.upper, ","),
                                            "); --allow-lossy accepts it"));
  }
  return absl::OkStatus();
}

void Copier::Finish(const Chunk& chunk, uint64_t rows, absl::Duration elapsed) {
  CountChunk(rows, elapsed);
  absl::MutexLock lock(&mutex_);
  chunker_->size().Feedback(chunk.rows, elapsed);
  progress_.rows += rows;
  ++progress_.chunks;
  finished_ahead_[chunk.number] = chunk.range.upper;
  for (auto it = finished_ahead_.begin(); it != finished_ahead_.end() && it->first == next_unfinished_;) {
    progress_.watermark = std::move(it->second);
    ++next_unfinished_;
    it = finished_ahead_.erase(it);
  }
}

CopyProgress Copier::Progress() const {
  absl::MutexLock lock(&mutex_);
  return progress_;
}

void Copier::SetChunkOptions(const ChunkOptions& options) {
  absl::MutexLock lock(&mutex_);
  chunk_options_ = options;
  if (chunker_) chunker_->size().SetOptions(options);
}

ChunkOptions Copier::chunk_options() const {
  absl::MutexLock lock(&mutex_);
  return chunk_options_;
}

}  // namespace migrate::copy
