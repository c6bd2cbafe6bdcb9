#include "vrcharts/wall/panel.h"

namespace vrcharts::wall {

glm::vec3 ToWorld(const Placement& placement, glm::vec2 points, glm::vec2 point) {
  const glm::vec3 local((point.x / points.x - 0.5f) * placement.size.x, (0.5f - point.y / points.y) * placement.size.y,
                        0.0f);
  return placement.center + placement.orientation * local;
}

}  // namespace vrcharts::wall
