#include "vrcharts/portfolio/figures.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vrcharts::portfolio {

Figures ComputeFigures(const quotes::Series& series, int64_t since, const Holding& holding) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  Figures out{kNan, kNan, kNan, kNan, kNan, kNan};
  const size_t first = series.LowerBound(since);
  if (first >= series.size()) return out;
  const size_t base = first > 0 ? first - 1 : first;
  const double last = series.close().back();
  out.value = holding.quantity * last;
  out.profit = out.value - holding.cost + holding.realized;
  out.total_return = last / series.close()[base] - 1;

  double peak = 0, high = 0, sum = 0, squares = 0;
  out.drawdown = 0;
  for (size_t i = first; i < series.size(); ++i) {
    peak = std::max(peak, series.close()[i]);
    high = std::max(high, series.high()[i]);
    out.drawdown = std::min(out.drawdown, series.close()[i] / peak - 1);
    if (i == 0) continue;
    const double change = std::log(series.close()[i] / series.close()[i - 1]);
    sum += change;
    squares += change * change;
  }
  out.from_high = last / high - 1;
  const double n = static_cast<double>(series.size() - std::max<size_t>(first, 1));
  if (n >= 2) out.volatility = std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1)) * 252);
  return out;
}

double SortKey(const Figures& figures, options::Sort sort) {
  switch (sort) {
    case options::SORT_RETURN:
      return figures.total_return;
    case options::SORT_VOLATILITY:
      return figures.volatility;
    case options::SORT_DRAWDOWN:
      return -figures.drawdown;
    case options::SORT_FROM_HIGH:
      return figures.from_high;
    case options::SORT_VALUE:
      return figures.value;
    case options::SORT_PROFIT:
      return figures.profit;
    default:
      return 0;
  }
}

double ExchangeRate::At(int64_t time) const {
  if (history == nullptr || history->empty()) return constant;
  const size_t after = history->LowerBound(time + 1);
  return history->close()[after > 0 ? after - 1 : 0];
}

namespace {

// The item with its lots in the common currency.
Item Converted(const Item& item, const ExchangeRate& rate) {
  Item converted = item;
  for (Lot& lot : converted.lots) {
    const double at = rate.At(lot.time);
    lot.price *= at;
    lot.fees *= at;
  }
  return converted;
}

void AddItem(const Item& item, const quotes::Series& series, const ExchangeRate& rate, History* out) {
  const Item converted = Converted(item, rate);
  size_t bar = 0, lots_seen = 0;
  Holding holding;
  double value = 0;
  for (size_t t = 0; t < out->time.size(); ++t) {
    const int64_t now = out->time[t];
    while (bar + 1 < series.size() && series.time()[bar + 1] <= now) ++bar;
    size_t lots = lots_seen;
    while (lots < item.lots.size() && item.lots[lots].time <= now) ++lots;
    if (lots != lots_seen) holding = HoldingAt(converted, now);
    lots_seen = lots;
    if (series.time()[bar] > now) continue;  // not yet traded
    value = holding.quantity * series.close()[bar] * rate.At(now);
    out->value[t] += value;
    out->cost[t] += holding.cost;
    out->realized[t] += holding.realized;
  }
  out->last_values.back() = value;
}

}  // namespace

History ValueOverTime(const std::vector<Item>& items, const std::vector<quotes::SeriesPtr>& series,
                      const std::vector<ExchangeRate>& rates) {
  History out;
  for (const quotes::SeriesPtr& one : series) {
    if (one != nullptr) out.time.insert(out.time.end(), one->time().begin(), one->time().end());
  }
  std::sort(out.time.begin(), out.time.end());
  out.time.erase(std::unique(out.time.begin(), out.time.end()), out.time.end());
  for (std::vector<double>* values : {&out.value, &out.cost, &out.realized}) values->assign(out.time.size(), 0);
  for (size_t i = 0; i < items.size(); ++i) {
    out.last_values.push_back(0);
    if (series[i] == nullptr || series[i]->empty() || !(rates[i].At(series[i]->time().back()) > 0)) continue;
    AddItem(items[i], *series[i], rates[i], &out);
  }
  return out;
}

}  // namespace vrcharts::portfolio
