#ifndef VRCHARTS_DESKTOP_CAMERA_H_
#define VRCHARTS_DESKTOP_CAMERA_H_

#include <glm/glm.hpp>

#include "vrcharts/options/options.pb.h"
#include "vrcharts/render/scene.h"
#include "vrcharts/wall/board.h"
#include "vrcharts/wall/panel.h"

namespace vrcharts::desktop {

// The eye of window and image: a person who stands in the middle of the wall.
struct Camera {
  glm::vec3 position{0, 1.5f, 0};
  float yaw = 0;               // radians, to the left
  float pitch = 0;             // radians, up
  float field_of_view = 1.4f;  // radians, horizontal

  static Camera FromOptions(const options::Options& options);
  // Straight before the panel, so that all of it just fits into a picture of that shape.
  static Camera Before(const wall::Placement& placement, uint32_t width, uint32_t height);

  glm::quat orientation() const;
  render::View View(uint32_t width, uint32_t height) const;
  // Tells the board where the eye is and how sharply it sees in a picture of that width.
  void Tell(wall::Board& board, uint32_t width) const;
  // The ray through a pixel (from the top left, may be fractional).
  wall::Ray RayThrough(float x, float y, uint32_t width, uint32_t height) const;
};

}  // namespace vrcharts::desktop

#endif  // VRCHARTS_DESKTOP_CAMERA_H_
