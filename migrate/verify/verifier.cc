#include "migrate/verify/verifier.h"

#include <thread>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/explain/explain.h"
#include "common/metrics/metrics.h"
#include "migrate/binlog/position.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"
#include "migrate/mysql/retry.h"

namespace migrate::verify {
namespace {

// Short: the smaller a range, the less likely it is that a change to it is on its way.
constexpr absl::Duration kRangeTime = absl::Milliseconds(50);
constexpr uint64_t kMaxBadRanges = 100;  // then it is enough

}  // namespace

Verifier::Verifier(const schema::TablePair& pair, mysql::ConnectionOptions session, VerifyOptions options,
                   apply::Applier& applier, copy::Copier& copier, const throttle::Gate& gate)
    : pair_(pair),
      session_(std::move(session)),
      options_(options),
      applier_(applier),
      copier_(copier),
      gate_(gate),
      checksum_(pair) {}

absl::StatusOr<Report> Verifier::Run(std::stop_token stop) {
  absl::StatusOr<Ranges> differing = CompareAll(stop);
  if (!differing.ok()) return differing.status();
  report_.rows = rows_;
  if (!differing->empty()) {
    EXPLAIN() << differing->size()
              << " ranges differ at first sight; they are compared again when the log has been applied further";
    absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session_);
    if (!connection.ok()) return connection.status();
    if (absl::Status status = CatchUp(**connection, stop); !status.ok()) return status;
    for (const copy::KeyRange& range : *differing) {
      if (absl::Status status = CompareAgain(**connection, range, stop); !status.ok()) return status;
      if (report_.bad_ranges >= kMaxBadRanges) break;
    }
  }
  static auto& repaired = common::metrics::GetCounter(
      "migrate_ranges_repaired_total", "Key ranges that differed before the swap and were copied again.");
  repaired.Increment(report_.repaired_ranges);
  return report_;
}

// The first pass, in parallel: the ranges that differed.
absl::StatusOr<Verifier::Ranges> Verifier::CompareAll(const std::stop_token& stop) {
  {
    absl::MutexLock lock(&mutex_);
    absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session_);
    if (!connection.ok()) return connection.status();
    chunk_connection_ = *std::move(connection);
    absl::StatusOr<copy::Chunker> chunker =
        copy::Chunker::Create(*chunk_connection_, pair_, {.rows = 2000, .target_time = kRangeTime});
    if (!chunker.ok()) return chunker.status();
    chunker_.emplace(*std::move(chunker));
  }
  std::vector<absl::Status> results(options_.threads);
  std::vector<std::thread> workers;
  for (absl::Status& result : results) workers.emplace_back([&] { result = CompareSome(stop); });
  for (std::thread& worker : workers) worker.join();
  for (const absl::Status& result : results) {
    if (!result.ok()) return result;
  }
  absl::MutexLock lock(&mutex_);
  return std::move(differing_);
}

absl::Status Verifier::CompareSome(const std::stop_token& stop) {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session_);
  if (!connection.ok()) return connection.status();
  while (gate_.Wait(stop)) {
    absl::StatusOr<std::optional<copy::KeyRange>> range = NextRange();
    if (!range.ok()) return range.status();
    if (!range->has_value()) return absl::OkStatus();
    const absl::Time begin = absl::Now();
    absl::StatusOr<RangeSums> sums = Compare(**connection, **range, stop);
    if (!sums.ok()) return sums.status();
    rows_ += sums->original_rows;
    absl::MutexLock lock(&mutex_);
    chunker_->size().Feedback(sums->original_rows, absl::Now() - begin);
    if (!sums->equal) differing_.push_back(**std::move(range));
  }
  return absl::CancelledError("stopped");
}

// The ranges cover every key there can be: rows that are in the ghost only have to be found too.
absl::StatusOr<std::optional<copy::KeyRange>> Verifier::NextRange() {
  absl::MutexLock lock(&mutex_);
  if (!checksum_.ranges_match())
    return std::exchange(tail_given_, true) ? std::nullopt : std::optional<copy::KeyRange>(copy::KeyRange{});
  std::optional<copy::Chunk> chunk;
  absl::Status status =
      mysql::WithRetries(*chunk_connection_, {.retries = options_.retries}, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
        absl::StatusOr<std::optional<copy::Chunk>> next = chunker_->Next(*chunk_connection_);
        if (!next.ok()) return next.status();
        chunk = *std::move(next);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (chunk) {
    if (chunk->number == 0) chunk->range.lower.clear();
    EXPLAIN_FIRST_N(1) << "comparing checksums of both tables range by range: "
                       << checksum_.reader().InOriginal(chunk->range);
    return chunk->range;
  }
  if (std::exchange(tail_given_, true)) return std::nullopt;
  return copy::KeyRange{.lower = chunker_->last(), .upper = {}};
}

absl::StatusOr<RangeSums> Verifier::Compare(mysql::Connection& connection, const copy::KeyRange& range,
                                            const std::stop_token& stop) {
  RangeSums sums;
  absl::Status status = mysql::WithRetries(connection, {.retries = options_.retries, .stop = stop}, [&] {
    absl::StatusOr<RangeSums> result = checksum_.Compare(connection, range);
    if (!result.ok()) return result.status();
    sums = *result;
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return sums;
}

absl::Status Verifier::CatchUp(mysql::Connection& connection, const std::stop_token& stop) {
  binlog::Position target;
  absl::Status status = mysql::WithRetries(connection, {.retries = options_.retries, .stop = stop}, [&] {
    absl::StatusOr<binlog::Position> end = binlog::CurrentPosition(connection);
    if (!end.ok()) return end.status();
    target = *std::move(end);
    return absl::OkStatus();
  });
  return status.ok() ? applier_.WaitFor(target, absl::InfiniteFuture(), stop) : status;
}

absl::Status Verifier::CompareAgain(mysql::Connection& connection, const copy::KeyRange& range,
                                    const std::stop_token& stop) {
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  if (!gate_.Wait(stop)) return absl::CancelledError("stopped");
  absl::StatusOr<RangeSums> sums = Compare(connection, range, stop);
  if (!sums.ok()) return sums.status();
  if (sums->equal) return absl::OkStatus();
  const uint64_t rows = std::max(sums->original_rows, sums->ghost_rows);
  if (rows <= options_.small_rows || !checksum_.ranges_match()) return CompareLocked(connection, range, stop);
  absl::StatusOr<Ranges> halves = Halve(connection, range, sums->original_rows);
  if (!halves.ok()) return halves.status();
  if (halves->size() == 1) return CompareLocked(connection, range, stop);
  for (const copy::KeyRange& half : *halves) {
    if (absl::Status status = CompareAgain(connection, half, stop); !status.ok()) return status;
    if (report_.bad_ranges >= kMaxBadRanges) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<Verifier::Ranges> Verifier::Halve(mysql::Connection& connection, const copy::KeyRange& range,
                                                 uint64_t rows) {
  const copy::KeyReader& reader = checksum_.reader();
  absl::StatusOr<mysql::Result> middle = connection.Query(
      absl::StrCat("SELECT ", reader.SelectList(), " FROM ", pair_.original.QualifiedName(), " FORCE INDEX (",
                   mysql::QuoteIdentifier(pair_.key.original_index), ") WHERE ", reader.InOriginal(range), " ORDER BY ",
                   reader.OrderBy(), " LIMIT 1 OFFSET ", rows / 2));
  if (!middle.ok()) return middle.status();
  if (rows < 2 || middle->empty()) return Ranges{range};
  const copy::KeyValue key = reader.Literals((*middle)[0]);
  if (key == range.upper) return Ranges{range};
  return Ranges{{.lower = range.lower, .upper = key, .lower_inclusive = range.lower_inclusive},
                {.lower = key, .upper = range.upper}};
}

absl::Status Verifier::CompareLocked(mysql::Connection& connection, const copy::KeyRange& range,
                                     const std::stop_token& stop) {
  for (int attempt = 0;; ++attempt) {
    absl::StatusOr<RangeOutcome> outcome = CompareUnderLock(connection, range, stop);
    if (!outcome.ok()) {
      if (!mysql::IsTransient(outcome.status()) || attempt >= options_.retries) return outcome.status();
      if (!mysql::SleepUnlessStopped(absl::Milliseconds(100), stop)) return absl::CancelledError("stopped");
      continue;
    }
    if (*outcome == RangeOutcome::kEqual) return absl::OkStatus();
    if (*outcome == RangeOutcome::kBad) return Sample(connection, range);
    ++report_.repaired_ranges;
    LOG(WARNING) << "the ghost table differed from the original and was repaired in the range "
                 << checksum_.reader().InOriginal(range);
    return absl::OkStatus();
  }
}

// A session of its own locks the range's rows and the gaps between them; nothing in it changes until that session ends.
absl::StatusOr<Verifier::RangeOutcome> Verifier::CompareUnderLock(mysql::Connection& connection,
                                                                  const copy::KeyRange& range,
                                                                  const std::stop_token& stop) {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> lock = mysql::Connection::Open(session_);
  if (!lock.ok()) return lock.status();
  const std::string lock_rows =
      absl::StrCat("SELECT COUNT(*) FROM (SELECT 1 FROM ", pair_.original.QualifiedName(), " FORCE INDEX (",
                   mysql::QuoteIdentifier(pair_.key.original_index), ") WHERE ", checksum_.reader().InOriginal(range),
                   " LOCK IN SHARE MODE) AS locked");
  for (const char* sql : {"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION"}) {
    if (absl::Status status = (*lock)->Execute(sql).status(); !status.ok()) return status;
  }
  if (absl::Status status = (*lock)->Query(lock_rows).status(); !status.ok()) return status;
  if (absl::Status status = CatchUp(connection, stop); !status.ok()) return status;
  absl::StatusOr<RangeSums> sums = Compare(connection, range, stop);
  if (!sums.ok()) return sums.status();
  if (sums->equal) return RangeOutcome::kEqual;

  EXPLAIN_FIRST_N(3) << "a range differs although nothing in it can change: " << checksum_.reader().InOriginal(range)
                     << "; it is copied again";
  if (absl::Status status = Repair(connection, range); !status.ok()) return status;
  absl::StatusOr<RangeSums> repaired = Compare(connection, range, stop);
  if (!repaired.ok()) return repaired.status();
  // Had the lock been lost, the rows might have changed and nothing would be proven.
  if (absl::Status status = (*lock)->Ping(); !status.ok()) return status;
  return repaired->equal ? RangeOutcome::kRepaired : RangeOutcome::kBad;
}

absl::Status Verifier::Sample(mysql::Connection& connection, const copy::KeyRange& range) {
  ++report_.bad_ranges;
  const int wanted = options_.max_samples - static_cast<int>(report_.samples.size());
  if (wanted <= 0) return absl::OkStatus();
  absl::StatusOr<std::vector<Difference>> differences = checksum_.FindDifferences(connection, range, wanted);
  if (!differences.ok()) return differences.status();
  report_.samples.insert(report_.samples.end(), differences->begin(), differences->end());
  return absl::OkStatus();
}

absl::Status Verifier::Repair(mysql::Connection& connection, const copy::KeyRange& range) {
  return mysql::WithRetries(connection, {.retries = options_.retries}, [&] {
    absl::Status deleted = connection
                               .Execute(absl::StrCat("DELETE FROM ", pair_.ghost.QualifiedName(), " WHERE ",
                                                     checksum_.reader().InGhost(range)))
                               .status();
    return deleted.ok() ? copier_.CopyRange(connection, range) : deleted;
  });
}

}  // namespace migrate::verify
