#include "vrcharts/xr/actions.h"

#include <cstring>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "vrcharts/xr/status.h"

namespace vrcharts::xr {
namespace {

constexpr const char* kHandPaths[kHands] = {"/user/hand/left", "/user/hand/right"};

}  // namespace

// Component paths as the specification lists them for each profile ("Interaction Profile Paths" and the extensions
// named).
const std::vector<Profile>& Profiles() {
  static const auto* const profiles = new std::vector<Profile>{
      {"/interaction_profiles/khr/simple_controller", nullptr, "/input/select/click", nullptr, nullptr, nullptr,
       "/input/menu/click", false, true},
      {"/interaction_profiles/oculus/touch_controller", nullptr, "/input/trigger/value", "/input/squeeze/value",
       "/input/thumbstick", "/input/thumbstick/click", "/input/menu/click", true, true},
      {"/interaction_profiles/facebook/touch_controller_pro", "XR_FB_touch_controller_pro", "/input/trigger/value",
       "/input/squeeze/value", "/input/thumbstick", "/input/thumbstick/click", "/input/menu/click", true, true},
      {"/interaction_profiles/meta/touch_controller_plus", "XR_META_touch_controller_plus", "/input/trigger/value",
       "/input/squeeze/value", "/input/thumbstick", "/input/thumbstick/click", "/input/menu/click", true, true},
      {"/interaction_profiles/valve/index_controller", nullptr, "/input/trigger/value", "/input/squeeze/value",
       "/input/thumbstick", "/input/thumbstick/click", "/input/b/click", false, true},
      {"/interaction_profiles/htc/vive_controller", nullptr, "/input/trigger/value", "/input/squeeze/click",
       "/input/trackpad", "/input/trackpad/click", "/input/menu/click", false, true},
      {"/interaction_profiles/microsoft/motion_controller", nullptr, "/input/trigger/value", "/input/squeeze/click",
       "/input/thumbstick", "/input/thumbstick/click", "/input/menu/click", false, true},
      {"/interaction_profiles/ext/hand_interaction_ext", "XR_EXT_hand_interaction", "/input/aim_activate_ext/value",
       "/input/grasp_ext/value", nullptr, nullptr, nullptr, false, false},
  };
  return *profiles;
}

absl::StatusOr<std::unique_ptr<Actions>> Actions::Create(const Instance& instance) {
  std::unique_ptr<Actions> actions(new Actions(instance));
  if (absl::Status status = actions->Init(); !status.ok()) return status;
  if (absl::Status status = actions->Suggest(); !status.ok()) return status;
  return actions;
}

absl::StatusOr<XrAction> Actions::Make(XrActionType type, const char* name, const char* shown) {
  XrActionCreateInfo info{XR_TYPE_ACTION_CREATE_INFO};
  info.actionType = type;
  std::strncpy(info.actionName, name, XR_MAX_ACTION_NAME_SIZE - 1);
  std::strncpy(info.localizedActionName, shown, XR_MAX_LOCALIZED_ACTION_NAME_SIZE - 1);
  info.countSubactionPaths = kHands;
  info.subactionPaths = paths_.data();
  XrAction action = XR_NULL_HANDLE;
  absl::Status status = XrStatus(xrCreateAction(set_, &info, &action), "creating an action");
  if (!status.ok()) return status;
  return action;
}

absl::Status Actions::Init() {
  for (int hand = 0; hand < kHands; ++hand) paths_[hand] = instance_.Path(kHandPaths[hand]);
  XrActionSetCreateInfo info{XR_TYPE_ACTION_SET_CREATE_INFO};
  std::strncpy(info.actionSetName, "wall", XR_MAX_ACTION_SET_NAME_SIZE - 1);
  std::strncpy(info.localizedActionSetName, "The wall of charts", XR_MAX_LOCALIZED_ACTION_SET_NAME_SIZE - 1);
  if (absl::Status status = XrStatus(xrCreateActionSet(instance_.handle(), &info, &set_), "creating the action set");
      !status.ok()) {
    return status;
  }
  struct Wanted {
    XrAction* action;
    XrActionType type;
    const char* name;
    const char* shown;
  };
  const Wanted all[] = {
      {&aim_, XR_ACTION_TYPE_POSE_INPUT, "aim", "Point"},
      {&grip_, XR_ACTION_TYPE_POSE_INPUT, "grip", "Hand"},
      {&select_, XR_ACTION_TYPE_BOOLEAN_INPUT, "select", "Select, drag"},
      {&grab_, XR_ACTION_TYPE_BOOLEAN_INPUT, "grab", "Take hold of a panel"},
      {&stick_, XR_ACTION_TYPE_VECTOR2F_INPUT, "stick", "Walk, turn, zoom"},
      {&stick_click_, XR_ACTION_TYPE_BOOLEAN_INPUT, "stick_click", "Bring a panel near"},
      {&menu_, XR_ACTION_TYPE_BOOLEAN_INPUT, "menu", "Next page"},
      {&haptic_, XR_ACTION_TYPE_VIBRATION_OUTPUT, "tick", "Tick"},
  };
  for (const Wanted& wanted : all) {
    absl::StatusOr<XrAction> action = Make(wanted.type, wanted.name, wanted.shown);
    if (!action.ok()) return action.status();
    *wanted.action = *action;
  }
  return absl::OkStatus();
}

absl::Status Actions::Suggest() {
  int accepted = 0;
  for (const Profile& profile : Profiles()) {
    if (profile.extension != nullptr && !instance_.Has(profile.extension)) continue;
    std::vector<XrActionSuggestedBinding> bindings;
    for (int hand = 0; hand < kHands; ++hand) {
      const auto bind = [&](XrAction action, const char* component) {
        if (component == nullptr) return;
        bindings.push_back({action, instance_.Path(absl::StrCat(kHandPaths[hand], component))});
      };
      bind(aim_, "/input/aim/pose");
      bind(grip_, "/input/grip/pose");
      bind(select_, profile.select);
      bind(grab_, profile.grab);
      bind(stick_, profile.stick);
      bind(stick_click_, profile.stick_click);
      if (hand == kLeft || !profile.menu_on_left_only) bind(menu_, profile.menu);
      if (profile.haptic) bind(haptic_, "/output/haptic");
    }
    XrInteractionProfileSuggestedBinding suggested{XR_TYPE_INTERACTION_PROFILE_SUGGESTED_BINDING};
    suggested.interactionProfile = instance_.Path(profile.path);
    suggested.suggestedBindings = bindings.data();
    suggested.countSuggestedBindings = static_cast<uint32_t>(bindings.size());
    absl::Status status = XrStatus(xrSuggestInteractionProfileBindings(instance_.handle(), &suggested), profile.path);
    if (status.ok()) {
      ++accepted;
    } else if (IsInstanceLost(status)) {
      return status;
    } else {
      VLOG(1) << status.message();  // a runtime need not know every controller
    }
  }
  if (accepted == 0) return absl::InternalError("the OpenXR runtime accepts bindings for no controller at all");
  EXPLAIN() << "suggested bindings for " << accepted << " kinds of controller";
  return absl::OkStatus();
}

absl::Status Actions::Attach(XrSession session) {
  XrSessionActionSetsAttachInfo attach{XR_TYPE_SESSION_ACTION_SETS_ATTACH_INFO};
  attach.countActionSets = 1;
  attach.actionSets = &set_;
  if (absl::Status status = XrStatus(xrAttachSessionActionSets(session, &attach), "attaching the actions");
      !status.ok()) {
    return status;
  }
  for (int hand = 0; hand < kHands; ++hand) {
    XrActionSpaceCreateInfo info{XR_TYPE_ACTION_SPACE_CREATE_INFO};
    info.subactionPath = paths_[hand];
    info.poseInActionSpace.orientation.w = 1;
    info.action = aim_;
    absl::Status status = XrStatus(xrCreateActionSpace(session, &info, &aim_spaces_[hand]), "locating a controller");
    info.action = grip_;
    status.Update(XrStatus(xrCreateActionSpace(session, &info, &grip_spaces_[hand]), "locating a controller"));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void Actions::Detach() {
  for (auto* spaces : {&aim_spaces_, &grip_spaces_}) {
    for (XrSpace& space : *spaces) {
      if (space != XR_NULL_HANDLE) xrDestroySpace(space);
      space = XR_NULL_HANDLE;
    }
  }
}

Actions::~Actions() {
  Detach();
  if (set_ != XR_NULL_HANDLE) xrDestroyActionSet(set_);
}

bool Actions::Boolean(XrSession session, XrAction action, Hand hand) const {
  XrActionStateGetInfo get{XR_TYPE_ACTION_STATE_GET_INFO};
  get.action = action;
  get.subactionPath = paths_[hand];
  XrActionStateBoolean state{XR_TYPE_ACTION_STATE_BOOLEAN};
  return XR_SUCCEEDED(xrGetActionStateBoolean(session, &get, &state)) && state.isActive && state.currentState;
}

std::optional<Pose> Actions::Locate(XrSpace space, XrSpace base, XrTime time) const {
  XrSpaceLocation location{XR_TYPE_SPACE_LOCATION};
  constexpr XrSpaceLocationFlags kValid =
      XR_SPACE_LOCATION_POSITION_VALID_BIT | XR_SPACE_LOCATION_ORIENTATION_VALID_BIT;
  if (XR_FAILED(xrLocateSpace(space, base, time, &location)) || (location.locationFlags & kValid) != kValid) {
    return std::nullopt;
  }
  return FromXr(location.pose);
}

absl::Status Actions::Sync(XrSession session, XrSpace base, XrTime time) {
  hands_ = {};
  const XrActiveActionSet active{set_, XR_NULL_PATH};
  XrActionsSyncInfo sync{XR_TYPE_ACTIONS_SYNC_INFO};
  sync.countActiveActionSets = 1;
  sync.activeActionSets = &active;
  const XrResult result = xrSyncActions(session, &sync);
  if (result == XR_SESSION_NOT_FOCUSED) return absl::OkStatus();
  if (absl::Status status = XrStatus(result, "reading the controllers"); !status.ok()) return status;
  for (Hand hand : {kLeft, kRight}) {
    HandState& state = hands_[hand];
    XrActionStateGetInfo get{XR_TYPE_ACTION_STATE_GET_INFO};
    get.action = aim_;
    get.subactionPath = paths_[hand];
    XrActionStatePose pose{XR_TYPE_ACTION_STATE_POSE};
    state.active = XR_SUCCEEDED(xrGetActionStatePose(session, &get, &pose)) && pose.isActive;
    if (!state.active) continue;
    state.aim = Locate(aim_spaces_[hand], base, time);
    state.grip = Locate(grip_spaces_[hand], base, time);
    state.select = Boolean(session, select_, hand);
    state.grab = Boolean(session, grab_, hand);
    state.menu = Boolean(session, menu_, hand);
    state.stick_click = Boolean(session, stick_click_, hand);
    get.action = stick_;
    XrActionStateVector2f stick{XR_TYPE_ACTION_STATE_VECTOR2F};
    if (XR_SUCCEEDED(xrGetActionStateVector2f(session, &get, &stick)) && stick.isActive) {
      state.stick = {stick.currentState.x, stick.currentState.y};
    }
  }
  return absl::OkStatus();
}

void Actions::Tick(XrSession session, Hand hand, float amplitude, absl::Duration duration) {
  XrHapticActionInfo info{XR_TYPE_HAPTIC_ACTION_INFO};
  info.action = haptic_;
  info.subactionPath = paths_[hand];
  XrHapticVibration vibration{XR_TYPE_HAPTIC_VIBRATION};
  vibration.amplitude = amplitude;
  vibration.duration = absl::ToInt64Nanoseconds(duration);
  vibration.frequency = XR_FREQUENCY_UNSPECIFIED;
  xrApplyHapticFeedback(session, &info, reinterpret_cast<const XrHapticBaseHeader*>(&vibration));
}

}  // namespace vrcharts::xr
