#ifndef VRCHARTS_WALL_ARRANGE_H_
#define VRCHARTS_WALL_ARRANGE_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "vrcharts/wall/panel.h"

namespace vrcharts::wall {

struct ArrangeOptions {
  float radius = 2.6f;                      // metres from the person's axis to the middle of each panel
  int rows = 0;                             // 0 chooses what makes the panels largest
  float aspect = 0.64f;                     // height / width of a panel
  float gap = 0.045f;                       // metres between neighbours
  float largest = 1.25f, smallest = 0.12f;  // width of a panel, metres
  float arc = 3.7f;                         // radians the wall may span, about 210 degrees
  float lowest = 0.42f, highest = 2.75f;    // of the wall's edges above the floor, metres
  float eye = 1.5f;                         // height the panels lean towards
};

// Hangs `count` panels of one size on a cylinder around the person's axis, row by row from the top left, centred
// straight ahead; each row is centred for itself if `count` leaves the last one short. Panels touch the cylinder in
// their middle, turn towards the axis and lean a little towards the eye. No two of them overlap.
std::vector<Placement> Arrange(size_t count, const ArrangeOptions& options);

// A panel `distance` in front of `eye` in the horizontal direction in which `from` lies, facing the eye: where a panel
// goes when it is pulled near.
Placement InFront(const Placement& from, glm::vec3 eye, float distance, float width, float height);

// The orientation of a panel at `center` that faces `eye`, upright (no roll).
glm::quat Facing(glm::vec3 center, glm::vec3 eye);

// Where the ray meets the front of the panel, in points of a panel `points` large; nullopt if it does not.
std::optional<Hit> Intersect(const Ray& ray, const Placement& placement, glm::vec2 points);

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_ARRANGE_H_
