#include "vrcharts/quotes/holidays.h"

#include <cmath>
#include <optional>

namespace vrcharts::quotes {
namespace {

using absl::CivilDay;
using absl::Weekday;

bool IsWeekend(CivilDay day) {
  return absl::GetWeekday(day) == Weekday::saturday || absl::GetWeekday(day) == Weekday::sunday;
}

CivilDay NthWeekday(int year, int month, int nth, Weekday weekday) {
  if (nth < 0) {
    const CivilDay last(absl::CivilMonth(year, month) + 1);
    return absl::PrevWeekday(last, weekday);
  }
  return absl::NextWeekday(CivilDay(year, month, 1) - 1, weekday) + 7 * (nth - 1);
}

// The usual approximation for 1980 to 2099 (Japan Coast Guard's almanac, "Shinkoyomi benricho"): the sun's return is
// 0.242194 of a day later each year, less the leap days.
int Equinox(double first, int year) {
  return static_cast<int>(std::floor(first + 0.242194 * (year - 1980)) - std::floor((year - 1980) / 4.0));
}

// Where the rule's day falls, before it is moved.
std::optional<CivilDay> Nominal(const HolidayRule& rule, int year) {
  if (year < rule.first_year || year > rule.last_year) return std::nullopt;
  switch (rule.kind) {
    case HolidayRule::kDate:
      return CivilDay(year, rule.month, rule.day);
    case HolidayRule::kWeekday:
      return NthWeekday(year, rule.month, rule.day, rule.weekday) + rule.plus;
    case HolidayRule::kEaster:
      return EasterSunday(year) + rule.day;
    case HolidayRule::kVernalEquinox:
      return CivilDay(year, 3, Equinox(20.8431, year));
    case HolidayRule::kAutumnalEquinox:
      return CivilDay(year, 9, Equinox(23.2488, year));
  }
  return std::nullopt;
}

CivilDay Moved(const HolidayRule& rule, CivilDay day, const std::set<CivilDay>& taken) {
  const Weekday weekday = absl::GetWeekday(day);
  switch (rule.moved) {
    case HolidayRule::kNearest:
      if (weekday == Weekday::saturday) return day - 1;
      return weekday == Weekday::sunday ? day + 1 : day;
    case HolidayRule::kSundayOnly:
      return weekday == Weekday::sunday ? day + 1 : day;
    case HolidayRule::kNextFreeDay:
      while (IsWeekend(day) || taken.contains(day)) ++day;
      return day;
    case HolidayRule::kJapanese:
      if (weekday != Weekday::sunday) return day;
      while (taken.contains(day)) ++day;
      return day;
    case HolidayRule::kStays:
      break;
  }
  return day;
}

}  // namespace

// The "Anonymous Gregorian algorithm" (Nature, 20 April 1876, p. 487), in Meeus's form.
CivilDay EasterSunday(int year) {
  const int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25;
  const int g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return CivilDay(year, n / 31, n % 31 + 1);
}

std::set<CivilDay> Holidays(std::span<const HolidayRule> rules, int year) {
  // A holiday on a weekday stands where it is; one on a weekend looks for room beside those.
  std::set<CivilDay> holidays, national;
  for (const HolidayRule& rule : rules) {
    const std::optional<CivilDay> day = Nominal(rule, year);
    if (!day.has_value()) continue;
    if (rule.moved == HolidayRule::kJapanese) national.insert(*day);
    if (rule.moved != HolidayRule::kNextFreeDay || !IsWeekend(*day)) holidays.insert(*day);
  }
  for (const HolidayRule& rule : rules) {
    const std::optional<CivilDay> day = Nominal(rule, year);
    if (day.has_value() && IsWeekend(*day)) {
      holidays.insert(Moved(rule, *day, rule.moved == HolidayRule::kJapanese ? national : holidays));
    }
  }
  for (const CivilDay day : national) {
    if (national.contains(day + 2)) holidays.insert(day + 1);
  }
  return holidays;
}

}  // namespace vrcharts::quotes
