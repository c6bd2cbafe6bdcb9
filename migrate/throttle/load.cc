#include "migrate/throttle/load.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "migrate/mysql/quote.h"

namespace migrate::throttle {

absl::StatusOr<std::vector<LoadLimit>> ParseLoadLimits(std::string_view text) {
  std::vector<LoadLimit> limits;
  for (std::string_view part : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const std::vector<std::string_view> sides = absl::StrSplit(part, '=');
    LoadLimit limit;
    if (sides.size() == 2) limit.variable = std::string(absl::StripAsciiWhitespace(sides[0]));
    if (sides.size() != 2 || limit.variable.empty() || !absl::SimpleAtoi(sides[1], &limit.limit) || limit.limit < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", part, "' is not a load limit: expected VARIABLE=NUMBER, as in Threads_running=100"));
    }
    limits.push_back(std::move(limit));
  }
  return limits;
}

std::string FormatLoadLimits(const std::vector<LoadLimit>& limits) {
  return absl::StrJoin(limits, ",", [](std::string* out, const LoadLimit& limit) {
    absl::StrAppend(out, limit.variable, "=", limit.limit);
  });
}

absl::StatusOr<std::optional<std::string>> FindExceeded(mysql::Connection& connection,
                                                        const std::vector<LoadLimit>& limits) {
  for (const LoadLimit& limit : limits) {
    absl::StatusOr<mysql::Result> rows =
        connection.Query(absl::StrCat("SHOW GLOBAL STATUS WHERE Variable_name = ", mysql::QuoteString(limit.variable)));
    if (!rows.ok()) return rows.status();
    if (rows->empty()) {
      return absl::NotFoundError(absl::StrCat("the server has no status variable '", limit.variable, "'"));
    }
    const int64_t value = (*rows)[0].Int(1);
    if (value >= limit.limit) return absl::StrCat(limit.variable, "=", value, " >= ", limit.limit);
  }
  return std::nullopt;
}

}  // namespace migrate::throttle
