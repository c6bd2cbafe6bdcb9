#ifndef VRCHARTS_PORTFOLIO_FIGURES_H_
#define VRCHARTS_PORTFOLIO_FIGURES_H_

#include <cstdint>
#include <vector>

#include "vrcharts/options/options.pb.h"
#include "vrcharts/portfolio/portfolio.h"
#include "vrcharts/quotes/series.h"

namespace vrcharts::portfolio {

// What panels are sorted by. Ratios: 0.1 is 10 %. NaN where there is no data.
struct Figures {
  double total_return = 0;  // last close against the close before the period, or the first one
  double volatility = 0;    // standard deviation of daily log returns, times sqrt(252)
  double drawdown = 0;      // deepest fall from a high within the period, <= 0
  double from_high = 0;     // last close against the highest high of the period, <= 0
  double value = 0;         // of the shares held, at the last close, in the instrument's currency
  double profit = 0;        // value - cost + realized
};

// Over the bars with time >= `since`.
Figures ComputeFigures(const quotes::Series& series, int64_t since, const Holding& holding);

// What `sort` compares, so that larger comes first; nothing for orders that need no figures.
double SortKey(const Figures& figures, options::Sort sort);

// What one unit of an item's currency is worth in the common one.
struct ExchangeRate {
  double constant = 0;        // where there is no history; not positive: unknown
  quotes::SeriesPtr history;  // null: always `constant`

  // The last one known at `time`; before the first one, the first.
  double At(int64_t time) const;
};

// The value and the cost of the items held, day by day: a bar for each time at which any of the series has one; between
// its bars a series counts with its last close. `series[i]` belongs to items[i] and may be null, and so does rates[i];
// items with an unknown rate are left out. A purchase costs what its currency was worth on that day.
struct History {
  std::vector<int64_t> time;
  std::vector<double> value, cost;
  std::vector<double> realized;     // profit of what was sold until then
  std::vector<double> last_values;  // of each item, at the end
};
History ValueOverTime(const std::vector<Item>& items, const std::vector<quotes::SeriesPtr>& series,
                      const std::vector<ExchangeRate>& rates);

}  // namespace vrcharts::portfolio

#endif  // VRCHARTS_PORTFOLIO_FIGURES_H_
