#include "vrcharts/analysis/indicators.h"

#include <cmath>
#include <span>

#include "gtest/gtest.h"
#include "vrcharts/analysis/study.h"

namespace vrcharts::analysis {
namespace {

TEST(SmaTest, AveragesTheLastN) {
  const std::vector<double> sma = Sma(std::vector<double>{11, 12, 13, 14, 15, 16, 17}, 5);
  EXPECT_TRUE(std::isnan(sma[3]));
  EXPECT_DOUBLE_EQ(sma[4], 13);
  EXPECT_DOUBLE_EQ(sma[5], 14);
  EXPECT_DOUBLE_EQ(sma[6], 15);
  EXPECT_TRUE(std::isnan(Sma(std::vector<double>{1, 2}, 5)[1])) << "too short";
}

TEST(SmaTest, DoesNotDrift) {
  std::vector<double> values;
  for (int i = 0; i < 2000000; ++i) values.push_back(1e6 + 0.1 * (i % 7));
  double sum = 0;
  for (size_t i = values.size() - 50; i < values.size(); ++i) sum += values[i];
  EXPECT_NEAR(Sma(values, 50).back(), sum / 50, 1e-8);
}

// ChartSchool's worked example of the 10-day EMA ("Moving Averages - Simple and Exponential", StockCharts): Intel
// closes.
TEST(EmaTest, PublishedExample) {
  const std::vector<double> closes = {22.27, 22.19, 22.08, 22.17, 22.18, 22.13, 22.23, 22.43, 22.24, 22.29,
                                      22.15, 22.39, 22.38, 22.61, 23.36, 24.05, 23.75, 23.83, 23.95, 23.63,
                                      23.82, 23.87, 23.65, 23.19, 23.10, 23.33, 22.68, 23.10, 22.40, 22.17};
  const std::vector<double> published = {22.22, 22.21, 22.24, 22.27, 22.33, 22.52, 22.80, 22.97, 23.13, 23.28, 23.34,
                                         23.43, 23.51, 23.53, 23.47, 23.40, 23.39, 23.26, 23.23, 23.08, 22.92};
  const std::vector<double> ema = Ema(closes, 10);
  EXPECT_TRUE(std::isnan(ema[8]));
  for (size_t i = 0; i < published.size(); ++i) EXPECT_NEAR(ema[9 + i], published[i], 0.0101) << i;
}

// ChartSchool's worked example of the 14-day RSI (cs-rsi.xls): QQQQ closes, values to two decimals.
TEST(RsiTest, PublishedExample) {
  const std::vector<double> closes = {44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433,
                                      46.0826, 45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116,
                                      46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515, 45.7835, 45.3548, 44.0288,
                                      44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314};
  const std::vector<double> published = {70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38,
                                         54.71, 50.42, 39.99, 41.46, 41.87, 45.46, 37.30, 33.08, 37.77};
  const std::vector<double> rsi = Rsi(closes, 14);
  EXPECT_TRUE(std::isnan(rsi[13]));
  for (size_t i = 0; i < published.size(); ++i) EXPECT_NEAR(rsi[14 + i], published[i], 0.02) << i;
}

TEST(RsiTest, Extremes) {
  std::vector<double> rising, flat(40, 5.0);
  for (int i = 0; i < 40; ++i) rising.push_back(i);
  EXPECT_DOUBLE_EQ(Rsi(rising, 14).back(), 100);
  EXPECT_DOUBLE_EQ(Rsi(flat, 14).back(), 50);
}

// Against a direct evaluation of the definition.
TEST(BollingerTest, TwoDeviationsAroundTheMean) {
  std::vector<double> closes;
  for (int i = 0; i < 60; ++i) closes.push_back(100 + 5 * std::sin(i * 0.7) + i * 0.1);
  const Bands bands = Bollinger(closes, 20, 2);
  for (size_t i = 19; i < closes.size(); ++i) {
    double mean = 0, variance = 0;
    for (size_t j = i - 19; j <= i; ++j) mean += closes[j] / 20;
    for (size_t j = i - 19; j <= i; ++j) variance += (closes[j] - mean) * (closes[j] - mean) / 20;
    EXPECT_NEAR(bands.middle[i], mean, 1e-9);
    EXPECT_NEAR(bands.upper[i], mean + 2 * std::sqrt(variance), 1e-9);
    EXPECT_NEAR(bands.lower[i], mean - 2 * std::sqrt(variance), 1e-9);
  }
}

TEST(MacdTest, IsTheDifferenceOfItsAverages) {
  std::vector<double> closes;
  for (int i = 0; i < 120; ++i) closes.push_back(50 + i * 0.5);
  const MacdLines lines = Macd(closes, 12, 26, 9);
  EXPECT_TRUE(std::isnan(lines.macd[24]));
  EXPECT_TRUE(std::isnan(lines.signal[32]));
  EXPECT_FALSE(std::isnan(lines.signal[33])) << "26 + 9 - 1 bars";
  // On a straight line an EMA of n lags (n - 1) / 2 steps: 12.5 * 0.5 - 5.5 * 0.5.
  EXPECT_NEAR(lines.macd.back(), 3.5, 1e-9);
  EXPECT_NEAR(lines.histogram.back(), 0, 1e-9);
}

TEST(AtrTest, ByHand) {
  // True ranges: 48.70-47.79 after 48.16: 0.91; gap up: 49.05 - 48.61 before; gap down.
  const quotes::Series series(std::vector<quotes::Bar>{{0, 48, 48.5, 47.5, 48.16, 0},
                                                       {1, 48, 48.70, 47.79, 48.61, 0},
                                                       {2, 49, 49.50, 48.90, 49.05, 0},
                                                       {3, 47, 47.20, 46.80, 47.00, 0}});
  const std::vector<double> atr = Atr(series, 2);
  EXPECT_TRUE(std::isnan(atr[0]));
  EXPECT_NEAR(atr[1], (1.00 + 0.91) / 2, 1e-9);
  EXPECT_NEAR(atr[2], (0.955 + 0.89) / 2, 1e-9);
  EXPECT_NEAR(atr[3], (0.9225 + 2.25) / 2, 1e-9);
}

TEST(VwapTest, DayByDayWithinTheDayAndRollingOverDays) {
  const auto bar = [](int64_t time, double price, double volume) {
    return quotes::Bar{time, price, price + 1, price - 1, price, volume};
  };
  const quotes::Series minutes(std::vector<quotes::Bar>{bar(0, 10, 1), bar(60, 20, 3), bar(86400, 50, 2)});
  EXPECT_EQ(Vwap(minutes, 20), (std::vector<double>{10, 17.5, 50}));
  const quotes::Series days(
      std::vector<quotes::Bar>{bar(0, 10, 1), bar(86400, 20, 3), bar(2 * 86400, 50, 1), bar(3 * 86400, 10, 0)});
  const std::vector<double> rolling = Vwap(days, 2);
  EXPECT_TRUE(std::isnan(rolling[0]));
  EXPECT_DOUBLE_EQ(rolling[1], 17.5);
  EXPECT_DOUBLE_EQ(rolling[2], 27.5);
  EXPECT_DOUBLE_EQ(rolling[3], 50);
}

TEST(StudySpecTest, ParsesAndExplains) {
  EXPECT_EQ(ParseStudySpec("SMA")->ToString(), "sma:20");
  EXPECT_EQ(ParseStudySpec("macd:5")->ToString(), "macd:5:26:9");
  EXPECT_EQ(ParseStudySpec("bollinger:10:2.5")->ToString(), "bollinger:10:2.5");
  for (const char* bad : {"", "smma", "sma:", "sma:0", "sma:-3", "sma:2.5", "sma:20:30", "sma:1e9", "rsi:x"}) {
    const auto spec = ParseStudySpec(bad);
    EXPECT_TRUE(absl::IsInvalidArgument(spec.status())) << bad;
  }
}

TEST(StudyTest, EveryKindGivesAValuePerBar) {
  std::vector<quotes::Bar> bars;
  for (int i = 0; i < 100; ++i) {
    const double price = 100 + i % 9;
    bars.push_back({i * 86400, price, price + 1, price - 1, price, 10});
  }
  for (const char* name : {"sma", "ema", "bollinger", "vwap", "rsi", "macd", "atr"}) {
    for (const size_t n : {0, 1, 5, 100}) {
      const quotes::Series series(std::span<const quotes::Bar>(bars).first(n));
      const Study study = Compute(*ParseStudySpec(name), series);
      EXPECT_FALSE(study.label.empty());
      EXPECT_FALSE(study.curves.empty());
      for (const Curve& curve : study.curves) EXPECT_EQ(curve.values.size(), n) << name;
      EXPECT_TRUE(n < 100 || std::isfinite(study.curves[0].values.all().back())) << name;
    }
  }
}

}  // namespace
}  // namespace vrcharts::analysis
