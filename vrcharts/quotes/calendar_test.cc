#include "vrcharts/quotes/calendar.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace vrcharts::quotes {
namespace {

using absl::CivilDay;

CalendarPtr Find(const std::string& name, const options::Options& options = {}) {
  absl::StatusOr<Calendars> calendars = Calendars::Create(options);
  EXPECT_TRUE(calendars.ok()) << calendars.status();
  const absl::StatusOr<CalendarPtr> calendar = calendars->Find(name);
  EXPECT_TRUE(calendar.ok()) << calendar.status();
  return *calendar;
}

// The weekdays of a year on which there is no trading: "01-01 02-16 ...".
std::string ClosedWeekdays(const Calendar& calendar, int year) {
  std::vector<std::string> closed;
  for (CivilDay day(year, 1, 1); day.year() == year; ++day) {
    const absl::Weekday weekday = absl::GetWeekday(day);
    if (weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday) continue;
    if (!calendar.IsTradingDay(day)) closed.push_back(absl::FormatCivilTime(day).substr(5));
  }
  return absl::StrJoin(closed, " ");
}

int64_t At(const Calendar& calendar, int year, int month, int day, int hour, int minute) {
  return absl::ToUnixSeconds(absl::FromCivil(absl::CivilMinute(year, month, day, hour, minute), calendar.zone()));
}

// As the exchange published them.
TEST(CalendarTest, NewYork) {
  const CalendarPtr nyse = Find("NYSE");
  EXPECT_EQ(ClosedWeekdays(*nyse, 2026), "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25");
  EXPECT_EQ(ClosedWeekdays(*nyse, 2025), "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25");
  EXPECT_EQ(ClosedWeekdays(*nyse, 2022), "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26")
      << "New Year's Day was a Saturday: the Friday before was no holiday";
  EXPECT_EQ(ClosedWeekdays(*nyse, 2021), "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24");
  EXPECT_EQ(ClosedWeekdays(*nyse, 2012), "01-02 01-16 02-20 04-06 05-28 07-04 09-03 10-29 10-30 11-22 12-25");
  EXPECT_EQ(ClosedWeekdays(*nyse, 2001),
            "01-01 01-15 02-19 04-13 05-28 07-04 09-03 09-11 09-12 09-13 09-14 11-22 12-25");
}

TEST(CalendarTest, Tokyo) {
  const CalendarPtr tse = Find("TSE");
  EXPECT_EQ(ClosedWeekdays(*tse, 2026),
            "01-01 01-02 01-12 02-11 02-23 03-20 04-29 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 "
            "11-23 12-31")
      << "Silver Week: 22 September lies between two holidays";
  EXPECT_EQ(ClosedWeekdays(*tse, 2019),
            "01-01 01-02 01-03 01-14 02-11 03-21 04-29 04-30 05-01 05-02 05-03 05-06 07-15 08-12 09-16 09-23 10-14 "
            "10-22 11-04 12-31")
      << "ten days of Golden Week in the year of the accession";
  EXPECT_EQ(ClosedWeekdays(*tse, 2021),
            "01-01 01-11 02-11 02-23 04-29 05-03 05-04 05-05 07-22 07-23 08-09 09-20 09-23 11-03 11-23 12-31")
      << "holidays were moved for the Olympic Games";
  EXPECT_TRUE(tse->IsTradingDay(CivilDay(2020, 9, 30)));
  EXPECT_FALSE(tse->IsTradingDay(CivilDay(2020, 10, 1))) << "the system stood still";
  EXPECT_FALSE(tse->IsTradingDay(CivilDay(2009, 5, 6))) << "Sunday 3 May found no free day before";
}

TEST(CalendarTest, London) {
  const CalendarPtr lse = Find("LSE");
  EXPECT_EQ(ClosedWeekdays(*lse, 2026), "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28");
  EXPECT_EQ(ClosedWeekdays(*lse, 2022), "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27");
  EXPECT_EQ(ClosedWeekdays(*lse, 2021), "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28");
  EXPECT_EQ(ClosedWeekdays(*lse, 2020), "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28");
}

TEST(CalendarTest, SessionsFollowTheClockOfTheExchange) {
  const CalendarPtr nyse = Find("NYSE");
  const absl::Duration day = absl::Hours(6.5);
  // Friday before and Monday after the clocks went forward on 8 March 2026: one session each, an hour apart in UTC.
  const int64_t friday = At(*nyse, 2026, 3, 6, 9, 30), monday = At(*nyse, 2026, 3, 9, 9, 30);
  EXPECT_EQ(monday - friday, 3 * 86400 - 3600);
  EXPECT_EQ(nyse->TradingTime(friday, monday), day);
  EXPECT_EQ(nyse->TradingTime(friday, monday + 1800), day + absl::Minutes(30));
  // Thanksgiving is closed, the Friday after it closes at 13:00.
  EXPECT_EQ(nyse->TradingTime(At(*nyse, 2026, 11, 26, 0, 0), At(*nyse, 2026, 11, 27, 23, 0)), absl::Hours(3.5));
  EXPECT_EQ(nyse->TradingTime(At(*nyse, 2026, 12, 24, 0, 0), At(*nyse, 2026, 12, 25, 0, 0)), absl::Hours(3.5));
  // London, last trading day before a Christmas on Sunday: Friday 23 December 2022.
  const CalendarPtr lse = Find("LSE");
  EXPECT_EQ(lse->TradingTime(At(*lse, 2022, 12, 23, 0, 0), At(*lse, 2022, 12, 24, 0, 0)), absl::Hours(4.5));
  // Tokyo trades half an hour longer since 5 November 2024, and rests at noon.
  const CalendarPtr tse = Find("TSE");
  EXPECT_EQ(tse->TradingTime(At(*tse, 2024, 11, 1, 0, 0), At(*tse, 2024, 11, 2, 0, 0)), absl::Hours(5));
  EXPECT_EQ(tse->TradingTime(At(*tse, 2024, 11, 5, 0, 0), At(*tse, 2024, 11, 6, 0, 0)), absl::Hours(5.5));
  EXPECT_EQ(tse->TradingTime(At(*tse, 2024, 11, 5, 11, 0), At(*tse, 2024, 11, 5, 13, 0)), absl::Hours(1));
}

TEST(CalendarTest, AlwaysOpen) {
  const CalendarPtr always = Find("24/7");
  EXPECT_EQ(always->TradingTime(0, 86400 * 9 + 5), absl::Seconds(86400 * 9 + 5));
  EXPECT_EQ(always->TradingDays(CivilDay(2026, 1, 1), CivilDay(2027, 1, 1)), 365);
}

TEST(CalendarTest, NothingIsClaimedBeforeTheRulesBegin) {
  EXPECT_EQ(Find("NYSE")->TradingDays(CivilDay(1980, 1, 1), CivilDay(2000, 1, 1)), 0);
  EXPECT_EQ(Find("NYSE")->TradingDays(CivilDay(2026, 1, 1), CivilDay(2027, 1, 1)), 251);
}

TEST(CalendarTest, ExchangesOfTheConfig) {
  options::Options options;
  options::Exchange* xetra = options.add_exchange();
  xetra->set_name("XETR");
  xetra->set_time_zone("Europe/Berlin");
  xetra->add_session("09:00-17:30");
  xetra->add_holiday("2026-04-03");
  xetra->add_holiday("12-24");
  xetra->add_half_day("2026-12-30 14:00");
  const CalendarPtr calendar = Find("XETR", options);
  EXPECT_EQ(ClosedWeekdays(*calendar, 2026), "04-03 12-24");
  EXPECT_EQ(ClosedWeekdays(*calendar, 2025), "12-24");
  EXPECT_EQ(calendar->TradingTime(At(*calendar, 2026, 12, 30, 0, 0), At(*calendar, 2026, 12, 31, 0, 0)),
            absl::Hours(5));
  options::Exchange* tadawul = options.add_exchange();
  tadawul->set_name("TADAWUL");
  tadawul->add_weekend("friday");
  tadawul->add_weekend("saturday");
  for (const char* day : {"05-04", "2026-05-05", "2026-05-06"}) tadawul->add_holiday(day);
  EXPECT_EQ(Find("TADAWUL", options)->TradingDays(CivilDay(2026, 5, 3), CivilDay(2026, 5, 8)), 2);
  EXPECT_TRUE(Find("TADAWUL", options)->IsTradingDay(CivilDay(2026, 11, 22))) << "a Sunday";
  EXPECT_FALSE(Find("TADAWUL", options)->IsTradingDay(CivilDay(2026, 11, 20))) << "a Friday";
  tadawul->set_name("NYSE");
  EXPECT_FALSE(Find("NYSE", options)->IsTradingDay(CivilDay(2026, 11, 20))) << "the config knows better";
}

TEST(CalendarTest, FaultsAreNamed) {
  const auto message = [](void (*change)(options::Exchange*)) {
    options::Options options;
    options::Exchange* exchange = options.add_exchange();
    exchange->set_name("X");
    change(exchange);
    return std::string(Calendars::Create(options).status().message());
  };
  EXPECT_EQ(message([](options::Exchange* x) { x->set_time_zone("Mars/Olympus"); }),
            "exchange \"X\": there is no time zone called \"Mars/Olympus\"");
  EXPECT_EQ(message([](options::Exchange* x) { x->add_session("9-17"); }),
            "exchange \"X\": a session looks like 09:00-15:30, not \"9-17\"");
  EXPECT_EQ(message([](options::Exchange* x) { x->add_session("17:00-09:00"); }),
            "exchange \"X\": a session looks like 09:00-15:30, not \"17:00-09:00\"");
  EXPECT_EQ(message([](options::Exchange* x) { x->add_weekend("Sonntag"); }),
            "exchange \"X\": a weekend day is monday to sunday or none, not \"Sonntag\"");
  EXPECT_EQ(message([](options::Exchange* x) { x->add_holiday("2026-02-30"); }),
            "exchange \"X\": a holiday is YYYY-MM-DD or, each year, MM-DD, not \"2026-02-30\"");
  EXPECT_EQ(message([](options::Exchange* x) { x->add_half_day("2026-12-24"); }),
            "exchange \"X\": a half day is YYYY-MM-DD HH:MM, not \"2026-12-24\"");
  EXPECT_EQ(message([](options::Exchange* x) { x->set_name(""); }), "an exchange of the config has no name");
  EXPECT_EQ(Calendars::Create({})->Find("NASDAQ").status().message(),
            "there is no exchange called \"NASDAQ\"; known are 24/7, LSE, NYSE, TSE");
}

}  // namespace
}  // namespace vrcharts::quotes
