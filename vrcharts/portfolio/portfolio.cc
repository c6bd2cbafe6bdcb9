#include "vrcharts/portfolio/portfolio.h"

#include <algorithm>
#include <deque>
#include <limits>

#include "vrcharts/quotes/sample.h"

namespace vrcharts::portfolio {

Item AfterSplits(const Item& item, std::span<const quotes::CorporateAction> splits) {
  Item out = item;
  for (Lot& lot : out.lots) {
    for (const quotes::CorporateAction& split : splits) {
      if (lot.time >= split.time) continue;
      lot.quantity *= split.split;
      lot.price /= split.split;
    }
  }
  return out;
}

Holding HoldingAt(const Item& item, int64_t time) {
  struct Open {
    double quantity, cost;  // cost of all of it
  };
  std::deque<Open> open;
  Holding holding;
  for (const Lot& lot : item.lots) {
    if (lot.time > time) continue;
    if (lot.quantity > 0) {
      open.push_back({lot.quantity, lot.quantity * lot.price + lot.fees});
      continue;
    }
    double left = -lot.quantity;
    double proceeds_left = left * lot.price - lot.fees;
    while (left > 0 && !open.empty()) {
      const double sold = std::min(left, open.front().quantity);
      const double cost = open.front().cost * sold / open.front().quantity;
      const double proceeds = proceeds_left * sold / left;
      holding.realized += proceeds - cost;
      proceeds_left -= proceeds;
      left -= sold;
      open.front().quantity -= sold;
      open.front().cost -= cost;
      if (open.front().quantity <= 0) open.pop_front();
    }
  }
  for (const Open& lot : open) {
    holding.quantity += lot.quantity;
    holding.cost += lot.cost;
  }
  return holding;
}

Holding CurrentHolding(const Item& item) { return HoldingAt(item, std::numeric_limits<int64_t>::max()); }

std::string CommonCurrency(const Portfolio& portfolio) {
  std::string common = portfolio.currency;
  for (const Item& item : portfolio.items) {
    if (item.lots.empty()) continue;
    const std::string& own = item.instrument.currency;
    if (common.empty()) common = own;
    if (own != common && !portfolio.rates.contains(own) && !portfolio.rate_symbols.contains(own)) return "";
  }
  return common;
}

double RateOf(const Portfolio& portfolio, const Item& item) {
  if (item.instrument.currency == CommonCurrency(portfolio)) return 1;
  const auto it = portfolio.rates.find(item.instrument.currency);
  return it == portfolio.rates.end() ? 0 : it->second;
}

Portfolio SamplePortfolio() {
  Portfolio portfolio;
  portfolio.name = "Sample";
  portfolio.currency = "USD";
  portfolio.rates = {{"JPY", 0.0066}, {"EUR", 1.08}, {"CHF", 1.13}};  // as invented as the prices
  for (const quotes::SampleCompany& company : quotes::SampleCompanies()) {
    Item item{company.instrument, {}};
    if (company.shares > 0) {
      const std::vector<quotes::Bar> bars = quotes::SampleBars(company);
      // Two thirds first, the rest half a year later or half way to the end.
      const size_t first = bars.size() - 1 - company.bought_days_ago;
      const size_t second = first + std::min<size_t>(126, company.bought_days_ago / 2);
      const double more = static_cast<double>(static_cast<int64_t>(company.shares / 3));
      item.lots.push_back({bars[first].time, company.shares - more, bars[first].close, 0});
      if (more > 0) item.lots.push_back({bars[second].time, more, bars[second].close, 0});
    }
    portfolio.items.push_back(std::move(item));
  }
  return portfolio;
}

}  // namespace vrcharts::portfolio
