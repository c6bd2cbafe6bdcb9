#ifndef VRCHARTS_CHART_TEST_DATA_H_
#define VRCHARTS_CHART_TEST_DATA_H_

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "vrcharts/analysis/pyramid.h"
#include "vrcharts/quotes/series.h"

namespace vrcharts::chart {

// Bars `interval` seconds apart that begin at `start`; price(i) is the close, opens continue the close before.
inline analysis::PyramidPtr MakePyramid(size_t n, int64_t start, int64_t interval,
                                        const std::function<double(size_t)>& price) {
  std::vector<quotes::Bar> bars;
  for (size_t i = 0; i < n; ++i) {
    const double close = price(i), open = i == 0 ? close : bars.back().close;
    bars.push_back({start + static_cast<int64_t>(i) * interval, open, std::max(open, close), std::min(open, close),
                    close, 1000.0 + static_cast<double>(i % 7)});
  }
  return std::make_shared<analysis::Pyramid>(std::make_shared<quotes::Series>(bars));
}

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_TEST_DATA_H_
