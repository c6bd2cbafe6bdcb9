#ifndef VRCHARTS_QUOTES_ADJUST_H_
#define VRCHARTS_QUOTES_ADJUST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vrcharts/quotes/series.h"

namespace vrcharts::quotes {

// What happened to a share before the bar of that time (its ex-date).
struct CorporateAction {
  int64_t time = 0;
  double split = 1;     // new shares for an old one; 2 halves the price
  double dividend = 0;  // a new share, in the currency of the prices
};

// Makes prices as they were traded comparable over time, as services do for an "adjusted close": those before a split
// are divided by it (and volumes multiplied), those before a dividend multiplied by 1 - dividend / last close before
// it, so that the return from any close to any other is that of a holder who reinvests. The newest prices stay as they
// are. Sorts the bars by time.
//
// Returns how many actions were left out because they cannot be true: a split that is not positive or beyond 10,000 to
// one, a dividend that is negative or not below the price. Actions without a bar before them change nothing.
size_t AdjustForActions(std::vector<CorporateAction> actions, std::vector<Bar>* bars);

// Whether there can be such a split, of so many new shares for an old one.
bool IsSplit(double split);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_ADJUST_H_
