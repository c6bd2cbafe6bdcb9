#include "vrcharts/quotes/times.h"

#include <charconv>
#include <cmath>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/civil_time.h"

namespace vrcharts::quotes {
namespace {

bool TakeDigits(std::string_view* text, size_t count, int* value) {
  if (text->size() < count) return false;
  *value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!absl::ascii_isdigit((*text)[i])) return false;
    *value = *value * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  return true;
}

bool Take(std::string_view* text, std::string_view any_of) {
  if (text->empty() || any_of.find(text->front()) == std::string_view::npos) return false;
  text->remove_prefix(1);
  return true;
}

// "Z", "+09:00", "-0500"; false if there is something else.
bool TakeOffset(std::string_view* text, int* seconds) {
  if (Take(text, "Zz")) {
    *seconds = 0;
    return true;
  }
  const bool minus = absl::StartsWith(*text, "-");
  int hours, minutes;
  if (!Take(text, "+-") || !TakeDigits(text, 2, &hours)) return false;
  Take(text, ":");
  if (!TakeDigits(text, 2, &minutes)) minutes = 0;
  *seconds = (hours * 60 + minutes) * (minus ? -60 : 60);
  return true;
}

}  // namespace

std::optional<int64_t> UnixTime(double number) {
  if (!std::isfinite(number)) return std::nullopt;
  for (const double unit : {1.0, 1e3, 1e6, 1e9}) {
    if (std::abs(number) < 1e11 * unit) return static_cast<int64_t>(std::floor(number / unit));
  }
  return std::nullopt;
}

std::optional<int64_t> ParseTime(std::string_view text, absl::TimeZone zone) {
  text = absl::StripAsciiWhitespace(text);
  const std::string_view whole = text;
  int year, month, day;
  const bool dated = TakeDigits(&text, 4, &year) && (Take(&text, "-/"), TakeDigits(&text, 2, &month)) &&
                     (Take(&text, "-/"), TakeDigits(&text, 2, &day)) && month >= 1 && month <= 12 && day >= 1 &&
                     day <= 31 && (text.empty() || (text.size() > 1 && Take(&text, "T ")));
  if (!dated) {
    double number;
    const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), number);
    if (error != std::errc() || end != whole.data() + whole.size()) return std::nullopt;
    return UnixTime(number);
  }
  const absl::CivilDay date(year, month, day);
  if (date.month() != month) return std::nullopt;  // 31 February
  if (text.empty()) return (date - absl::CivilDay(1970, 1, 1)) * int64_t{86400};
  int hour = 0, minute = 0, second = 0, fraction;
  if (!TakeDigits(&text, 2, &hour) || !Take(&text, ":") || !TakeDigits(&text, 2, &minute)) return std::nullopt;
  if (Take(&text, ":") && !TakeDigits(&text, 2, &second)) return std::nullopt;
  if (Take(&text, ".")) {
    while (TakeDigits(&text, 1, &fraction)) {
    }
  }
  if (hour > 24 || minute > 59 || second > 60) return std::nullopt;
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  text = absl::StripLeadingAsciiWhitespace(text);
  if (text.empty()) return absl::ToUnixSeconds(absl::FromCivil(civil, zone));
  int offset;
  if (!TakeOffset(&text, &offset) || !text.empty()) return std::nullopt;
  return absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone())) - offset;
}

}  // namespace vrcharts::quotes
