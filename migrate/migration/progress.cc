#include "migrate/migration/progress.h"

#include <algorithm>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace migrate::migration {

Progress::Progress(std::string table, const throttle::Gate& gate)
    : table_(std::move(table)), gate_(gate), begin_(absl::Now()) {}

void Progress::SetState(const std::string& state) {
  absl::MutexLock lock(&mutex_);
  if (state_ == state) return;
  state_ = state;
  LOG(INFO) << state;
}

void Progress::SetTotalRows(uint64_t rows) {
  absl::MutexLock lock(&mutex_);
  rows_total_ = rows;
}

void Progress::SetApplier(const apply::Applier* applier) {
  absl::MutexLock lock(&mutex_);
  applier_ = applier;
}

void Progress::SetCopier(const copy::Copier* copier) {
  absl::MutexLock lock(&mutex_);
  copier_ = copier;
  if (copy_begin_ == absl::InfiniteFuture()) copy_begin_ = absl::Now();
}

void Progress::SetEarlier(uint64_t rows, absl::Duration copy_elapsed) {
  absl::MutexLock lock(&mutex_);
  earlier_rows_ = rows;
  earlier_copy_ = copy_elapsed;
}

void Progress::SetCopyDone() {
  absl::MutexLock lock(&mutex_);
  copy_end_ = std::min(copy_end_, absl::Now());
}

control::StatusReport Progress::Report() const {
  const std::string reason = gate_.Reason();
  const absl::Time now = absl::Now();
  absl::MutexLock lock(&mutex_);
  control::StatusReport report;
  report.table = table_;
  report.state = reason.empty() ? state_ : absl::StrCat("throttled, ", reason);
  report.rows_total = rows_total_;
  report.copy_done = copy_end_ != absl::InfiniteFuture();
  report.elapsed = now - begin_;
  report.copy_elapsed = earlier_copy_;
  if (copy_begin_ <= now) report.copy_elapsed += std::min(now, copy_end_) - copy_begin_;
  report.rows_copied = earlier_rows_;
  if (copier_ != nullptr) report.rows_copied += copier_->Progress().rows;
  if (applier_ == nullptr) return report;
  const apply::ApplyProgress applied = applier_->Progress();
  report.changes_applied = applied.changes_applied;
  report.backlog = applied.changes_read - std::min(applied.changes_read, applied.changes_applied);
  report.position = applied.read.ToString();
  report.lag = applied.lag;
  return report;
}

}  // namespace migrate::migration
