// What an operator can do to a running migration through the control socket, and what becomes of it.
#ifndef MIGRATE_MIGRATION_OPERATOR_H_
#define MIGRATE_MIGRATION_OPERATOR_H_

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "migrate/apply/applier.h"
#include "migrate/control/command.h"
#include "migrate/copy/copier.h"
#include "migrate/migration/progress.h"
#include "migrate/options/migration_options.pb.h"
#include "migrate/throttle/gate.h"

namespace migrate::migration {

// Thread-safe. Lock order: mutex_ before those of applier and copier.
class Operator : public control::Controls {
 public:
  Operator(const MigrationOptions& options, const Progress& progress, throttle::Gate& gate);

  // Whom settings go to, while they are there; nullptr before they go.
  void SetCopier(copy::Copier* copier) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetApplier(apply::Applier* applier) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetEndpoint(std::string endpoint) ABSL_LOCKS_EXCLUDED(mutex_);
  // Who is told of a setting that is neither the copier's nor the applier's.
  using Listener = std::function<absl::Status(std::string_view setting, const std::string& value)>;
  void SetListener(Listener listener) ABSL_LOCKS_EXCLUDED(mutex_);

  bool unpostponed() const { return unpostponed_; }
  bool panicked() const { return panic_.stop_requested(); }
  std::stop_token panic_token() const { return panic_.get_token(); }
  uint32_t max_lag_millis() const { return max_lag_millis_; }

  control::StatusReport Report() override { return progress_.Report(); }
  std::string Describe() override ABSL_LOCKS_EXCLUDED(mutex_);
  std::string Endpoint() override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::string> Get(std::string_view setting) override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Set(std::string_view setting, const std::string& value) override ABSL_LOCKS_EXCLUDED(mutex_);
  void SetThrottledByUser(bool throttled) override;
  absl::Status Unpostpone(std::string_view table) override;
  absl::Status Panic(std::string_view table) override;

 private:
  absl::Status CheckTableNamed(std::string_view command, std::string_view table, bool must_be_named) const;
  absl::Status SetNumber(const std::string& setting, const std::string& value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Push() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const MigrationOptions options_;
  const Progress& progress_;
  throttle::Gate& gate_;
  std::atomic<bool> unpostponed_ = false;
  std::stop_source panic_;
  std::atomic<uint32_t> max_lag_millis_;

  absl::Mutex mutex_;
  std::map<std::string, std::string, std::less<>> settings_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> commanded_ ABSL_GUARDED_BY(mutex_);  // names of settings that were set
  copy::Copier* copier_ ABSL_GUARDED_BY(mutex_) = nullptr;
  apply::Applier* applier_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::string endpoint_ ABSL_GUARDED_BY(mutex_);
  Listener listener_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace migrate::migration

#endif  // MIGRATE_MIGRATION_OPERATOR_H_
