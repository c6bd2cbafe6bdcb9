#include "tests/openxr/monado.h"

#include <time.h>

#define XR_USE_TIMESPEC
#include <openxr/openxr.h>
#include <openxr/openxr_platform.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace tests::openxr {
namespace {

#define ASSERT_XR(call) ASSERT_EQ(call, XR_SUCCESS) << #call

// The smallest OpenXR program that sees a head and a stick: a session without graphics (XR_MND_headless).
class Program {
 public:
  ~Program() {
    if (session_ != XR_NULL_HANDLE) xrDestroySession(session_);
    if (instance_ != XR_NULL_HANDLE) xrDestroyInstance(instance_);
  }

  void CreateInstance() {
    const char* extensions[] = {XR_MND_HEADLESS_EXTENSION_NAME, XR_KHR_CONVERT_TIMESPEC_TIME_EXTENSION_NAME};
    XrInstanceCreateInfo info = {XR_TYPE_INSTANCE_CREATE_INFO};
    strcpy(info.applicationInfo.applicationName, "monado_test");
    info.applicationInfo.apiVersion = XR_MAKE_VERSION(1, 0, 0);
    info.enabledExtensionCount = 2;
    info.enabledExtensionNames = extensions;
    ASSERT_XR(xrCreateInstance(&info, &instance_));
    ASSERT_XR(xrGetInstanceProcAddr(instance_, "xrConvertTimespecTimeToTimeKHR",
                                    reinterpret_cast<PFN_xrVoidFunction*>(&to_xr_time_)));
  }

  std::string RuntimeName() const {
    XrInstanceProperties properties = {XR_TYPE_INSTANCE_PROPERTIES};
    xrGetInstanceProperties(instance_, &properties);
    return properties.runtimeName;
  }

  void CreateSession() {
    XrSystemGetInfo system_info = {XR_TYPE_SYSTEM_GET_INFO};
    system_info.formFactor = XR_FORM_FACTOR_HEAD_MOUNTED_DISPLAY;
    XrSystemId system;
    ASSERT_XR(xrGetSystem(instance_, &system_info, &system));
    XrSessionCreateInfo info = {XR_TYPE_SESSION_CREATE_INFO};
    info.systemId = system;
    ASSERT_XR(xrCreateSession(instance_, &info, &session_));
    stage_ = Space(XR_REFERENCE_SPACE_TYPE_STAGE);
    view_ = Space(XR_REFERENCE_SPACE_TYPE_VIEW);
  }

  void CreateStickAction() {
    XrActionSetCreateInfo set_info = {XR_TYPE_ACTION_SET_CREATE_INFO};
    strcpy(set_info.actionSetName, "all");
    strcpy(set_info.localizedActionSetName, "All");
    ASSERT_XR(xrCreateActionSet(instance_, &set_info, &set_));
    XrActionCreateInfo info = {XR_TYPE_ACTION_CREATE_INFO};
    info.actionType = XR_ACTION_TYPE_VECTOR2F_INPUT;
    strcpy(info.actionName, "walk");
    strcpy(info.localizedActionName, "Walk");
    ASSERT_XR(xrCreateAction(set_, &info, &stick_));
    XrActionSuggestedBinding binding = {stick_, Path("/user/hand/left/input/thumbstick")};
    XrInteractionProfileSuggestedBinding suggestion = {XR_TYPE_INTERACTION_PROFILE_SUGGESTED_BINDING};
    suggestion.interactionProfile = Path("/interaction_profiles/valve/index_controller");
    suggestion.suggestedBindings = &binding;
    suggestion.countSuggestedBindings = 1;
    ASSERT_XR(xrSuggestInteractionProfileBindings(instance_, &suggestion));
    XrSessionActionSetsAttachInfo attach = {XR_TYPE_SESSION_ACTION_SETS_ATTACH_INFO};
    attach.actionSets = &set_;
    attach.countActionSets = 1;
    ASSERT_XR(xrAttachSessionActionSets(session_, &attach));
  }

  // Follows the session's states as far as FOCUSED.
  void PollEvents() {
    XrEventDataBuffer event = {XR_TYPE_EVENT_DATA_BUFFER};
    while (xrPollEvent(instance_, &event) == XR_SUCCESS) {
      if (event.type == XR_TYPE_EVENT_DATA_SESSION_STATE_CHANGED) {
        const auto state = reinterpret_cast<XrEventDataSessionStateChanged*>(&event)->state;
        if (state == XR_SESSION_STATE_READY) {
          XrSessionBeginInfo begin = {XR_TYPE_SESSION_BEGIN_INFO};
          begin.primaryViewConfigurationType = XR_VIEW_CONFIGURATION_TYPE_PRIMARY_STEREO;
          xrBeginSession(session_, &begin);
        }
      }
      event = {XR_TYPE_EVENT_DATA_BUFFER};
    }
  }

  XrVector3f HeadPosition() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    XrTime time = 0;
    to_xr_time_(instance_, &now, &time);
    XrSpaceLocation location = {XR_TYPE_SPACE_LOCATION};
    xrLocateSpace(view_, stage_, time, &location);
    return location.pose.position;
  }

  XrVector2f Stick() {
    XrActiveActionSet active = {set_, XR_NULL_PATH};
    XrActionsSyncInfo sync = {XR_TYPE_ACTIONS_SYNC_INFO};
    sync.activeActionSets = &active;
    sync.countActiveActionSets = 1;
    xrSyncActions(session_, &sync);
    XrActionStateGetInfo get = {XR_TYPE_ACTION_STATE_GET_INFO};
    get.action = stick_;
    XrActionStateVector2f state = {XR_TYPE_ACTION_STATE_VECTOR2F};
    xrGetActionStateVector2f(session_, &get, &state);
    return state.isActive ? state.currentState : XrVector2f{0, 0};
  }

 private:
  XrPath Path(const char* text) const {
    XrPath path = XR_NULL_PATH;
    xrStringToPath(instance_, text, &path);
    return path;
  }

  XrSpace Space(XrReferenceSpaceType type) const {
    XrReferenceSpaceCreateInfo info = {XR_TYPE_REFERENCE_SPACE_CREATE_INFO};
    info.referenceSpaceType = type;
    info.poseInReferenceSpace.orientation.w = 1;
    XrSpace space = XR_NULL_HANDLE;
    xrCreateReferenceSpace(session_, &info, &space);
    return space;
  }

  XrInstance instance_ = XR_NULL_HANDLE;
  XrSession session_ = XR_NULL_HANDLE;
  XrSpace stage_ = XR_NULL_HANDLE;
  XrSpace view_ = XR_NULL_HANDLE;
  XrActionSet set_ = XR_NULL_HANDLE;
  XrAction stick_ = XR_NULL_HANDLE;
  PFN_xrConvertTimespecTimeToTimeKHR to_xr_time_ = nullptr;
};

template <typename Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

TEST(Monado, AProgramSeesTheHeadAndTheStickThatATestMoves) {
  auto monado = Monado::Start({});
  if (absl::IsUnavailable(monado.status())) GTEST_SKIP() << monado.status().message();
  ASSERT_TRUE(monado.ok()) << monado.status();
  (*monado)->SetEnvironment();
  Program program;
  ASSERT_NO_FATAL_FAILURE(program.CreateInstance());
  EXPECT_NE(program.RuntimeName().find("Monado"), std::string::npos) << program.RuntimeName();
  ASSERT_NO_FATAL_FAILURE(program.CreateSession());
  ASSERT_NO_FATAL_FAILURE(program.CreateStickAction());
  auto person = (*monado)->WaitForProgram(absl::Seconds(30));
  ASSERT_TRUE(person.ok()) << person.status();

  State state;
  state.head = LookingAlong(1.5f, 1.7f, -2.0f, 0.3f);
  state.left.stick_x = -0.25f;
  state.left.stick_y = 0.75f;
  ASSERT_TRUE((*person)->Send(state).ok());
  EXPECT_TRUE(Eventually([&] {
    program.PollEvents();
    const XrVector3f head = program.HeadPosition();
    return std::abs(head.x - 1.5f) < 0.01f && std::abs(head.y - 1.7f) < 0.01f && std::abs(head.z + 2.0f) < 0.01f;
  })) << program.HeadPosition().x
      << " " << program.HeadPosition().y << " " << program.HeadPosition().z;
  EXPECT_TRUE(Eventually([&] {
    program.PollEvents();
    const XrVector2f stick = program.Stick();
    return std::abs(stick.x + 0.25f) < 0.01f && std::abs(stick.y - 0.75f) < 0.01f;
  })) << program.Stick().x
      << " " << program.Stick().y;
}

TEST(Monado, NoProgramIsAnErrorThatSaysSo) {
  auto monado = Monado::Start({});
  if (absl::IsUnavailable(monado.status())) GTEST_SKIP() << monado.status().message();
  ASSERT_TRUE(monado.ok()) << monado.status();
  auto person = (*monado)->WaitForProgram(absl::Milliseconds(100));
  EXPECT_TRUE(absl::IsDeadlineExceeded(person.status())) << person.status();
}

}  // namespace
}  // namespace tests::openxr
