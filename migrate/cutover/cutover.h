// The swap: the ghost table takes the original's name, and no write is lost on the way.
//
// One strategy a server capability, all with the same contract: Attempt() either swapped the tables, or failed and the
// original is in place as before. Waiting for the table's lock is bounded, so that a long transaction of the
// application makes the attempt fail instead of the application wait; the caller tries again later.
//
//   RenameUnderLock   MySQL 8.0.13 and later: one session locks both tables, writes the last changes itself and
//   renames. Sentry            servers that refuse RENAME under LOCK TABLES (MariaDB, older MySQL); see sentry.cc for
//   the argument. TwoStep           only when asked for: two renames with a moment in which there is no table of that
//   name.
#ifndef MIGRATE_CUTOVER_CUTOVER_H_
#define MIGRATE_CUTOVER_CUTOVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "migrate/apply/applier.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/names.h"
#include "migrate/schema/table_pair.h"

namespace migrate::cutover {

struct Context {
  const schema::TablePair& pair;
  schema::TableNames names;
  mysql::ConnectionOptions session;  // fit for moving rows
  apply::Applier& applier;
  absl::Duration lock_timeout = absl::Seconds(3);
  // Run when the ghost has everything and nothing more can come (its triggers: earlier they would act upon our own
  // writes), and what takes that back when the attempt fails afterwards.
  std::vector<std::string> before_swap;
  std::vector<std::string> undo_before_swap;
  // Called after each step with its name and the session that took it; tests kill that session there.
  std::function<void(std::string_view step, uint64_t connection_id)> after_step;
};

struct Outcome {
  absl::Duration locked;   // how long writers of the original had to wait
  absl::Duration waiting;  // how long we waited for the lock
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual std::string_view name() const = 0;
  // Any status but ok: the original is in place. DeadlineExceeded: a lock or the last changes took too long; try again.
  // Unknown: the server is gone and nobody can say.
  virtual absl::StatusOr<Outcome> Attempt(std::stop_token stop) = 0;
};

enum class Kind { kAtomic, kTwoStep };

// The best strategy for the server.
std::unique_ptr<Strategy> MakeStrategy(Kind kind, const mysql::ServerInfo& server, Context context);

}  // namespace migrate::cutover

#endif  // MIGRATE_CUTOVER_CUTOVER_H_
