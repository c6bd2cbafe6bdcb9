// Does small things every now and then, on one thread: status lines, checkpoints.
//
//   Housekeeper housekeeper;
//   housekeeper.Every(absl::Seconds(1), [&] { PrintStatus(); });
//   housekeeper.Start();
#ifndef MIGRATE_MIGRATION_HOUSEKEEPER_H_
#define MIGRATE_MIGRATION_HOUSEKEEPER_H_

#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace migrate::migration {

class Housekeeper {
 public:
  ~Housekeeper() { Stop(); }

  // Before Start(). The first call comes one interval after it.
  void Every(absl::Duration interval, std::function<void()> task);
  void Start();
  // Waits for a task that is running. May be called twice.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Task {
    absl::Duration interval;
    std::function<void()> run;
    absl::Time due;
  };
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  std::vector<Task> tasks_;
  std::thread thread_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace migrate::migration

#endif  // MIGRATE_MIGRATION_HOUSEKEEPER_H_
