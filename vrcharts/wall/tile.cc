#include "vrcharts/wall/tile.h"

#include <algorithm>
#include <cmath>

#include "vrcharts/wall/period.h"

namespace vrcharts::wall {
namespace {

constexpr float kShares[] = {1, 0.75f, 0.5f};
constexpr float kReadable = 0.6f;  // pixels a point: the smallest text is 9 points
constexpr float kStay = 0.88f;     // the layout at hand is kept a little longer
constexpr float kPixelsAGrain = 1.5f;
constexpr float kLeastTextPixels = 4;

}  // namespace

void Tile::Redraw(text::Atlas* atlas) {
  style.period_label = follows_period ? PeriodLabel(period) : "";
  const chart::Size points{size.width * shrink, size.height * shrink};
  panel.geometry = chart::Draw(content, style, view, points, crosshair, atlas, &layout);
  dirty = false;
}

void Tile::FitTo(float pixels_per_point) {
  float wanted = 1;
  for (const float share : kShares) {
    wanted = share;
    if (pixels_per_point / share >= kReadable * (share == shrink ? kStay : 1)) break;
  }
  const float pixels = pixels_per_point / wanted;
  const float halves = 2 * std::log2(std::max(1.0f, kPixelsAGrain / pixels));
  const float halves_now = 2 * std::log2(style.grain);
  const bool fits = wanted == shrink && std::abs(halves - halves_now) < 0.8f;
  if (fits) return;
  shrink = wanted;
  style.grain = std::exp2(0.5f * std::round(halves));
  style.least_text = kLeastTextPixels / pixels;
  dirty = true;
}

void Tile::ShowPeriod(options::Period new_period) {
  period = new_period;
  follows_period = true;
  if (bars() > 0) view = PeriodView(*content.pyramid->series(), *content.gaps, period);
  dirty = true;
}

bool Approach(const Placement& to, absl::Duration elapsed, Placement* from) {
  const float distance = glm::length(to.center - from->center) + glm::length(to.size - from->size) +
                         std::abs(1 - std::abs(glm::dot(to.orientation, from->orientation)));
  if (distance == 0) return false;
  const float share = 1 - static_cast<float>(std::exp(-std::max(0.0, absl::ToDoubleSeconds(elapsed)) / 0.09));
  if (distance < 1e-4f || share > 0.999f) {
    *from = to;
    return true;
  }
  from->center = glm::mix(from->center, to.center, share);
  from->size = glm::mix(from->size, to.size, share);
  from->orientation = glm::slerp(from->orientation, to.orientation, share);
  return true;
}

}  // namespace vrcharts::wall
