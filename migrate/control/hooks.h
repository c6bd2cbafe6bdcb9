// Runs the operator's executables when something happens: every file of --hooks-path whose name begins with
// gh-ost-on-EVENT, in the order of their names, with what there is to know in GH_OST_* variables.
//
//   Hooks hooks({.path = "/etc/migrate/hooks", .variables = {{"GH_OST_TABLE_NAME", "orders"}, ...}});
//   absl::Status status = hooks.Run("before-cut-over", progress_variables);
//
// A hook that ends with a code other than zero fails the event, and with it, except for status, success and failure,
// the migration. What hooks write goes to our standard error. Thread-safe.
#ifndef MIGRATE_CONTROL_HOOKS_H_
#define MIGRATE_CONTROL_HOOKS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace migrate::control {

using Variables = std::vector<std::pair<std::string, std::string>>;

class Hooks {
 public:
  struct Options {
    std::string path;     // empty: no hooks
    Variables variables;  // for every hook
  };
  explicit Hooks(Options options) : options_(std::move(options)) {}

  // `more` holds what has changed since the start. Waits until the hooks have ended.
  absl::Status Run(std::string_view event, const Variables& more) const;

 private:
  const Options options_;
};

}  // namespace migrate::control

#endif  // MIGRATE_CONTROL_HOOKS_H_
