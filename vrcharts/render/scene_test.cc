#include "vrcharts/render/scene.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vrcharts::render {
namespace {

glm::vec3 Ndc(const View& view, glm::vec3 world) {
  const glm::vec4 clip = view.clip_from_view * view.view_from_world * glm::vec4(world, 1);
  return glm::vec3(clip) / clip.w;
}

constexpr Fov kSquare{-0.785398f, 0.785398f, 0.785398f, -0.785398f};  // 90 degrees

TEST(SceneTest, ClipSpaceIsVulkansWithReversedDepth) {
  const View view = MakeView({0, 1, 0}, {1, 0, 0, 0}, kSquare);
  EXPECT_NEAR(Ndc(view, {0, 1, -kNearPlane}).z, 1, 1e-5);
  EXPECT_NEAR(Ndc(view, {0, 1, -1e6f}).z, 0, 1e-5);
  EXPECT_GT(Ndc(view, {0, 1, -1}).z, Ndc(view, {0, 1, -2}).z);
  EXPECT_LT(Ndc(view, {0, 2, -3}).y, 0) << "up is negative y";
  EXPECT_GT(Ndc(view, {1, 1, -3}).x, 0);
}

TEST(SceneTest, EdgesOfTheFieldOfViewAreTheEdgesOfTheScreen) {
  const Fov fov{-0.9f, 0.6f, 0.5f, -0.7f};  // as a headset's eye: not symmetric
  const View view = MakeView({0, 0, 0}, {1, 0, 0, 0}, fov);
  EXPECT_NEAR(Ndc(view, {std::tan(fov.left), 0, -1}).x, -1, 1e-5);
  EXPECT_NEAR(Ndc(view, {std::tan(fov.right), 0, -1}).x, 1, 1e-5);
  EXPECT_NEAR(Ndc(view, {0, std::tan(fov.up), -1}).y, -1, 1e-5);
  EXPECT_NEAR(Ndc(view, {0, std::tan(fov.down), -1}).y, 1, 1e-5);
}

TEST(SceneTest, PanelPointsLieOnThePanel) {
  auto geometry = std::make_shared<chart::Geometry>();
  geometry->width = 400;
  geometry->height = 200;
  wall::Panel panel;
  panel.geometry = geometry;
  panel.placement = {{0, 1.5f, -2}, {1, 0, 0, 0}, {0.8f, 0.4f}};
  const SceneItem item = MakeItem(panel);
  const auto at = [&](float x, float y) { return glm::vec3(item.world_from_points * glm::vec4(x, y, 0, 1)); };
  EXPECT_NEAR(at(0, 0).x, -0.4f, 1e-6);
  EXPECT_NEAR(at(0, 0).y, 1.7f, 1e-6) << "y = 0 is the top";
  EXPECT_NEAR(at(400, 200).x, 0.4f, 1e-6);
  EXPECT_NEAR(at(400, 200).y, 1.3f, 1e-6);
  EXPECT_NEAR(at(200, 100).z, -2, 1e-6);
  EXPECT_FLOAT_EQ(item.metres_per_point, 0.002f);
  // And it agrees with what picking uses.
  const glm::vec3 expected = wall::ToWorld(panel.placement, {400, 200}, {37, 91});
  EXPECT_NEAR(glm::distance(at(37, 91), expected), 0, 1e-5);
}

}  // namespace
}  // namespace vrcharts::render
