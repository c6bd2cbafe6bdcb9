#include "vrcharts/app/headset_input.h"

#include <algorithm>
#include <cmath>

#include "common/explain/explain.h"

namespace vrcharts::app {
namespace {

constexpr float kScrollPerSecond = 8.0f;   // notches of a wheel at full deflection
constexpr float kZoomDeadZone = 0.5f;      // the same stick turns: zooming takes intent
constexpr float kFarthestTeleport = 8.0f;  // metres

constexpr const char* kGaitNames[] = {"stands", "walks", "walks briskly"};
constexpr const char* kHandNames[] = {"left", "right"};

// The board knows pointer 0 as the right hand.
int PointerOf(xr::Hand hand) { return hand == xr::kRight ? 0 : 1; }

locomotion::Settings SettingsFrom(const options::Options& options) {
  locomotion::Settings settings;
  settings.smooth_turn = options.smooth_turn();
  switch (options.comfort()) {
    case options::COMFORT_COMFORTABLE:
      settings.comfort = locomotion::Comfort::kComfortable;
      break;
    case options::COMFORT_FREE:
      settings.comfort = locomotion::Comfort::kFree;
      break;
    default:
      settings.comfort = locomotion::Comfort::kRecommended;
  }
  return settings;
}

wall::Ray RayFrom(const xr::Pose& aim) { return {aim.position, aim.orientation * glm::vec3(0, 0, -1)}; }

// Where the ray meets the floor, if that is not too far away.
std::optional<glm::vec3> FloorTarget(const wall::Ray& ray) {
  if (ray.direction.y > -0.05f) return std::nullopt;
  const float t = -ray.origin.y / ray.direction.y;
  const glm::vec3 target = ray.origin + t * ray.direction;
  if (glm::distance(target, ray.origin) > kFarthestTeleport) return std::nullopt;
  return target;
}

}  // namespace

HeadsetInput::HeadsetInput(App& app)
    : app_(app),
      settings_(SettingsFrom(app.options())),
      walking_(app.options().left_handed() ? xr::kRight : xr::kLeft),
      turning_(app.options().left_handed() ? xr::kLeft : xr::kRight) {}

xr::Pose HeadsetInput::ToWorld(const xr::Pose& pose) const {
  return {locomotion::ToWorld(state_.rig, pose.position), locomotion::ToWorld(state_.rig, pose.orientation)};
}

xr::Pose HeadsetInput::FromWorld(const xr::Pose& pose) const {
  const glm::quat back = glm::conjugate(locomotion::ToWorld(state_.rig, glm::quat(1, 0, 0, 0)));
  return {back * (pose.position - state_.rig.position), back * pose.orientation};
}

void HeadsetInput::Recenter() {
  state_ = {};
  state_.rig.position.y = floor_offset_;
}

void HeadsetInput::SetFloorOffset(float metres) {
  floor_offset_ = metres;
  state_.rig.position.y = metres;
}

void HeadsetInput::Move(const std::array<xr::HandState, xr::kHands>& hands, const xr::Pose& head,
                        absl::Duration elapsed) {
  locomotion::Input input;
  input.move = hands[walking_].stick;
  input.turn = hands[turning_].stick.x;
  // A stick that is held forward to zoom must not turn the person when it slips to the side.
  if (std::abs(hands[turning_].stick.y) > std::abs(hands[turning_].stick.x)) input.turn = 0;
  // With a panel in the hand the stick moves the panel.
  if (hands[turning_].grab && hovered_[turning_] != 0) input.turn = 0;
  input.head = head.orientation;
  input.head_position = head.position;
  if (hands[walking_].aim.has_value()) input.teleport_target = FloorTarget(RayFrom(ToWorld(*hands[walking_].aim)));
  const locomotion::State before = state_;
  state_ = locomotion::Step(settings_, state_, input, static_cast<float>(absl::ToDoubleSeconds(elapsed)));
  if (state_.gait != before.gait || state_.rig.yaw != before.rig.yaw) {
    const glm::vec3 place = ToWorld(head).position;
    EXPLAIN() << "the person " << kGaitNames[static_cast<int>(state_.gait)] << " at x " << place.x << " y " << place.y
              << " z " << place.z << " m, turned by " << std::round(glm::degrees(state_.rig.yaw)) << " degrees";
  }
  app_.SetVignette(state_.vignette);
  app_.ShowTeleport(state_.teleport_aiming ? input.teleport_target : std::nullopt);
}

void HeadsetInput::Point(xr::Hand hand, const xr::HandState& now, const xr::HandState& before, absl::Duration elapsed,
                         absl::Time time) {
  wall::Board& board = app_.board();
  const int pointer = PointerOf(hand);
  if (!now.active || !now.aim.has_value()) {
    // Asleep, or not ours while the system's menu is open: let go of everything.
    if (before.active) EXPLAIN() << "the " << kHandNames[hand] << " hand is gone";
    if (before.select) board.Release(pointer);
    if (before.grab) board.Drop(pointer);
    board.Point(pointer, std::nullopt);
    app_.ShowPointer(pointer, std::nullopt);
    hovered_[hand] = 0;
    return;
  }
  const wall::Ray ray = RayFrom(ToWorld(*now.aim));
  board.Point(pointer, ray);
  app_.ShowPointer(pointer, App::Pointer{ray, now.select || now.grab});
  if (now.select && !before.select) {
    EXPLAIN() << "the " << kHandNames[hand] << " hand presses on " << board.hovered(pointer);
    board.Press(pointer, time);
    ticks_[hand] = true;
  }
  if (!now.select && before.select) board.Release(pointer);
  if (now.grab && !before.grab) {
    EXPLAIN() << "the " << kHandNames[hand] << " hand takes hold of " << board.hovered(pointer);
    board.Grab(pointer);
    ticks_[hand] = true;
  }
  if (!now.grab && before.grab) board.Drop(pointer);
  if (now.stick_click && !before.stick_click) {
    EXPLAIN() << "the " << kHandNames[hand] << " hand brings " << board.hovered(pointer) << " near, or puts it back";
    board.Run(wall::Command::kToggleFocus);
  }
  if (now.menu && !before.menu) board.Run(wall::Command::kNextPage);

  const float seconds = static_cast<float>(absl::ToDoubleSeconds(std::min(elapsed, absl::Milliseconds(100))));
  if (hand == turning_) {
    const glm::vec2 stick = locomotion::WithoutDeadZone(now.stick);
    const float x = now.grab ? stick.x : 0;
    const float y = now.grab || std::abs(stick.y) > kZoomDeadZone ? stick.y : 0;
    if (y != 0 && !zooms_) {
      EXPLAIN() << "the " << kHandNames[hand] << " hand zooms " << board.hovered(pointer);
    }
    zooms_ = y != 0;
    if (x != 0 || y != 0) board.Scroll(pointer, x * kScrollPerSecond * seconds, y * kScrollPerSecond * seconds);
  }
  const uint64_t hovered = board.hovered(pointer);
  if (hovered != 0 && hovered != hovered_[hand]) ticks_[hand] = true;
  hovered_[hand] = hovered;
}

void HeadsetInput::Update(const std::array<xr::HandState, xr::kHands>& hands, const std::optional<xr::Pose>& head,
                          absl::Duration elapsed, absl::Time now) {
  ticks_ = {};
  if (head.has_value()) {
    Move(hands, *head, elapsed);
    app_.board().SetEye(ToWorld(*head).position);
  }
  for (xr::Hand hand : {xr::kLeft, xr::kRight}) Point(hand, hands[hand], before_[hand], elapsed, now);
  before_ = hands;
}

}  // namespace vrcharts::app
