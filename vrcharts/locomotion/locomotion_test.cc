#include "vrcharts/locomotion/locomotion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace vrcharts::locomotion {
namespace {

constexpr float kFrame = 1.0f / 72;
constexpr float kDegree = 3.14159265f / 180;

glm::quat Head(float yaw, float pitch, float roll = 0) {
  return glm::angleAxis(yaw, glm::vec3(0, 1, 0)) * glm::angleAxis(pitch, glm::vec3(1, 0, 0)) *
         glm::angleAxis(roll, glm::vec3(0, 0, 1));
}

float Distance(const State& a, const State& b) {
  return std::hypot(a.rig.position.x - b.rig.position.x, a.rig.position.z - b.rig.position.z);
}

// Any input at all, also what no controller would send.
class AnyInput {
 public:
  explicit AnyInput(uint32_t seed) : random_(seed) {}

  Input Next() {
    Input input;
    input.move = {Number(), Number()};
    input.turn = Number();
    input.head = {Number(), Number(), Number(), Number()};
    input.head_position = {Number(), Number(), Number()};
    if (random_() % 3 == 0) input.teleport_target = glm::vec3(Number(), Number(), Number());
    return input;
  }
  float Number() {
    switch (random_() % 12) {
      case 0:
        return std::numeric_limits<float>::quiet_NaN();
      case 1:
        return std::numeric_limits<float>::infinity();
      case 2:
        return -1e30f;
      case 3:
        return 0;
      default:
        return std::uniform_real_distribution<float>(-1.2f, 1.2f)(random_);
    }
  }
  uint32_t Bits() { return random_(); }

 private:
  std::mt19937 random_;
};

TEST(LocomotionTest, NothingIsFasterThanTheLimitWhateverTheInput) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    AnyInput any(seed);
    Settings settings{seed % 2 ? Comfort::kRecommended : Comfort::kFree, seed % 3 == 0};
    State state;
    for (int i = 0; i < 300; ++i) {
      Input input = any.Next();
      input.turn = 0;  // a snap turn with the head off-centre moves the space, not the person
      const float seconds = any.Number();
      const State next = Step(settings, state, input, seconds);
      const float elapsed = std::isfinite(seconds) ? std::max(seconds, 0.0f) : 0.0f;
      ASSERT_LE(Distance(state, next), kSpeedLimit * elapsed + 1e-4f) << "seed " << seed << " step " << i;
      ASSERT_EQ(next.rig.position.y, state.rig.position.y) << "nobody lifts off";
      state = next;
    }
  }
}

TEST(LocomotionTest, StateStaysFiniteAndWithinBoundsWhateverTheInput) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    AnyInput any(seed);
    Settings settings{static_cast<Comfort>(seed % 3), seed % 2 == 0};
    State state;
    for (int i = 0; i < 300; ++i) {
      state = Step(settings, state, any.Next(), any.Number());
      ASSERT_TRUE(std::isfinite(state.rig.position.x) && std::isfinite(state.rig.position.z) &&
                  std::isfinite(state.rig.yaw));
      ASSERT_LE(std::hypot(state.rig.position.x, state.rig.position.z), kBounds * 1.001f);
      ASSERT_GE(state.vignette, 0);
      ASSERT_LE(state.vignette, 1);
    }
  }
}

TEST(LocomotionTest, OnlyTheYawOfTheHeadMatters) {
  AnyInput any(7);
  for (int i = 0; i < 2000; ++i) {
    const float yaw = 3 * any.Number(), pitch = (static_cast<int>(any.Bits() % 170) - 85) * kDegree;
    if (!std::isfinite(yaw) || std::abs(yaw) > 10) continue;
    Input level, nodding;
    level.move = nodding.move = {0.3f, 0.9f};
    level.head = Head(yaw, 0);
    nodding.head = Head(yaw, pitch);
    const State a = Step({}, {}, level, kFrame), b = Step({}, {}, nodding, kFrame);
    ASSERT_NEAR(a.rig.position.x, b.rig.position.x, 1e-5) << "pitch " << pitch;
    ASSERT_NEAR(a.rig.position.z, b.rig.position.z, 1e-5);
    ASSERT_EQ(b.rig.position.y, 0);
  }
}

TEST(LocomotionTest, ForwardIsWhereTheHeadPoints) {
  Input input;
  input.move = {0, 1};
  State state = Step({}, {}, input, 0.1f);
  EXPECT_NEAR(state.rig.position.z, -kBriskSpeed * 0.1f, 1e-5);
  EXPECT_NEAR(state.rig.position.x, 0, 1e-5);
  input.head = Head(90 * kDegree, 0);  // looking left
  state = Step({}, {}, input, 0.1f);
  EXPECT_NEAR(state.rig.position.x, -kBriskSpeed * 0.1f, 1e-5);
  state = {};
  state.rig.yaw = -90 * kDegree;  // the space turned right, the head in it left: straight on
  state = Step({}, state, input, 0.1f);
  EXPECT_NEAR(state.rig.position.z, -kBriskSpeed * 0.1f, 1e-5);
}

TEST(LocomotionTest, SpeedComesInStepsAndIsReachedAtOnce) {
  for (int percent = 0; percent <= 100; ++percent) {
    Input input;
    input.move = {0, percent / 100.0f};
    const State next = Step({}, {}, input, kFrame);
    const float speed = Distance({}, next) / kFrame;
    const bool step = speed < 1e-3f || std::abs(speed - kWalkSpeed) < 1e-3f || std::abs(speed - kBriskSpeed) < 1e-3f;
    EXPECT_TRUE(step) << percent << "% gives " << speed << " m/s";
    EXPECT_NEAR(Distance(next, Step({}, next, input, kFrame)) / kFrame, speed, 1e-3f) << "no ramp";
  }
}

TEST(LocomotionTest, DeadZoneIsRadialAndRescaled) {
  for (int degrees = 0; degrees < 360; degrees += 5) {
    const glm::vec2 direction(std::cos(degrees * kDegree), std::sin(degrees * kDegree));
    EXPECT_EQ(WithoutDeadZone(direction * 0.149f), glm::vec2(0)) << degrees;
    EXPECT_LT(glm::length(WithoutDeadZone(direction * 0.16f)), 0.02f) << "begins at zero";
    EXPECT_NEAR(glm::length(WithoutDeadZone(direction)), 1, 1e-5);
    EXPECT_NEAR(glm::dot(glm::normalize(WithoutDeadZone(direction * 0.5f)), direction), 1, 1e-5);
  }
}

TEST(LocomotionTest, ATremblingThumbDoesNotChangeTheGait) {
  Input input;
  State state;
  input.move = {0, 0.95f};
  state = Step({}, state, input, kFrame);
  ASSERT_EQ(state.gait, Gait::kBrisk);
  for (int i = 0; i < 50; ++i) {
    input.move.y = i % 2 ? 0.80f : 0.90f;  // around the threshold for going faster
    state = Step({}, state, input, kFrame);
    EXPECT_EQ(state.gait, Gait::kBrisk);
  }
  input.move.y = 0.6f;
  EXPECT_EQ(Step({}, state, input, kFrame).gait, Gait::kWalk);
}

TEST(LocomotionTest, SnapTurnIsOncePerDeflectionAndAroundTheHead) {
  State state;
  Input input;
  input.head_position = {0.7f, 1.6f, -0.4f};
  const glm::vec3 before = ToWorld(state.rig, input.head_position);
  input.turn = 1;
  for (int i = 0; i < 20; ++i) state = Step({}, state, input, kFrame);
  EXPECT_NEAR(state.rig.yaw, -30 * kDegree, 1e-5) << "right is clockwise, and once";
  EXPECT_NEAR(glm::distance(before, ToWorld(state.rig, input.head_position)), 0, 1e-5) << "the head stays where it is";
  input.turn = 0;
  state = Step({}, state, input, kFrame);
  input.turn = -1;
  state = Step({}, state, input, kFrame);
  EXPECT_NEAR(state.rig.yaw, 0, 1e-5);
}

TEST(LocomotionTest, SmoothTurnOnlyWhenAskedFor) {
  Input input;
  input.turn = 1;
  const State state = Step({Comfort::kFree, /*smooth_turn=*/true}, {}, input, 0.1f);
  EXPECT_NEAR(state.rig.yaw, -6 * kDegree, 1e-4);
  EXPECT_NEAR(Step({Comfort::kComfortable, true}, {}, input, 0.1f).rig.yaw, -30 * kDegree, 1e-4);
}

TEST(LocomotionTest, ComfortableTeleportsOnReleaseAndNeverSlides) {
  const Settings settings{Comfort::kComfortable};
  Input input;
  input.head_position = {0.5f, 1.6f, 0};
  input.teleport_target = glm::vec3(2, 0, -3);
  input.move = {0, 1};
  State state = Step(settings, {}, input, kFrame);
  EXPECT_TRUE(state.teleport_aiming);
  EXPECT_EQ(Distance({}, state), 0);
  input.move = {0, 0};
  state = Step(settings, state, input, kFrame);
  EXPECT_FALSE(state.teleport_aiming);
  const glm::vec3 head = ToWorld(state.rig, input.head_position);
  EXPECT_NEAR(head.x, 2, 1e-5);
  EXPECT_NEAR(head.z, -3, 1e-5);
}

TEST(LocomotionTest, VignetteClosesWhileWalkingAndOpensAfter) {
  Input input;
  input.move = {0, 1};
  State state;
  for (int i = 0; i < 30; ++i) state = Step({}, state, input, kFrame);
  EXPECT_NEAR(state.vignette, 0.45f, 1e-4);
  input.move = {0, 0};
  for (int i = 0; i < 30; ++i) state = Step({}, state, input, kFrame);
  EXPECT_EQ(state.vignette, 0);
  input.move = {0, 1};
  EXPECT_EQ(Step({Comfort::kFree}, {}, input, kFrame).vignette, 0);
}

}  // namespace
}  // namespace vrcharts::locomotion
