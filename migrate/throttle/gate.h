// The gate that workers pass before each piece of work, and that reasons to slow down close.
//
// Several reasons may hold it closed at once; each has a name ("lag", "max-load", "commanded by user"), and it is open
// when none does. Thread-safe.
#ifndef MIGRATE_THROTTLE_GATE_H_
#define MIGRATE_THROTTLE_GATE_H_

#include <map>
#include <stop_token>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace migrate::throttle {

class Gate {
 public:
  // Closes the gate for `reason`, or changes what is said about it: "lag=2.1s".
  void Close(const std::string& reason, const std::string& text) ABSL_LOCKS_EXCLUDED(mutex_);
  // The reason holds no longer.
  void Open(const std::string& reason) ABSL_LOCKS_EXCLUDED(mutex_);

  bool closed() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The texts of all reasons, joined by ", "; empty when open.
  std::string Reason() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits while the gate is closed; false if `stop` was requested.
  bool Wait(const std::stop_token& stop) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;  // a leaf
  std::map<std::string, std::string> reasons_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace migrate::throttle

#endif  // MIGRATE_THROTTLE_GATE_H_
