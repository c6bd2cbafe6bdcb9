#include "vrcharts/wall/tile.h"

#include <algorithm>
#include <cmath>

#include "vrcharts/wall/period.h"

namespace vrcharts::wall {

void Tile::Redraw(text::Atlas* atlas) {
  style.period_label = follows_period ? PeriodLabel(period) : "";
  panel.geometry = chart::Draw(content, style, view, size, crosshair, atlas, &layout);
  dirty = false;
}

void Tile::ShowPeriod(options::Period new_period) {
  period = new_period;
  follows_period = true;
  if (bars() > 0) view = PeriodView(*content.pyramid->series(), period);
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
