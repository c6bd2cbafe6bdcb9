#ifndef VRCHARTS_WALL_BACKGROUND_H_
#define VRCHARTS_WALL_BACKGROUND_H_

#include <deque>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace vrcharts::wall {

// One thread for what would hold up a frame: runs jobs one after the other, in the order in which they were posted.
//
// Thread-safe. The destructor waits for the job that runs and drops the others.
class Background {
 public:
  Background();
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void Post(std::function<void()> job) ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until nothing is left to do; false if that took longer.
  bool WaitUntilIdle(absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Work() ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Mutex mutex_;  // a leaf: not held while a job runs
  std::deque<std::function<void()>> jobs_ ABSL_GUARDED_BY(mutex_);
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_BACKGROUND_H_
