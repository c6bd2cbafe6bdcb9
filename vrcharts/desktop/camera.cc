#include "vrcharts/desktop/camera.h"

#include <algorithm>
#include <cmath>
#include <glm/gtc/quaternion.hpp>

namespace vrcharts::desktop {
namespace {

constexpr float kDegree = 3.14159265f / 180;

}  // namespace

Camera Camera::FromOptions(const options::Options& options) {
  Camera camera;
  camera.yaw = static_cast<float>(options.look_yaw()) * kDegree;
  camera.pitch = std::clamp(static_cast<float>(options.look_pitch()), -89.0f, 89.0f) * kDegree;
  camera.field_of_view = std::clamp(static_cast<float>(options.field_of_view()), 10.0f, 150.0f) * kDegree;
  const float back = std::clamp(static_cast<float>(options.step_back()), -20.0f, 20.0f);
  camera.position += glm::vec3(std::sin(camera.yaw), 0, std::cos(camera.yaw)) * back;
  return camera;
}

Camera Camera::Before(const wall::Placement& placement, uint32_t width, uint32_t height) {
  constexpr float kMargin = 1.03f;
  Camera camera;
  camera.field_of_view = 0.5f;
  const float shape = static_cast<float>(width) / static_cast<float>(height);
  const float seen = kMargin * std::max(placement.size.x, placement.size.y * shape);
  const glm::vec3 normal = placement.orientation * glm::vec3(0, 0, 1);
  camera.position = placement.center + normal * (0.5f * seen / std::tan(0.5f * camera.field_of_view));
  camera.yaw = std::atan2(normal.x, normal.z);
  camera.pitch = -std::asin(std::clamp(normal.y, -1.0f, 1.0f));
  return camera;
}

glm::quat Camera::orientation() const {
  return glm::angleAxis(yaw, glm::vec3(0, 1, 0)) * glm::angleAxis(pitch, glm::vec3(1, 0, 0));
}

render::View Camera::View(uint32_t width, uint32_t height) const {
  const float half = 0.5f * field_of_view;
  const float vertical = std::atan(std::tan(half) * static_cast<float>(height) / static_cast<float>(width));
  return render::MakeView(position, orientation(), {-half, half, vertical, -vertical});
}

void Camera::Tell(wall::Board& board, uint32_t width) const {
  board.SetEye(position);
  board.SetPixelsPerRadian(0.5f * static_cast<float>(width) / std::tan(0.5f * field_of_view));
}

wall::Ray Camera::RayThrough(float x, float y, uint32_t width, uint32_t height) const {
  const float scale = std::tan(0.5f * field_of_view);
  const float right = (2 * x / static_cast<float>(width) - 1) * scale;
  const float up =
      (1 - 2 * y / static_cast<float>(height)) * scale * static_cast<float>(height) / static_cast<float>(width);
  return {position, orientation() * glm::normalize(glm::vec3(right, up, -1))};
}

}  // namespace vrcharts::desktop
