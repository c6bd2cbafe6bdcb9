#include "vrcharts/chart/header.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "vrcharts/chart/format.h"

namespace vrcharts::chart {
namespace {

using text::Weight;

// A rounded label that ends at x1; returns its left edge.
float Chip(float x1, float y, const std::string& label, Rgba color, const Theme& theme, Canvas* canvas) {
  constexpr float kFont = 9.5f, kHalf = 8;
  const float width = canvas->Width(label, kFont, Weight::kSemiBold) + 14;
  canvas->Fill({x1 - width, y - kHalf, x1, y + kHalf}, Tint(theme, color, 0.09), kHalf);
  canvas->Text(x1 - width / 2, y, label, {kFont, color, Weight::kSemiBold, Align::kCenter});
  return x1 - width;
}

// The chips on the right of the first line; returns where the room for the name ends.
float DrawChips(const Content& content, const Layout& layout, const Theme& theme, float y, Canvas* canvas) {
  float right = layout.header.x1;
  const bool has_data = content.pyramid != nullptr && !content.pyramid->series()->empty();
  if (content.stale) right = Chip(right, y, "STALE", theme.warning, theme, canvas) - 6;
  if (!content.message.empty() && has_data) right = Chip(right, y, "DATA", theme.warning, theme, canvas) - 6;
  if (content.position.has_value() && content.position->quantity != 0 && has_data) {
    const Position& position = *content.position;
    const double price = content.pyramid->series()->close().back();
    // A whole portfolio is one of its kind.
    const bool counted = position.quantity != 1 && !layout.compact;
    std::string label = counted ? absl::StrCat("×", FormatCompact(position.quantity)) : "";
    if (counted && position.share > 0) absl::StrAppend(&label, " · ", std::lround(100 * position.share), "%");
    Rgba color = theme.text_dim;
    if (position.average_cost > 0) {
      const double gain = price / position.average_cost - 1;
      absl::StrAppend(&label, label.empty() ? "" : "  ", FormatPercent(gain));
      color = gain >= 0 ? theme.rising : theme.falling;
    }
    if (!label.empty()) right = Chip(right, y, label, color, theme, canvas) - 6;
  }
  return right;
}

void DrawPrice(const Content& content, const Style& style, const Layout& layout, float y, Canvas* canvas) {
  const Theme& theme = style.theme;
  const quotes::Series& series = *content.pyramid->series();
  const double last = series.close().back();
  const double previous = series.size() > 1 ? series.close()[series.size() - 2] : series.open().back();
  const double change = last - previous;
  const Rgba color = change >= 0 ? theme.rising : theme.falling;
  float x = layout.header.x0;
  x += canvas->Text(x, y, FormatNumber(last, layout.decimals), {21, theme.text, Weight::kSemiBold}) + 5;
  x += canvas->Text(x, y + 3.5f, content.instrument.currency, {9.5f, theme.text_faint}) + 10;
  std::string text = FormatSigned(change, layout.decimals);
  if (previous != 0) absl::StrAppend(&text, "  ", FormatPercent(change / std::abs(previous)));
  x += canvas->Text(x, y + 1.5f, text, {12.5f, color, Weight::kSemiBold}) + 12;

  // What happened over the visible period, if there is room for it.
  const double first = series.close()[layout.first], end = series.close()[layout.last - 1];
  if (first == 0 || layout.compact || style.period_label.empty()) return;
  const double over = end / first - 1;
  const std::string period = FormatPercent(over);
  const float width = canvas->Width(period, 11, Weight::kSemiBold);
  const float label = canvas->Width(style.period_label, 11);
  if (layout.header.x1 - width - label - 6 < x) return;
  canvas->Text(layout.header.x1, y + 1.5f, period,
               {11, over >= 0 ? theme.rising : theme.falling, Weight::kSemiBold, Align::kRight});
  canvas->Text(layout.header.x1 - width - 6, y + 1.5f, style.period_label,
               {11, theme.text_dim, Weight::kRegular, Align::kRight});
}

// One bar of all shares, and the names of those that have room below their part of it.
void DrawShares(const Content& content, const Style& style, const Layout& layout, Canvas* canvas) {
  constexpr float kFont = 9, kBar = 7, kGap = 1;
  const Box& box = layout.shares;
  float x = box.x0;
  for (size_t i = 0; i < content.shares.size(); ++i) {
    const Share& share = content.shares[i];
    const float x1 = std::min(box.x1, x + static_cast<float>(share.share) * box.width());
    if (x1 - x < 2 * kGap) break;  // what is left is too thin to be told apart
    const Rgba color = style.theme.series[i % style.theme.series.size()];
    canvas->Fill({x, box.y0, x1 - kGap, box.y0 + kBar}, color, 1.5f);
    const std::string percent = absl::StrCat(" ", std::lround(100 * share.share), "%");
    for (const std::string& label : {share.label + percent, share.label}) {
      if (canvas->Width(label, kFont) > x1 - x - 4) continue;
      canvas->Text(x, box.y0 + kBar + 8, label, {kFont, style.theme.text_dim});
      break;
    }
    x = x1;
  }
}

}  // namespace

void DrawHeader(const Content& content, const Style& style, const Layout& layout, Canvas* canvas) {
  const Theme& theme = style.theme;
  const bool has_data = content.pyramid != nullptr && !content.pyramid->series()->empty();
  const float y = layout.compact ? 19 : 22;
  const float right = DrawChips(content, layout, theme, y, canvas);
  float x = layout.header.x0;
  x += canvas->TextIn(x, y, right - x, content.instrument.symbol, {14.5f, theme.text, Weight::kSemiBold}) + 8;
  if (layout.compact && has_data) {
    const quotes::Series& series = *content.pyramid->series();
    const double last = series.close().back();
    const double previous = series.size() > 1 ? series.close()[series.size() - 2] : series.open().back();
    x += canvas->TextIn(x, y, right - x, FormatNumber(last, layout.decimals), {12.5f, theme.text}) + 6;
    if (previous == 0) return;
    const std::string change = FormatPercent(last / previous - 1);  // whole or not at all: a cut number misleads
    if (canvas->Width(change, 11, Weight::kSemiBold) > right - x) return;
    canvas->Text(x, y, change, {11, last >= previous ? theme.rising : theme.falling, Weight::kSemiBold});
    return;
  }
  canvas->TextIn(x, y + 0.5f, right - x - 4, content.instrument.name, {12, theme.text_dim});
  if (has_data) DrawPrice(content, style, layout, 47, canvas);
  if (has_data && layout.shares.height() > 0) DrawShares(content, style, layout, canvas);
}

void DrawBarValues(const Content& content, const Style& style, const Layout& layout, size_t bar, Canvas* canvas) {
  const Theme& theme = style.theme;
  const quotes::Series& series = *content.pyramid->series();
  const quotes::Bar values = series.bar(bar);
  const double previous = bar > 0 ? series.close()[bar - 1] : values.open;
  const Rgba color = values.close >= previous ? theme.rising : theme.falling;
  std::vector<std::pair<std::string, std::string>> items = {{"O", FormatNumber(values.open, layout.decimals)},
                                                            {"H", FormatNumber(values.high, layout.decimals)},
                                                            {"L", FormatNumber(values.low, layout.decimals)},
                                                            {"C", FormatNumber(values.close, layout.decimals)}};
  if (previous != 0) items.push_back({"", FormatPercent(values.close / previous - 1)});
  if (values.volume > 0) items.push_back({"Vol", FormatCompact(values.volume)});
  constexpr float kFont = 9.5f;
  float width = 8;
  for (const auto& [name, value] : items) {
    width += canvas->Width(name, kFont) + (name.empty() ? 0 : 3) + canvas->Width(value, kFont, Weight::kSemiBold) + 8;
  }
  const float y = layout.plot.y0 + 7;
  canvas->Fill({layout.plot.x0, y - 8, std::min(layout.plot.x0 + width, layout.plot.x1), y + 8},
               WithAlpha(theme.panel, 0.86), 4);
  float x = layout.plot.x0 + 6;
  for (const auto& [name, value] : items) {
    if (x + canvas->Width(name, kFont) + canvas->Width(value, kFont, Weight::kSemiBold) + 3 > layout.plot.x1) break;
    if (!name.empty()) x += canvas->Text(x, y, name, {kFont, theme.text_dim}) + 3;
    x += canvas->Text(x, y, value, {kFont, color, Weight::kSemiBold}) + 8;
  }
}

}  // namespace vrcharts::chart
