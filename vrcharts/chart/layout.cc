// Where the parts of a chart go, and which prices are in sight.

#include <algorithm>
#include <cmath>
#include <limits>

#include "vrcharts/chart/chart.h"
#include "vrcharts/chart/format.h"

namespace vrcharts::chart {
namespace {

constexpr float kPadding = 14;
constexpr float kHeader = 64, kCompactHeader = 36;
constexpr float kShares = 26;
constexpr float kTimeAxis = 24;
constexpr float kAxisFont = 10;
constexpr float kPane = 0.27f;  // of the height, for each study with a pane of its own
constexpr float kPaneGap = 8;

using Range = analysis::Values::Range;

bool ShowsOnlyCloses(options::ChartType type) {
  return type == options::CHART_TYPE_LINE || type == options::CHART_TYPE_AREA || type == options::CHART_TYPE_BASELINE;
}

Range VisiblePrices(const Content& content, const Style& style, const Layout& layout) {
  Range range;
  const analysis::RangeSummary summary = content.pyramid->Summarize(layout.first, layout.last);
  const bool closes = ShowsOnlyCloses(style.type);
  range.Add(closes ? summary.close_low : summary.low);
  range.Add(closes ? summary.close_high : summary.high);
  for (const analysis::StudyPtr& study : content.studies) {
    if (study->own_pane) continue;
    for (const analysis::Curve& curve : study->curves) range.Add(curve.values.Extremes(layout.first, layout.last));
  }
  return range;
}

// Leaves some air above and below, in the space in which the scale is even.
void Widen(bool logarithmic, double above, double below, Range* range) {
  if (logarithmic && range->low > 0) {
    const double span = std::log(range->high / range->low);
    range->low *= std::exp(-span * below);
    range->high *= std::exp(span * above);
    return;
  }
  const double span = range->high - range->low;
  range->low -= span * below;
  range->high += span * above;
}

void LayOutPanes(const Content& content, Layout* layout) {
  for (size_t i = 0; i < content.studies.size(); ++i) {
    if (content.studies[i]->own_pane) layout->panes.push_back({{}, i, {}});
  }
  // Prices keep at least 40 % of the height.
  const float height = layout->plot.height();
  const float each = std::min(kPane, 0.6f / static_cast<float>(std::max<size_t>(1, layout->panes.size()))) * height;
  for (auto pane = layout->panes.rbegin(); pane != layout->panes.rend(); ++pane) {
    pane->box = {layout->plot.x0, layout->plot.y1 - each + kPaneGap + kPaneLabel, layout->plot.x1, layout->plot.y1};
    layout->plot.y1 -= each;
  }
}

void ScalePanes(const Content& content, Layout* layout) {
  for (Layout::Pane& pane : layout->panes) {
    const analysis::Study& study = *content.studies[pane.study];
    Range range;
    for (const analysis::Curve& curve : study.curves) {
      range.Add(curve.values.Extremes(layout->first, layout->last));
      if (curve.histogram) range.Add(0);
    }
    if (range.empty()) range = Range{0, 1};
    if (study.fixed_range) {
      range = Range{study.low, study.high};
    } else {
      Widen(false, 0.08, 0.08, &range);
    }
    pane.scale = PriceScale({.low = range.low, .high = range.high, .top = pane.box.y0, .bottom = pane.box.y1});
  }
}

// Comparisons that share the percent scale are seen relative to their own first visible value; this is where such a
// value lies on the chart's own prices.
void AddShared(const Content& content, const Layout& layout, double base, Range* range) {
  for (const Comparison& comparison : content.comparisons) {
    const double first = comparison.values.FirstFinite(layout.first, layout.last);
    if (!std::isfinite(first) || first == 0) continue;
    const Range own = comparison.values.Extremes(layout.first, layout.last);
    range->Add(own.low / first * base);
    range->Add(own.high / first * base);
  }
}

}  // namespace

Layout MakeLayout(const Content& content, const Style& style, View view, Size size, const Canvas& measure) {
  Layout layout;
  layout.width = size.width;
  layout.height = size.height;
  layout.compact = size.height < 210 || size.width < 260;
  const bool shares = !content.shares.empty() && !layout.compact;
  const float header = layout.compact ? kCompactHeader : kHeader + (shares ? kShares : 0);
  if (shares) layout.shares = {kPadding, kHeader, size.width - kPadding, header};
  layout.header = {kPadding, 0, size.width - kPadding, header};
  layout.plot = {kPadding, header, size.width - kPadding, std::max(header + 20, size.height - kTimeAxis)};

  const bool has_data = content.pyramid != nullptr && !content.pyramid->series()->empty();
  constexpr double kFarthest = 1e12;  // bars; beyond it positions within a bar are lost
  if (!(view.width() > 0.5) || !(std::abs(view.begin) < kFarthest) || !(std::abs(view.end) < kFarthest)) view = {0, 1};
  layout.time = TimeAxis(view, layout.plot.x0, layout.plot.x1, content.gaps);
  if (!has_data) return layout;

  const quotes::Series& series = *content.pyramid->series();
  layout.time.VisibleBars(series.size(), &layout.first, &layout.last);
  if (layout.first >= layout.last) {  // panned beyond either end: the nearest bar gives the scale
    layout.first = std::min(layout.first, series.size() - 1);
    layout.last = layout.first + 1;
  }
  LayOutPanes(content, &layout);

  const double base = series.close()[layout.first];
  layout.decimals = PriceDecimals(content.instrument, series.close().back());
  Range range = VisiblePrices(content, style, layout);
  if (!style.own_scale) AddShared(content, layout, base, &range);
  const bool volume = style.volume && content.pyramid->Summarize(layout.first, layout.last).volume > 0;
  if (volume) {
    const float room = layout.plot.height() * 0.17f;
    layout.volume = {layout.plot.x0, layout.plot.y1 - room, layout.plot.x1, layout.plot.y1};
  }
  // Volume stands below the prices on an upright scale; turned upside down they share the room.
  Widen(style.scale == options::SCALE_LOG, 0.09, volume ? 0.26 : 0.09, &range);
  PriceScale::Settings settings{style.scale, style.inverted, range.low,     range.high,
                                base,        layout.plot.y0, layout.plot.y1};
  layout.price = PriceScale(settings);

  // The axis is as wide as its widest label.
  float widest =
      measure.Width(layout.price.Label(series.close().back(), layout.decimals), kAxisFont, text::Weight::kSemiBold);
  for (const PriceScale::Tick& tick : layout.price.Ticks(26, layout.decimals)) {
    widest = std::max(widest, measure.Width(tick.label, kAxisFont));
  }
  const float axis = std::ceil(widest + 14);
  const float right = std::max(layout.plot.x0 + 20, size.width - axis - 4);
  layout.plot.x1 = layout.volume.x1 = right;
  layout.price_axis = {right, layout.plot.y0, size.width, layout.plot.y1};

  if (style.own_scale && !content.comparisons.empty()) {
    Range other;
    for (const Comparison& comparison : content.comparisons) {
      other.Add(comparison.values.Extremes(layout.first, layout.last));
    }
    if (!other.empty()) {
      Widen(false, 0.09, volume ? 0.26 : 0.09, &other);
      layout.left_axis = {0, layout.plot.y0, 52, layout.plot.y1};
      layout.plot.x0 = layout.volume.x0 = layout.left_axis.x1;
      layout.compared =
          PriceScale({.low = other.low, .high = other.high, .top = layout.plot.y0, .bottom = layout.plot.y1});
    }
  }
  for (Layout::Pane& pane : layout.panes) {
    pane.box.x0 = layout.plot.x0;
    pane.box.x1 = right;
  }
  const float bottom = layout.panes.empty() ? layout.plot.y1 : layout.panes.back().box.y1;
  layout.time_axis = {layout.plot.x0, bottom, right, size.height};
  layout.time = TimeAxis(view, layout.plot.x0, right, content.gaps);
  ScalePanes(content, &layout);
  return layout;
}

}  // namespace vrcharts::chart
