#include "vrcharts/analysis/values.h"

#include <cmath>
#include <random>

#include "gtest/gtest.h"

namespace vrcharts::analysis {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(ValuesTest, SameAsLookingAtAll) {
  std::mt19937 random(3);
  for (const size_t n : {0, 1, 15, 16, 17, 255, 256, 257, 5000, 70001}) {
    std::vector<double> raw(n);
    for (double& value : raw) value = random() % 4 == 0 ? kNan : static_cast<double>(random() % 100000);
    // A long stretch without values, as an indicator has at its beginning.
    for (size_t i = 0; i < n / 3; ++i) raw[i] = kNan;
    const Values values(raw);
    for (int i = 0; i < 200; ++i) {
      const size_t begin = random() % (n + 1), end = begin + random() % (n + 20);
      Values::Range expected;
      double first = kNan;
      for (size_t j = begin; j < std::min(end, n); ++j) {
        expected.Add(raw[j]);
        if (std::isnan(first)) first = raw[j];
      }
      const Values::Range range = values.Extremes(begin, end);
      EXPECT_EQ(range.empty(), expected.empty());
      EXPECT_EQ(range.low, expected.low) << n << ": " << begin << " to " << end;
      EXPECT_EQ(range.high, expected.high) << n << ": " << begin << " to " << end;
      const double found = values.FirstFinite(begin, end);
      EXPECT_TRUE(found == first || (std::isnan(found) && std::isnan(first))) << n << ": " << begin << " to " << end;
    }
  }
}

TEST(ValuesTest, InfinityIsNoValue) {
  const Values values({1, std::numeric_limits<double>::infinity(), -2});
  EXPECT_EQ(values.Extremes(0, 3).high, 1);
  EXPECT_EQ(values.Extremes(0, 3).low, -2);
  EXPECT_TRUE(values.Extremes(1, 2).empty());
}

}  // namespace
}  // namespace vrcharts::analysis
