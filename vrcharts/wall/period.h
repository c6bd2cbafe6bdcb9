#ifndef VRCHARTS_WALL_PERIOD_H_
#define VRCHARTS_WALL_PERIOD_H_

#include <string>

#include "vrcharts/chart/time_axis.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/quotes/series.h"

namespace vrcharts::wall {

// "6M"
std::string PeriodLabel(options::Period period);

// The view that shows the last `period` of a series, with a little room to the right of the last bar; at least a few
// bars.
chart::View PeriodView(const quotes::Series& series, options::Period period);

// Zooms by `factor` (< 1 shows less) around `anchor` (a bar), and keeps within what makes sense: at least 5 bars, at
// most the whole series with a quarter of the view empty on either side.
chart::View Zoom(chart::View view, double anchor, double factor, size_t bars);
chart::View Pan(chart::View view, double by, size_t bars);

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_PERIOD_H_
