#include "vrcharts/wall/console.h"

#include <algorithm>

namespace vrcharts::wall {
namespace {

constexpr float kFont = 12, kPadding = 11, kGap = 5, kGroupGap = 18, kMargin = 14;

}  // namespace

std::shared_ptr<const chart::Geometry> Console::Draw(const std::vector<Button>& buttons, int hovered,
                                                     const chart::Theme& theme, text::Atlas* atlas) {
  auto geometry = std::make_shared<chart::Geometry>();
  geometry->width = kWidth;
  geometry->height = kHeight;
  chart::Canvas canvas(atlas, &geometry->base);
  canvas.Frame({0, 0, kWidth, kHeight}, theme.panel, theme.panel_edge, 1, 14);

  std::vector<float> widths;
  float total = 0;
  for (size_t i = 0; i < buttons.size(); ++i) {
    widths.push_back(std::max(30.0f, canvas.Width(buttons[i].label, kFont, text::Weight::kSemiBold) + 2 * kPadding));
    total += widths.back();
    if (i > 0) total += buttons[i].group == buttons[i - 1].group ? kGap : kGroupGap;
  }
  // Long labels make everything a little smaller rather than running over the edge.
  const float scale = std::min(1.0f, (kWidth - 2 * kMargin) / std::max(total, 1.0f));
  float x = (kWidth - total * scale) / 2;
  boxes_.clear();
  for (size_t i = 0; i < buttons.size(); ++i) {
    if (i > 0) x += (buttons[i].group == buttons[i - 1].group ? kGap : kGroupGap) * scale;
    const chart::Box box{x, 14, x + widths[i] * scale, kHeight - 14};
    boxes_.push_back(box);
    x = box.x1;
    const bool pointed = static_cast<int>(i) == hovered;
    const chart::Rgba fill = buttons[i].active ? theme.accent : pointed ? theme.label : theme.panel_edge;
    canvas.Frame(box, fill, pointed ? theme.panel_edge_active : fill, 1, 8);
    const chart::Rgba ink = buttons[i].active || pointed ? chart::TextOn(fill) : theme.text;
    canvas.Text((box.x0 + box.x1) / 2, kHeight / 2, buttons[i].label,
                {kFont * scale, ink, text::Weight::kSemiBold, chart::Align::kCenter});
  }
  return geometry;
}

int Console::At(float x, float y) const {
  for (size_t i = 0; i < boxes_.size(); ++i) {
    if (boxes_[i].Contains(x, y)) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace vrcharts::wall
