// Turns the state of a running migration into a checkpoint and back.
#ifndef MIGRATE_MIGRATION_CHECKPOINTER_H_
#define MIGRATE_MIGRATION_CHECKPOINTER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "migrate/apply/applier.h"
#include "migrate/checkpoint/checkpoint.pb.h"
#include "migrate/checkpoint/store.h"
#include "migrate/copy/copier.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/ghost.h"

namespace migrate::migration {

// Thread-safe.
class Checkpointer {
 public:
  // `known` holds what does not change: the ALTER, the server, what an earlier run had done.
  Checkpointer(checkpoint::Store store, mysql::ConnectionOptions session, checkpoint::Checkpoint known);

  // Saves where applier and copier are. The copier may be null: the copy is done. Does nothing before the copy has
  // finished its first chunk, unless an earlier run had.
  absl::Status Save(const apply::Applier& applier, const copy::Copier* copier) ABSL_LOCKS_EXCLUDED(mutex_);
  // The deferred indexes have been built.
  void ForgetIndexes() ABSL_LOCKS_EXCLUDED(mutex_);

  bool saved() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const checkpoint::Store store_;
  const mysql::ConnectionOptions session_;
  mutable absl::Mutex mutex_;  // held during a round trip; before those of applier and copier
  checkpoint::Checkpoint current_ ABSL_GUARDED_BY(mutex_);
  const uint64_t earlier_rows_;
  std::unique_ptr<mysql::Connection> connection_ ABSL_GUARDED_BY(mutex_);
  bool saved_ ABSL_GUARDED_BY(mutex_) = false;
};

// Names the server of `connection` so that another one is not taken for it.
absl::StatusOr<std::string> ServerIdentity(mysql::Connection& connection);

std::vector<schema::DeferredIndex> DeferredIndexes(const checkpoint::Checkpoint& checkpoint);
void SetDeferredIndexes(const std::vector<schema::DeferredIndex>& indexes, checkpoint::Checkpoint& checkpoint);

}  // namespace migrate::migration

#endif  // MIGRATE_MIGRATION_CHECKPOINTER_H_
