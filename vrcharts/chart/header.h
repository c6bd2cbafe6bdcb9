#ifndef VRCHARTS_CHART_HEADER_H_
#define VRCHARTS_CHART_HEADER_H_

#include "vrcharts/chart/chart.h"

namespace vrcharts::chart {

// Symbol, name, last price and change, holding, and what is wrong with the data, if anything.
void DrawHeader(const Content& content, const Style& style, const Layout& layout, Canvas* canvas);

// The same line of values under the header for one bar: O H L C, change, volume.
void DrawBarValues(const Content& content, const Style& style, const Layout& layout, size_t bar, Canvas* canvas);

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_HEADER_H_
