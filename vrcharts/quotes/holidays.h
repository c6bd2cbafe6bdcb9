#ifndef VRCHARTS_QUOTES_HOLIDAYS_H_
#define VRCHARTS_QUOTES_HOLIDAYS_H_

#include <set>
#include <span>

#include "absl/time/civil_time.h"

// Rules that give the days on which an exchange is closed. Only such days are meant as can be told in advance; days
// that no rule knows (a storm, a state funeral) are listed one by one.
namespace vrcharts::quotes {

// One holiday of every year in [first_year, last_year].
struct HolidayRule {
  enum Kind {
    kDate,             // `month` and `day`
    kWeekday,          // the `day`th `weekday` of `month`; day = -1: the last one
    kEaster,           // `day` days after Easter Sunday of the Gregorian calendar
    kVernalEquinox,    // as seen from Japan
    kAutumnalEquinox,  // as seen from Japan
  };
  // What becomes of a holiday that falls on a weekend.
  enum Moved {
    kStays,        // it is lost
    kNearest,      // United States: from Saturday to the Friday before, from Sunday to the Monday after
    kSundayOnly,   // United States, New Year's Day: from Sunday to Monday, lost on a Saturday
    kNextFreeDay,  // United Kingdom: to the next weekday that is no holiday yet
    kJapanese,     // from Sunday to the next day that is no holiday; a day between two of these is one as well
  };
  Kind kind;
  Moved moved = kStays;
  int month = 0, day = 0;
  absl::Weekday weekday = absl::Weekday::monday;
  int first_year = 0, last_year = 9999;
  int plus = 0;  // days after it
};

absl::CivilDay EasterSunday(int year);

// The holidays of a year, with what they were moved to; weekends are not among them unless a holiday falls on one.
std::set<absl::CivilDay> Holidays(std::span<const HolidayRule> rules, int year);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_HOLIDAYS_H_
