#include "vrcharts/wall/period.h"

#include <cmath>

#include "gtest/gtest.h"
#include "vrcharts/quotes/sample.h"

namespace vrcharts::wall {
namespace {

TEST(PeriodTest, CountsByTheCalendar) {
  const quotes::Series series(quotes::SampleBars(quotes::SampleCompanies().front()));
  const auto bars = [&](options::Period period) {
    const chart::View view = PeriodView(series, *quotes::NoGaps(), period);
    EXPECT_GT(view.end, static_cast<double>(series.size())) << "room to the right";
    return series.size() - static_cast<size_t>(std::lround(view.begin));
  };
  EXPECT_EQ(bars(options::PERIOD_1W), 6u) << "Friday to Friday";
  EXPECT_EQ(bars(options::PERIOD_1M), 23u) << "30 September to 30 October";
  EXPECT_NEAR(bars(options::PERIOD_1Y), 260, 3);
  EXPECT_EQ(bars(options::PERIOD_ALL), series.size());
  EXPECT_EQ(bars(options::PERIOD_5Y), series.size()) << "no more than there is";
  EXPECT_GE(bars(options::PERIOD_1D), 5u) << "a day of daily bars would be a single candle";
}

TEST(ZoomTest, KeepsTheBarUnderThePointer) {
  const chart::View view{100, 300};
  const chart::View zoomed = Zoom(view, 150, 0.5, 1000);
  EXPECT_DOUBLE_EQ(zoomed.width(), 100);
  EXPECT_DOUBLE_EQ((150 - zoomed.begin) / zoomed.width(), 0.25);
}

TEST(ZoomTest, StaysWithinTheSeries) {
  chart::View view{100, 300};
  for (int i = 0; i < 100; ++i) view = Zoom(view, 200, 0.5, 1000);
  EXPECT_GE(view.width(), 5);
  for (int i = 0; i < 100; ++i) view = Zoom(view, 200, 2, 1000);
  EXPECT_LE(view.width(), 1500);
  for (int i = 0; i < 100; ++i) view = Pan(view, 500, 1000);
  EXPECT_LE(view.end, 1000 + view.width() * 0.25 + 1e-6);
  for (int i = 0; i < 100; ++i) view = Pan(view, -500, 1000);
  EXPECT_GE(view.begin, -view.width() * 0.25 - 1e-6);
}

}  // namespace
}  // namespace vrcharts::wall
