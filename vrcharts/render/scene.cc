#include "vrcharts/render/scene.h"

#include <cmath>
#include <glm/gtc/matrix_transform.hpp>

namespace vrcharts::render {

glm::mat4 ClipFromView(const Fov& fov) {
  const float left = std::tan(fov.left), right = std::tan(fov.right);
  const float up = std::tan(fov.up), down = std::tan(fov.down);
  glm::mat4 clip(0);  // clip[column][row]
  clip[0][0] = 2 / (right - left);
  clip[2][0] = (right + left) / (right - left);
  clip[1][1] = -2 / (up - down);
  clip[2][1] = -(up + down) / (up - down);
  clip[3][2] = kNearPlane;  // z = near / distance: infinite far plane at 0
  clip[2][3] = -1;
  return clip;
}

View MakeView(const glm::vec3& position, const glm::quat& orientation, const Fov& fov) {
  const glm::mat4 world_from_view = glm::translate(glm::mat4(1), position) * glm::mat4_cast(orientation);
  return {glm::inverse(world_from_view), ClipFromView(fov)};
}

float PixelsPerRadian(const View& view, uint32_t height) {
  return 0.5f * static_cast<float>(height) * std::abs(view.clip_from_view[1][1]);
}

SceneItem MakeItem(const wall::Panel& panel) {
  SceneItem item;
  item.geometry = panel.geometry;
  item.highlight = panel.highlight;
  if (panel.geometry == nullptr || panel.geometry->width <= 0 || panel.geometry->height <= 0) return item;
  const wall::Placement& place = panel.placement;
  const glm::vec2 scale(place.size.x / panel.geometry->width, place.size.y / panel.geometry->height);
  glm::mat4 panel_from_points = glm::translate(glm::mat4(1), glm::vec3(-place.size.x / 2, place.size.y / 2, 0));
  panel_from_points = glm::scale(panel_from_points, glm::vec3(scale.x, -scale.y, 1));
  item.world_from_points =
      glm::translate(glm::mat4(1), place.center) * glm::mat4_cast(place.orientation) * panel_from_points;
  item.metres_per_point = scale.x;
  return item;
}

}  // namespace vrcharts::render
