#ifndef VRCHARTS_XR_POSE_H_
#define VRCHARTS_XR_POSE_H_

#include <openxr/openxr.h>

#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>

namespace vrcharts::xr {

// Where something is and how it is turned; metres, y up.
struct Pose {
  glm::vec3 position{0, 0, 0};
  glm::quat orientation{1, 0, 0, 0};
};

inline Pose FromXr(const XrPosef& pose) {
  return {{pose.position.x, pose.position.y, pose.position.z},
          {pose.orientation.w, pose.orientation.x, pose.orientation.y, pose.orientation.z}};
}

inline XrPosef ToXr(const Pose& pose) {
  return {{pose.orientation.x, pose.orientation.y, pose.orientation.z, pose.orientation.w},
          {pose.position.x, pose.position.y, pose.position.z}};
}

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_POSE_H_
