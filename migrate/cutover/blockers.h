// Who keeps a cut-over from getting its lock.
#ifndef MIGRATE_CUTOVER_BLOCKERS_H_
#define MIGRATE_CUTOVER_BLOCKERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "migrate/mysql/connection.h"

namespace migrate::cutover {

struct Blocker {
  uint64_t id = 0;      // for KILL
  std::string account;  // "app@10.0.0.7"
  uint64_t seconds = 0;
  std::string query;  // what it does now or did last, cut to some length; empty where the server does not tell
};

// Sessions of others that hold a metadata lock on the table, the longest first, at most five. MySQL tells them in
// performance_schema (PROCESS or SELECT on it is needed), MariaDB through its plugin metadata_lock_info; on a MariaDB
// without it, those with a transaction that is older than a second, which is a guess.
absl::StatusOr<std::vector<Blocker>> FindBlockers(mysql::Connection& connection, const std::string& schema,
                                                  const std::string& table);

// Makes performance_schema of MySQL tell who holds metadata locks (from 8.0 on it does without); nothing elsewhere.
absl::Status EnableLockInstrument(mysql::Connection& connection);

// "session 12 (app@10.0.0.7, 45s: SELECT ...)"
std::string Describe(const Blocker& blocker);

}  // namespace migrate::cutover

#endif  // MIGRATE_CUTOVER_BLOCKERS_H_
