#ifndef VRCHARTS_QUOTES_CALENDAR_H_
#define VRCHARTS_QUOTES_CALENDAR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/quotes/exchanges.h"

namespace vrcharts::quotes {

class Calendar;
using CalendarPtr = std::shared_ptr<const Calendar>;

// When an exchange trades, so that a holiday can be told from a day that is missing. Immutable.
//
//   CalendarPtr tokyo = *Calendars::Create(options)->Find("TSE");
//   tokyo->IsTradingDay(absl::CivilDay(2026, 5, 6));                     // false: Golden Week
//   tokyo->TradingTime(monday_1130, monday_1300) == absl::Minutes(30);   // the lunch break does not count
class Calendar {
 public:
  // Of a known exchange.
  explicit Calendar(const Exchange& exchange);
  // As the config describes it. Fails with InvalidArgument, naming what is wrong.
  static absl::StatusOr<CalendarPtr> Create(const options::Exchange& config);
  // Open at every moment, as metrics and currencies are.
  static CalendarPtr Always();

  const std::string& name() const { return name_; }
  absl::TimeZone zone() const { return zone_; }

  bool IsTradingDay(absl::CivilDay day) const;
  // Trading days in [from, to). Days about which the calendar knows nothing count as closed.
  int64_t TradingDays(absl::CivilDay from, absl::CivilDay to) const;
  // How long the exchange is open between the two moments, seconds since 1970.
  absl::Duration TradingTime(int64_t from, int64_t to) const;

  // So long nobody may trade in an open exchange: shorter silence is nothing missing.
  absl::Duration silence() const { return silence_; }

 private:
  Calendar() = default;

  std::string name_;
  absl::TimeZone zone_ = absl::UTCTimeZone();
  std::vector<SessionHours> sessions_;
  bool weekend_[7] = {};  // by absl::Weekday
  absl::flat_hash_set<absl::CivilDay> closed_;
  absl::flat_hash_set<std::pair<int, int>> closed_each_year_;  // month, day
  absl::flat_hash_map<absl::CivilDay, int> close_early_;       // minutes after midnight
  absl::CivilDay first_{1900, 1, 1}, last_{2200, 1, 1};        // what is known
  absl::Duration silence_ = absl::Minutes(30);
};

// The calendars that can be named: the known exchanges, "24/7", and those of the config, which come first. Not
// thread-safe; the calendars are.
class Calendars {
 public:
  static absl::StatusOr<Calendars> Create(const options::Options& options);

  // Fails with InvalidArgument, naming those that are known. Null for an empty name.
  absl::StatusOr<CalendarPtr> Find(const std::string& name);

 private:
  std::map<std::string, CalendarPtr> by_name_;  // null: known, and not asked for so far
};

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_CALENDAR_H_
