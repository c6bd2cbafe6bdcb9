#ifndef VRCHARTS_XR_ACTIONS_H_
#define VRCHARTS_XR_ACTIONS_H_

#include <openxr/openxr.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/xr/hand_state.h"
#include "vrcharts/xr/instance.h"
#include "vrcharts/xr/pose.h"

namespace vrcharts::xr {

// Input of controllers and hands, by meaning: point, select, grab, move, menu. Bindings for every common controller are
// suggested; the runtime takes those of the controller at hand, and the person may remap them in the runtime's own
// settings.
class Actions {
 public:
  // Creates the action set and suggests the bindings. Fails if the runtime accepts none of the profiles.
  static absl::StatusOr<std::unique_ptr<Actions>> Create(const Instance& instance);
  ~Actions();
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  // Once a session: action sets attach for good.
  absl::Status Attach(XrSession session);
  // To be called before the session is destroyed.
  void Detach();

  // Reads everything anew. `base` is the tracked space, `time` the moment the frame will be seen.
  absl::Status Sync(XrSession session, XrSpace base, XrTime time);
  const HandState& hand(Hand hand) const { return hands_[hand]; }

  // A short tick in the hand, if its controller can.
  void Tick(XrSession session, Hand hand, float amplitude, absl::Duration duration);

 private:
  explicit Actions(const Instance& instance) : instance_(instance) {}
  absl::Status Init();
  absl::StatusOr<XrAction> Make(XrActionType type, const char* name, const char* shown);
  absl::Status Suggest();
  bool Boolean(XrSession session, XrAction action, Hand hand) const;
  std::optional<Pose> Locate(XrSpace space, XrSpace base, XrTime time) const;

  const Instance& instance_;
  XrActionSet set_ = XR_NULL_HANDLE;
  XrAction aim_ = XR_NULL_HANDLE, grip_ = XR_NULL_HANDLE, select_ = XR_NULL_HANDLE, grab_ = XR_NULL_HANDLE;
  XrAction stick_ = XR_NULL_HANDLE, stick_click_ = XR_NULL_HANDLE, menu_ = XR_NULL_HANDLE, haptic_ = XR_NULL_HANDLE;
  std::array<XrPath, kHands> paths_{};
  std::array<XrSpace, kHands> aim_spaces_{}, grip_spaces_{};
  std::array<HandState, kHands> hands_;
};

// The table of suggestions, one row a controller: for tests and for readers.
struct Profile {
  const char* path;       // /interaction_profiles/...
  const char* extension;  // needed for it, or nullptr
  // Paths below /user/hand/left or /right; nullptr where the controller has no such thing.
  const char* select;
  const char* grab;
  const char* stick;
  const char* stick_click;
  const char* menu;
  bool menu_on_left_only;
  bool haptic;
};
const std::vector<Profile>& Profiles();

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_ACTIONS_H_
