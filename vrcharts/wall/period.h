#ifndef VRCHARTS_WALL_PERIOD_H_
#define VRCHARTS_WALL_PERIOD_H_

#include <string>

#include "vrcharts/chart/time_axis.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/quotes/gaps.h"
#include "vrcharts/quotes/series.h"

namespace vrcharts::wall {

// "6M"
std::string PeriodLabel(options::Period period);

// The first bar of the last `period` of a series that is not empty; its last bars, if there are only a few.
size_t FirstBar(const quotes::Series& series, options::Period period);

// The view that shows the last `period` of a series, with a little room to the right of the last bar; at least a few
// bars.
chart::View PeriodView(const quotes::Series& series, const quotes::Gaps& gaps, options::Period period);

// Zooms by `factor` (< 1 shows less) around `anchor` (a slot), and keeps within what makes sense: at least 5 slots, at
// most the whole series, `slots` long, with a quarter of the view empty on either side.
chart::View Zoom(chart::View view, double anchor, double factor, double slots);
chart::View Pan(chart::View view, double by, double slots);

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_PERIOD_H_
