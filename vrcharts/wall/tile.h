#ifndef VRCHARTS_WALL_TILE_H_
#define VRCHARTS_WALL_TILE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "vrcharts/chart/chart.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/portfolio/figures.h"
#include "vrcharts/portfolio/portfolio.h"
#include "vrcharts/wall/panel.h"

namespace vrcharts::wall {

// Points that a panel is laid out in, on the wall and pulled near: near there is more room for ticks and values, at
// about the same size of text.
constexpr chart::Size kPanelPoints{480, 307};
constexpr chart::Size kFocusPoints{880, 563};

// What is computed from a series, on worker threads: all of it together, again whenever the series or what is asked for
// changes.
struct Extras {
  uint64_t revision = 0;     // a larger one knows more
  quotes::SeriesPtr series;  // that it belongs to
  std::vector<analysis::StudyPtr> studies;
  std::vector<chart::Comparison> comparisons;
  portfolio::Figures figures;  // over the wall's period
};

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
  std::vector<analysis::StudyPtr> own_studies;  // shown before those that the person chose
  portfolio::Figures figures;                   // over the wall's period
  uint64_t extras_revision = 0;                 // of what is shown
  Extras early_extras;                          // came before the series that they belong to
  chart::Style style;
  chart::View view;
  chart::Layout layout;  // of the last drawing
  chart::Size size = kPanelPoints;
  float shrink = 1;  // share of `size` that the panel is laid out in: less from afar, where text must be larger
  options::Period period = options::PERIOD_6M;
  bool follows_period = true;  // the view is that of `period`; false once zoomed or panned
  std::optional<chart::Crosshair> crosshair;
  std::optional<std::pair<int64_t, int64_t>> restored_range;  // times to show as soon as there is data
  bool wants_focus = false;                                   // while a state is loaded
  bool dirty = true;

  double slots() const { return content.gaps->Slots(bars()); }
  size_t bars() const { return content.pyramid == nullptr ? 0 : content.pyramid->series()->size(); }
  void Redraw(text::Atlas* atlas);
  // Lays the panel out for an eye that sees this many pixels for each point of `size`: what cannot be read or told
  // apart is larger or left out. Nothing changes before the eye has come clearly nearer or gone away.
  void FitTo(float pixels_per_point);
  void ShowPeriod(options::Period new_period);
};

// Moves `from` towards `to` as far as `elapsed` allows: quick at first, gentle at the end, there after about half a
// second. Returns whether anything moved.
bool Approach(const Placement& to, absl::Duration elapsed, Placement* from);

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_TILE_H_
