#include "vrcharts/quotes/series.h"

#include <limits>

#include "gtest/gtest.h"

namespace vrcharts::quotes {
namespace {

Bar MakeBar(int64_t time, double price) { return {time, price, price + 1, price - 1, price, 100}; }

TEST(SeriesTest, KeepsEveryColumn) {
  const std::vector<Bar> bars = {{0, 1, 3, 0.5, 2, 10}, {86400, 2, 2.5, 1.5, 1.75, 0}};
  ASSERT_TRUE(Series::Check(bars).ok());
  const Series series(bars);
  EXPECT_EQ(series.size(), 2u);
  EXPECT_EQ(series.bars(), bars);
  EXPECT_EQ(series.high()[0], 3);
  EXPECT_EQ(series.volume()[0], 10);
}

TEST(SeriesTest, CheckNamesTheOffendingBar) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const struct {
    Bar bar;
    const char* complaint;
  } cases[] = {
      {{200, 1, 1, kNan, 1, 0}, "bar 1 (time 200) has a price that is not a finite number"},
      {{200, 1, 1, 1, 1, -5}, "bar 1 (time 200) has a volume that is negative"},
      {{200, 4, 3, 1, 2, 0}, "bar 1 (time 200) has open or close outside of low..high"},
      {{200, 2, 3, 2.5, 2.7, 0}, "bar 1 (time 200) has open or close outside of low..high"},
      {{INT64_MAX, 1, 1, 1, 1, 0}, "has a time that no calendar knows"},
      {{100, 1, 1, 1, 1, 0}, "bar 1 (time 100) is not later than the bar before it"},
  };
  for (const auto& test : cases) {
    const std::vector<Bar> bars = {MakeBar(100, 5), test.bar};
    const absl::Status status = Series::Check(bars);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(status.message().find(test.complaint), std::string::npos) << status;
  }
}

TEST(SeriesTest, LowerBound) {
  const Series series(std::vector<Bar>{MakeBar(100, 5), MakeBar(200, 5), MakeBar(300, 5)});
  EXPECT_EQ(series.LowerBound(0), 0u);
  EXPECT_EQ(series.LowerBound(100), 0u);
  EXPECT_EQ(series.LowerBound(101), 1u);
  EXPECT_EQ(series.LowerBound(301), 3u);
}

TEST(SeriesTest, IntervalIgnoresWeekends) {
  std::vector<Bar> bars;
  for (int week = 0; week < 4; ++week) {
    for (int day = 0; day < 5; ++day) bars.push_back(MakeBar((week * 7 + day) * 86400, 5));
  }
  EXPECT_EQ(Series(bars).interval(), 86400);
  EXPECT_EQ(Series(std::vector<Bar>{}).interval(), 86400);
}

}  // namespace
}  // namespace vrcharts::quotes
