#include "vrcharts/xr/session.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "vrcharts/xr/status.h"
#include "vrcharts/xr/visibility_mask.h"

namespace vrcharts::xr {
namespace {

constexpr XrViewConfigurationType kStereo = XR_VIEW_CONFIGURATION_TYPE_PRIMARY_STEREO;
constexpr VkFormat kColorFormats[] = {VK_FORMAT_R8G8B8A8_SRGB, VK_FORMAT_B8G8R8A8_SRGB};
constexpr VkFormat kDepthFormats[] = {VK_FORMAT_D32_SFLOAT};

// XR_EXT_local_floor, which Debian 12's headers do not know; the number is the extension's.
constexpr auto kLocalFloor = static_cast<XrReferenceSpaceType>(1000426000);

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::Create(const Instance& instance, render::Device& device,
                                                         Actions& actions, const SessionOptions& options) {
  std::unique_ptr<Session> session(new Session(instance, device, actions, options));
  if (absl::Status status = session->Init(); !status.ok()) return status;
  return session;
}

absl::Status Session::Init() {
  XrGraphicsBindingVulkan2KHR binding{XR_TYPE_GRAPHICS_BINDING_VULKAN2_KHR};
  binding.instance = device_.instance();
  binding.physicalDevice = device_.physical_device();
  binding.device = device_.handle();
  binding.queueFamilyIndex = device_.queue_family();
  binding.queueIndex = 0;
  XrSessionCreateInfo info{XR_TYPE_SESSION_CREATE_INFO, &binding};
  info.systemId = instance_.system();
  absl::Status status = XrStatus(xrCreateSession(instance_.handle(), &info, &session_), "creating the OpenXR session");
  if (status.ok()) status = CreateSpaces();
  if (status.ok()) status = CreateSwapchains();
  if (status.ok()) status = actions_.Attach(session_);
  if (!status.ok()) return status;
  SetNames();
  ChooseRefreshRate();
  AskWhatIsHidden();
  hand_tracking_ = HandTracking::Create(instance_, session_);
  if (hand_tracking_ != nullptr) EXPLAIN() << "hands are tracked where there are no controllers";
  return status;
}

void Session::SetNames() const {
  instance_.SetName(XR_OBJECT_TYPE_SESSION, session_, "vrcharts");
  instance_.SetName(XR_OBJECT_TYPE_SPACE, tracked_, "tracked space");
  instance_.SetName(XR_OBJECT_TYPE_SPACE, view_, "head");
  instance_.SetName(XR_OBJECT_TYPE_SWAPCHAIN, color_->handle(), "eyes");
  if (depth_ != nullptr) instance_.SetName(XR_OBJECT_TYPE_SWAPCHAIN, depth_->handle(), "eyes' depth");
}

absl::Status Session::CreateSpaces() {
  uint32_t count = 0;
  xrEnumerateReferenceSpaces(session_, 0, &count, nullptr);
  std::vector<XrReferenceSpaceType> offered(count);
  xrEnumerateReferenceSpaces(session_, count, &count, offered.data());
  const auto has = [&](XrReferenceSpaceType type) {
    return std::find(offered.begin(), offered.end(), type) != offered.end();
  };
  struct Choice {
    XrReferenceSpaceType type;
    const char* name;
    bool floor;
  };
  Choice choice{XR_REFERENCE_SPACE_TYPE_LOCAL, "LOCAL", false};
  if (instance_.Has("XR_EXT_local_floor") && has(kLocalFloor)) {
    choice = {kLocalFloor, "LOCAL_FLOOR", true};
  } else if (has(XR_REFERENCE_SPACE_TYPE_STAGE)) {
    choice = {XR_REFERENCE_SPACE_TYPE_STAGE, "STAGE", true};
  }
  if (options_.seated) choice = {XR_REFERENCE_SPACE_TYPE_LOCAL, "LOCAL", false};
  has_floor_ = choice.floor;
  EXPLAIN() << "tracked space: " << choice.name;

  XrReferenceSpaceCreateInfo info{XR_TYPE_REFERENCE_SPACE_CREATE_INFO};
  info.poseInReferenceSpace.orientation.w = 1;
  info.referenceSpaceType = choice.type;
  absl::Status status = XrStatus(xrCreateReferenceSpace(session_, &info, &tracked_), "creating the tracked space");
  info.referenceSpaceType = XR_REFERENCE_SPACE_TYPE_VIEW;
  status.Update(XrStatus(xrCreateReferenceSpace(session_, &info, &view_), "creating the head's space"));
  return status;
}

absl::Status Session::CreateSwapchains() {
  views_.fill({XR_TYPE_VIEW});
  uint32_t count = 0;
  std::vector<XrViewConfigurationView> views;
  xrEnumerateViewConfigurationViews(instance_.handle(), instance_.system(), kStereo, 0, &count, nullptr);
  views.resize(count, {XR_TYPE_VIEW_CONFIGURATION_VIEW});
  absl::Status status = XrStatus(
      xrEnumerateViewConfigurationViews(instance_.handle(), instance_.system(), kStereo, count, &count, views.data()),
      "asking for the headset's views");
  if (!status.ok()) return status;
  if (count != kEyes) return absl::NotFoundError("the headset does not have two views");

  SwapchainInfo info;
  // Both eyes are layers of one image, so they have one size.
  info.extent.width = std::max(views[0].recommendedImageRectWidth, views[1].recommendedImageRectWidth);
  info.extent.height = std::max(views[0].recommendedImageRectHeight, views[1].recommendedImageRectHeight);
  info.layers = kEyes;
  info.format = ChooseFormat(session_, kColorFormats);
  if (info.format == VK_FORMAT_UNDEFINED) return absl::NotFoundError("the OpenXR runtime offers no sRGB colour format");
  info.usage = XR_SWAPCHAIN_USAGE_COLOR_ATTACHMENT_BIT | XR_SWAPCHAIN_USAGE_SAMPLED_BIT;
  absl::StatusOr<std::unique_ptr<Swapchain>> color = Swapchain::Create(device_, session_, info);
  if (!color.ok()) return color.status();
  color_ = std::move(*color);

  const VkFormat depth_format = ChooseFormat(session_, kDepthFormats);
  if (instance_.Has("XR_KHR_composition_layer_depth") && depth_format != VK_FORMAT_UNDEFINED) {
    info.format = depth_format_ = depth_format;
    info.usage = XR_SWAPCHAIN_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT | XR_SWAPCHAIN_USAGE_SAMPLED_BIT;
    info.aspect = VK_IMAGE_ASPECT_DEPTH_BIT;
    absl::StatusOr<std::unique_ptr<Swapchain>> depth = Swapchain::Create(device_, session_, info);
    if (depth.ok()) depth_ = std::move(*depth);
  }
  if (depth_ == nullptr) {
    absl::StatusOr<render::Image> image = render::Image::Create(device_,
                                                                {.extent = info.extent,
                                                                 .format = depth_format_,
                                                                 .usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
                                                                 .aspect = VK_IMAGE_ASPECT_DEPTH_BIT,
                                                                 .layers = kEyes},
                                                                "depth");
    if (!image.ok()) return image.status();
    own_depth_ = std::move(*image);
  }
  EXPLAIN() << "each eye has " << info.extent.width << "x" << info.extent.height << " pixels; depth is "
            << (depth_ != nullptr ? "handed to the runtime, too" : "ours alone");
  return absl::OkStatus();
}

void Session::AskWhatIsHidden() {
  for (uint32_t eye = 0; eye < kEyes; ++eye) hidden_[eye] = HiddenTriangles(instance_, session_, eye);
  EXPLAIN() << "lenses hide " << hidden_[0].size() / 3 << " and " << hidden_[1].size() / 3
            << " triangles, in which nothing is drawn";
}

void Session::ChooseRefreshRate() {
  if (options_.refresh_rate <= 0 || !instance_.Has("XR_FB_display_refresh_rate")) return;
  auto enumerate = instance_.Get<PFN_xrEnumerateDisplayRefreshRatesFB>("xrEnumerateDisplayRefreshRatesFB");
  auto request = instance_.Get<PFN_xrRequestDisplayRefreshRateFB>("xrRequestDisplayRefreshRateFB");
  if (enumerate == nullptr || request == nullptr) return;
  uint32_t count = 0;
  if (XR_FAILED(enumerate(session_, 0, &count, nullptr)) || count == 0) return;
  std::vector<float> rates(count);
  if (XR_FAILED(enumerate(session_, count, &count, rates.data()))) return;
  const float wanted = static_cast<float>(options_.refresh_rate);
  const float nearest = *std::min_element(
      rates.begin(), rates.end(), [&](float a, float b) { return std::abs(a - wanted) < std::abs(b - wanted); });
  absl::Status status = XrStatus(request(session_, nearest), "choosing the refresh rate");
  LOG_IF(WARNING, !status.ok()) << status.message();
  EXPLAIN() << "asked for " << nearest << " frames a second";
}

Session::~Session() {
  vkDeviceWaitIdle(device_.handle());
  actions_.Detach();
  hand_tracking_.reset();
  color_.reset();
  depth_.reset();
  quad_.reset();
  for (XrSpace space : {tracked_, view_}) {
    if (space != XR_NULL_HANDLE) xrDestroySpace(space);
  }
  if (session_ != XR_NULL_HANDLE) xrDestroySession(session_);
}

absl::StatusOr<Session::Verdict> Session::Poll() {
  while (true) {
    XrEventDataBuffer event{XR_TYPE_EVENT_DATA_BUFFER};
    const XrResult result = xrPollEvent(instance_.handle(), &event);
    if (result == XR_EVENT_UNAVAILABLE) return Verdict::kContinue;
    if (absl::Status status = XrStatus(result, "asking the OpenXR runtime for events"); !status.ok()) return status;
    switch (event.type) {
      case XR_TYPE_EVENT_DATA_SESSION_STATE_CHANGED: {
        absl::StatusOr<Verdict> verdict = OnStateChange(reinterpret_cast<const XrEventDataSessionStateChanged&>(event));
        if (!verdict.ok() || *verdict != Verdict::kContinue) return verdict;
        break;
      }
      case XR_TYPE_EVENT_DATA_INSTANCE_LOSS_PENDING:
        return absl::UnavailableError("the OpenXR runtime is about to go away");
      case XR_TYPE_EVENT_DATA_REFERENCE_SPACE_CHANGE_PENDING:
        EXPLAIN() << "the person recentred the view";
        recentered_ = true;
        break;
      case XR_TYPE_EVENT_DATA_VISIBILITY_MASK_CHANGED_KHR:
        AskWhatIsHidden();
        break;
      case XR_TYPE_EVENT_DATA_INTERACTION_PROFILE_CHANGED:
        EXPLAIN() << "the controllers changed";
        break;
      default:
        break;
    }
  }
}

absl::StatusOr<Session::Verdict> Session::OnStateChange(const XrEventDataSessionStateChanged& event) {
  if (event.session != session_) return Verdict::kContinue;  // of a session that is gone
  EXPLAIN() << "session: " << Name(state_.current()) << " -> " << Name(event.state);
  switch (state_.Enter(event.state)) {
    case SessionState::Action::kNone:
      return Verdict::kContinue;
    case SessionState::Action::kBegin: {
      XrSessionBeginInfo begin{XR_TYPE_SESSION_BEGIN_INFO};
      begin.primaryViewConfigurationType = kStereo;
      absl::Status status = XrStatus(xrBeginSession(session_, &begin), "beginning the session");
      if (!status.ok()) return status;
      return Verdict::kContinue;
    }
    case SessionState::Action::kEnd: {
      absl::Status status = XrStatus(xrEndSession(session_), "ending the session");
      if (!status.ok()) return status;
      return Verdict::kContinue;
    }
    case SessionState::Action::kExit:
      return Verdict::kExit;
    case SessionState::Action::kRecreate:
      return Verdict::kSessionLost;
  }
  return Verdict::kContinue;
}

bool Session::TakeRecentered() { return std::exchange(recentered_, false); }

void Session::RequestExit() {
  absl::Status status = XrStatus(xrRequestExitSession(session_), "asking to leave");
  LOG_IF(WARNING, !status.ok()) << status.message();
}

absl::StatusOr<Frame> Session::WaitFrame() {
  XrFrameWaitInfo wait{XR_TYPE_FRAME_WAIT_INFO};
  XrFrameState state{XR_TYPE_FRAME_STATE};
  if (absl::Status status = XrStatus(xrWaitFrame(session_, &wait, &state), "waiting for a frame"); !status.ok()) {
    return status;
  }
  Frame frame;
  frame.time = state.predictedDisplayTime;
  frame.period = absl::Nanoseconds(state.predictedDisplayPeriod);
  frame.should_render = state.shouldRender;
  return frame;
}

absl::Status Session::BeginFrame(Frame* frame) {
  XrFrameBeginInfo begin{XR_TYPE_FRAME_BEGIN_INFO};
  if (absl::Status status = XrStatus(xrBeginFrame(session_, &begin), "beginning a frame"); !status.ok()) return status;
  if (absl::Status status = actions_.Sync(session_, tracked_, frame->time); !status.ok()) return status;
  ReadHands(frame->time);
  frame->head = Locate(view_, frame->time);
  return absl::OkStatus();
}

void Session::ReadHands(XrTime time) {
  for (Hand hand : {kLeft, kRight}) {
    hands_[hand] = actions_.hand(hand);
    if (hand_tracking_ == nullptr) continue;
    const bool bare = !hands_[hand].active && state_.focused();
    const HandState read = gestures_[hand].Read(bare ? hand_tracking_->Locate(hand, tracked_, time) : std::nullopt);
    if (bare) hands_[hand] = read;
  }
}

std::optional<Pose> Session::Locate(XrSpace space, XrTime time) const {
  XrSpaceLocation location{XR_TYPE_SPACE_LOCATION};
  constexpr XrSpaceLocationFlags kValid =
      XR_SPACE_LOCATION_POSITION_VALID_BIT | XR_SPACE_LOCATION_ORIENTATION_VALID_BIT;
  if (XR_FAILED(xrLocateSpace(space, tracked_, time, &location)) || (location.locationFlags & kValid) != kValid) {
    return std::nullopt;
  }
  return FromXr(location.pose);
}

absl::StatusOr<std::array<Eye, kEyes>> Session::LocateEyes(const Frame& frame) {
  XrViewLocateInfo locate{XR_TYPE_VIEW_LOCATE_INFO};
  locate.viewConfigurationType = kStereo;
  locate.displayTime = frame.time;
  locate.space = tracked_;
  XrViewState state{XR_TYPE_VIEW_STATE};
  uint32_t count = 0;
  views_.fill({XR_TYPE_VIEW});
  if (absl::Status status =
          XrStatus(xrLocateViews(session_, &locate, &state, kEyes, &count, views_.data()), "locating the eyes");
      !status.ok()) {
    return status;
  }
  std::array<Eye, kEyes> eyes;
  for (uint32_t i = 0; i < kEyes; ++i) {
    XrPosef& pose = views_[i].pose;
    const bool oriented = state.viewStateFlags & XR_VIEW_STATE_ORIENTATION_VALID_BIT;
    if (!oriented) pose.orientation = {0, 0, 0, 1};  // tracking lost: the layer must still have a valid pose
    eyes[i].pose = FromXr(pose);
    const XrFovf& fov = views_[i].fov;
    eyes[i].fov = {fov.angleLeft, fov.angleRight, fov.angleUp, fov.angleDown};
  }
  return eyes;
}

absl::StatusOr<render::Target> Session::AcquireTarget() {
  render::Target target;
  absl::StatusOr<render::Attachment> color = color_->Acquire();
  if (!color.ok()) return color.status();
  target.color = *color;
  if (depth_ != nullptr) {
    absl::StatusOr<render::Attachment> depth = depth_->Acquire();
    if (!depth.ok()) return depth.status();
    target.depth = *depth;
  } else {
    target.depth = render::ToAttachment(own_depth_);
  }
  target.extent = color_->info().extent;
  acquired_ = true;
  return target;
}

absl::Status Session::CreateQuad() {
  SwapchainInfo info;
  info.extent = kQuadExtent;
  info.format = color_->info().format;
  info.usage = XR_SWAPCHAIN_USAGE_COLOR_ATTACHMENT_BIT | XR_SWAPCHAIN_USAGE_SAMPLED_BIT;
  absl::StatusOr<std::unique_ptr<Swapchain>> quad = Swapchain::Create(device_, session_, info);
  if (!quad.ok()) return quad.status();
  absl::StatusOr<render::Image> depth = render::Image::Create(device_,
                                                              {.extent = kQuadExtent,
                                                               .format = depth_format_,
                                                               .usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
                                                               .aspect = VK_IMAGE_ASPECT_DEPTH_BIT},
                                                              "depth of the quad");
  if (!depth.ok()) return depth.status();
  quad_ = std::move(*quad);
  instance_.SetName(XR_OBJECT_TYPE_SWAPCHAIN, quad_->handle(), "near panel");
  quad_depth_ = std::move(*depth);
  EXPLAIN() << "the panel that is near has a layer of its own of " << kQuadExtent.width << "x" << kQuadExtent.height
            << " pixels";
  return absl::OkStatus();
}

absl::StatusOr<render::Target> Session::AcquireQuad() {
  if (quad_ == nullptr) {
    if (absl::Status status = CreateQuad(); !status.ok()) return status;
  }
  absl::StatusOr<render::Attachment> color = quad_->Acquire();
  if (!color.ok()) return color.status();
  render::Target target;
  target.color = *color;
  target.depth = render::ToAttachment(quad_depth_);
  target.extent = kQuadExtent;
  quad_acquired_ = true;
  return target;
}

absl::Status Session::EndFrame(const Frame& frame, const std::optional<Quad>& quad) {
  if (std::exchange(quad_acquired_, false)) {
    if (absl::Status status = quad_->Release(); !status.ok()) return status;
  }
  XrCompositionLayerQuad behind{XR_TYPE_COMPOSITION_LAYER_QUAD};
  std::array<XrCompositionLayerProjectionView, kEyes> projected;
  std::array<XrCompositionLayerDepthInfoKHR, kEyes> depths;
  XrCompositionLayerProjection projection{XR_TYPE_COMPOSITION_LAYER_PROJECTION};
  const XrCompositionLayerBaseHeader* layers[2];
  XrFrameEndInfo end{XR_TYPE_FRAME_END_INFO};
  end.displayTime = frame.time;
  end.environmentBlendMode = XR_ENVIRONMENT_BLEND_MODE_OPAQUE;
  end.layers = layers;
  if (std::exchange(acquired_, false)) {
    absl::Status status = color_->Release();
    if (depth_ != nullptr) status.Update(depth_->Release());
    if (!status.ok()) return status;
    const VkExtent2D extent = color_->info().extent;
    const XrRect2Di rect{{0, 0}, {static_cast<int32_t>(extent.width), static_cast<int32_t>(extent.height)}};
    for (uint32_t i = 0; i < kEyes; ++i) {
      projected[i] = {XR_TYPE_COMPOSITION_LAYER_PROJECTION_VIEW};
      projected[i].pose = views_[i].pose;
      projected[i].fov = views_[i].fov;
      projected[i].subImage = {color_->handle(), rect, i};
      if (depth_ == nullptr) continue;
      depths[i] = {XR_TYPE_COMPOSITION_LAYER_DEPTH_INFO_KHR};
      depths[i].subImage = {depth_->handle(), rect, i};
      depths[i].minDepth = 0;
      depths[i].maxDepth = 1;
      depths[i].nearZ = std::numeric_limits<float>::infinity();  // reversed: depth 0 is infinitely far
      depths[i].farZ = render::kNearPlane;
      projected[i].next = &depths[i];
    }
    if (quad.has_value() && quad_ != nullptr) {
      behind.space = tracked_;
      behind.eyeVisibility = XR_EYE_VISIBILITY_BOTH;
      behind.subImage = {quad_->handle(),
                         {{0, 0}, {static_cast<int32_t>(kQuadExtent.width), static_cast<int32_t>(kQuadExtent.height)}},
                         0};
      behind.pose = ToXr(quad->pose);
      behind.size = {quad->size.x, quad->size.y};
      layers[end.layerCount++] = reinterpret_cast<const XrCompositionLayerBaseHeader*>(&behind);
      projection.layerFlags = XR_COMPOSITION_LAYER_BLEND_TEXTURE_SOURCE_ALPHA_BIT;
    }
    projection.space = tracked_;
    projection.viewCount = kEyes;
    projection.views = projected.data();
    layers[end.layerCount++] = reinterpret_cast<const XrCompositionLayerBaseHeader*>(&projection);
  }
  return XrStatus(xrEndFrame(session_, &end), "submitting a frame");
}

}  // namespace vrcharts::xr
