#ifndef VRCHARTS_XR_HAND_STATE_H_
#define VRCHARTS_XR_HAND_STATE_H_

#include <glm/glm.hpp>
#include <optional>

#include "vrcharts/xr/pose.h"

namespace vrcharts::xr {

enum Hand { kLeft = 0, kRight = 1 };
constexpr int kHands = 2;

// What one hand does in this frame, with a controller or bare. A controller that sleeps, or whose session is not
// focused, is not active and does nothing.
struct HandState {
  bool active = false;
  std::optional<Pose> aim;   // origin and direction (-z) of the pointing ray, in the tracked space
  std::optional<Pose> grip;  // where the controller is held
  bool select = false;       // trigger, or pinch
  bool grab = false;         // grip, or closed hand
  bool menu = false;
  bool stick_click = false;
  glm::vec2 stick{0, 0};  // x right, y forward; a trackpad where there is no stick
};

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_HAND_STATE_H_
