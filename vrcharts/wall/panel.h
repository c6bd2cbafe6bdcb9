#ifndef VRCHARTS_WALL_PANEL_H_
#define VRCHARTS_WALL_PANEL_H_

#include <cstdint>
#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>
#include <memory>

#include "vrcharts/chart/marks.h"

namespace vrcharts::wall {

// World coordinates are OpenXR's: metres, x right, y up, -z forward; the floor is y = 0 and the person starts at the
// origin, looking along -z.
struct Placement {
  glm::vec3 center{0, 0, 0};
  glm::quat orientation{1, 0, 0, 0};  // local +x is right, +y up, +z out of the face, towards the person
  glm::vec2 size{1, 0.7};             // metres
};

// A flat rectangle in space that shows one chart. The chart is drawn in points (chart/marks.h), whose extent is
// geometry->width x geometry->height.
struct Panel {
  uint64_t id = 0;  // stable for as long as the panel lives, never 0
  Placement placement;
  std::shared_ptr<const chart::Geometry> geometry;  // never null once the board has been updated
  float highlight = 0;                              // 0..1: a ray points at it, or it is held
};

// A point of the panel (points, y down) in the world. `points` is the panel's extent.
glm::vec3 ToWorld(const Placement& placement, glm::vec2 points, glm::vec2 point);

struct Ray {
  glm::vec3 origin{0, 0, 0};
  glm::vec3 direction{0, 0, -1};  // need not be normalized, must not be zero
};

struct Hit {
  uint64_t panel = 0;
  glm::vec2 point{0, 0};  // in the panel's points, y down
  float distance = 0;     // metres along the ray
  glm::vec3 position{0, 0, 0};
};

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_PANEL_H_
