#include "vrcharts/chart/format.h"

#include <cmath>

#include "gtest/gtest.h"

namespace vrcharts::chart {
namespace {

#define MINUS "\xe2\x88\x92"

TEST(FormatTest, Numbers) {
  EXPECT_EQ(FormatNumber(1234567.891, 2), "1,234,567.89");
  EXPECT_EQ(FormatNumber(999.995, 2), "1,000.00");
  EXPECT_EQ(FormatNumber(-42, 0), MINUS "42");
  EXPECT_EQ(FormatNumber(-0.001, 2), "0.00") << "no negative zero";
  EXPECT_EQ(FormatNumber(0, 1), "0.0");
  EXPECT_EQ(FormatNumber(1e300, 2), "1e+300");
  EXPECT_EQ(FormatNumber(NAN, 2), "–");
}

TEST(FormatTest, SignsAndPercents) {
  EXPECT_EQ(FormatSigned(1.5, 1), "+1.5");
  EXPECT_EQ(FormatSigned(-1.5, 1), MINUS "1.5");
  EXPECT_EQ(FormatSigned(0.01, 1), "0.0");
  EXPECT_EQ(FormatPercent(0.0127), "+1.27%");
  EXPECT_EQ(FormatPercent(-0.5), MINUS "50.00%");
}

TEST(FormatTest, Compact) {
  EXPECT_EQ(FormatCompact(9412345), "9.41M");
  EXPECT_EQ(FormatCompact(12345678), "12.3M");
  EXPECT_EQ(FormatCompact(-1500), MINUS "1.50K");
  EXPECT_EQ(FormatCompact(999999), "1.00M");
  EXPECT_EQ(FormatCompact(120), "120");
  EXPECT_EQ(FormatCompact(7.5), "7.50");
  EXPECT_EQ(FormatCompact(3.2e12), "3.20T");
}

TEST(FormatTest, DecimalsFollowTheCurrencyAndTheSize) {
  EXPECT_EQ(PriceDecimals({"", "", "USD", ""}, 184), 2);
  EXPECT_EQ(PriceDecimals({"", "", "JPY", ""}, 4385), 0);
  EXPECT_EQ(PriceDecimals({"", "", "USD", ""}, 0.00012), 6);
  EXPECT_EQ(PriceDecimals({"", "", "", ""}, 123456), 0);
  EXPECT_EQ(PriceDecimals({"", "", "", ""}, NAN), 2);
}

}  // namespace
}  // namespace vrcharts::chart
