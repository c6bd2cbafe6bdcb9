#include "vrcharts/app/headset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "common/lifecycle/shutdown.h"
#include "common/metrics/metrics.h"
#include "vrcharts/app/headset_input.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/renderer.h"
#include "vrcharts/xr/session.h"
#include "vrcharts/xr/status.h"

namespace vrcharts::app {
namespace {

constexpr float kEyeHeight = 1.5f;  // metres: of the wall's middle
constexpr absl::Duration kIdlePoll = absl::Milliseconds(50);
constexpr absl::Duration kRetry = absl::Seconds(1);
constexpr absl::Duration kLongestRecovery = absl::Seconds(60);
constexpr absl::Duration kLongestExit = absl::Seconds(15);  // a second signal is quicker

// How a loop over frames ended, if not with an error.
enum class End { kDone, kSessionLost };

// Everything that hangs on the runtime, in the order in which it is built; taken down the other way round.
struct Headset {
  void Disconnect() {
    renderer.reset();
    quad_renderer.reset();
    quad_shows.reset();
    hole.reset();
    has_quad = true;
    session.reset();
    actions.reset();
    device.reset();
    factory.reset();
    instance.reset();
  }
  ~Headset() { Disconnect(); }

  std::unique_ptr<xr::Instance> instance;
  std::unique_ptr<render::DeviceFactory> factory;
  std::unique_ptr<render::Device> device;
  std::unique_ptr<xr::Actions> actions;
  std::unique_ptr<xr::Session> session;
  std::unique_ptr<render::Renderer> renderer, quad_renderer;
  bool has_quad = true;
  std::shared_ptr<const chart::Geometry> quad_shows, hole;  // what the quad's picture is of, and what replaces it
};

class Runner {
 public:
  explicit Runner(App& app) : app_(app), input_(app) {}

  absl::Status Run() {
    if (absl::Status status = Connect(); !status.ok()) return status;
    while (true) {
      absl::StatusOr<End> end = Frames();
      if (end.ok() && *end == End::kDone) return Checked();
      if (end.ok()) {
        LOG(WARNING) << "the OpenXR session was lost; starting a new one";
      } else if (xr::IsSessionLost(end.status()) || xr::IsInstanceLost(end.status())) {
        LOG(WARNING) << end.status().message() << "; connecting anew";
      } else {
        return end.status();
      }
      validation_messages_ += headset_.device->validation_messages();
      if (absl::Status status = Reconnect(); !status.ok()) return status;
      static auto& recoveries =
          common::metrics::GetCounter("vrcharts_xr_recoveries_total", "Sessions that were lost and created anew.");
      recoveries.Increment();
      EXPLAIN() << "connected anew; the wall is as it was";
    }
  }

 private:
  absl::Status Connect() {
    const options::Options& options = app_.options();
    headset_.Disconnect();
    absl::StatusOr<std::unique_ptr<xr::Instance>> instance = xr::Instance::Create();
    if (!instance.ok()) return instance.status();
    headset_.instance = std::move(*instance);
    headset_.factory = headset_.instance->MakeDeviceFactory();
    absl::StatusOr<std::unique_ptr<render::Device>> device =
        render::Device::Create({.validation = options.vulkan_validation(), .factory = headset_.factory.get()});
    if (!device.ok()) return device.status();
    headset_.device = std::move(*device);
    absl::StatusOr<std::unique_ptr<xr::Actions>> actions = xr::Actions::Create(*headset_.instance);
    if (!actions.ok()) return actions.status();
    headset_.actions = std::move(*actions);
    absl::StatusOr<std::unique_ptr<xr::Session>> session = xr::Session::Create(
        *headset_.instance, *headset_.device, *headset_.actions,
        {.seated = options.posture() == options::POSTURE_SEATED, .refresh_rate = options.refresh_rate()});
    if (!session.ok()) return session.status();
    headset_.session = std::move(*session);
    absl::StatusOr<std::unique_ptr<render::Renderer>> renderer =
        render::Renderer::Create(*headset_.device, {.color_format = headset_.session->color_format(),
                                                    .depth_format = headset_.session->depth_format(),
                                                    .view_count = xr::kEyes,
                                                    .cache_file = options.pipeline_cache()});
    if (!renderer.ok()) return renderer.status();
    headset_.renderer = std::move(*renderer);
    absl::StatusOr<std::unique_ptr<render::Renderer>> quad_renderer =
        render::Renderer::Create(*headset_.device, {.color_format = headset_.session->color_format(),
                                                    .depth_format = headset_.session->depth_format(),
                                                    .cache_file = options.pipeline_cache()});
    if (!quad_renderer.ok()) return quad_renderer.status();
    headset_.quad_renderer = std::move(*quad_renderer);
    input_.SetFloorOffset(headset_.session->has_floor() ? 0 : kEyeHeight);
    return absl::OkStatus();
  }

  // The runtime may take a while to come back.
  absl::Status Reconnect() {
    const absl::Time give_up = absl::Now() + kLongestRecovery;
    while (true) {
      absl::Status status = Connect();
      if (status.ok()) return status;
      if (absl::Now() > give_up) return status;
      VLOG(1) << "not yet: " << status.message();
      if (common::lifecycle::WaitForShutdown(kRetry)) return absl::CancelledError("interrupted");
    }
  }

  // Frames until the person leaves or the session is lost.
  absl::StatusOr<End> Frames() {
    xr::Session& session = *headset_.session;
    absl::Time leave_by = absl::InfiniteFuture();
    while (absl::Now() < leave_by) {
      absl::StatusOr<xr::Session::Verdict> verdict = session.Poll();
      if (!verdict.ok()) return verdict.status();
      if (*verdict == xr::Session::Verdict::kExit) return End::kDone;
      if (*verdict == xr::Session::Verdict::kSessionLost) return End::kSessionLost;
      if (leave_by == absl::InfiniteFuture() && ShouldLeave()) {
        if (!session.state().running()) return End::kDone;
        session.RequestExit();
        leave_by = absl::Now() + kLongestExit;
      }
      if (!session.state().running()) {
        common::lifecycle::WaitForShutdown(kIdlePoll);
        continue;
      }
      if (absl::Status status = OneFrame(); !status.ok()) return status;
    }
    LOG(WARNING) << "the OpenXR runtime did not let go of the session in time";
    return End::kDone;
  }

  bool ShouldLeave() const {
    const uint64_t limit = app_.options().frames();
    return common::lifecycle::ShutdownRequested() || (limit > 0 && frames_ >= limit);
  }

  // wait -> begin -> input -> update -> draw both eyes -> end.
  absl::Status OneFrame() {
    xr::Session& session = *headset_.session;
    absl::StatusOr<xr::Frame> frame = session.WaitFrame();
    if (!frame.ok()) return frame.status();
    if (absl::Status status = session.BeginFrame(&*frame); !status.ok()) return status;
    if (session.TakeRecentered()) input_.Recenter();
    const absl::Time now = absl::Now();
    const absl::Duration elapsed = last_frame_ == absl::InfinitePast() ? frame->period : now - last_frame_;
    last_frame_ = now;
    input_.Update({session.hand(xr::kLeft), session.hand(xr::kRight)}, frame->head, elapsed, now);
    for (xr::Hand hand : {xr::kLeft, xr::kRight}) {
      if (input_.tick(hand)) session.Tick(hand);
    }
    app_.Update(now);
    if (frame->should_render) {
      if (absl::Status status = Draw(*frame); !status.ok()) return status;
    }
    absl::Status status = session.EndFrame(*frame, frame->should_render ? quad_ : std::nullopt);
    ++frames_;
    static auto& frames = common::metrics::GetCounter("vrcharts_frames_total", "Frames submitted.");
    frames.Increment();
    EXPLAIN_FIRST_N(3) << "frame " << frames_ << (frame->should_render ? " drawn and" : " not visible, empty,")
                       << " submitted; head " << (frame->head.has_value() ? "tracked" : "not tracked");
    return status;
  }

  absl::Status Draw(const xr::Frame& frame) {
    xr::Session& session = *headset_.session;
    absl::StatusOr<std::array<xr::Eye, xr::kEyes>> eyes = session.LocateEyes(frame);
    if (!eyes.ok()) return eyes.status();
    std::array<render::View, xr::kEyes> views;
    for (uint32_t i = 0; i < xr::kEyes; ++i) {
      const xr::Pose pose = input_.ToWorld((*eyes)[i].pose);
      views[i] = render::MakeView(pose.position, pose.orientation, (*eyes)[i].fov);
    }
    app_.board().SetPixelsPerRadian(render::PixelsPerRadian(views[0], session.extent().height));
    render::Scene scene = app_.scene();
    scene.hidden = session.hidden();
    if (absl::Status status = DrawQuad(&scene); !status.ok()) return status;
    absl::StatusOr<render::Target> target = session.AcquireTarget();
    if (!target.ok()) return target.status();
    return headset_.renderer->Draw(*target, views, scene, app_.atlas());
  }

  // The panel that was pulled near gets a layer of its own, where text keeps every pixel, and a hole in the eyes' views
  // through which the layer is seen; rays and other panels in front of it stay in front. It is drawn only when the
  // panel has changed.
  absl::Status DrawQuad(render::Scene* scene) {
    quad_.reset();
    const std::optional<wall::Panel> panel = app_.board().Focused();
    if (!panel.has_value() || !headset_.has_quad) return absl::OkStatus();
    const auto item = std::find_if(scene->items.begin(), scene->items.end(),
                                   [&](const render::SceneItem& i) { return i.geometry == panel->geometry; });
    if (item == scene->items.end()) return absl::OkStatus();
    if (headset_.quad_shows != panel->geometry) {
      absl::StatusOr<render::Target> target = headset_.session->AcquireQuad();
      if (!target.ok()) {
        if (xr::IsSessionLost(target.status()) || xr::IsInstanceLost(target.status())) return target.status();
        LOG(WARNING) << "no layer for the panel that is near: " << target.status().message();
        headset_.has_quad = false;
        return absl::OkStatus();
      }
      wall::Panel straight = *panel;
      straight.placement = {{0, 0, -1}, {1, 0, 0, 0}, panel->placement.size};
      const glm::vec2 half = 0.5f * panel->placement.size;
      const render::View view = render::MakeView(
          {0, 0, 0}, {1, 0, 0, 0}, {-std::atan(half.x), std::atan(half.x), std::atan(half.y), -std::atan(half.y)});
      render::Scene alone;
      alone.room = false;
      alone.items.push_back(render::MakeItem(straight));
      absl::Status status = headset_.quad_renderer->Draw(*target, {&view, 1}, alone, app_.atlas());
      if (!status.ok()) return status;
      headset_.quad_shows = panel->geometry;
      auto hole = std::make_shared<chart::Geometry>();
      hole->width = panel->geometry->width;
      hole->height = panel->geometry->height;
      if (!panel->geometry->base.rects.empty()) hole->base.rects.push_back(panel->geometry->base.rects[0]);
      headset_.hole = std::move(hole);
    }
    item->geometry = headset_.hole;
    item->hole = true;
    const xr::Pose pose = input_.FromWorld({panel->placement.center, panel->placement.orientation});
    quad_ = xr::Quad{pose, panel->placement.size};
    return absl::OkStatus();
  }

  // With --vulkan_validation a silent validation layer is part of success.
  absl::Status Checked() {
    headset_.renderer.reset();
    headset_.quad_renderer.reset();
    headset_.session.reset();
    validation_messages_ += headset_.device->validation_messages();
    if (validation_messages_ == 0) {
      LOG(INFO) << frames_ << " frames";
      return common::lifecycle::ShutdownRequested() ? absl::CancelledError("interrupted") : absl::OkStatus();
    }
    return absl::InternalError(
        absl::StrCat("the Vulkan validation layer reported ", validation_messages_, " messages (see the log)"));
  }

  App& app_;
  HeadsetInput input_;
  Headset headset_;
  uint64_t frames_ = 0;
  std::optional<xr::Quad> quad_;  // of the frame that is being drawn
  int validation_messages_ = 0;
  absl::Time last_frame_ = absl::InfinitePast();
};

}  // namespace

absl::Status RunHeadset(App& app) {
  Runner runner(app);
  return runner.Run();
}

}  // namespace vrcharts::app
