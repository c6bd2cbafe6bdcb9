#include "vrcharts/app/app.h"

#include <cmath>
#include <filesystem>
#include <glm/gtc/matrix_transform.hpp>

#include "common/explain/explain.h"

namespace vrcharts::app {
namespace {

constexpr float kMetresPerPoint = 0.001f;  // of the small things below: a point is a millimetre
constexpr float kRayLength = 6.0f;         // metres, where it meets nothing
constexpr int kRaySegments = 12;

// One unit long in y, fading towards its end.
std::shared_ptr<const chart::Geometry> MakeRay(uint32_t rgb, float width, int alpha) {
  auto geometry = std::make_shared<chart::Geometry>();
  geometry->width = geometry->height = 1;
  for (int i = 0; i <= kRaySegments; ++i) {
    const float t = static_cast<float>(i) / kRaySegments;
    chart::LinePoint point{};
    point.y = t;
    point.color = chart::Rgb(rgb, alpha / 255.0 * (1 - 0.8 * t));
    point.width_16 = static_cast<uint8_t>(16 * width);
    point.flags = i == 0 ? chart::kLineStart : 0;
    geometry->overlay.lines.push_back(point);
  }
  return geometry;
}

// A disc around the origin; radius in points.
std::shared_ptr<const chart::Geometry> MakeDisc(float radius, chart::Rgba fill, chart::Rgba stroke,
                                                float stroke_width) {
  auto geometry = std::make_shared<chart::Geometry>();
  geometry->width = geometry->height = 2 * radius;
  geometry->overlay.rects.push_back(
      {-radius, -radius, radius, radius, fill, stroke, radius, 0, static_cast<uint16_t>(16 * stroke_width)});
  return geometry;
}

// Two unit vectors that make a right-handed frame with `normal`.
void Frame(const glm::vec3& normal, glm::vec3* x, glm::vec3* y) {
  const glm::vec3 up = std::abs(normal.y) < 0.9f ? glm::vec3(0, 1, 0) : glm::vec3(1, 0, 0);
  *x = glm::normalize(glm::cross(up, normal));
  *y = glm::cross(normal, *x);
}

}  // namespace

absl::StatusOr<std::unique_ptr<App>> App::Create(const options::Options& options) {
  std::unique_ptr<App> app(new App(options));
  absl::StatusOr<std::unique_ptr<text::Atlas>> atlas =
      text::Atlas::Create({.regular = options.font(), .semi_bold = options.font(), .cjk = options.font_cjk()});
  if (!atlas.ok()) return atlas.status();
  app->atlas_ = std::move(*atlas);
  absl::StatusOr<std::unique_ptr<wall::Board>> board = wall::Board::Create(options, app->atlas_.get());
  if (!board.ok()) return board.status();
  app->board_ = std::move(*board);
  if (!options.state().empty() && std::filesystem::exists(options.state())) {
    if (absl::Status status = app->board_->LoadState(options.state()); !status.ok()) return status;
    EXPLAIN() << "the wall is as " << options.state() << " kept it";
  }
  app->scene_.light_theme = options.theme() == options::THEME_LIGHT;
  app->ray_geometry_ = MakeRay(0x8fb8ff, 3, 200);
  app->pressed_ray_geometry_ = MakeRay(0xffffff, 5, 255);
  app->dot_geometry_ = MakeDisc(9, chart::Rgb(0xffffff, 0.9), chart::Rgb(0x0b1220, 0.8), 2);
  app->ring_geometry_ = MakeDisc(350, chart::Rgb(0x5b9dff, 0.18), chart::Rgb(0x8fb8ff, 0.9), 15);
  return app;
}

absl::Status App::SaveState() const {
  return options_.state().empty() ? absl::OkStatus() : board_->SaveState(options_.state());
}

void App::Update(absl::Time now) {
  board_->Update(now);
  scene_.items.clear();
  for (const wall::Panel& panel : board_->panels()) scene_.items.push_back(render::MakeItem(panel));
  EXPLAIN_FIRST_N(2) << "updated: " << scene_.items.size() << " panels on the wall";
  for (const std::optional<Pointer>& pointer : pointers_) {
    if (pointer.has_value()) AddPointer(*pointer);
  }
  if (teleport_.has_value()) AddTeleport(*teleport_);
}

void App::AddPointer(const Pointer& pointer) {
  const std::optional<wall::Hit> hit = board_->Pick(pointer.ray);
  const glm::vec3 direction = glm::normalize(pointer.ray.direction);
  const float length = hit.has_value() ? glm::distance(hit->position, pointer.ray.origin) : kRayLength;
  glm::vec3 side, up;
  Frame(direction, &side, &up);
  render::SceneItem ray;
  ray.world_from_points = glm::mat4(glm::vec4(side, 0), glm::vec4(direction * length, 0), glm::vec4(up, 0),
                                    glm::vec4(pointer.ray.origin, 1));
  ray.metres_per_point = kMetresPerPoint;
  ray.geometry = pointer.pressed ? pressed_ray_geometry_ : ray_geometry_;
  scene_.items.push_back(ray);
  if (!hit.has_value()) return;
  Frame(-direction, &side, &up);
  render::SceneItem dot;
  dot.world_from_points = glm::mat4(glm::vec4(side * kMetresPerPoint, 0), glm::vec4(up * kMetresPerPoint, 0),
                                    glm::vec4(-direction, 0), glm::vec4(hit->position - 0.01f * direction, 1));
  dot.metres_per_point = kMetresPerPoint;
  dot.geometry = dot_geometry_;
  scene_.items.push_back(dot);
}

void App::AddTeleport(const glm::vec3& target) {
  render::SceneItem ring;
  ring.world_from_points = glm::mat4(glm::vec4(kMetresPerPoint, 0, 0, 0), glm::vec4(0, 0, kMetresPerPoint, 0),
                                     glm::vec4(0, 1, 0, 0), glm::vec4(target.x, 0.01f, target.z, 1));
  ring.metres_per_point = kMetresPerPoint;
  ring.geometry = ring_geometry_;
  scene_.items.push_back(ring);
}

}  // namespace vrcharts::app
