#include "vrcharts/chart/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "vrcharts/chart/format.h"
#include "vrcharts/chart/header.h"
#include "vrcharts/chart/plot.h"

namespace vrcharts::chart {
namespace {

using text::Weight;

constexpr float kAxisFont = 10;
constexpr float kTickGap = 26;  // between prices on the axis
constexpr float kHairline = 0.8f;
constexpr float kLineWidth = 1.6f, kStudyWidth = 1.2f;
constexpr float kCorner = 9;

bool HasData(const Content& content) { return content.pyramid != nullptr && !content.pyramid->series()->empty(); }

float Bottom(const Layout& layout) { return layout.panes.empty() ? layout.plot.y1 : layout.panes.back().box.y1; }

void DrawGrid(const Content& content, const Style& style, const Layout& layout, Canvas* canvas) {
  const Theme& theme = style.theme;
  const float last = layout.price.Y(content.pyramid->series()->close().back());
  for (const PriceScale::Tick& tick : layout.price.Ticks(kTickGap, layout.decimals)) {
    if (tick.y < layout.plot.y0 + 4) continue;  // would stick to the header
    canvas->Horizontal(layout.plot.x0, layout.plot.x1, tick.y, kHairline, theme.grid);
    if (tick.y > layout.plot.y1 - 5 || std::abs(tick.y - last) < 13) continue;  // the last price has its label there
    canvas->Text(layout.price_axis.x0 + 7, tick.y, tick.label, {kAxisFont, theme.text_dim});
  }
  const auto measure = [&](const std::string& label) { return canvas->Width(label, kAxisFont, Weight::kSemiBold); };
  const float bottom = Bottom(layout);
  for (const TimeAxis::Tick& tick : layout.time.Ticks(content.pyramid->series()->time(), content.zone, 16, measure)) {
    canvas->Vertical(tick.x, layout.plot.y0, bottom, kHairline, theme.grid);
    const bool major = tick.rank == 3;
    canvas->Text(
        tick.x, bottom + 12, tick.label,
        {kAxisFont, major ? theme.text : theme.text_dim, major ? Weight::kSemiBold : Weight::kRegular, Align::kCenter});
  }
  if (layout.compared.has_value()) {
    for (const PriceScale::Tick& tick : layout.compared->Ticks(kTickGap, 0)) {
      if (tick.y < layout.plot.y0 + 4 || tick.y > layout.plot.y1 - 5) continue;
      canvas->Text(layout.left_axis.x1 - 6, tick.y, tick.label,
                   {kAxisFont, theme.series[0], Weight::kRegular, Align::kRight});
    }
  }
}

// Shades where bars are missing, as far as that is wide enough to be seen.
void DrawGaps(const Style& style, const Layout& layout, Canvas* canvas) {
  const std::vector<quotes::Gaps::Gap>& gaps = layout.time.gaps().all();
  const View& view = layout.time.view();
  const auto end_of = [](const quotes::Gaps::Gap& gap) { return static_cast<double>(gap.bar + gap.slots); };
  auto gap = std::partition_point(gaps.begin(), gaps.end(), [&](const auto& g) { return end_of(g) < view.begin; });
  for (; gap != gaps.end(); ++gap) {
    const double end = end_of(*gap);
    const double begin = static_cast<double>(gap->bar + (gap == gaps.begin() ? 0 : (gap - 1)->slots));
    if (begin > view.end) break;
    const float x0 = std::max(layout.plot.x0, layout.time.SlotX(begin));
    const float x1 = std::min(layout.plot.x1, layout.time.SlotX(end));
    if (x1 - x0 >= style.grain) {
      canvas->Fill({x0, layout.plot.y0, x1, Bottom(layout)}, Tint(style.theme, style.theme.warning, 0.03));
    }
  }
}

void DrawPrices(const Content& content, const Style& style, const Layout& layout, Marks* marks) {
  const Theme& theme = style.theme;
  const analysis::Pyramid& pyramid = *content.pyramid;
  const Frame frame{layout.time, layout.price, layout.plot, style.grain};
  switch (style.type) {
    case options::CHART_TYPE_LINE:
      AddLine(CloseLine(pyramid, frame), frame, kLineWidth, theme.accent, marks);
      break;
    case options::CHART_TYPE_AREA: {
      const std::vector<Vertex> line = CloseLine(pyramid, frame);
      AddArea(line, frame, style.inverted ? layout.plot.y0 : layout.plot.y1, Tint(theme, theme.accent, 0.20), marks);
      AddLine(line, frame, kLineWidth, theme.accent, marks);
      break;
    }
    case options::CHART_TYPE_BASELINE: {
      const float base = layout.price.Y(pyramid.series()->close()[layout.first]);
      // The side where prices are higher is the lower one on a scale turned upside down.
      AddBaseline(CloseLine(pyramid, frame), frame, base, kLineWidth, style.inverted ? theme.falling : theme.rising,
                  style.inverted ? theme.rising : theme.falling, marks);
      break;
    }
    case options::CHART_TYPE_OHLC:
      AddCandles(pyramid, frame, kCandleOhlc, theme.rising, theme.falling, marks);
      break;
    default:
      AddCandles(pyramid, frame, kCandleFilled, theme.rising, theme.falling, marks);
      break;
  }
}

void DrawComparisons(const Content& content, const Style& style, const Layout& layout, Marks* marks) {
  size_t color = 0;
  for (const Comparison& comparison : content.comparisons) {
    const Frame frame{layout.time, layout.compared.value_or(layout.price), layout.plot, style.grain};
    double factor = 1;
    if (!layout.compared.has_value()) {
      // Relative to the own first visible value, as if it had begun at the chart's first close.
      const double first = comparison.values.FirstFinite(layout.first, comparison.values.size());
      if (!std::isfinite(first) || first == 0) continue;
      factor = content.pyramid->series()->close()[layout.first] / first;
    }
    AddLine(ValueLine(comparison.values, frame, factor), frame, kStudyWidth,
            style.theme.series[color++ % style.theme.series.size()], marks);
  }
}

void DrawCurves(const analysis::Study& study, const Frame& frame, const Theme& theme, size_t* color, Marks* marks) {
  const auto color_of = [&](size_t curve) { return theme.series[(*color + curve) % theme.series.size()]; };
  if (study.band && study.curves.size() >= 2) {
    AddBand(ValueLine(study.curves[0].values, frame), ValueLine(study.curves[1].values, frame), frame,
            Tint(theme, color_of(0), 0.03), marks);
  }
  for (size_t i = 0; i < study.curves.size(); ++i) {
    const analysis::Curve& curve = study.curves[i];
    if (curve.histogram) {
      AddHistogram(curve.values, frame, Tint(theme, theme.rising, 0.45), Tint(theme, theme.falling, 0.45), marks);
      continue;
    }
    // Both edges of a band look alike.
    AddLine(ValueLine(curve.values, frame), frame, kStudyWidth, color_of(study.band && i < 2 ? 0 : i), marks);
  }
  *color += study.band ? study.curves.size() - 1 : study.curves.size();
}

// Studies over the prices, then the panes. Returns the colour of each study's first curve, for the legend.
void DrawStudies(const Content& content, const Style& style, const Layout& layout, Canvas* canvas) {
  size_t color = content.comparisons.size();
  const Frame frame{layout.time, layout.price, layout.plot, style.grain};
  float legend = layout.plot.x0 + 6;
  const float legend_y = layout.plot.y0 + 7;
  const auto name = [&](const std::string& label, Rgba label_color) {
    if (legend + canvas->Width(label, 9.5f) > layout.plot.x1) return;
    legend += canvas->Text(legend, legend_y, label, {9.5f, label_color}) + 10;
  };
  for (size_t i = 0; i < content.comparisons.size(); ++i) {
    name(content.comparisons[i].label, style.theme.series[i % style.theme.series.size()]);
  }
  for (const analysis::StudyPtr& study : content.studies) {
    if (study->own_pane) continue;
    name(study->label, style.theme.series[color % style.theme.series.size()]);
    DrawCurves(*study, frame, style.theme, &color, canvas->marks());
  }
  for (const Layout::Pane& pane : layout.panes) {
    const analysis::Study& study = *content.studies[pane.study];
    const Frame pane_frame{layout.time, pane.scale, pane.box, style.grain};
    canvas->Horizontal(layout.plot.x0, layout.width - 6, pane.box.y0 - kPaneLabel - 3, kHairline,
                       style.theme.panel_edge);
    for (const double guide : study.guides) {
      canvas->DashedHorizontal(pane.box.x0, pane.box.x1, pane.scale.Y(guide), kHairline,
                               WithAlpha(style.theme.text_faint, 0.7));
    }
    const Rgba label_color = style.theme.series[color % style.theme.series.size()];
    DrawCurves(study, pane_frame, style.theme, &color, canvas->marks());
    canvas->Text(pane.box.x0 + 6, pane.box.y0 - kPaneLabel / 2 + 1, study.label, {9.5f, label_color});
    for (const PriceScale::Tick& tick : pane.scale.Ticks(20, 0)) {
      if (tick.y < pane.box.y0 + 4 || tick.y > pane.box.y1 - 4) continue;
      canvas->Text(pane.box.x1 + 7, tick.y, tick.label, {9, style.theme.text_dim});
    }
  }
}

void DrawMarkers(const Content& content, const Style& style, const Layout& layout, Canvas* canvas) {
  const quotes::Series& series = *content.pyramid->series();
  for (const Marker& marker : content.markers) {
    const size_t bar = series.LowerBound(marker.time);
    if (bar < layout.first || bar >= layout.last) continue;
    const float x = layout.time.X(static_cast<double>(bar));
    const bool below = marker.buy != style.inverted;
    const float at = layout.price.Y(marker.buy ? series.low()[bar] : series.high()[bar]);
    const float y = std::clamp(at + (below ? 10.0f : -10.0f), layout.plot.y0 + 8, layout.plot.y1 - 8);
    const Rgba color = marker.buy ? style.theme.accent : style.theme.warning;
    canvas->Fill({x - 6, y - 6, x + 6, y + 6}, color, 6);
    canvas->Text(x, y, marker.buy ? "B" : "S", {8, TextOn(color), Weight::kSemiBold, Align::kCenter});
    const float paid = layout.price.Y(marker.price);
    if (paid >= layout.plot.y0 && paid <= layout.plot.y1) canvas->Horizontal(x - 5, x + 5, paid, 1.2f, color);
  }
}

// A label on the price axis.
void AxisLabel(const Layout& layout, float y, const std::string& label, Rgba color, Canvas* canvas) {
  const float at = std::clamp(y, layout.plot.y0 + 2, layout.plot.y1 - 2);
  canvas->Fill({layout.price_axis.x0 + 1, at - 8, layout.width - 3, at + 8}, color, 3);
  canvas->Text(layout.price_axis.x0 + 7, at, label, {kAxisFont, TextOn(color), Weight::kSemiBold});
}

// A label on the time axis.
void DrawDate(const Layout& layout, const Theme& theme, float x, const std::string& date, Canvas* canvas) {
  const float bottom = Bottom(layout);
  const float half = canvas->Width(date, kAxisFont, Weight::kSemiBold) / 2 + 7;
  const float middle =
      std::clamp(x, layout.plot.x0 + half - 8, std::max(layout.plot.x0 + half, layout.width - half - 4));
  canvas->Fill({middle - half, bottom + 3, middle + half, bottom + 20}, theme.label, 3);
  canvas->Text(middle, bottom + 11.5f, date, {kAxisFont, theme.label_text, Weight::kSemiBold, Align::kCenter});
}

void DrawCrosshair(const Content& content, const Style& style, const Layout& layout, const Crosshair& crosshair,
                   Canvas* canvas) {
  const Theme& theme = style.theme;
  const quotes::Series& series = *content.pyramid->series();
  const float bottom = Bottom(layout);
  if (crosshair.x < layout.plot.x0 || crosshair.x > layout.plot.x1 || crosshair.y < layout.plot.y0 ||
      crosshair.y > bottom) {
    return;
  }
  if (const quotes::Gaps::Gap* gap = layout.time.gaps().Covering(layout.time.Slot(crosshair.x)); gap != nullptr) {
    DrawDate(layout, theme, crosshair.x, absl::StrCat(gap->missing, " missing"), canvas);
    return;
  }
  const int64_t wanted = layout.time.Bar(crosshair.x);
  const size_t bar = static_cast<size_t>(std::clamp<int64_t>(wanted, 0, static_cast<int64_t>(series.size()) - 1));
  const bool on_prices = crosshair.y <= layout.plot.y1;
  const float x = crosshair.snap ? layout.time.X(static_cast<double>(bar)) : crosshair.x;
  if (x < layout.plot.x0 || x > layout.plot.x1) return;
  const Rgba line = WithAlpha(theme.text_dim, 0.8);
  canvas->DashedVertical(x, layout.plot.y0, bottom, kHairline, line);
  if (on_prices) {
    const float y =
        crosshair.snap ? std::clamp(layout.price.Y(series.close()[bar]), layout.plot.y0, layout.plot.y1) : crosshair.y;
    canvas->DashedHorizontal(layout.plot.x0, layout.plot.x1, y, kHairline, line);
    AxisLabel(layout, y, layout.price.Label(layout.price.Price(y), layout.decimals), theme.label, canvas);
    if (crosshair.snap) canvas->Frame({x - 3, y - 3, x + 3, y + 3}, theme.accent, theme.panel, 1, 3);
  }
  const std::string date = FormatDate(series.time()[bar], series.interval(), content.zone);
  DrawDate(layout, theme, x, date, canvas);
  DrawBarValues(content, style, layout, bar, canvas);
}

}  // namespace

void DrawBase(const Content& content, const Style& style, const Layout& layout, Canvas* canvas) {
  const Theme& theme = style.theme;
  canvas->Frame({0, 0, layout.width, layout.height}, theme.panel, theme.panel_edge, 1, kCorner);
  DrawHeader(content, style, layout, canvas);
  if (!HasData(content)) {
    const std::string& message = content.message.empty() ? std::string("Loading…") : content.message;
    const bool fault = !content.message.empty();
    const float room = layout.width - 40;
    const float width = std::min(room, canvas->Width(message, 12));
    canvas->TextIn((layout.width - width) / 2, layout.height / 2, room, message,
                   {12, fault ? theme.warning : theme.text_faint});
    return;
  }
  DrawGrid(content, style, layout, canvas);
  DrawGaps(style, layout, canvas);
  if (layout.volume.height() > 0) {
    AddVolume(*content.pyramid, {layout.time, {}, layout.volume, style.grain}, Tint(theme, theme.rising, 0.20),
              Tint(theme, theme.falling, 0.22), canvas->marks());
  }
  DrawPrices(content, style, layout, canvas->marks());
  DrawComparisons(content, style, layout, canvas->marks());
  DrawStudies(content, style, layout, canvas);
  if (!content.message.empty()) {
    canvas->TextIn(layout.plot.x0 + 6, layout.plot.y1 - 8, layout.plot.width() - 12, content.message,
                   {9.5f, theme.warning});
  }
}

void DrawOverlay(const Content& content, const Style& style, const Layout& layout,
                 const std::optional<Crosshair>& crosshair, Canvas* canvas) {
  if (!HasData(content)) return;
  const Theme& theme = style.theme;
  const quotes::Series& series = *content.pyramid->series();
  const auto in_sight = [&](float y) { return y >= layout.plot.y0 && y <= layout.plot.y1; };
  // Where parts of a portfolio are added up, what was invested is a line of its own.
  if (content.position.has_value() && content.position->average_cost > 0 && content.shares.empty()) {
    const float y = layout.price.Y(content.position->average_cost);
    if (in_sight(y)) {
      canvas->DashedHorizontal(layout.plot.x0, layout.plot.x1, y, kHairline, WithAlpha(theme.text_dim, 0.75));
      const bool on_volume = layout.volume.height() > 0 && y > layout.volume.y0;
      if (!on_volume && !layout.compact)
        canvas->Text(layout.plot.x0 + 6, y - 7, "cost " + FormatNumber(content.position->average_cost, layout.decimals),
                     {9, theme.text_dim});
    }
  }
  for (const PriceLine& line : content.price_lines) {
    const float y = layout.price.Y(line.price);
    if (!in_sight(y)) continue;
    canvas->DashedHorizontal(layout.plot.x0, layout.plot.x1, y, kHairline, theme.warning);
    if (!line.label.empty()) {
      const float width = canvas->Width(line.label, 9) + 8;
      const float x = std::max(layout.plot.x0, layout.plot.x1 - width - 4);
      canvas->Fill({x, y - 15, std::min(x + width, layout.plot.x1), y - 2}, theme.panel, 3);
      canvas->TextIn(x + 4, y - 8, layout.plot.x1 - x - 4, line.label, {9, theme.warning});
    }
    AxisLabel(layout, y, layout.price.Label(line.price, layout.decimals), theme.warning, canvas);
  }
  DrawMarkers(content, style, layout, canvas);

  const double last = series.close().back();
  const double previous = series.size() > 1 ? series.close()[series.size() - 2] : series.open().back();
  const Rgba color = last >= previous ? theme.rising : theme.falling;
  const float y = layout.price.Y(last);
  if (in_sight(y)) {
    canvas->DashedHorizontal(layout.plot.x0, layout.plot.x1, y, kHairline, WithAlpha(color, 0.75));
    AxisLabel(layout, y, layout.price.Label(last, layout.decimals), color, canvas);
  }
  if (crosshair.has_value()) DrawCrosshair(content, style, layout, *crosshair, canvas);
}

std::shared_ptr<const Geometry> Draw(const Content& content, const Style& style, View view, Size size,
                                     const std::optional<Crosshair>& crosshair, text::Atlas* atlas,
                                     Layout* layout_out) {
  auto geometry = std::make_shared<Geometry>();
  geometry->width = size.width;
  geometry->height = size.height;
  Canvas base(atlas, &geometry->base, style.least_text), overlay(atlas, &geometry->overlay, style.least_text);
  const Layout layout = MakeLayout(content, style, view, size, base);
  DrawBase(content, style, layout, &base);
  DrawOverlay(content, style, layout, crosshair, &overlay);
  if (layout_out != nullptr) *layout_out = layout;
  return geometry;
}

}  // namespace vrcharts::chart
