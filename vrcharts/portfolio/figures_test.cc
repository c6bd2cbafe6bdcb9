#include "vrcharts/portfolio/figures.h"

#include <cmath>

#include "gtest/gtest.h"

namespace vrcharts::portfolio {
namespace {

quotes::SeriesPtr Closes(std::vector<double> closes, int64_t start = 0) {
  std::vector<quotes::Bar> bars;
  for (const double close : closes) {
    bars.push_back({start + static_cast<int64_t>(bars.size()) * 86400, close, close, close, close, 0});
  }
  return std::make_shared<quotes::Series>(bars);
}

TEST(FiguresTest, ByHand) {
  const auto series = Closes({100, 110, 99, 120, 90, 108});
  const Figures all = ComputeFigures(*series, 0, {10, 950, 5});
  EXPECT_NEAR(all.total_return, 0.08, 1e-12);
  EXPECT_DOUBLE_EQ(all.drawdown, 90.0 / 120 - 1);
  EXPECT_DOUBLE_EQ(all.from_high, 108.0 / 120 - 1);
  EXPECT_DOUBLE_EQ(all.value, 1080);
  EXPECT_DOUBLE_EQ(all.profit, 1080 - 950 + 5);
  // Since the fourth bar: against the close before it.
  const Figures later = ComputeFigures(*series, 3 * 86400, {});
  EXPECT_DOUBLE_EQ(later.total_return, 108.0 / 99 - 1);
}

TEST(FiguresTest, VolatilityOfAKnownSequence) {
  // Log returns +-ln 1.01 alternate: their standard deviation (n - 1) over 4 of them is ln 1.01 * sqrt(4 / 3).
  const auto series = Closes({100, 101, 100, 101, 100});
  EXPECT_NEAR(ComputeFigures(*series, 0, {}).volatility, std::log(1.01) * std::sqrt(4.0 / 3) * std::sqrt(252), 1e-12);
}

TEST(FiguresTest, NothingInThePeriod) {
  EXPECT_TRUE(std::isnan(ComputeFigures(*Closes({1, 2}), 86400 * 9, {}).total_return));
}

TEST(ValueOverTimeTest, AddsUpWithRatesAndLots) {
  const std::vector<Item> items = {{{"A"}, {{0, 10, 5, 0}, {2 * 86400, -4, 9, 0}}}, {{"B"}, {{86400, 1, 100, 0}}}};
  const History history = ValueOverTime(items, {Closes({5, 6, 7, 8}), Closes({200, 300}, 86400)}, {{1}, {0.5}});
  ASSERT_EQ(history.time.size(), 4u);
  EXPECT_EQ(history.value, (std::vector<double>{50, 60 + 100, 42 + 150, 48 + 150}));
  EXPECT_EQ(history.cost, (std::vector<double>{50, 50 + 50, 30 + 50, 30 + 50}));
  EXPECT_EQ(history.realized, (std::vector<double>{0, 0, 16, 16}));
  EXPECT_EQ(history.last_values, (std::vector<double>{48, 150}));
}

TEST(ValueOverTimeTest, ExchangeRatesHaveAHistory) {
  // Bought for 100 when the currency was worth 2; it falls to 1 while the price stays as it is.
  const std::vector<Item> items = {{{"A"}, {{0, 10, 10, 0}}}};
  const ExchangeRate rate{0, Closes({2, 1.5, 1})};
  EXPECT_EQ(rate.At(-5), 2);
  EXPECT_EQ(rate.At(86400 + 5), 1.5);
  const History history = ValueOverTime(items, {Closes({10, 10, 10, 10})}, {rate});
  EXPECT_EQ(history.value, (std::vector<double>{200, 150, 100, 100}));
  EXPECT_EQ(history.cost, (std::vector<double>{200, 200, 200, 200}));
}

TEST(ValueOverTimeTest, LeavesOutWhatHasNoRateOrNoData) {
  const std::vector<Item> items = {{{"A"}, {{0, 10, 5, 0}}}, {{"B"}, {{0, 1, 1, 0}}}, {{"C"}, {{0, 1, 1, 0}}}};
  const History history = ValueOverTime(items, {Closes({5}), Closes({7}), nullptr}, {{1}, {0}, {1}});
  EXPECT_EQ(history.value, std::vector<double>{50});
}

}  // namespace
}  // namespace vrcharts::portfolio
