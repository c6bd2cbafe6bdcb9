#ifndef VRCHARTS_XR_GESTURE_H_
#define VRCHARTS_XR_GESTURE_H_

#include <glm/glm.hpp>
#include <optional>

#include "vrcharts/xr/hand_state.h"

namespace vrcharts::xr {

// The joints of a tracked hand that gestures are read from; metres, in the tracked space.
struct HandJoints {
  glm::vec3 wrist, palm, knuckle;  // knuckle: the index finger's first joint
  glm::vec3 thumb_tip, index_tip, middle_tip, ring_tip, little_tip;
};

// Reads what a bare hand wants from where its joints are: it points along the back of the hand, which pinching does not
// move; thumb on index finger is the trigger, a closed hand takes hold. Each gesture begins closer than it ends, so
// that a trembling hand does not press twice.
class Gesture {
 public:
  // nullopt: the cameras do not see the hand; it lets go of everything.
  HandState Read(const std::optional<HandJoints>& joints);

 private:
  bool pinching_ = false, closed_ = false;
};

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_GESTURE_H_
