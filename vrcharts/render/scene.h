#ifndef VRCHARTS_RENDER_SCENE_H_
#define VRCHARTS_RENDER_SCENE_H_

#include <array>
#include <cstdint>
#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>
#include <memory>
#include <vector>

#include "vrcharts/chart/marks.h"
#include "vrcharts/wall/panel.h"

namespace vrcharts::render {

// One eye: where it is and what it sees. World axes are OpenXR's (metres, y up); clip space is Vulkan's (y down) with
// reversed depth (near plane 1, infinity 0).
struct View {
  glm::mat4 view_from_world{1};
  glm::mat4 clip_from_view{1};
};

constexpr float kNearPlane = 0.05f;  // metres

// The four angles of a view frustum in radians, left and down negative, as OpenXR gives them.
struct Fov {
  float left = 0, right = 0, up = 0, down = 0;
};

glm::mat4 ClipFromView(const Fov& fov);

// The view from an eye whose pose in the world is given; it looks along its own -z.
View MakeView(const glm::vec3& position, const glm::quat& orientation, const Fov& fov);

// Pixels that an angle of one radian covers in the middle of a picture of that height.
float PixelsPerRadian(const View& view, uint32_t height);

// Something drawn with marks on a plane in space.
struct SceneItem {
  glm::mat4 world_from_points{1};  // panel points (y down) -> metres
  float metres_per_point = 0;
  float highlight = 0;  // 0..1
  bool hole = false;    // the background's inside is cut out of the picture: transparent, but it hides what is behind
  std::shared_ptr<const chart::Geometry> geometry;
};

SceneItem MakeItem(const wall::Panel& panel);

// What one frame shows. Items are drawn in order; their backgrounds hide each other by depth.
struct Scene {
  std::vector<SceneItem> items;
  bool room = true;  // floor and horizon; false leaves what no item covers transparent
  bool light_theme = false;
  float vignette = 0;  // 0..1
  // Of each view: what its lens hides and need not be drawn, as triangles (three points each) in tangents of the view's
  // angles: x to the right, y up.
  std::array<std::vector<glm::vec2>, 2> hidden;
};

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_SCENE_H_
