#include "vrcharts/wall/arrange.h"

#include <array>
#include <cmath>

#include "gtest/gtest.h"

namespace vrcharts::wall {
namespace {

std::array<glm::vec3, 4> Corners(const Placement& p) {
  return {ToWorld(p, {1, 1}, {0, 0}), ToWorld(p, {1, 1}, {1, 0}), ToWorld(p, {1, 1}, {1, 1}),
          ToWorld(p, {1, 1}, {0, 1})};
}

// Seen from the axis, panels are patches of angle and height; separated in one of the two, they cannot overlap.
bool Separate(const Placement& a, const Placement& b) {
  const auto extent = [](const Placement& p, float* angle0, float* angle1, float* y0, float* y1) {
    *angle0 = *y0 = 1e9f;
    *angle1 = *y1 = -1e9f;
    for (const glm::vec3& corner : Corners(p)) {
      const float angle = std::atan2(corner.x, -corner.z);
      *angle0 = std::min(*angle0, angle);
      *angle1 = std::max(*angle1, angle);
      *y0 = std::min(*y0, corner.y);
      *y1 = std::max(*y1, corner.y);
    }
  };
  float a0, a1, ay0, ay1, b0, b1, by0, by1;
  extent(a, &a0, &a1, &ay0, &ay1);
  extent(b, &b0, &b1, &by0, &by1);
  return a1 < b0 || b1 < a0 || ay1 < by0 || by1 < ay0;
}

TEST(ArrangeTest, NoOverlapAndWithinReachForAnyCount) {
  for (const int rows : {0, 1, 2, 5}) {
    for (size_t count = 0; count <= 150; count += count < 20 ? 1 : 13) {
      ArrangeOptions options;
      options.rows = rows;
      const std::vector<Placement> all = Arrange(count, options);
      ASSERT_EQ(all.size(), count);
      for (size_t i = 0; i < count; ++i) {
        for (size_t j = 0; j < i; ++j) ASSERT_TRUE(Separate(all[i], all[j])) << count << ": " << i << " and " << j;
        EXPECT_NEAR(std::hypot(all[i].center.x, all[i].center.z), options.radius, 1e-4);
        for (const glm::vec3& corner : Corners(all[i])) {
          EXPECT_GT(corner.y, options.lowest - 0.01f);
          EXPECT_LT(corner.y, options.highest + 0.01f);
          EXPECT_LT(std::abs(std::atan2(corner.x, -corner.z)), options.arc / 2 + 0.05f);
        }
        // Its face looks at the axis.
        const glm::vec3 normal = all[i].orientation * glm::vec3(0, 0, 1);
        EXPECT_GT(glm::dot(normal, -glm::normalize(glm::vec3(all[i].center.x, 0, all[i].center.z))), 0.9f);
      }
    }
  }
}

TEST(ArrangeTest, ReadsFromTheTopLeft) {
  ArrangeOptions options;
  options.rows = 2;
  const std::vector<Placement> all = Arrange(6, options);
  EXPECT_LT(all[0].center.x, all[1].center.x);
  EXPECT_LT(all[1].center.x, all[2].center.x);
  EXPECT_GT(all[0].center.y, all[3].center.y);
  EXPECT_NEAR(all[1].center.x, 0, 1e-5);
}

TEST(ArrangeTest, MorePanelsAreNeverLarger) {
  float before = 100;
  for (size_t count = 1; count < 200; ++count) {
    const float width = Arrange(count, {}).front().size.x;
    EXPECT_LE(width, before + 1e-5f) << count;
    before = width;
  }
}

TEST(IntersectTest, CornersMiddleAndMisses) {
  Placement placement;
  placement.center = {0, 1, -2};
  placement.size = {2, 1};
  const glm::vec2 points(400, 200);
  const auto hit = Intersect({{0, 1, 0}, {0, 0, -3}}, placement, points);
  ASSERT_TRUE(hit.has_value());
  EXPECT_NEAR(hit->point.x, 200, 1e-3);
  EXPECT_NEAR(hit->point.y, 100, 1e-3);
  EXPECT_NEAR(hit->distance, 2, 1e-5);
  const auto top_left = Intersect({{-0.99f, 1.49f, 0}, {0, 0, -1}}, placement, points);
  ASSERT_TRUE(top_left.has_value());
  EXPECT_NEAR(top_left->point.x, 2, 0.1);
  EXPECT_NEAR(top_left->point.y, 2, 0.1);
  EXPECT_FALSE(Intersect({{1.01f, 1, 0}, {0, 0, -1}}, placement, points).has_value()) << "beside it";
  EXPECT_FALSE(Intersect({{0, 1, 0}, {0, 0, 1}}, placement, points).has_value()) << "behind the eye";
  EXPECT_FALSE(Intersect({{0, 1, -4}, {0, 0, 1}}, placement, points).has_value()) << "its back";
  EXPECT_FALSE(Intersect({{0, 1, 0}, {0, 0, 0}}, placement, points).has_value()) << "no direction";
}

TEST(IntersectTest, IsTheInverseOfToWorld) {
  const std::vector<Placement> all = Arrange(30, {});
  const glm::vec3 eye(0.1f, 1.4f, 0.2f);
  for (const Placement& placement : all) {
    for (const glm::vec2 point : {glm::vec2(10, 20), glm::vec2(470, 20), glm::vec2(240, 290)}) {
      const auto hit = Intersect({eye, ToWorld(placement, {480, 307}, point) - eye}, placement, {480, 307});
      ASSERT_TRUE(hit.has_value());
      EXPECT_NEAR(hit->point.x, point.x, 0.05);
      EXPECT_NEAR(hit->point.y, point.y, 0.05);
    }
  }
}

TEST(FacingTest, LooksAtTheEyeAndStaysUpright) {
  for (const glm::vec3 center : {glm::vec3(1, 2, -1), glm::vec3(-2, 0.5f, 0.3f), glm::vec3(0, 1.5f, 3)}) {
    const glm::vec3 eye(0, 1.5f, 0);
    const glm::quat q = Facing(center, eye);
    EXPECT_NEAR(glm::dot(q * glm::vec3(0, 0, 1), glm::normalize(eye - center)), 1, 1e-5);
    EXPECT_NEAR((q * glm::vec3(1, 0, 0)).y, 0, 1e-5);
  }
}

}  // namespace
}  // namespace vrcharts::wall
