// One online schema change, from the first check to the last message.
//
//   Migration migration(options);
//   absl::Status status = migration.Run(stop_token);
//
// The steps, each of which is one room's work; here they are only wired:
//
//   1. checks, ghost table                                  schema/
//   2. the binary log is followed from now on               binlog/, apply/
//      while the rows are copied in chunks                  copy/
//   3. indexes, catching up, comparison of both tables      verify/
//   4. the swap                                             cutover/
//
// Threads: the caller's runs the steps; applier and copier have their own; a housekeeper prints the status line. Lock
// order: mutex_ is a leaf.
#ifndef MIGRATE_MIGRATION_MIGRATION_H_
#define MIGRATE_MIGRATION_MIGRATION_H_

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "migrate/apply/applier.h"
#include "migrate/copy/copier.h"
#include "migrate/cutover/cutover.h"
#include "migrate/mysql/connection.h"
#include "migrate/options/migration_options.pb.h"
#include "migrate/schema/alter.h"
#include "migrate/schema/ghost.h"
#include "migrate/schema/names.h"
#include "migrate/schema/table_pair.h"
#include "migrate/throttle/gate.h"

namespace migrate::migration {

class Migration {
 public:
  explicit Migration(const MigrationOptions& options);
  ~Migration();

  // Whatever it returns, the table of the given name is the old one or the new one, whole; the message says which, and
  // which tables are left to clean. Cancelled when stopped.
  absl::Status Run(std::stop_token stop);

 private:
  // The steps.
  absl::Status Prepare();
  absl::Status CheckNames();
  absl::Status Migrate(const std::stop_token& stop);
  absl::Status FollowLog(const std::stop_token& stop);
  absl::Status WaitForPreparedTransactions(const std::stop_token& stop);
  absl::Status CopyRows(const std::stop_token& stop);
  absl::Status BuildIndexes(const std::stop_token& stop);
  absl::Status CatchUp(const std::stop_token& stop);
  absl::Status Verify(const std::stop_token& stop);
  absl::Status CutOver(const std::stop_token& stop);
  absl::Status Finish();
  absl::Status Conclude(absl::Status status);

  // Runs `work` on a thread of its own; stops it when the log can no longer be followed, and returns that error then.
  absl::Status Supervise(const std::stop_token& stop, const std::function<absl::Status(std::stop_token)>& work);
  void SetState(std::string_view state);

  const MigrationOptions options_;
  schema::TableNames names_;
  schema::Alter alter_;
  std::unique_ptr<mysql::Connection> connection_;  // a definition session
  std::unique_ptr<schema::TablePair> pair_;
  std::vector<schema::DeferredIndex> deferred_;
  mysql::ConnectionOptions row_session_;
  throttle::Gate gate_;
  std::unique_ptr<apply::Applier> applier_;
  std::unique_ptr<copy::Copier> copier_;
  bool ghost_exists_ = false;  // and is ours
  bool swapped_ = false;
  absl::Time begin_;
};

}  // namespace migrate::migration

#endif  // MIGRATE_MIGRATION_MIGRATION_H_
