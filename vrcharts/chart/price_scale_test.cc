#include "vrcharts/chart/price_scale.h"

#include <cmath>
#include <random>

#include "gtest/gtest.h"

namespace vrcharts::chart {
namespace {

TEST(NiceStepTest, OneTwoTwoAndAHalfFive) {
  EXPECT_DOUBLE_EQ(NiceStep(0.9), 1);
  EXPECT_DOUBLE_EQ(NiceStep(1.0), 1);
  EXPECT_DOUBLE_EQ(NiceStep(1.1), 2);
  EXPECT_DOUBLE_EQ(NiceStep(2.1), 2.5);
  EXPECT_DOUBLE_EQ(NiceStep(2.6), 5);
  EXPECT_DOUBLE_EQ(NiceStep(6e-5), 1e-4);
  EXPECT_DOUBLE_EQ(NiceStep(3e11), 5e11);
}

TEST(PriceScaleTest, EdgesAndMiddle) {
  const PriceScale scale({.low = 100, .high = 200, .top = 10, .bottom = 110});
  EXPECT_FLOAT_EQ(scale.Y(100), 110);
  EXPECT_FLOAT_EQ(scale.Y(200), 10);
  EXPECT_FLOAT_EQ(scale.Y(150), 60);
  const PriceScale inverted({.inverted = true, .low = 100, .high = 200, .top = 10, .bottom = 110});
  EXPECT_FLOAT_EQ(inverted.Y(100), 10);
  EXPECT_FLOAT_EQ(inverted.Y(200), 110);
}

TEST(PriceScaleTest, LogarithmicGivesEqualRatiosEqualRoom) {
  const PriceScale scale({.kind = options::SCALE_LOG, .low = 1, .high = 100, .top = 0, .bottom = 200});
  EXPECT_NEAR(scale.Y(10), 100, 1e-3);
  EXPECT_FALSE(PriceScale({.kind = options::SCALE_LOG, .low = -1, .high = 100}).logarithmic())
      << "negative prices have no logarithm";
}

// Properties of every scale: monotonic, invertible, ticks inside, apart, and round.
TEST(PriceScaleTest, PropertiesForAnyRange) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int i = 0; i < 3000; ++i) {
    PriceScale::Settings settings;
    settings.kind = static_cast<options::Scale>(i % 4);
    settings.inverted = i % 3 == 0;
    settings.low = std::pow(10, uniform(random) * 16 - 6);
    settings.high = settings.low * (1 + std::pow(10, uniform(random) * 8 - 5));
    settings.base = settings.low * (1 + uniform(random));
    settings.top = 20;
    settings.bottom = 60 + static_cast<float>(uniform(random)) * 900;
    const PriceScale scale(settings);
    const double middle = settings.low + (settings.high - settings.low) * uniform(random);
    EXPECT_NEAR(scale.Price(scale.Y(middle)), middle, (settings.high - settings.low) * 1e-3);
    const auto ticks = scale.Ticks(26, 2);
    for (size_t t = 0; t < ticks.size(); ++t) {
      EXPECT_GE(ticks[t].y, settings.top - 0.1f);
      EXPECT_LE(ticks[t].y, settings.bottom + 0.1f);
      EXPECT_NEAR(ticks[t].y, scale.Y(ticks[t].price), 0.1);
      if (t == 0) continue;
      EXPECT_GE(std::abs(ticks[t].y - ticks[t - 1].y), 25.9f) << "labels would overlap";
      EXPECT_GT(ticks[t].price, ticks[t - 1].price);
      EXPECT_NE(ticks[t].label, ticks[t - 1].label);
    }
    EXPECT_TRUE(ticks.size() >= 2 || settings.bottom - settings.top < 150 || scale.logarithmic());
  }
}

TEST(PriceScaleTest, LabelsOfEachKind) {
  const auto labels = [](PriceScale::Settings settings) {
    settings.bottom = 120;
    std::string all;
    for (const auto& tick : PriceScale(settings).Ticks(26, 2)) all += tick.label + " ";
    return all;
  };
  EXPECT_EQ(labels({.low = 95, .high = 205}), "100.00 125.00 150.00 175.00 200.00 ");
  EXPECT_EQ(labels({.low = 1.234, .high = 1.2362}), "1.2340 1.2345 1.2350 1.2355 1.2360 ");
  EXPECT_EQ(labels({.kind = options::SCALE_PERCENT, .low = 88, .high = 112, .base = 100}),
            "\xe2\x88\x92"
            "10% 0% +10% ");
  EXPECT_EQ(labels({.kind = options::SCALE_INDEXED, .low = 44, .high = 56, .base = 50}), "90 100 110 ");
  EXPECT_EQ(labels({.kind = options::SCALE_LOG, .low = 0.9, .high = 1100}), "1.00 10.00 100.00 1,000.00 ");
}

TEST(PriceScaleTest, SurvivesNonsense) {
  const double inf = INFINITY, nan = NAN;
  const PriceScale::Settings wild[] = {
      {.low = nan, .high = nan},
      {.low = -inf, .high = inf},
      {.low = 5, .high = 5},
      {.low = 7, .high = 3},
      {.low = 0, .high = 0},
      {.low = 1e308, .high = -1e308},
      {.low = 1e-300, .high = 1e300},
      {.low = 1, .high = 1 + 1e-15},
      {.low = 1, .high = 2, .base = 0},
      {.low = 1, .high = 2, .base = nan},
  };
  for (PriceScale::Settings settings : wild) {
    for (int kind = 0; kind < 4; ++kind) {
      settings.kind = static_cast<options::Scale>(kind);
      const PriceScale scale(settings);
      EXPECT_TRUE(std::isfinite(scale.Y(1)));
      EXPECT_TRUE(std::isfinite(scale.Price(50)));
      EXPECT_LE(scale.Ticks(26, 2).size(), 5u);
    }
  }
}

}  // namespace
}  // namespace vrcharts::chart
