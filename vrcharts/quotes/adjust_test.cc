#include "vrcharts/quotes/adjust.h"

#include <cmath>
#include <random>

#include "gtest/gtest.h"

namespace vrcharts::quotes {
namespace {

constexpr int64_t kDay = 86400;

std::vector<Bar> Closes(const std::vector<double>& closes) {
  std::vector<Bar> bars;
  for (const double close : closes) {
    bars.push_back({static_cast<int64_t>(bars.size()) * kDay, close, close, close, close, 100});
  }
  return bars;
}

TEST(AdjustTest, ASplitIsNoLoss) {
  std::vector<Bar> bars = Closes({400, 410, 205, 206});
  EXPECT_EQ(AdjustForActions({{2 * kDay, 2, 0}}, &bars), 0u);
  EXPECT_EQ(bars[0], (Bar{0, 200, 200, 200, 200, 200}));
  EXPECT_EQ(bars[1].close, 205);
  EXPECT_EQ(bars[2], (Bar{2 * kDay, 205, 205, 205, 205, 100})) << "new prices stay as they are";
}

TEST(AdjustTest, ADividendIsNoLoss) {
  std::vector<Bar> bars = Closes({50, 50, 48});
  EXPECT_EQ(AdjustForActions({{2 * kDay, 1, 2}}, &bars), 0u);
  EXPECT_DOUBLE_EQ(bars[1].close, 48);
  EXPECT_DOUBLE_EQ(bars[0].close, 48);
  EXPECT_EQ(bars[0].volume, 100);
}

TEST(AdjustTest, WhatCannotBeTrueIsLeftOut) {
  for (const CorporateAction& action :
       {CorporateAction{kDay, 0, 0}, CorporateAction{kDay, -3, 0}, CorporateAction{kDay, NAN, 0},
        CorporateAction{kDay, 1, -1}, CorporateAction{kDay, 1, 11}, CorporateAction{kDay, 1, NAN}}) {
    std::vector<Bar> bars = Closes({10, 10});
    EXPECT_EQ(AdjustForActions({action}, &bars), 1u);
    EXPECT_EQ(bars[0].close, 10);
  }
  std::vector<Bar> bars = Closes({10, 10});
  EXPECT_EQ(AdjustForActions({{0, 2, 1}, {-kDay, 2, 0}}, &bars), 0u) << "nothing before it";
  EXPECT_EQ(bars[1].close, 10);
}

// A holder who puts every dividend into more shares has the return that the adjusted closes show.
TEST(AdjustTest, TheReturnIsThatOfAHolderWhoReinvests) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> step(0.97, 1.03), chance(0, 1);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> closes = {100};
    std::vector<CorporateAction> actions;
    double shares = 1;
    for (int day = 1; day < 60; ++day) {
      double price = closes.back();
      if (chance(random) < 0.1) {
        CorporateAction action{day * kDay, 1, 0};
        if (chance(random) < 0.5) action.split = chance(random) < 0.5 ? 2 : 0.25;
        if (chance(random) < 0.7) action.dividend = 0.02 * price / action.split;
        actions.push_back(action);
        shares *= action.split;
        const double ex = price / action.split - action.dividend;  // what a share is worth without the dividend
        shares *= 1 + action.dividend / ex;
        price = ex;
      }
      closes.push_back(price * step(random));
    }
    std::vector<Bar> bars = Closes(closes);
    ASSERT_EQ(AdjustForActions(actions, &bars), 0u);
    EXPECT_NEAR(bars.back().close / bars.front().close, shares * closes.back() / closes.front(), 1e-9);
  }
}

}  // namespace
}  // namespace vrcharts::quotes
