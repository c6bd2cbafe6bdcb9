#include "migrate/binlog/position.h"

#include "gtest/gtest.h"

namespace migrate::binlog {
namespace {

TEST(PositionTest, ComparesByFileNumberThenOffset) {
  const Position a{"binlog.000009", 900, ""};
  EXPECT_EQ(Compare(a, a), 0);
  EXPECT_LT(Compare(a, {"binlog.000010", 4, ""}), 0);
  EXPECT_LT(Compare({"binlog.999999", 4, ""}, {"binlog.1000000", 4, ""}), 0);
  EXPECT_GT(Compare(a, {"binlog.000009", 899, ""}), 0);
  EXPECT_LT(Compare({}, a), 0);
}

TEST(PositionTest, Text) { EXPECT_EQ((Position{"binlog.000009", 900, "x"}).ToString(), "binlog.000009:900"); }

}  // namespace
}  // namespace migrate::binlog
