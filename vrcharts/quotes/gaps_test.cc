#include "vrcharts/quotes/gaps.h"

#include <cmath>

#include "gtest/gtest.h"

namespace vrcharts::quotes {
namespace {

using absl::CivilDay;

CalendarPtr Find(const std::string& name) {
  static auto* const calendars = new Calendars(*Calendars::Create({}));
  return *calendars->Find(name);
}

Series At(const std::vector<int64_t>& times) {
  std::vector<Bar> bars;
  for (const int64_t time : times) bars.push_back({time, 1, 1, 1, 1, 0});
  return Series(bars);
}

int64_t Midnight(CivilDay day) { return (day - CivilDay(1970, 1, 1)) * 86400; }

// All trading days in [from, to) but those to leave out.
Series Days(const Calendar& calendar, CivilDay from, CivilDay to, const std::vector<CivilDay>& without = {}) {
  std::vector<int64_t> times;
  for (CivilDay day = from; day < to; ++day) {
    const bool left_out = std::find(without.begin(), without.end(), day) != without.end();
    if (calendar.IsTradingDay(day) && !left_out) times.push_back(Midnight(day));
  }
  return At(times);
}

// Bars of `minutes` through the sessions of New York on the given days.
Series NewYorkMinutes(const std::vector<CivilDay>& days, int minutes) {
  const CalendarPtr nyse = Find("NYSE");
  std::vector<int64_t> times;
  for (const CivilDay day : days) {
    const int close = day == CivilDay(2026, 11, 27) ? 13 * 60 : 16 * 60;
    for (int at = 9 * 60 + 30; at < close; at += minutes) {
      times.push_back(absl::ToUnixSeconds(absl::FromCivil(absl::CivilMinute(day) + at, nyse->zone())));
    }
  }
  return At(times);
}

TEST(FindGapsTest, HolidaysAreNoGaps) {
  for (const char* name : {"NYSE", "TSE", "LSE"}) {
    const CalendarPtr calendar = Find(name);
    EXPECT_TRUE(FindGaps(Days(*calendar, CivilDay(2018, 1, 1), CivilDay(2026, 11, 23)), *calendar).empty()) << name;
  }
}

TEST(FindGapsTest, MissingDaysAre) {
  const CalendarPtr tse = Find("TSE");
  // Two days before Golden Week, and one within a week.
  const Series series = Days(*tse, CivilDay(2026, 4, 1), CivilDay(2026, 6, 1),
                             {CivilDay(2026, 4, 30), CivilDay(2026, 5, 1), CivilDay(2026, 5, 20)});
  const Gaps gaps = FindGaps(series, *tse);
  ASSERT_EQ(gaps.all().size(), 2u);
  EXPECT_EQ(series.time()[gaps.all()[0].bar], Midnight(CivilDay(2026, 5, 7))) << "the day after Golden Week";
  EXPECT_EQ(gaps.all()[0].missing, 2);
  EXPECT_EQ(gaps.all()[1].missing, 1);
  EXPECT_EQ(DescribeGaps(gaps, series, *tse), "3 trading days missing: 2026-04-30, 2026-05-01, 2026-05-20");
  // By the calendar of another exchange every holiday is a gap, which is why none is assumed.
  EXPECT_EQ(FindGaps(series, *Find("NYSE")).missing(), 3 + 4) << "29 April and 4 to 6 May were open in New York";
}

TEST(FindGapsTest, ManyAreCounted) {
  const CalendarPtr nyse = Find("NYSE");
  std::vector<int64_t> times;
  for (CivilDay day(2024, 1, 2); day < CivilDay(2026, 1, 1); ++day) {
    if (nyse->IsTradingDay(day) && (day < CivilDay(2025, 1, 2) || day > CivilDay(2025, 11, 28))) {
      times.push_back(Midnight(day));
    }
  }
  const Series series = At(times);
  const Gaps gaps = FindGaps(series, *nyse);
  ASSERT_EQ(gaps.all().size(), 1u);
  EXPECT_EQ(DescribeGaps(gaps, series, *nyse), "228 trading days missing, first 2025-01-02");
  EXPECT_EQ(gaps.Slots(series.size()), static_cast<double>(series.size() + Gaps::kWidest)) << "not 228";
}

TEST(FindGapsTest, NightsWeekendsAndDaylightSavingAreNoGaps) {
  // The clocks change on 8 March; Thanksgiving and the short Friday after it.
  for (const int minutes : {1, 5, 30, 60}) {
    const Series march = NewYorkMinutes({CivilDay(2026, 3, 5), CivilDay(2026, 3, 6), CivilDay(2026, 3, 9)}, minutes);
    EXPECT_TRUE(FindGaps(march, *Find("NYSE")).empty()) << minutes;
    const Series november =
        NewYorkMinutes({CivilDay(2026, 11, 25), CivilDay(2026, 11, 27), CivilDay(2026, 11, 30)}, minutes);
    EXPECT_TRUE(FindGaps(november, *Find("NYSE")).empty()) << minutes;
  }
}

TEST(FindGapsTest, TimeWithoutBarsWithinADay) {
  const Series day = NewYorkMinutes({CivilDay(2026, 3, 5), CivilDay(2026, 3, 6)}, 1);
  const CalendarPtr nyse = Find("NYSE");
  const auto without = [&](size_t first, size_t count) {
    std::vector<int64_t> times(day.time().begin(), day.time().end());
    times.erase(times.begin() + static_cast<ptrdiff_t>(first), times.begin() + static_cast<ptrdiff_t>(first + count));
    return At(times);
  };
  EXPECT_TRUE(FindGaps(without(100, 20), *nyse).empty()) << "nobody traded for twenty minutes";
  const Series hole = without(100, 45);
  EXPECT_EQ(FindGaps(hole, *nyse).missing(), 45);
  EXPECT_EQ(DescribeGaps(FindGaps(hole, *nyse), hole, *nyse), "45 bars missing, first after 2026-03-05 11:09");
  EXPECT_EQ(FindGaps(without(380, 40), *nyse).missing(), 40) << "across the night: ten minutes and thirty";
}

TEST(FindGapsTest, MetricsAreNeverSilent) {
  const Series series = At({0, 15, 30, 45, 60, 75, 150, 165, 180, 195});
  const Gaps gaps = FindGaps(series, *Calendar::Always());
  ASSERT_EQ(gaps.all().size(), 1u);
  EXPECT_EQ(gaps.all()[0].bar, 6u);
  EXPECT_EQ(gaps.all()[0].missing, 4);
}

TEST(FindGapsTest, WeeklyBarsHaveNone) {
  EXPECT_TRUE(FindGaps(At({0, 7 * 86400, 14 * 86400, 70 * 86400}), *Find("24/7")).empty());
}

TEST(GapsTest, SlotsAndBack) {
  // Bars 0 1 2 . . 3 4 . 5
  const Gaps gaps({{3, 2}, {5, 1}});
  EXPECT_EQ(gaps.Slots(6), 9);
  const double slots[] = {0, 1, 2, 5, 6, 8};
  for (size_t bar = 0; bar < 6; ++bar) {
    EXPECT_EQ(gaps.SlotOf(static_cast<double>(bar)), slots[bar]);
    EXPECT_EQ(gaps.BarAt(slots[bar] + 0.25), static_cast<double>(bar) + 0.25);
    EXPECT_EQ(gaps.Covering(slots[bar] + 0.5), nullptr) << bar;
  }
  for (const double slot : {3.0, 3.5, 4.9}) {
    EXPECT_EQ(gaps.BarAt(slot), 3);
    ASSERT_NE(gaps.Covering(slot), nullptr) << slot;
    EXPECT_EQ(gaps.Covering(slot)->missing, 2);
  }
  EXPECT_EQ(gaps.Covering(7.5)->missing, 1);
  EXPECT_EQ(gaps.SlotOf(-2.5), -2.5);
  EXPECT_EQ(gaps.SlotOf(10), 13) << "beyond the newest bar";
  EXPECT_EQ(gaps.BarAt(13), 10);
}

TEST(GapsTest, WithoutGapsSlotsAreBars) {
  EXPECT_EQ(NoGaps()->SlotOf(7.5), 7.5);
  EXPECT_EQ(NoGaps()->BarAt(7.5), 7.5);
  EXPECT_EQ(NoGaps()->Slots(9), 9);
  EXPECT_EQ(NoGaps()->Covering(3), nullptr);
}

}  // namespace
}  // namespace vrcharts::quotes
