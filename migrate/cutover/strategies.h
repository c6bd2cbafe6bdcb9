// The strategies, for cutover.cc; see cutover.h.
#ifndef MIGRATE_CUTOVER_STRATEGIES_H_
#define MIGRATE_CUTOVER_STRATEGIES_H_

#include <memory>
#include <string>

#include "migrate/cutover/cutover.h"

namespace migrate::cutover {

std::unique_ptr<Strategy> MakeRenameUnderLock(Context context);
std::unique_ptr<Strategy> MakeSentry(Context context);
std::unique_ptr<Strategy> MakeTwoStep(Context context);

// What they share.

// A session whose waits for metadata locks end after context.lock_timeout.
absl::StatusOr<std::unique_ptr<mysql::Connection>> OpenLockSession(const Context& context);

// Whether the ghost has become the original: the ghost's name is free and the old table's name is taken. For when the
// answer to a RENAME was lost: `session`, which may still be at it, has ended before this looks. Waits for a server
// that is down; Unknown if it does not come back.
absl::StatusOr<bool> IsSwapped(const Context& context, const mysql::Connection& session, const std::string& old_name);

void AfterStep(const Context& context, std::string_view step, const mysql::Connection& session);

// context.before_swap, in `session`; the first error ends it.
absl::Status PrepareSwap(const Context& context, mysql::Connection& session);
// context.undo_before_swap, in a session of its own. What goes wrong is logged.
void UndoPrepareSwap(const Context& context);

// Runs `release` when it goes out of scope.
class Cleanup {
 public:
  explicit Cleanup(std::function<void()> release) : release_(std::move(release)) {}
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;
  ~Cleanup() { release_(); }

 private:
  std::function<void()> release_;
};

}  // namespace migrate::cutover

#endif  // MIGRATE_CUTOVER_STRATEGIES_H_
