// A migration that stands before its cut-over, without the program around it: a ghost with every row, an applier that
// follows the log, and a strategy whose steps can be watched.
//
//   auto rig = CutoverRig::Create({.address = ..., .kind = cutover::Kind::kAtomic}, [](step, connection) { ... });
//   auto outcome = (*rig)->Attempt();
#ifndef TESTS_MIGRATE_CUTOVER_RIG_H_
#define TESTS_MIGRATE_CUTOVER_RIG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "migrate/apply/applier.h"
#include "migrate/cutover/cutover.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/table_pair.h"
#include "migrate/throttle/gate.h"
#include "tests/servers/client.h"

namespace tests::migrate {

class CutoverRig {
 public:
  using AfterStep = std::function<void(std::string_view step, uint64_t connection)>;

  // The table is address.database . t; the ghost _t_gho gets one more column, `added`.
  struct Options {
    servers::Address address;
    ::migrate::cutover::Kind kind = ::migrate::cutover::Kind::kAtomic;
    uint32_t server_id = 77001;
  };
  static absl::StatusOr<std::unique_ptr<CutoverRig>> Create(const Options& options, AfterStep after_step);

  // May be called again after a failure. As Migration does, it first waits until the ghost is close behind.
  absl::StatusOr<::migrate::cutover::Outcome> Attempt();

 private:
  explicit CutoverRig(const Options& options) : options_(options) {}
  absl::Status Prepare(AfterStep after_step);
  absl::Status Copy();

  const Options options_;
  ::migrate::throttle::Gate gate_;
  std::unique_ptr<::migrate::mysql::Connection> connection_;
  std::unique_ptr<::migrate::schema::TablePair> pair_;
  std::unique_ptr<::migrate::apply::Applier> applier_;
  std::unique_ptr<::migrate::cutover::Strategy> strategy_;
};

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_CUTOVER_RIG_H_
