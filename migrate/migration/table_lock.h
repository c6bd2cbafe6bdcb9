// Keeps other migrations of a table away: two of them would write each other's ghost.
//
//   TableLock lock("`shop`.`orders`");
//   absl::Status status = lock.Take(session);  // FailedPrecondition: another migration has it
//   ... every few seconds ...
//   lock.Keep();
//   if (!lock.failure().ok()) ...              // it went, and another migration took it
//
// An advisory lock of the server (GET_LOCK), which goes with the session that holds it. So it has a session of its own,
// which is used often enough not to time out, and which a long statement never keeps alive when the tool is gone.
// Thread-safe.
#ifndef MIGRATE_MIGRATION_TABLE_LOCK_H_
#define MIGRATE_MIGRATION_TABLE_LOCK_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "migrate/mysql/connection.h"

namespace migrate::migration {

class TableLock {
 public:
  explicit TableLock(std::string table) : table_(std::move(table)) {}

  absl::Status Take(const mysql::ConnectionOptions& session) ABSL_LOCKS_EXCLUDED(mutex_);
  // Takes it again if the session was lost. A server that cannot be reached now is tried again next time.
  void Keep() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status failure() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status Lock() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string table_;
  mutable absl::Mutex mutex_;  // held during a round trip; a leaf
  std::unique_ptr<mysql::Connection> connection_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace migrate::migration

#endif  // MIGRATE_MIGRATION_TABLE_LOCK_H_
