#include "vrcharts/wall/arrange.h"

#include <algorithm>
#include <cmath>
#include <glm/gtc/matrix_transform.hpp>

namespace vrcharts::wall {
namespace {

// Angle between the middles of two neighbours: panels are flat, so their edges stand off the cylinder.
float StepAngle(float width, const ArrangeOptions& options) {
  return 2 * std::atan((width + options.gap) / (2 * options.radius));
}

// The widest panel with which `rows` rows fit.
float WidestFor(size_t count, int rows, const ArrangeOptions& options) {
  const size_t columns = (count + rows - 1) / rows;
  const float step = options.arc / static_cast<float>(columns);
  const float by_arc = 2 * options.radius * std::tan(std::min(step, 1.5f) / 2) - options.gap;
  const float height = (options.highest - options.lowest + options.gap) / static_cast<float>(rows) - options.gap;
  return std::min({options.largest, by_arc, height / options.aspect});
}

}  // namespace

glm::quat Facing(glm::vec3 center, glm::vec3 eye) {
  const glm::vec3 to_eye = eye - center;
  const float flat = std::hypot(to_eye.x, to_eye.z);
  if (flat < 1e-6f && std::abs(to_eye.y) < 1e-6f) return {1, 0, 0, 0};
  const float yaw = flat < 1e-6f ? 0 : std::atan2(to_eye.x, to_eye.z);
  const float pitch = -std::atan2(to_eye.y, flat);
  return glm::angleAxis(yaw, glm::vec3(0, 1, 0)) * glm::angleAxis(pitch, glm::vec3(1, 0, 0));
}

std::vector<Placement> Arrange(size_t count, const ArrangeOptions& options) {
  std::vector<Placement> out;
  if (count == 0) return out;
  int rows = options.rows;
  if (rows <= 0) {
    rows = 1;
    for (int candidate = 2; candidate <= 10; ++candidate) {
      if (WidestFor(count, candidate, options) > WidestFor(count, rows, options) + 1e-4f) rows = candidate;
    }
  }
  rows = std::min<int>(rows, static_cast<int>(count));
  while (WidestFor(count, rows, options) < options.smallest && rows < 20) ++rows;
  const float width = WidestFor(count, rows, options);
  const float height = width * options.aspect;
  const float step = StepAngle(width, options);
  const float pitch_share = 0.5f;  // half way to the eye: leaning fully looks like a dome
  const size_t columns = (count + rows - 1) / rows;
  const float total = static_cast<float>(rows) * (height + options.gap) - options.gap;
  // Around the eye's height, but within the limits.
  const float top =
      std::clamp(options.eye + total / 2, options.lowest + total, std::max(options.highest, options.lowest + total));
  for (size_t i = 0; i < count; ++i) {
    const size_t row = i / columns, column = i % columns;
    const size_t in_row = std::min(columns, count - row * columns);
    const float angle = (static_cast<float>(column) - static_cast<float>(in_row - 1) / 2) * step;
    Placement placement;
    placement.size = {width, height};
    placement.center = {options.radius * std::sin(angle),
                        top - height / 2 - static_cast<float>(row) * (height + options.gap),
                        -options.radius * std::cos(angle)};
    const float pitch = std::atan2(placement.center.y - options.eye, options.radius) * pitch_share;
    placement.orientation = glm::angleAxis(-angle, glm::vec3(0, 1, 0)) * glm::angleAxis(pitch, glm::vec3(1, 0, 0));
    out.push_back(placement);
  }
  return out;
}

Placement InFront(const Placement& from, glm::vec3 eye, float distance, float width, float height) {
  glm::vec3 direction = from.center - eye;
  direction.y = 0;
  const float length = glm::length(direction);
  direction = length < 1e-4f ? glm::vec3(0, 0, -1) : direction / length;
  Placement out;
  out.size = {width, height};
  out.center = eye + direction * distance - glm::vec3(0, 0.05f, 0);
  out.orientation = Facing(out.center, eye);
  return out;
}

std::optional<Hit> Intersect(const Ray& ray, const Placement& placement, glm::vec2 points) {
  const float length = glm::length(ray.direction);
  if (!(length > 0)) return std::nullopt;
  const glm::quat inverse = glm::conjugate(placement.orientation);
  const glm::vec3 origin = inverse * (ray.origin - placement.center);
  const glm::vec3 direction = inverse * (ray.direction / length);
  if (origin.z <= 0 || direction.z >= -1e-6f) return std::nullopt;  // behind it, or looking away
  const float distance = -origin.z / direction.z;
  const glm::vec3 at = origin + direction * distance;
  const glm::vec2 relative(at.x / placement.size.x + 0.5f, 0.5f - at.y / placement.size.y);
  if (relative.x < 0 || relative.x > 1 || relative.y < 0 || relative.y > 1) return std::nullopt;
  Hit hit;
  hit.point = relative * points;
  hit.distance = distance;
  hit.position = ray.origin + ray.direction / length * distance;
  return hit;
}

}  // namespace vrcharts::wall
