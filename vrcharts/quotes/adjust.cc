#include "vrcharts/quotes/adjust.h"

#include <algorithm>
#include <cmath>

namespace vrcharts::quotes {
namespace {

constexpr double kLargestSplit = 1e4;

}  // namespace

bool IsSplit(double split) { return split >= 1 / kLargestSplit && split <= kLargestSplit; }

size_t AdjustForActions(std::vector<CorporateAction> actions, std::vector<Bar>* bars) {
  const auto by_time = [](const auto& a, const auto& b) { return a.time < b.time; };
  std::stable_sort(bars->begin(), bars->end(), by_time);
  std::stable_sort(actions.begin(), actions.end(), by_time);
  size_t left_out = 0;
  double price_factor = 1, volume_factor = 1;
  auto action = actions.rbegin();
  for (auto bar = bars->rbegin(); bar != bars->rend(); ++bar) {
    for (; action != actions.rend() && action->time > bar->time; ++action) {
      // `bar` is the last one before the action.
      if (!IsSplit(action->split) || !(action->dividend >= 0) || !(action->dividend * action->split < bar->close)) {
        ++left_out;
        continue;
      }
      price_factor *= (1 - action->dividend * action->split / bar->close) / action->split;
      volume_factor *= action->split;
    }
    for (double* price : {&bar->open, &bar->high, &bar->low, &bar->close}) *price *= price_factor;
    bar->volume *= volume_factor;
  }
  return left_out;
}

}  // namespace vrcharts::quotes
