#ifndef VRCHARTS_CHART_CHART_H_
#define VRCHARTS_CHART_CHART_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "vrcharts/analysis/pyramid.h"
#include "vrcharts/analysis/study.h"
#include "vrcharts/analysis/values.h"
#include "vrcharts/chart/canvas.h"
#include "vrcharts/chart/marks.h"
#include "vrcharts/chart/price_scale.h"
#include "vrcharts/chart/theme.h"
#include "vrcharts/chart/time_axis.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/quotes/gaps.h"
#include "vrcharts/quotes/series.h"
#include "vrcharts/text/atlas.h"

// One chart: data -> scales and ticks -> marks.
//
//   chart::Layout layout = chart::MakeLayout(content, style, view, size, canvas);
//   chart::DrawBase(content, style, layout, &canvas_of_base);
//   chart::DrawOverlay(content, style, layout, crosshair, &canvas_of_overlay);
namespace vrcharts::chart {

// Another symbol drawn over the chart, on the percent scale or on a scale of its own.
struct Comparison {
  std::string label;
  analysis::Values values;  // one a bar of the chart's own series, NaN where the other one has none
};

struct Position {
  double quantity = 0;
  double share = 0;         // of the whole portfolio's value, 0..1; 0 where it is not known
  double average_cost = 0;  // a share, in the instrument's currency
};

// A trade, drawn as a disc beside its bar and a dash at its price.
struct Marker {
  int64_t time = 0;
  double price = 0;
  bool buy = true;
};

// A part of a portfolio's value.
struct Share {
  std::string label;
  double share = 0;  // 0..1
};

// A price worth seeing: a limit, a target.
struct PriceLine {
  double price = 0;
  std::string label;
};

// What is shown. All of it is immutable data made elsewhere.
struct Content {
  quotes::Instrument instrument;
  analysis::PyramidPtr pyramid;  // null or empty: no data (yet); `message` says why
  quotes::GapsPtr gaps = quotes::NoGaps();
  std::vector<analysis::StudyPtr> studies;
  std::vector<Comparison> comparisons;
  std::optional<Position> position;
  std::vector<Marker> markers;
  std::vector<PriceLine> price_lines;
  std::vector<Share> shares;  // shown as a bar below the header: the allocation, largest first
  std::string message;        // what is wrong with the data, shown on the panel
  bool stale = false;         // the source could not be reached; this is from the cache
  absl::TimeZone zone = absl::UTCTimeZone();
};

struct Style {
  options::ChartType type = options::CHART_TYPE_CANDLES;
  options::Scale scale = options::SCALE_LINEAR;
  bool inverted = false;
  bool volume = true;
  bool own_scale = false;    // comparisons have a scale of their own (left axis) instead of sharing percent
  std::string period_label;  // "6M"
  float grain = 1;           // points: what is narrower is not worth drawing; larger for a panel seen from afar
  float least_text = 0;      // points: smaller text cannot be read and is left out
  Theme theme;
};

struct Crosshair {
  float x = 0, y = 0;  // points
  bool snap = true;    // to the bar: x to its middle, y to its close

  friend bool operator==(const Crosshair&, const Crosshair&) = default;
};

// Where everything went: for drawing, for finding what the pointer is at, and for tests.
struct Layout {
  float width = 0, height = 0;
  Box header, plot, price_axis, time_axis;
  Box shares;  // empty where there are none or no room
  Box volume;
  bool compact = false;  // too small for the second line of the header
  TimeAxis time;
  PriceScale price;
  std::optional<PriceScale> compared;  // the left scale
  Box left_axis;
  struct Pane {
    Box box;
    size_t study;
    PriceScale scale;
  };
  std::vector<Pane> panes;
  size_t first = 0, last = 0;  // visible bars [first, last)
  int decimals = 2;
};

constexpr float kPaneLabel = 13;  // points above a pane: the name of its study

struct Size {
  float width = 480, height = 300;
};

// `view` may be anything; a chart without data has a layout as well.
Layout MakeLayout(const Content& content, const Style& style, View view, Size size, const Canvas& measure);

// Panel, header, grid, axes, marks.
void DrawBase(const Content& content, const Style& style, const Layout& layout, Canvas* canvas);

// Last price, average cost, and, if there is one, the crosshair with its values.
void DrawOverlay(const Content& content, const Style& style, const Layout& layout,
                 const std::optional<Crosshair>& crosshair, Canvas* canvas);

// All three steps.
std::shared_ptr<const Geometry> Draw(const Content& content, const Style& style, View view, Size size,
                                     const std::optional<Crosshair>& crosshair, text::Atlas* atlas,
                                     Layout* layout_out = nullptr);

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_CHART_H_
