#ifndef VRCHARTS_QUOTES_EXCHANGES_H_
#define VRCHARTS_QUOTES_EXCHANGES_H_

#include <span>

#include "absl/time/civil_time.h"
#include "vrcharts/quotes/holidays.h"

// What is known of some exchanges without asking anybody: plain tables.
namespace vrcharts::quotes {

// Continuous trading from `open` to `close`, minutes after midnight, on the days [first, last].
struct SessionHours {
  int open, close;
  absl::CivilDay first = absl::CivilDay(1900, 1, 1), last = absl::CivilDay(2200, 1, 1);
};

struct Exchange {
  const char* name;  // "NYSE"
  const char* time_zone;
  std::span<const SessionHours> sessions;
  std::span<const HolidayRule> holidays;
  std::span<const absl::CivilDay> closed;  // beside the holidays
  std::span<const absl::CivilDay> open;    // in spite of a holiday
  int half_day_close;                      // minutes after midnight
  std::span<const HolidayRule> half_days;  // those of them that are trading days
  bool half_day_before;                    // or else the last trading day before
  int first_year;                          // what lies before is not known
};

// NYSE (the hours and holidays of Nasdaq are the same), LSE, TSE.
std::span<const Exchange> KnownExchanges();

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_EXCHANGES_H_
