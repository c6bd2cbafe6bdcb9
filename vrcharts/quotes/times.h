#ifndef VRCHARTS_QUOTES_TIMES_H_
#define VRCHARTS_QUOTES_TIMES_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace vrcharts::quotes {

// "2026-10-30", "2026/10/30", "20261030", "2026-10-30 14:30[:00]", "2026-10-30T14:30:00Z", "...+09:00", or a number,
// which is a UnixTime below. Without a zone of its own the time is one in `zone`; a bare date is midnight UTC.
std::optional<int64_t> ParseTime(std::string_view text, absl::TimeZone zone);

// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size: what would be a year beyond
// 5138 in seconds is in a smaller unit. Nullopt if it is not finite or beyond all of them.
std::optional<int64_t> UnixTime(double number);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_TIMES_H_
