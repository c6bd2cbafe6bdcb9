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

TEST(AfterSplitsTest, LotsOfBeforeAreMore) {
  // 10 shares at 400 and a sale of 2 before a split of 4:1; 5 at 110 on its day; then a reverse split of 1:2.
  const Item item{{}, {{100, 10, 400, 8}, {150, -2, 420, 0}, {200, 5, 110, 0}, {300, 6, 240, 0}}};
  const std::vector<quotes::CorporateAction> splits = {{200, 4, 0}, {250, 0.5, 0}};
  const Item after = AfterSplits(item, splits);
  EXPECT_DOUBLE_EQ(after.lots[0].quantity, 20);
  EXPECT_DOUBLE_EQ(after.lots[0].price, 200);
  EXPECT_DOUBLE_EQ(after.lots[0].fees, 8);
  EXPECT_DOUBLE_EQ(after.lots[1].quantity, -4);
  EXPECT_DOUBLE_EQ(after.lots[2].quantity, 2.5);
  EXPECT_DOUBLE_EQ(after.lots[2].price, 220);
  EXPECT_DOUBLE_EQ(after.lots[3].quantity, 6);
  const Holding before_split = CurrentHolding(item), holding = CurrentHolding(after);
  EXPECT_DOUBLE_EQ(holding.quantity, 20 - 4 + 2.5 + 6);
  EXPECT_DOUBLE_EQ(holding.cost, before_split.cost) << "money does not split";
  EXPECT_DOUBLE_EQ(holding.realized, before_split.realized);
  EXPECT_DOUBLE_EQ(AfterSplits(item, {}).lots[0].quantity, 10);
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
