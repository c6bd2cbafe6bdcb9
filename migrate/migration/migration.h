// One online schema change, from the first check to the last message.
//
//   Migration migration(options);
//   absl::Status status = migration.Run(stop_token);
//
// The steps, each of which is one room's work; here they are only wired:
//
//   1. checks, ghost table                                  schema/        preparation.cc
//   2. the binary log is followed from now on               binlog/, apply/
//      while the rows are copied in chunks                  copy/
//   3. indexes, catching up, comparison of both tables      verify/
//   4. the swap                                             cutover/
//
// Threads: the caller's runs the steps; applier, copier and verifier have their own; a housekeeper prints status lines
// and saves checkpoints; the control server answers commands.
#ifndef MIGRATE_MIGRATION_MIGRATION_H_
#define MIGRATE_MIGRATION_MIGRATION_H_

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "migrate/apply/applier.h"
#include "migrate/binlog/position.h"
#include "migrate/checkpoint/checkpoint.pb.h"
#include "migrate/checkpoint/store.h"
#include "migrate/control/hooks.h"
#include "migrate/control/server.h"
#include "migrate/copy/copier.h"
#include "migrate/migration/checkpointer.h"
#include "migrate/migration/housekeeper.h"
#include "migrate/migration/operator.h"
#include "migrate/migration/progress.h"
#include "migrate/migration/table_lock.h"
#include "migrate/mysql/connection.h"
#include "migrate/options/migration_options.pb.h"
#include "migrate/schema/alter.h"
#include "migrate/schema/ghost.h"
#include "migrate/schema/names.h"
#include "migrate/schema/table_pair.h"
#include "migrate/schema/triggers.h"
#include "migrate/throttle/gate.h"
#include "migrate/throttle/monitor.h"

namespace migrate::migration {

class Migration {
 public:
  explicit Migration(const MigrationOptions& options);
  ~Migration();

  // Whatever it returns, the table of the given name is the old one or the new one, whole; the message says which, and
  // which tables are left to clean. Cancelled when stopped.
  absl::Status Run(std::stop_token stop);

 private:
  // Step 1, in preparation.cc.
  absl::Status Prepare();
  absl::Status Connect();
  absl::Status CheckNames();
  absl::StatusOr<schema::Table> MakeGhost(const schema::Table& original);
  absl::StatusOr<schema::Table> FindGhost();
  absl::Status WaitForEarlierSessions();
  absl::Status PrepareCheckpoints();
  absl::Status StartControl();

  // The steps after it.
  absl::Status Migrate(const std::stop_token& stop);
  absl::StatusOr<bool> TryInstant();
  absl::Status FollowLog(const std::stop_token& stop);
  absl::Status WaitForPreparedTransactions(const std::stop_token& stop);
  absl::Status CountRows(const std::stop_token& stop);
  absl::Status CopyRows(const std::stop_token& stop);
  absl::Status BuildIndexes(const std::stop_token& stop);
  absl::Status CatchUp(const std::stop_token& stop);
  absl::Status WaitForLogEnd(const std::stop_token& stop);
  absl::Status Verify(const std::stop_token& stop);
  absl::Status Postpone(const std::stop_token& stop);
  absl::Status TestOnReplica(const std::stop_token& stop);
  absl::Status SwitchReplication(bool on);
  absl::Status CutOver(const std::stop_token& stop);
  void NameBlockers();
  absl::Status Finish();

  // The end, in conclusion.cc.
  absl::Status Conclude(absl::Status status);
  std::string CleanUp(const absl::Status& status);
  bool MayBeResumed(const absl::Status& status) const;

  // Runs `work` on a thread of its own; stops it when there is Trouble(), and returns that then.
  absl::Status Supervise(const std::stop_token& stop, const std::function<absl::Status(std::stop_token)>& work);
  // Why the migration cannot go on, as another thread found out; ok while it can.
  absl::Status Trouble() const;
  bool Panicked() const;
  absl::Status StartMonitor();
  absl::Status Reconnect();
  absl::Status RunHooks(std::string_view event, control::Variables more = {});
  void StartHousekeeping();
  bool ShowsBar() const;
  void PrintStatus();
  void SlowDownWhenBehind();
  void SaveCheckpoint();

  const MigrationOptions options_;
  const std::string table_;  // qualified
  schema::TableNames names_;
  schema::Alter alter_;
  TableLock table_lock_;
  std::unique_ptr<mysql::Connection> connection_;  // a definition session
  mysql::ConnectionOptions row_session_;
  std::unique_ptr<schema::TablePair> pair_;
  std::vector<schema::DeferredIndex> deferred_;
  std::vector<schema::Trigger> triggers_;  // to be made on the new table
  checkpoint::Store store_;
  checkpoint::Checkpoint resumed_;  // where an earlier run stopped; without --resume only what does not change
  throttle::Gate gate_;             // for all writes
  throttle::Gate copy_gate_;        // for copy and comparison, while the log is behind
  Progress progress_;
  Operator operator_;
  control::Hooks hooks_;
  std::unique_ptr<throttle::Monitor> monitor_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<apply::Applier> applier_;
  std::unique_ptr<copy::Copier> copier_;
  std::unique_ptr<control::Server> control_server_;
  Housekeeper housekeeper_;
  std::jthread counter_;       // --exact-rowcount, beside the copy
  bool ghost_exists_ = false;  // and is ours
  bool instant_ = false;
  bool swapped_ = false;
};

}  // namespace migrate::migration

#endif  // MIGRATE_MIGRATION_MIGRATION_H_
