// Compares original and ghost before the swap, while both change.
//
// Every range of the key is checksummed on both sides at one moment, on several connections; ranges that differ make
// the next ones smaller, so that on a busy table most are equal at first sight. A difference may only mean that a
// change is still on its way. So the rows that differ in such a range are found and looked at again when the log has
// been applied further: a row is explained when both sides are equal, or when the ghost has become what the original
// was before.
//
// A row that stays unexplained is compared for good: it is locked in the original, everything that the log holds by
// then is applied, and what differs now is wrong. So are ranges with many such rows, halved until they are small. What
// is wrong is copied again and compared once more. What differs even then cannot be held by the new definition
// (duplicates under a new unique key, values that it shortens), and is reported row by row.
#ifndef MIGRATE_VERIFY_VERIFIER_H_
#define MIGRATE_VERIFY_VERIFIER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "migrate/apply/applier.h"
#include "migrate/copy/chunker.h"
#include "migrate/copy/copier.h"
#include "migrate/mysql/connection.h"
#include "migrate/throttle/gate.h"
#include "migrate/verify/checksum.h"

namespace migrate::verify {

struct VerifyOptions {
  int threads = 2;
  int retries = 60;
  uint64_t small_rows = 200;  // ranges up to this size are compared under lock
  int max_samples = 5;
};

struct Report {
  uint64_t rows = 0;             // of the original, compared
  uint64_t repaired_ranges = 0;  // that differed and were copied again
  uint64_t bad_ranges = 0;       // that differ for good
  std::vector<Difference> samples;
};

class Verifier {
 public:
  // All referenced things must outlive the verifier.
  Verifier(const schema::TablePair& pair, mysql::ConnectionOptions session, VerifyOptions options,
           apply::Applier& applier, copy::Copier& copier, std::vector<const throttle::Gate*> gates);

  // Compares everything. Ok although there are bad ranges: the report tells.
  absl::StatusOr<Report> Run(std::stop_token stop);

  // Rows compared so far. Any thread.
  uint64_t rows_compared() const { return rows_; }

 private:
  struct Range {
    copy::KeyRange keys;
    uint64_t rows = 0;  // of the original, when it was compared last
  };
  // A row that differed, and what it was in the original then.
  struct Suspect {
    copy::KeyValue key;
    std::string original;
  };
  using Suspects = std::vector<Suspect>;
  using Ranges = std::vector<Range>;
  // What one of several threads does with its own connection until it returns.
  using Work = std::function<absl::Status(mysql::Connection&)>;

  absl::Status Begin() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status InParallel(size_t threads, const Work& work);
  bool WaitForGates(const std::stop_token& stop) const;
  absl::Status CompareNew(mysql::Connection& connection, const std::stop_token& stop) ABSL_LOCKS_EXCLUDED(mutex_);

  // What becomes of ranges that differ.
  absl::Status Settle(mysql::Connection& connection, const Ranges& ranges, const std::stop_token& stop);
  // The suspects in `ranges`; a range that has more than lag explains goes to `broken`.
  absl::StatusOr<Suspects> FindSuspects(const Ranges& ranges, Ranges& broken, const std::stop_token& stop);
  absl::StatusOr<Suspects> StillSuspect(const Suspects& suspects, const std::stop_token& stop);
  absl::Status SettleByHalves(mysql::Connection& connection, const Range& range, const std::stop_token& stop);
  absl::StatusOr<Ranges> Halve(mysql::Connection& connection, const Range& range);
  absl::StatusOr<RangeSums> Compare(mysql::Connection& connection, const copy::KeyRange& range,
                                    const std::stop_token& stop);
  absl::StatusOr<std::optional<copy::KeyRange>> NextRange() ABSL_LOCKS_EXCLUDED(mutex_);
  void Feedback(const RangeSums& sums, absl::Duration elapsed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CompareLocked(mysql::Connection& connection, const copy::KeyRange& range, const std::stop_token& stop);
  enum class RangeOutcome { kEqual, kRepaired, kBad };
  absl::StatusOr<RangeOutcome> CompareUnderLock(mysql::Connection& connection, const copy::KeyRange& range,
                                                const std::stop_token& stop);
  absl::Status Sample(mysql::Connection& connection, const copy::KeyRange& range);
  absl::Status Repair(mysql::Connection& connection, const copy::KeyRange& range);
  absl::Status CatchUp(mysql::Connection& connection, const std::stop_token& stop);

  const schema::TablePair& pair_;
  const mysql::ConnectionOptions session_;
  const VerifyOptions options_;
  apply::Applier& applier_;
  copy::Copier& copier_;
  const std::vector<const throttle::Gate*> gates_;  // all must be open
  const Checksum checksum_;
  Report report_;  // of the calling thread
  std::atomic<uint64_t> rows_ = 0;

  absl::Mutex mutex_;  // held during a round trip of chunk_connection_
  std::unique_ptr<mysql::Connection> chunk_connection_ ABSL_GUARDED_BY(mutex_);
  std::optional<copy::Chunker> chunker_ ABSL_GUARDED_BY(mutex_);
  bool tail_given_ ABSL_GUARDED_BY(mutex_) = false;  // the range behind the last key
  bool all_compared_ ABSL_GUARDED_BY(mutex_) = false;
  Ranges differing_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace migrate::verify

#endif  // MIGRATE_VERIFY_VERIFIER_H_
