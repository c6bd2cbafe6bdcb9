#include "vrcharts/chart/time_axis.h"

#include <cmath>

#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "gtest/gtest.h"

namespace vrcharts::chart {
namespace {

float Measure(const std::string& label) { return 6.0f * static_cast<float>(label.size()); }

int64_t At(int year, int month, int day, int hour = 0, int minute = 0) {
  return absl::ToUnixSeconds(absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute), absl::UTCTimeZone()));
}

std::vector<int64_t> Weekdays(int64_t start, size_t count) {
  std::vector<int64_t> times;
  for (int64_t t = start; times.size() < count; t += 86400) {
    const auto weekday = absl::GetWeekday(absl::ToCivilDay(absl::FromUnixSeconds(t), absl::UTCTimeZone()));
    if (weekday != absl::Weekday::saturday && weekday != absl::Weekday::sunday) times.push_back(t);
  }
  return times;
}

std::string Labels(const std::vector<int64_t>& times, float width, absl::TimeZone zone = absl::UTCTimeZone()) {
  const TimeAxis axis({0, static_cast<double>(times.size())}, 0, width);
  return absl::StrJoin(axis.Ticks(times, zone, 16, Measure), " ",
                       [](std::string* out, const TimeAxis::Tick& tick) { *out += tick.label; });
}

TEST(TimeAxisTest, BarsAndBack) {
  const TimeAxis axis({10, 20}, 100, 200);
  EXPECT_FLOAT_EQ(axis.X(10), 105);
  EXPECT_EQ(axis.Bar(105), 10);
  EXPECT_EQ(axis.Bar(199), 19);
  EXPECT_EQ(axis.Bar(95), 9);
  size_t begin, end;
  axis.VisibleBars(15, &begin, &end);
  EXPECT_EQ(begin, 10u);
  EXPECT_EQ(end, 15u);
  axis.VisibleBars(5, &begin, &end);
  EXPECT_EQ(begin, end) << "the series ends before the view begins";
}

TEST(TimeAxisTest, StepsFitTheRange) {
  // The view begins on a Monday in the middle of a month: its first bar gets no label of its own.
  EXPECT_EQ(Labels(Weekdays(At(2026, 6, 15), 130), 440), "Jul Aug Sep Oct Nov Dec");
  EXPECT_EQ(Labels(Weekdays(At(2024, 6, 17), 520), 440), "Oct 2025 Apr Jul Oct 2026 Apr");
  EXPECT_EQ(Labels(Weekdays(At(2026, 6, 15), 22), 440), "15 22 29 Jul 6 13");
  EXPECT_EQ(Labels(Weekdays(At(2000, 1, 3), 5200), 440), "2002 2004 2006 2008 2010 2012 2014 2016 2018");
}

TEST(TimeAxisTest, TimesOfTheDay) {
  std::vector<int64_t> minutes;
  for (int day = 2; day <= 3; ++day) {
    for (int i = 0; i < 390; ++i) minutes.push_back(At(2026, 3, day, 14, 30) + i * 60);
  }
  // Nights take no room: the second day follows the first one.
  EXPECT_EQ(Labels(minutes, 520), "16:00 18:00 20:00 3 16:00 18:00 20:00");
}

TEST(TimeAxisTest, UsesTheTimeZone) {
  std::vector<int64_t> minutes;
  for (int i = 0; i < 120; ++i) minutes.push_back(At(2026, 3, 2, 0, 0) + i * 60);
  EXPECT_EQ(Labels(minutes, 300, absl::FixedTimeZone(9 * 3600)), "09:30 10:00 10:30");
}

TEST(TimeAxisTest, LabelsNeverOverlapAndStayInside) {
  for (const int64_t interval : {1, 60, 3600, 86400, 7 * 86400}) {
    std::vector<int64_t> times;
    for (int i = 0; i < 3000; ++i) times.push_back(At(2019, 11, 27) + i * interval);
    for (double begin = -50; begin < 3000; begin += 371) {
      for (double width = 3; width < 4000; width *= 1.7) {
        const TimeAxis axis({begin, begin + width}, 14, 430);
        const auto ticks = axis.Ticks(times, absl::UTCTimeZone(), 16, Measure);
        float right = 14;
        for (const auto& tick : ticks) {
          const float half = Measure(tick.label) / 2;
          EXPECT_GE(tick.x - half, right - 0.01f);
          right = tick.x + half + 16;
          EXPECT_LE(tick.x + half, 430.01f);
          EXPECT_NEAR(tick.x, axis.X(static_cast<double>(tick.bar)), 1e-3);
        }
      }
    }
  }
}

TEST(TimeAxisTest, AGapOfYearsIsOneStep) {
  std::vector<int64_t> times = Weekdays(At(1990, 1, 1), 10);
  for (const int64_t time : Weekdays(At(2026, 1, 5), 10)) times.push_back(time);
  EXPECT_FALSE(Labels(times, 400).empty());
}

TEST(TimeAxisTest, MissingBarsTakeRoom) {
  // Ten bars, three missing before bar 4: slots 0 1 2 3 . . . 4 5 6 7 8 9.
  const auto gaps = std::make_shared<quotes::Gaps>(std::vector<std::pair<size_t, int64_t>>{{4, 3}});
  const TimeAxis axis({0, 13}, 0, 130, gaps);
  EXPECT_FLOAT_EQ(axis.X(3), 35);
  EXPECT_FLOAT_EQ(axis.X(4), 75);
  EXPECT_EQ(axis.Bar(35), 3);
  EXPECT_EQ(axis.Bar(55), 4) << "in the gap: the bar after it";
  EXPECT_EQ(axis.Bar(75), 4);
  EXPECT_EQ(axis.SlotsBetween(3, 4), 4);
  size_t begin, end;
  const auto visible = [&](double from, double to) {
    TimeAxis({from, to}, 0, 130, gaps).VisibleBars(10, &begin, &end);
    return std::make_pair(begin, end);
  };
  EXPECT_EQ(visible(0, 13), std::make_pair(size_t{0}, size_t{10}));
  EXPECT_EQ(visible(4.5, 6.5), std::make_pair(size_t{4}, size_t{4})) << "nothing but the gap";
  EXPECT_EQ(visible(2.5, 7.5), std::make_pair(size_t{2}, size_t{5}));
}

TEST(TimeAxisTest, DatesStandAtTheirBarsBesideAGap) {
  std::vector<int64_t> times = Weekdays(At(2026, 6, 1), 66);
  times.erase(times.begin() + 20, times.begin() + 30);  // 29 June to 10 July
  const auto gaps = std::make_shared<quotes::Gaps>(std::vector<std::pair<size_t, int64_t>>{{20, 10}});
  const TimeAxis axis({0, 66}, 0, 440, gaps);
  bool july = false;
  for (const TimeAxis::Tick& tick : axis.Ticks(times, absl::UTCTimeZone(), 16, Measure)) {
    EXPECT_FLOAT_EQ(tick.x, axis.X(static_cast<double>(tick.bar)));
    july = july || tick.label == "Jul";
  }
  EXPECT_TRUE(july) << "the month is named at its first bar there is";
}

TEST(FormatDateTest, DaysAndMinutes) {
  EXPECT_EQ(FormatDate(At(2026, 10, 30), 86400, absl::UTCTimeZone()), "Fri 30 Oct 2026");
  EXPECT_EQ(FormatDate(At(2026, 10, 30, 14, 5), 60, absl::UTCTimeZone()), "Fri 30 Oct 2026  14:05");
}

}  // namespace
}  // namespace vrcharts::chart
