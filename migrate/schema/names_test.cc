#include "migrate/schema/names.h"

#include <string>

#include "gtest/gtest.h"

namespace migrate::schema {
namespace {

TEST(NamesTest, AreGhOsts) {
  const TableNames names = MakeTableNames("orders", "orders", "");
  EXPECT_EQ(names.ghost, "_orders_gho");
  EXPECT_EQ(names.changelog, "_orders_ghc");
  EXPECT_EQ(names.old, "_orders_del");
  EXPECT_EQ(MakeTableNames("orders", "x", "20261123055500").old, "_x_20261123055500_del");
}

TEST(NamesTest, StayWithin64CharactersWithoutCuttingOneInTwo) {
  const std::string longest(64, 'a');
  EXPECT_EQ(MakeTableNames(longest, longest, "").ghost, "_" + std::string(59, 'a') + "_gho");
  std::string japanese;
  for (int i = 0; i < 64; ++i) japanese += "表";
  const std::string old = MakeTableNames(japanese, japanese, "20261123055500").old;
  EXPECT_EQ(old.size(), 1 + (64 - 2 - 18) * 3 + 1 + 18u);
  EXPECT_EQ(MakeTableNames("表", "表", "").ghost, "_表_gho");
}

}  // namespace
}  // namespace migrate::schema
