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

// The value and the cost of the items held, day by day: a bar for each time at which any of the series has one; between
// its bars a series counts with its last close. `series[i]` belongs to items[i] and may be null. `rates[i]` turns the
// item's currency into the common one; items with a rate that is not positive are left out.
struct History {
  std::vector<int64_t> time;
  std::vector<double> value, cost;
};
History ValueOverTime(const std::vector<Item>& items, const std::vector<quotes::SeriesPtr>& series,
                      const std::vector<double>& rates);

}  // namespace vrcharts::portfolio

#endif  // VRCHARTS_PORTFOLIO_FIGURES_H_
