#ifndef VRCHARTS_WALL_TILE_H_
#define VRCHARTS_WALL_TILE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "vrcharts/chart/chart.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/portfolio/portfolio.h"
#include "vrcharts/wall/panel.h"

namespace vrcharts::wall {

// One symbol on the wall: what its chart shows, and where its panel is and goes to. Plain state for the board to
// change; Refresh() redraws what has become out of date.
struct Tile {
  size_t feed = 0;
  const portfolio::Item* item = nullptr;  // null for the summary of the portfolio and for metrics
  Panel panel;
  Placement home;    // in the layout
  Placement target;  // where it is moving to
  bool pinned = false, closed = false, focused = false;

  chart::Content content;
  chart::Style style;
  chart::View view;
  chart::Layout layout;  // of the last drawing
  chart::Size size;      // points
  options::Period period = options::PERIOD_6M;
  bool follows_period = true;  // the view is that of `period`; false once zoomed or panned
  std::optional<chart::Crosshair> crosshair;
  std::optional<std::pair<int64_t, int64_t>> restored_range;  // times to show as soon as there is data
  bool wants_focus = false;                                   // while a state is loaded
  bool dirty = true;

  size_t bars() const { return content.pyramid == nullptr ? 0 : content.pyramid->series()->size(); }
  void Redraw(text::Atlas* atlas);
  void ShowPeriod(options::Period new_period);
};

// Moves `from` towards `to` as far as `elapsed` allows: quick at first, gentle at the end, there after about half a
// second. Returns whether anything moved.
bool Approach(const Placement& to, absl::Duration elapsed, Placement* from);

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_TILE_H_
