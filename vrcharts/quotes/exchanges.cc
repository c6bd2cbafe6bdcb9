#include "vrcharts/quotes/exchanges.h"

namespace vrcharts::quotes {
namespace {

using absl::CivilDay;
using absl::Weekday;
using Rule = HolidayRule;

constexpr int At(int hour, int minute) { return hour * 60 + minute; }

constexpr Rule Date(int month, int day, Rule::Moved moved, int first = 0, int last = 9999) {
  return {Rule::kDate, moved, month, day, Weekday::monday, first, last};
}
constexpr Rule Nth(int nth, Weekday weekday, int month, int plus = 0) {
  return {Rule::kWeekday, Rule::kStays, month, nth, weekday, 0, 9999, plus};
}
// Never moved, but it can make the day beside it a holiday.
constexpr Rule JapaneseMonday(int nth, int month, int first, int last = 9999) {
  return {Rule::kWeekday, Rule::kJapanese, month, nth, Weekday::monday, first, last};
}
constexpr Rule Easter(int days) { return {Rule::kEaster, Rule::kStays, 0, days}; }

// NYSE: rule 7.2 of the exchange, and nyse.com/markets/hours-calendars; the days without a rule are the mourning for
// presidents, the attacks of 2001 and the hurricane Sandy.
constexpr SessionHours kNewYorkSessions[] = {{At(9, 30), At(16, 0)}};
constexpr Rule kNewYorkHolidays[] = {
    Date(1, 1, Rule::kSundayOnly),      // New Year
    Nth(3, Weekday::monday, 1),         // Martin Luther King, Jr.
    Nth(3, Weekday::monday, 2),         // Washington
    Easter(-2),                         // Good Friday
    Nth(-1, Weekday::monday, 5),        // Memorial Day
    Date(6, 19, Rule::kNearest, 2022),  // Juneteenth
    Date(7, 4, Rule::kNearest),         // Independence Day
    Nth(1, Weekday::monday, 9),         // Labor Day
    Nth(4, Weekday::thursday, 11),      // Thanksgiving
    Date(12, 25, Rule::kNearest),       // Christmas
};
constexpr CivilDay kNewYorkClosed[] = {
    CivilDay(2001, 9, 11), CivilDay(2001, 9, 12),  CivilDay(2001, 9, 13),  CivilDay(2001, 9, 14), CivilDay(2004, 6, 11),
    CivilDay(2007, 1, 2),  CivilDay(2012, 10, 29), CivilDay(2012, 10, 30), CivilDay(2018, 12, 5), CivilDay(2025, 1, 9),
};
constexpr Rule kNewYorkHalfDays[] = {Date(7, 3, Rule::kStays), Nth(4, Weekday::thursday, 11, 1),
                                     Date(12, 24, Rule::kStays)};

// LSE: the bank holidays of England and Wales, gov.uk/bank-holidays; trading hours of londonstockexchange.com.
constexpr SessionHours kLondonSessions[] = {{At(8, 0), At(16, 30)}};
constexpr Rule kLondonHolidays[] = {
    Date(1, 1, Rule::kNextFreeDay),
    Easter(-2),
    Easter(1),
    Nth(1, Weekday::monday, 5),
    Nth(-1, Weekday::monday, 5),
    Nth(-1, Weekday::monday, 8),
    Date(12, 25, Rule::kNextFreeDay),
    Date(12, 26, Rule::kNextFreeDay),
};
constexpr CivilDay kLondonClosed[] = {
    CivilDay(2002, 6, 3), CivilDay(2002, 6, 4), CivilDay(2011, 4, 29), CivilDay(2012, 6, 4),  CivilDay(2012, 6, 5),
    CivilDay(2020, 5, 8), CivilDay(2022, 6, 2), CivilDay(2022, 6, 3),  CivilDay(2022, 9, 19), CivilDay(2023, 5, 8),
};
// Bank holidays that were moved to one of the days above.
constexpr CivilDay kLondonOpen[] = {CivilDay(2002, 5, 27), CivilDay(2012, 5, 28), CivilDay(2020, 5, 4),
                                    CivilDay(2022, 5, 30)};
constexpr Rule kLondonHalfDays[] = {Date(12, 24, Rule::kStays), Date(12, 31, Rule::kStays)};

// TSE: the national holidays of Japan (Act on National Holidays; the Cabinet Office lists them at
// www8.cao.go.jp/chosei/shukujitsu/gaiyou.html) and 31 December to 3 January; hours of jpx.co.jp. On 1 October 2020 the
// trading system stood still.
constexpr SessionHours kTokyoSessions[] = {
    {At(9, 0), At(11, 0), CivilDay(1900, 1, 1), CivilDay(2011, 11, 20)},
    {At(9, 0), At(11, 30), CivilDay(2011, 11, 21)},
    {At(12, 30), At(15, 0), CivilDay(1900, 1, 1), CivilDay(2024, 11, 4)},
    {At(12, 30), At(15, 30), CivilDay(2024, 11, 5)},
};
constexpr Rule kTokyoHolidays[] = {
    Date(1, 1, Rule::kJapanese),
    Date(1, 2, Rule::kStays),
    Date(1, 3, Rule::kStays),
    JapaneseMonday(2, 1, 2000),                 // Coming of Age
    Date(2, 11, Rule::kJapanese),               // Foundation
    Date(2, 23, Rule::kJapanese, 2020),         // the Emperor's birthday
    {Rule::kVernalEquinox, Rule::kJapanese},    //
    Date(4, 29, Rule::kJapanese),               // Showa
    Date(5, 1, Rule::kJapanese, 2019, 2019),    // the Emperor's accession; the days beside it follow
    Date(5, 3, Rule::kJapanese),                // Constitution
    Date(5, 4, Rule::kJapanese, 2007),          // Greenery
    Date(5, 5, Rule::kJapanese),                // Children
    Date(7, 20, Rule::kJapanese, 1996, 2002),   // Marine Day; moved in the years of the Olympic Games
    JapaneseMonday(3, 7, 2003, 2019),           //
    Date(7, 23, Rule::kJapanese, 2020, 2020),   //
    Date(7, 22, Rule::kJapanese, 2021, 2021),   //
    JapaneseMonday(3, 7, 2022),                 //
    Date(8, 11, Rule::kJapanese, 2016, 2019),   // Mountain Day; likewise
    Date(8, 10, Rule::kJapanese, 2020, 2020),   //
    Date(8, 8, Rule::kJapanese, 2021, 2021),    //
    Date(8, 11, Rule::kJapanese, 2022),         //
    Date(9, 15, Rule::kJapanese, 1966, 2002),   // Respect for the Aged
    JapaneseMonday(3, 9, 2003),                 //
    {Rule::kAutumnalEquinox, Rule::kJapanese},  //
    JapaneseMonday(2, 10, 2000, 2019),          // Sports; likewise
    Date(7, 24, Rule::kJapanese, 2020, 2020),   //
    Date(7, 23, Rule::kJapanese, 2021, 2021),   //
    JapaneseMonday(2, 10, 2022),                //
    Date(10, 22, Rule::kJapanese, 2019, 2019),  // enthronement ceremony
    Date(11, 3, Rule::kJapanese),               // Culture
    Date(11, 23, Rule::kJapanese),              // Labour Thanksgiving
    Date(12, 23, Rule::kJapanese, 1989, 2018),  // the former Emperor's birthday
    Date(12, 31, Rule::kStays),
};
constexpr CivilDay kTokyoClosed[] = {CivilDay(2020, 10, 1)};

constexpr Exchange kExchanges[] = {
    {"LSE", "Europe/London", kLondonSessions, kLondonHolidays, kLondonClosed, kLondonOpen, At(12, 30), kLondonHalfDays,
     true, 2000},
    {"NYSE",
     "America/New_York",
     kNewYorkSessions,
     kNewYorkHolidays,
     kNewYorkClosed,
     {},
     At(13, 0),
     kNewYorkHalfDays,
     false,
     2000},
    {"TSE", "Asia/Tokyo", kTokyoSessions, kTokyoHolidays, kTokyoClosed, {}, 0, {}, false, 2000},
};

}  // namespace

std::span<const Exchange> KnownExchanges() { return kExchanges; }

}  // namespace vrcharts::quotes
