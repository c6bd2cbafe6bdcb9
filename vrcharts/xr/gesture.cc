#include "vrcharts/xr/gesture.h"

#include <cmath>
#include <glm/gtc/quaternion.hpp>

namespace vrcharts::xr {
namespace {

// Metres between thumb and index finger, and from the other fingers' tips to the palm.
constexpr float kPinchBegins = 0.016f, kPinchEnds = 0.028f;
constexpr float kClosedBegins = 0.050f, kClosedEnds = 0.065f;

// Turns -z into `direction`, without roll.
glm::quat Along(const glm::vec3& direction) {
  const float yaw = std::atan2(-direction.x, -direction.z);
  const float pitch = std::atan2(direction.y, std::hypot(direction.x, direction.z));
  return glm::angleAxis(yaw, glm::vec3(0, 1, 0)) * glm::angleAxis(pitch, glm::vec3(1, 0, 0));
}

}  // namespace

HandState Gesture::Read(const std::optional<HandJoints>& joints) {
  HandState state;
  const glm::vec3 along = joints.has_value() ? joints->knuckle - joints->wrist : glm::vec3(0);
  if (!(glm::length(along) > 0.01f)) {  // not seen, or not a hand
    pinching_ = closed_ = false;
    return state;
  }
  const float pinch = glm::distance(joints->thumb_tip, joints->index_tip);
  const float curl = (glm::distance(joints->middle_tip, joints->palm) + glm::distance(joints->ring_tip, joints->palm) +
                      glm::distance(joints->little_tip, joints->palm)) /
                     3;
  closed_ = curl < (closed_ ? kClosedEnds : kClosedBegins);
  // In a fist the thumb lies on the index finger as well.
  pinching_ = !closed_ && pinch < (pinching_ ? kPinchEnds : kPinchBegins);
  state.active = true;
  state.aim = Pose{joints->knuckle, Along(glm::normalize(along))};
  state.grip = Pose{joints->palm, state.aim->orientation};
  state.select = pinching_;
  state.grab = closed_;
  return state;
}

}  // namespace vrcharts::xr
