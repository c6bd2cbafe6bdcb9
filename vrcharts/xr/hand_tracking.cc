#include "vrcharts/xr/hand_tracking.h"

namespace vrcharts::xr {

std::unique_ptr<HandTracking> HandTracking::Create(const Instance& instance, XrSession session) {
  if (!instance.Has("XR_EXT_hand_tracking")) return nullptr;
  std::unique_ptr<HandTracking> tracking(new HandTracking);
  const auto create = instance.Get<PFN_xrCreateHandTrackerEXT>("xrCreateHandTrackerEXT");
  tracking->locate_ = instance.Get<PFN_xrLocateHandJointsEXT>("xrLocateHandJointsEXT");
  tracking->destroy_ = instance.Get<PFN_xrDestroyHandTrackerEXT>("xrDestroyHandTrackerEXT");
  if (create == nullptr || tracking->locate_ == nullptr || tracking->destroy_ == nullptr) return nullptr;
  for (Hand hand : {kLeft, kRight}) {
    XrHandTrackerCreateInfoEXT info{XR_TYPE_HAND_TRACKER_CREATE_INFO_EXT};
    info.hand = hand == kLeft ? XR_HAND_LEFT_EXT : XR_HAND_RIGHT_EXT;
    info.handJointSet = XR_HAND_JOINT_SET_DEFAULT_EXT;
    // A runtime may know the extension while the headset has no cameras for it.
    if (XR_FAILED(create(session, &info, &tracking->trackers_[hand]))) return nullptr;
  }
  return tracking;
}

HandTracking::~HandTracking() {
  for (XrHandTrackerEXT tracker : trackers_) {
    if (tracker != XR_NULL_HANDLE) destroy_(tracker);
  }
}

std::optional<HandJoints> HandTracking::Locate(Hand hand, XrSpace base, XrTime time) const {
  std::array<XrHandJointLocationEXT, XR_HAND_JOINT_COUNT_EXT> joints{};
  XrHandJointLocationsEXT locations{XR_TYPE_HAND_JOINT_LOCATIONS_EXT};
  locations.jointCount = XR_HAND_JOINT_COUNT_EXT;
  locations.jointLocations = joints.data();
  XrHandJointsLocateInfoEXT info{XR_TYPE_HAND_JOINTS_LOCATE_INFO_EXT};
  info.baseSpace = base;
  info.time = time;
  if (XR_FAILED(locate_(trackers_[hand], &info, &locations)) || !locations.isActive) return std::nullopt;
  bool valid = true;
  const auto at = [&](XrHandJointEXT joint) {
    valid &= (joints[joint].locationFlags & XR_SPACE_LOCATION_POSITION_VALID_BIT) != 0;
    return FromXr(joints[joint].pose).position;
  };
  const HandJoints found{at(XR_HAND_JOINT_WRIST_EXT),          at(XR_HAND_JOINT_PALM_EXT),
                         at(XR_HAND_JOINT_INDEX_PROXIMAL_EXT), at(XR_HAND_JOINT_THUMB_TIP_EXT),
                         at(XR_HAND_JOINT_INDEX_TIP_EXT),      at(XR_HAND_JOINT_MIDDLE_TIP_EXT),
                         at(XR_HAND_JOINT_RING_TIP_EXT),       at(XR_HAND_JOINT_LITTLE_TIP_EXT)};
  if (!valid) return std::nullopt;
  return found;
}

}  // namespace vrcharts::xr
