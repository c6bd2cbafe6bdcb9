#ifndef VRCHARTS_PORTFOLIO_PORTFOLIO_H_
#define VRCHARTS_PORTFOLIO_PORTFOLIO_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "vrcharts/quotes/adjust.h"
#include "vrcharts/quotes/series.h"

namespace vrcharts::portfolio {

// Shares bought (quantity > 0) or sold (quantity < 0) at once.
struct Lot {
  int64_t time = 0;     // seconds since 1970-01-01 UTC
  double quantity = 0;  // shares
  double price = 0;     // a share, in the instrument's currency
  double fees = 0;      // in all
};

// One symbol of the portfolio: a holding, or without lots a member of the watch list.
struct Item {
  quotes::Instrument instrument;
  std::vector<Lot> lots;  // oldest first
};

struct Portfolio {
  std::string name;
  std::string currency;                 // in which everything is added up; empty: that of the items, if they share one
  std::map<std::string, double> rates;  // what one unit of another currency is worth in it; constant over time
  std::vector<Item> items;
  std::map<std::string, std::string> rate_symbols;  // rates over time: the symbols whose prices they are
};

// The item with its lots in the shares of today: those of before a split of n new shares for an old one are n times as
// many at an n-th of the price. What a lot cost in all stays as it was. `splits` oldest first, at midnight UTC; a lot
// of the day itself is one in new shares.
Item AfterSplits(const Item& item, std::span<const quotes::CorporateAction> splits);

// What is left of an item's lots. Sales take the oldest shares first (FIFO).
struct Holding {
  double quantity = 0;
  double cost = 0;      // of the shares still held, fees included
  double realized = 0;  // profit of the shares sold, fees included
  double average_cost() const { return quantity > 0 ? cost / quantity : 0; }
};

// At `time`, lots of that second included. Selling more than is held counts as selling all; short positions are not
// modelled.
Holding HoldingAt(const Item& item, int64_t time);
Holding CurrentHolding(const Item& item);

// The currency that the holdings can be added up in; empty if there is none: several currencies and no rates.
std::string CommonCurrency(const Portfolio& portfolio);
// Turns the item's currency into the common one; 0 if there is no constant rate.
double RateOf(const Portfolio& portfolio, const Item& item);

// The bundled sample: the companies of quotes/sample.h, bought in two lots each.
Portfolio SamplePortfolio();

}  // namespace vrcharts::portfolio

#endif  // VRCHARTS_PORTFOLIO_PORTFOLIO_H_
