#include "vrcharts/quotes/calendar.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace vrcharts::quotes {
namespace {

using absl::CivilDay;

constexpr int kLastYear = 2099;  // of the rules
constexpr int kMidnight = 24 * 60;
constexpr int64_t kFarthest = 366 * 200;  // days that are counted one by one

// "09:30" -> 570; "24:00" is the end of a day.
bool ParseClock(std::string_view text, int* minutes) {
  const std::pair<std::string_view, std::string_view> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  int hour, minute;
  if (parts.second.size() != 2 || !absl::SimpleAtoi(parts.first, &hour) || !absl::SimpleAtoi(parts.second, &minute)) {
    return false;
  }
  *minutes = hour * 60 + minute;
  return hour >= 0 && minute >= 0 && minute < 60 && *minutes <= kMidnight;
}

bool ParseDay(std::string_view text, CivilDay* day) { return text.size() == 10 && absl::ParseCivilTime(text, day); }

// "12-25"; any year will do that has all days.
bool ParseDayOfYear(std::string_view text, std::pair<int, int>* day) {
  CivilDay parsed;
  if (text.size() != 5 || !ParseDay(absl::StrCat("2024-", text), &parsed)) return false;
  *day = {parsed.month(), parsed.day()};
  return true;
}

bool ParseWeekday(std::string_view text, absl::Weekday* weekday) {
  static constexpr const char* kNames[] = {"monday", "tuesday",  "wednesday", "thursday",
                                           "friday", "saturday", "sunday"};
  const auto name = std::find(std::begin(kNames), std::end(kNames), text);
  *weekday = static_cast<absl::Weekday>(name - std::begin(kNames));  // absl counts from Monday as well
  return name != std::end(kNames);
}

}  // namespace

Calendar::Calendar(const Exchange& exchange)
    : name_(exchange.name), sessions_(exchange.sessions.begin(), exchange.sessions.end()) {
  absl::LoadTimeZone(exchange.time_zone, &zone_);
  weekend_[static_cast<int>(absl::Weekday::saturday)] = weekend_[static_cast<int>(absl::Weekday::sunday)] = true;
  first_ = CivilDay(exchange.first_year, 1, 1);
  last_ = CivilDay(kLastYear, 12, 31);
  for (int year = exchange.first_year; year <= kLastYear; ++year) {
    for (const CivilDay day : Holidays(exchange.holidays, year)) closed_.insert(day);
  }
  closed_.insert(exchange.closed.begin(), exchange.closed.end());
  for (const CivilDay day : exchange.open) closed_.erase(day);
  for (int year = exchange.first_year; year <= kLastYear; ++year) {
    for (CivilDay day : Holidays(exchange.half_days, year)) {
      while (exchange.half_day_before && !IsTradingDay(day)) --day;
      if (IsTradingDay(day)) close_early_[day] = exchange.half_day_close;
    }
  }
}

absl::StatusOr<CalendarPtr> Calendar::Create(const options::Exchange& config) {
  const auto fault = [&](std::string_view what, std::string_view text) {
    return absl::InvalidArgumentError(absl::StrCat("exchange \"", config.name(), "\": ", what, " \"", text, "\""));
  };
  std::shared_ptr<Calendar> calendar(new Calendar);
  if (config.name().empty()) return absl::InvalidArgumentError("an exchange of the config has no name");
  calendar->name_ = config.name();
  if (!config.time_zone().empty() && !absl::LoadTimeZone(config.time_zone(), &calendar->zone_)) {
    return fault("there is no time zone called", config.time_zone());
  }
  for (const std::string& text : config.session()) {
    const std::pair<std::string_view, std::string_view> ends = absl::StrSplit(text, absl::MaxSplits('-', 1));
    SessionHours hours{};
    if (!ParseClock(ends.first, &hours.open) || !ParseClock(ends.second, &hours.close) || hours.open >= hours.close) {
      return fault("a session looks like 09:00-15:30, not", text);
    }
    calendar->sessions_.push_back(hours);
  }
  if (calendar->sessions_.empty()) calendar->sessions_.push_back({0, kMidnight});
  std::vector<std::string> weekend(config.weekend().begin(), config.weekend().end());
  if (weekend.empty()) weekend = {"saturday", "sunday"};
  for (const std::string& text : weekend) {
    absl::Weekday weekday;
    if (text == "none") continue;
    if (!ParseWeekday(text, &weekday)) return fault("a weekend day is monday to sunday or none, not", text);
    calendar->weekend_[static_cast<int>(weekday)] = true;
  }
  for (const std::string& text : config.holiday()) {
    CivilDay day;
    std::pair<int, int> each_year;
    if (ParseDay(text, &day)) {
      calendar->closed_.insert(day);
    } else if (ParseDayOfYear(text, &each_year)) {
      calendar->closed_each_year_.insert(each_year);
    } else {
      return fault("a holiday is YYYY-MM-DD or, each year, MM-DD, not", text);
    }
  }
  for (const std::string& text : config.half_day()) {
    const std::pair<std::string_view, std::string_view> parts = absl::StrSplit(text, absl::MaxSplits(' ', 1));
    CivilDay day;
    int close;
    if (!ParseDay(parts.first, &day) || !ParseClock(parts.second, &close)) {
      return fault("a half day is YYYY-MM-DD HH:MM, not", text);
    }
    calendar->close_early_[day] = close;
  }
  return calendar;
}

CalendarPtr Calendar::Always() {
  static const auto* const always = [] {
    auto calendar = std::shared_ptr<Calendar>(new Calendar);
    calendar->name_ = "24/7";
    calendar->sessions_ = {{0, kMidnight}};
    calendar->silence_ = absl::ZeroDuration();
    return new CalendarPtr(std::move(calendar));
  }();
  return *always;
}

bool Calendar::IsTradingDay(CivilDay day) const {
  return day >= first_ && day <= last_ && !weekend_[static_cast<int>(absl::GetWeekday(day))] &&
         !closed_.contains(day) && !closed_each_year_.contains({day.month(), day.day()});
}

int64_t Calendar::TradingDays(CivilDay from, CivilDay to) const {
  from = std::max(from, first_);
  to = std::min({to, last_ + 1, from + kFarthest});
  int64_t days = 0;
  for (CivilDay day = from; day < to; ++day) days += IsTradingDay(day);
  return days;
}

absl::Duration Calendar::TradingTime(int64_t from, int64_t to) const {
  const absl::Time begin = absl::FromUnixSeconds(from), end = absl::FromUnixSeconds(to);
  CivilDay day = absl::ToCivilDay(begin, zone_);
  const CivilDay last = std::min(absl::ToCivilDay(end, zone_), day + kFarthest);
  absl::Duration open;
  for (; day <= last; ++day) {
    if (!IsTradingDay(day)) continue;
    const auto early = close_early_.find(day);
    for (const SessionHours& hours : sessions_) {
      if (day < hours.first || day > hours.last) continue;
      const int close = early == close_early_.end() ? hours.close : std::min(hours.close, early->second);
      const auto at = [&](int minutes) { return absl::FromCivil(absl::CivilMinute(day) + minutes, zone_); };
      open += std::max(absl::ZeroDuration(), std::min(end, at(close)) - std::max(begin, at(hours.open)));
    }
  }
  return open;
}

absl::StatusOr<Calendars> Calendars::Create(const options::Options& options) {
  Calendars calendars;
  calendars.by_name_["24/7"] = Calendar::Always();
  for (const Exchange& exchange : KnownExchanges()) calendars.by_name_[exchange.name] = nullptr;
  for (const options::Exchange& config : options.exchange()) {
    absl::StatusOr<CalendarPtr> calendar = Calendar::Create(config);
    if (!calendar.ok()) return calendar.status();
    calendars.by_name_[config.name()] = *std::move(calendar);
  }
  return calendars;
}

absl::StatusOr<CalendarPtr> Calendars::Find(const std::string& name) {
  if (name.empty()) return nullptr;
  if (const auto it = by_name_.find(name); it != by_name_.end()) {
    for (const Exchange& exchange : KnownExchanges()) {
      if (it->second == nullptr && name == exchange.name) it->second = std::make_shared<Calendar>(exchange);
    }
    return it->second;
  }
  const std::string known =
      absl::StrJoin(by_name_, ", ", [](std::string* out, const auto& entry) { *out += entry.first; });
  return absl::InvalidArgumentError(absl::StrCat("there is no exchange called \"", name, "\"; known are ", known));
}

}  // namespace vrcharts::quotes
