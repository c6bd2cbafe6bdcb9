// Limits on the server's status variables: --max-load and --critical-load.
#ifndef MIGRATE_THROTTLE_LOAD_H_
#define MIGRATE_THROTTLE_LOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "migrate/mysql/connection.h"

namespace migrate::throttle {

struct LoadLimit {
  std::string variable;  // as in SHOW GLOBAL STATUS
  int64_t limit = 0;     // exceeded when the variable is at least this
};

// "Threads_running=100,Threads_connected=500"; empty text gives no limits. InvalidArgument names the part that is
// wrong.
absl::StatusOr<std::vector<LoadLimit>> ParseLoadLimits(std::string_view text);

// The text ParseLoadLimits understands.
std::string FormatLoadLimits(const std::vector<LoadLimit>& limits);

// The first limit that is exceeded, as "Threads_running=120 >= 100"; nullopt if none is. NotFound for a variable that
// the server does not have.
absl::StatusOr<std::optional<std::string>> FindExceeded(mysql::Connection& connection,
                                                        const std::vector<LoadLimit>& limits);

}  // namespace migrate::throttle

#endif  // MIGRATE_THROTTLE_LOAD_H_
