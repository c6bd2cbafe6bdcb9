#ifndef VRCHARTS_XR_HAND_TRACKING_H_
#define VRCHARTS_XR_HAND_TRACKING_H_

#include <openxr/openxr.h>

#include <array>
#include <memory>
#include <optional>

#include "vrcharts/xr/gesture.h"
#include "vrcharts/xr/instance.h"

namespace vrcharts::xr {

// Where the person's bare hands are (XR_EXT_hand_tracking).
class HandTracking {
 public:
  // nullptr where the runtime or the headset cannot track hands.
  static std::unique_ptr<HandTracking> Create(const Instance& instance, XrSession session);
  ~HandTracking();
  HandTracking(const HandTracking&) = delete;
  HandTracking& operator=(const HandTracking&) = delete;

  // nullopt while the hand is not seen.
  std::optional<HandJoints> Locate(Hand hand, XrSpace base, XrTime time) const;

 private:
  HandTracking() = default;

  std::array<XrHandTrackerEXT, kHands> trackers_{};
  PFN_xrLocateHandJointsEXT locate_ = nullptr;
  PFN_xrDestroyHandTrackerEXT destroy_ = nullptr;
};

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_HAND_TRACKING_H_
