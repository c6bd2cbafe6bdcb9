#include "vrcharts/xr/gesture.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vrcharts::xr {
namespace {

// A hand before the chest that points ahead; `pinch` metres between thumb and index finger, the others `curl` metres
// from the palm.
HandJoints MakeHand(float pinch, float curl) {
  HandJoints hand;
  hand.wrist = {0.2f, 1.2f, -0.3f};
  hand.palm = {0.2f, 1.2f, -0.37f};
  hand.knuckle = {0.2f, 1.2f, -0.4f};
  hand.index_tip = {0.2f, 1.2f, -0.47f};
  hand.thumb_tip = hand.index_tip - glm::vec3(pinch, 0, 0);
  hand.middle_tip = hand.ring_tip = hand.little_tip = hand.palm - glm::vec3(0, 0, curl);
  return hand;
}

constexpr float kOpen = 0.1f;

TEST(GestureTest, PointsAlongTheHand) {
  Gesture gesture;
  const HandState state = gesture.Read(MakeHand(kOpen, kOpen));
  ASSERT_TRUE(state.active && state.aim.has_value());
  const glm::vec3 direction = state.aim->orientation * glm::vec3(0, 0, -1);
  EXPECT_NEAR(glm::distance(direction, glm::vec3(0, 0, -1)), 0, 1e-5);
  HandJoints up = MakeHand(kOpen, kOpen);
  up.knuckle = up.wrist + glm::vec3(-0.05f, 0.05f, -0.05f);
  const glm::vec3 turned = gesture.Read(up).aim->orientation * glm::vec3(0, 0, -1);
  EXPECT_NEAR(glm::distance(turned, glm::normalize(glm::vec3(-1, 1, -1))), 0, 1e-5);
  EXPECT_FALSE(state.select || state.grab);
}

TEST(GestureTest, APinchSelectsOnceHoweverTheHandTrembles) {
  Gesture gesture;
  EXPECT_FALSE(gesture.Read(MakeHand(0.02f, kOpen)).select);
  EXPECT_TRUE(gesture.Read(MakeHand(0.01f, kOpen)).select);
  EXPECT_TRUE(gesture.Read(MakeHand(0.02f, kOpen)).select) << "still the same pinch";
  EXPECT_FALSE(gesture.Read(MakeHand(0.03f, kOpen)).select);
  EXPECT_FALSE(gesture.Read(MakeHand(0.02f, kOpen)).select);
}

TEST(GestureTest, AClosedHandTakesHoldAndDoesNotSelect) {
  Gesture gesture;
  const HandState closed = gesture.Read(MakeHand(0.01f, 0.04f));
  EXPECT_TRUE(closed.grab);
  EXPECT_FALSE(closed.select);
  EXPECT_TRUE(gesture.Read(MakeHand(0.01f, 0.06f)).grab);
  EXPECT_FALSE(gesture.Read(MakeHand(kOpen, 0.07f)).grab);
}

TEST(GestureTest, AHandOutOfSightLetsGo) {
  Gesture gesture;
  EXPECT_TRUE(gesture.Read(MakeHand(0.01f, kOpen)).select);
  const HandState lost = gesture.Read(std::nullopt);
  EXPECT_FALSE(lost.active || lost.select || lost.aim.has_value());
  EXPECT_FALSE(gesture.Read(MakeHand(0.02f, kOpen)).select) << "a new pinch must begin anew";
  HandJoints nonsense = MakeHand(kOpen, kOpen);
  nonsense.knuckle = nonsense.wrist;
  EXPECT_FALSE(gesture.Read(nonsense).active);
  nonsense.knuckle.x = NAN;
  EXPECT_FALSE(gesture.Read(nonsense).active);
}

}  // namespace
}  // namespace vrcharts::xr
