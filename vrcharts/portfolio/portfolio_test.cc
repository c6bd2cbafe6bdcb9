#include "vrcharts/portfolio/portfolio.h"

#include "gtest/gtest.h"

namespace vrcharts::portfolio {
namespace {

TEST(HoldingTest, BuysAddUpWithFees) {
  const Item item{{}, {{100, 10, 50, 5}, {200, 30, 70, 15}}};
  const Holding holding = CurrentHolding(item);
  EXPECT_DOUBLE_EQ(holding.quantity, 40);
  EXPECT_DOUBLE_EQ(holding.cost, 500 + 5 + 2100 + 15);
  EXPECT_DOUBLE_EQ(holding.average_cost(), 65.5);
  EXPECT_DOUBLE_EQ(holding.realized, 0);
}

TEST(HoldingTest, SalesTakeTheOldestFirst) {
  // 10 at 50 and 30 at 70; 20 sold at 80 with 4 fees: 10 * (80 - 50) + 10 * (80 - 70) - 4.
  const Item item{{}, {{100, 10, 50, 0}, {200, 30, 70, 0}, {300, -20, 80, 4}}};
  const Holding holding = CurrentHolding(item);
  EXPECT_DOUBLE_EQ(holding.quantity, 20);
  EXPECT_DOUBLE_EQ(holding.cost, 1400);
  EXPECT_DOUBLE_EQ(holding.realized, 396);
  EXPECT_DOUBLE_EQ(HoldingAt(item, 299).quantity, 40) << "before the sale";
  EXPECT_DOUBLE_EQ(HoldingAt(item, 99).quantity, 0) << "before everything";
}

TEST(HoldingTest, SellingMoreThanIsHeldSellsAll) {
  const Item item{{}, {{100, 10, 50, 0}, {200, -25, 60, 0}}};
  const Holding holding = CurrentHolding(item);
  EXPECT_DOUBLE_EQ(holding.quantity, 0);
  EXPECT_DOUBLE_EQ(holding.cost, 0);
  EXPECT_DOUBLE_EQ(holding.realized, 100) << "ten shares at ten more each";
}

TEST(CurrencyTest, OneCurrencyOrRates) {
  Portfolio portfolio{"", "", {}, {{{"A", "", "EUR"}, {{0, 1, 1}}}, {{"B", "", "EUR"}, {{0, 1, 1}}}}};
  EXPECT_EQ(CommonCurrency(portfolio), "EUR");
  portfolio.items.push_back({{"C", "", "JPY"}, {}});
  EXPECT_EQ(CommonCurrency(portfolio), "EUR") << "the watch list does not count";
  portfolio.items[2].lots.push_back({0, 1, 1});
  EXPECT_EQ(CommonCurrency(portfolio), "");
  portfolio.rates["JPY"] = 0.006;
  EXPECT_EQ(CommonCurrency(portfolio), "EUR");
  EXPECT_EQ(RateOf(portfolio, portfolio.items[0]), 1);
  EXPECT_EQ(RateOf(portfolio, portfolio.items[2]), 0.006);
}

TEST(SamplePortfolioTest, HoldsAndWatches) {
  const Portfolio portfolio = SamplePortfolio();
  int held = 0, watched = 0;
  for (const Item& item : portfolio.items) {
    const Holding holding = CurrentHolding(item);
    (holding.quantity > 0 ? held : watched)++;
    EXPECT_EQ(holding.quantity > 0, holding.average_cost() > 0) << item.instrument.symbol;
  }
  EXPECT_EQ(held, 13);
  EXPECT_EQ(watched, 4);
  EXPECT_EQ(CommonCurrency(portfolio), "USD");
}

}  // namespace
}  // namespace vrcharts::portfolio
