// Where a migration stands, for whoever asks from another thread: status line, control socket, hooks, metrics.
#ifndef MIGRATE_MIGRATION_PROGRESS_H_
#define MIGRATE_MIGRATION_PROGRESS_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "migrate/apply/applier.h"
#include "migrate/control/status.h"
#include "migrate/copy/copier.h"
#include "migrate/throttle/gate.h"

namespace migrate::migration {

// Thread-safe. Lock order: mutex_ before those of applier and copier.
class Progress {
 public:
  Progress(std::string table, const throttle::Gate& gate);

  // What the migration is doing: "copying rows". Logged when it changes.
  void SetState(const std::string& state) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetTotalRows(uint64_t rows) ABSL_LOCKS_EXCLUDED(mutex_);
  // From now on they are asked; nullptr before they go.
  void SetApplier(const apply::Applier* applier) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetCopier(const copy::Copier* copier) ABSL_LOCKS_EXCLUDED(mutex_);
  // What an earlier run had copied, and in what time.
  void SetEarlier(uint64_t rows, absl::Duration copy_elapsed) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetCopyDone() ABSL_LOCKS_EXCLUDED(mutex_);

  control::StatusReport Report() const ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Time begin() const { return begin_; }

 private:
  const std::string table_;
  const throttle::Gate& gate_;
  const absl::Time begin_;
  mutable absl::Mutex mutex_;
  std::string state_ ABSL_GUARDED_BY(mutex_);
  uint64_t rows_total_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t earlier_rows_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration earlier_copy_ ABSL_GUARDED_BY(mutex_);
  absl::Time copy_begin_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time copy_end_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  const apply::Applier* applier_ ABSL_GUARDED_BY(mutex_) = nullptr;
  const copy::Copier* copier_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace migrate::migration

#endif  // MIGRATE_MIGRATION_PROGRESS_H_
