#include "migrate/verify/verifier.h"

#include <algorithm>
#include <map>
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
// Small enough that the rows of a range that differs can be held.
constexpr copy::ChunkOptions kRangeOptions = {
    .rows = 2000, .target_time = absl::Milliseconds(50), .min_rows = 500, .max_rows = 10'000};
// Of a range that was equal, where others were not: slower than differing ones shrink, so that about a fifth differ.
constexpr double kGrowth = 1.2;
constexpr uint64_t kMaxBadRanges = 100;       // then it is enough
constexpr size_t kMaxDifferingRanges = 5000;  // then these are looked at first; bounds memory
constexpr size_t kRangesAtOnce = 100;
constexpr size_t kMaxSuspects = 500;  // of a range; more is not lag
constexpr size_t kKeysAtOnce = 200;
constexpr int kRounds = 10;  // of waiting for the log before a row is locked

}  // namespace

Verifier::Verifier(const schema::TablePair& pair, mysql::ConnectionOptions session, VerifyOptions options,
                   apply::Applier& applier, copy::Copier& copier, std::vector<const throttle::Gate*> gates)
    : pair_(pair),
      session_(std::move(session)),
      options_(options),
      applier_(applier),
      copier_(copier),
      gates_(std::move(gates)),
      checksum_(pair) {}

absl::StatusOr<Report> Verifier::Run(std::stop_token stop) {
  if (absl::Status status = Begin(); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<mysql::Connection>> settling = mysql::Connection::Open(session_);
  if (!settling.ok()) return settling.status();
  for (bool done = false; !done && report_.bad_ranges < kMaxBadRanges;) {
    absl::Status compared =
        InParallel(options_.threads, [&](mysql::Connection& connection) { return CompareNew(connection, stop); });
    if (!compared.ok()) return compared;
    Ranges differing;
    {
      absl::MutexLock lock(&mutex_);
      differing = std::exchange(differing_, {});
      done = all_compared_;
    }
    EXPLAIN() << differing.size()
              << " ranges differ at first sight; their rows are compared again when the log has been applied further";
    for (size_t i = 0; i < differing.size() && report_.bad_ranges < kMaxBadRanges; i += kRangesAtOnce) {
      const Ranges some(differing.begin() + i, differing.begin() + std::min(differing.size(), i + kRangesAtOnce));
      if (absl::Status status = Settle(**settling, some, stop); !status.ok()) return status;
    }
  }
  report_.rows = rows_;
  static auto& repaired = common::metrics::GetCounter(
      "migrate_ranges_repaired_total", "Key ranges that differed before the swap and were copied again.");
  repaired.Increment(report_.repaired_ranges);
  return report_;
}

absl::Status Verifier::Begin() {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session_);
  if (!connection.ok()) return connection.status();
  chunk_connection_ = *std::move(connection);
  absl::StatusOr<copy::Chunker> chunker = copy::Chunker::Create(*chunk_connection_, pair_, kRangeOptions);
  if (!chunker.ok()) return chunker.status();
  chunker_.emplace(*std::move(chunker));
  return absl::OkStatus();
}

absl::Status Verifier::InParallel(size_t threads, const Work& work) {
  std::vector<absl::Status> results(threads);
  std::vector<std::thread> workers;
  for (absl::Status& result : results) {
    workers.emplace_back([&] {
      absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session_);
      result = connection.ok() ? work(**connection) : connection.status();
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (const absl::Status& result : results) {
    if (!result.ok()) return result;
  }
  return absl::OkStatus();
}

absl::Status Verifier::CompareNew(mysql::Connection& connection, const std::stop_token& stop) {
  while (WaitForGates(stop)) {
    absl::StatusOr<std::optional<copy::KeyRange>> range = NextRange();
    if (!range.ok()) return range.status();
    if (!range->has_value()) return absl::OkStatus();
    const absl::Time begin = absl::Now();
    absl::StatusOr<RangeSums> sums = Compare(connection, **range, stop);
    if (!sums.ok()) return sums.status();
    rows_ += sums->original_rows;
    absl::MutexLock lock(&mutex_);
    Feedback(*sums, absl::Now() - begin);
    if (!sums->equal) differing_.push_back({**std::move(range), sums->original_rows});
    if (differing_.size() >= kMaxDifferingRanges) return absl::OkStatus();
  }
  return absl::CancelledError("stopped");
}

void Verifier::Feedback(const RangeSums& sums, absl::Duration elapsed) {
  copy::ChunkSize& size = chunker_->size();
  const uint64_t before = size.rows();
  size.Feedback(sums.original_rows, elapsed);
  if (!sums.equal) {
    size.LimitTo(before / 2);
  } else if (!differing_.empty()) {
    size.LimitTo(static_cast<uint64_t>(before * kGrowth));
  }
}

// The ranges cover every key there can be: rows that are in the ghost only have to be found too.
absl::StatusOr<std::optional<copy::KeyRange>> Verifier::NextRange() {
  absl::MutexLock lock(&mutex_);
  if (tail_given_) {
    all_compared_ = true;
    return std::nullopt;
  }
  if (!checksum_.ranges_match()) {
    tail_given_ = true;
    return copy::KeyRange{};
  }
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
  tail_given_ = true;
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
  if (!status.ok()) return status;
  applier_.Hurry(true);
  status = applier_.WaitFor(target, absl::InfiniteFuture(), stop);
  applier_.Hurry(false);
  return status;
}

bool Verifier::WaitForGates(const std::stop_token& stop) const {
  return std::all_of(gates_.begin(), gates_.end(), [&](const throttle::Gate* gate) { return gate->Wait(stop); });
}

absl::Status Verifier::Settle(mysql::Connection& connection, const Ranges& ranges, const std::stop_token& stop) {
  Ranges broken;
  absl::StatusOr<Suspects> suspects = FindSuspects(ranges, broken, stop);
  for (int round = 0; round < kRounds && suspects.ok() && !suspects->empty(); ++round) {
    if (absl::Status status = CatchUp(connection, stop); !status.ok()) return status;
    suspects = StillSuspect(*suspects, stop);
  }
  if (!suspects.ok()) return suspects.status();
  for (const Suspect& suspect : *suspects) {
    const copy::KeyRange row{.lower = suspect.key, .upper = suspect.key, .lower_inclusive = true};
    if (absl::Status status = CompareLocked(connection, row, stop); !status.ok()) return status;
    if (report_.bad_ranges >= kMaxBadRanges) return absl::OkStatus();
  }
  for (const Range& range : broken) {
    if (absl::Status status = SettleByHalves(connection, range, stop); !status.ok()) return status;
    if (report_.bad_ranges >= kMaxBadRanges) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<Verifier::Suspects> Verifier::FindSuspects(const Ranges& ranges, Ranges& broken,
                                                          const std::stop_token& stop) {
  if (!checksum_.keys_match()) {
    broken = ranges;
    return Suspects();
  }
  std::atomic<size_t> next = 0;
  absl::Mutex mutex;
  Suspects suspects;
  absl::Status status =
      InParallel(std::min<size_t>(options_.threads, ranges.size()), [&](mysql::Connection& connection) {
        for (size_t i = next++; i < ranges.size(); i = next++) {
          if (!WaitForGates(stop)) return absl::CancelledError("stopped");
          std::vector<DifferingRow> rows;
          absl::Status compared = mysql::WithRetries(connection, {.retries = options_.retries, .stop = stop}, [&] {
            absl::StatusOr<std::vector<DifferingRow>> result = checksum_.CompareRows(connection, ranges[i].keys);
            if (!result.ok()) return result.status();
            rows = *std::move(result);
            return absl::OkStatus();
          });
          if (!compared.ok()) return compared;
          absl::MutexLock lock(&mutex);
          if (rows.size() > kMaxSuspects) {
            broken.push_back(ranges[i]);
          } else {
            for (DifferingRow& row : rows) suspects.push_back({std::move(row.key), std::move(row.original)});
          }
        }
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return suspects;
}

// Those that are neither equal now nor in the ghost what they were in the original when it was looked at last.
absl::StatusOr<Verifier::Suspects> Verifier::StillSuspect(const Suspects& suspects, const std::stop_token& stop) {
  std::atomic<size_t> next = 0;
  absl::Mutex mutex;
  Suspects left;
  const size_t batches = (suspects.size() + kKeysAtOnce - 1) / kKeysAtOnce;
  absl::Status status = InParallel(std::min<size_t>(options_.threads, batches), [&](mysql::Connection& connection) {
    for (size_t i = next++; i < batches; i = next++) {
      std::map<copy::KeyValue, std::string> before;
      for (size_t j = i * kKeysAtOnce; j < std::min(suspects.size(), (i + 1) * kKeysAtOnce); ++j)
        before.emplace(suspects[j].key, suspects[j].original);
      std::vector<copy::KeyValue> keys;
      for (const auto& [key, original] : before) keys.push_back(key);
      absl::Status compared = mysql::WithRetries(connection, {.retries = options_.retries, .stop = stop}, [&] {
        absl::StatusOr<std::vector<DifferingRow>> rows = checksum_.CompareKeys(connection, keys);
        if (!rows.ok()) return rows.status();
        absl::MutexLock lock(&mutex);
        for (DifferingRow& row : *rows) {
          if (row.ghost != before[row.key]) left.push_back({std::move(row.key), std::move(row.original)});
        }
        return absl::OkStatus();
      });
      if (!compared.ok()) return compared;
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return left;
}

// Parts a range until what differs is small enough to be locked.
absl::Status Verifier::SettleByHalves(mysql::Connection& connection, const Range& range, const std::stop_token& stop) {
  if (!WaitForGates(stop)) return absl::CancelledError("stopped");
  absl::StatusOr<RangeSums> sums = Compare(connection, range.keys, stop);
  if (!sums.ok()) return sums.status();
  if (sums->equal) return absl::OkStatus();
  absl::StatusOr<Ranges> halves = Halve(connection, {range.keys, std::max(sums->original_rows, sums->ghost_rows)});
  if (!halves.ok()) return halves.status();
  if (halves->size() == 1) return CompareLocked(connection, range.keys, stop);
  for (const Range& half : *halves) {
    if (absl::Status status = SettleByHalves(connection, half, stop); !status.ok()) return status;
    if (report_.bad_ranges >= kMaxBadRanges) break;
  }
  return absl::OkStatus();
}

// A range that is small, or cannot be parted, is its own only half.
absl::StatusOr<Verifier::Ranges> Verifier::Halve(mysql::Connection& connection, const Range& range) {
  if (range.rows <= options_.small_rows || !checksum_.ranges_match()) return Ranges{range};
  const copy::KeyReader& reader = checksum_.reader();
  const std::string sql =
      absl::StrCat("SELECT ", reader.SelectList(), " FROM ", pair_.original.QualifiedName(), " FORCE INDEX (",
                   mysql::QuoteIdentifier(pair_.key.original_index), ") WHERE ", reader.InOriginal(range.keys),
                   " ORDER BY ", reader.OrderBy(), " LIMIT 1 OFFSET ", range.rows / 2);
  copy::KeyValue middle;
  absl::Status status = mysql::WithRetries(connection, {.retries = options_.retries}, [&] {
    absl::StatusOr<mysql::Result> found = connection.Query(sql);
    if (found.ok() && !found->empty()) middle = reader.Literals((*found)[0]);
    return found.status();
  });
  if (!status.ok()) return status;
  if (middle.empty() || middle == range.keys.upper) return Ranges{range};
  return Ranges{
      {{.lower = range.keys.lower, .upper = middle, .lower_inclusive = range.keys.lower_inclusive}, range.rows / 2},
      {{.lower = middle, .upper = range.keys.upper}, range.rows / 2}};
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
