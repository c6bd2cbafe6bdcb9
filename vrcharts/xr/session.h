#ifndef VRCHARTS_XR_SESSION_H_
#define VRCHARTS_XR_SESSION_H_

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/renderer.h"
#include "vrcharts/render/scene.h"
#include "vrcharts/xr/actions.h"
#include "vrcharts/xr/gesture.h"
#include "vrcharts/xr/hand_tracking.h"
#include "vrcharts/xr/instance.h"
#include "vrcharts/xr/pose.h"
#include "vrcharts/xr/session_state.h"
#include "vrcharts/xr/swapchain.h"

namespace vrcharts::xr {

constexpr uint32_t kEyes = 2;

struct SessionOptions {
  bool seated = false;
  double refresh_rate = 0;  // Hz; 0 leaves the choice to the runtime
};

// One frame's time and what the runtime knows of the person at that moment.
struct Frame {
  XrTime time = 0;             // when the frame will be seen
  absl::Duration period;       // between frames
  bool should_render = false;  // false: nothing of it would be seen
  std::optional<Pose> head;    // in the tracked space; nullopt while tracking is lost
};

// An eye as the runtime wants it drawn: pose in the tracked space.
struct Eye {
  Pose pose;
  render::Fov fov;
};

// A flat picture in space that the runtime puts together with the eyes' views by itself, sharper than anything that
// went through them.
struct Quad {
  Pose pose;  // of its middle, in the tracked space; it faces +z
  glm::vec2 size{1, 1};
};
constexpr VkExtent2D kQuadExtent{1760, 1126};

// An OpenXR session: swapchains for both eyes, spaces, input, and the frame loop's calls, in this order:
//
//   while (true) {
//     Poll()                      // session states; says when to leave
//     if (!state().running()) { wait a little; continue; }
//     WaitFrame() ; BeginFrame()
//     input: hand(kLeft), hand(kRight), frame.head
//     if (frame.should_render) { LocateEyes(); AcquireTarget(); draw; }
//     EndFrame()
//   }
//
// Fails with Aborted if the session is lost (create a new one), with Unavailable if the instance is (create everything
// anew). All calls from the frame thread. The instance, the device and the actions must outlive it.
class Session {
 public:
  enum class Verdict { kContinue, kExit, kSessionLost };

  static absl::StatusOr<std::unique_ptr<Session>> Create(const Instance& instance, render::Device& device,
                                                         Actions& actions, const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Handles all waiting events.
  absl::StatusOr<Verdict> Poll();
  const SessionState& state() const { return state_; }

  // True once after the person recentred the view: the tracked space has a new origin.
  bool TakeRecentered();

  // Asks the runtime to end the session in order; Poll() will see STOPPING and EXITING.
  void RequestExit();

  absl::StatusOr<Frame> WaitFrame();
  // Also reads the controllers and locates the head.
  absl::Status BeginFrame(Frame* frame);
  // What the controller does, or the bare hand where there is none and the headset tracks hands.
  const HandState& hand(Hand hand) const { return hands_[hand]; }
  void Tick(Hand hand) { actions_.Tick(session_, hand, 0.35f, absl::Milliseconds(12)); }

  absl::StatusOr<std::array<Eye, kEyes>> LocateEyes(const Frame& frame);
  absl::StatusOr<render::Target> AcquireTarget();
  // A picture for EndFrame's quad; it stays as it was drawn until the next call. Fails if the runtime gives no memory
  // for it: then everything must be drawn into the eyes' views.
  absl::StatusOr<render::Target> AcquireQuad();
  // Submits what was drawn since AcquireTarget(), or nothing at all if it was not called. The quad lies behind the
  // eyes' views and is seen where those are transparent.
  absl::Status EndFrame(const Frame& frame, const std::optional<Quad>& quad = std::nullopt);

  // What the lens of each eye hides, for render::Scene.
  const std::array<std::vector<glm::vec2>, kEyes>& hidden() const { return hidden_; }

  VkFormat color_format() const { return color_->info().format; }
  VkFormat depth_format() const { return depth_format_; }
  VkExtent2D extent() const { return color_->info().extent; }
  // The floor is y = 0 of the tracked space. False: only the head's height at start is known, and the space begins
  // there.
  bool has_floor() const { return has_floor_; }

 private:
  Session(const Instance& instance, render::Device& device, Actions& actions, const SessionOptions& options)
      : instance_(instance), device_(device), actions_(actions), options_(options) {}
  absl::Status Init();
  void SetNames() const;
  absl::Status CreateSpaces();
  absl::Status CreateSwapchains();
  void ChooseRefreshRate();
  absl::StatusOr<Verdict> OnStateChange(const XrEventDataSessionStateChanged& event);
  std::optional<Pose> Locate(XrSpace space, XrTime time) const;
  void ReadHands(XrTime time);
  absl::Status CreateQuad();
  void AskWhatIsHidden();

  const Instance& instance_;
  render::Device& device_;
  Actions& actions_;
  const SessionOptions options_;
  SessionState state_;
  XrSession session_ = XR_NULL_HANDLE;
  XrSpace tracked_ = XR_NULL_HANDLE;  // LOCAL_FLOOR, STAGE or LOCAL
  XrSpace view_ = XR_NULL_HANDLE;
  bool has_floor_ = false;
  bool recentered_ = false;
  VkFormat depth_format_ = VK_FORMAT_D32_SFLOAT;
  std::unique_ptr<Swapchain> color_;
  std::unique_ptr<Swapchain> depth_;  // nullptr: the runtime does not want depth, own_depth_ is used
  render::Image own_depth_;
  std::array<XrView, kEyes> views_;
  bool acquired_ = false;
  std::unique_ptr<Swapchain> quad_;  // nullptr until the first AcquireQuad()
  render::Image quad_depth_;
  bool quad_acquired_ = false;
  std::array<std::vector<glm::vec2>, kEyes> hidden_;
  std::unique_ptr<HandTracking> hand_tracking_;  // nullptr where there is none
  std::array<Gesture, kHands> gestures_;
  std::array<HandState, kHands> hands_;
};

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_SESSION_H_
