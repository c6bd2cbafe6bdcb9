#include "vrcharts/locomotion/locomotion.h"

#include <algorithm>
#include <cmath>

namespace vrcharts::locomotion {
namespace {

constexpr float kPi = 3.14159265f;

// Thresholds on the rescaled deflection. Going up needs more than staying, so that a trembling thumb does not switch
// back and forth.
constexpr float kStartWalking = 0.10f, kStopWalking = 0.05f;
constexpr float kStartBrisk = 0.85f, kStopBrisk = 0.70f;
constexpr float kTurnAt = 0.7f, kTurnAgainBelow = 0.4f;
constexpr float kTeleportAt = 0.7f, kTeleportBelow = 0.3f;
constexpr float kVignetteSeconds = 0.15f;  // to close or open

float Finite(float value) { return std::isfinite(value) ? value : 0.0f; }

Gait NextGait(Gait gait, float deflection) {
  if (deflection >= kStartBrisk || (gait == Gait::kBrisk && deflection >= kStopBrisk)) return Gait::kBrisk;
  if (deflection >= kStartWalking || (gait != Gait::kStand && deflection >= kStopWalking)) return Gait::kWalk;
  return Gait::kStand;
}

float Speed(Gait gait) {
  switch (gait) {
    case Gait::kStand:
      return 0;
    case Gait::kWalk:
      return kWalkSpeed;
    case Gait::kBrisk:
      return kBriskSpeed;
  }
  return 0;
}

// Turns the tracked space around the head, so that the person stays where they are.
void TurnAroundHead(Rig& rig, const glm::vec3& head_position, float angle) {
  const glm::vec3 before = ToWorld(rig, head_position);
  rig.yaw = std::remainder(rig.yaw + angle, 2 * kPi);
  const glm::vec3 after = ToWorld(rig, head_position);
  rig.position += glm::vec3(before.x - after.x, 0, before.z - after.z);
}

void KeepWithinBounds(Rig& rig) {
  const float distance = std::hypot(rig.position.x, rig.position.z);
  if (distance <= kBounds) return;
  rig.position.x *= kBounds / distance;
  rig.position.z *= kBounds / distance;
}

void Turn(const Settings& settings, const Input& input, const glm::vec3& head_position, float seconds, State& state) {
  const float turn = std::clamp(Finite(input.turn), -1.0f, 1.0f);
  if (settings.smooth_turn && settings.comfort != Comfort::kComfortable) {
    if (std::abs(turn) >= kTurnAt)
      TurnAroundHead(state.rig, head_position, -std::copysign(kSmoothTurnSpeed, turn) * seconds);
    return;
  }
  if (state.turn_armed && std::abs(turn) >= kTurnAt) {
    TurnAroundHead(state.rig, head_position, -std::copysign(kSnapTurn, turn));
    state.turn_armed = false;
  } else if (std::abs(turn) < kTurnAgainBelow) {
    state.turn_armed = true;
  }
}

void Walk(const Input& input, const glm::quat& head, float seconds, State& state) {
  const glm::vec2 stick = WithoutDeadZone(input.move);
  const float deflection = glm::length(stick);
  state.gait = NextGait(state.gait, deflection);
  if (state.gait == Gait::kStand || deflection <= 0) return;
  const glm::vec2 direction = stick / deflection;
  const float yaw = state.rig.yaw + HeadYaw(head);
  const glm::vec3 forward(-std::sin(yaw), 0, -std::cos(yaw));
  const glm::vec3 right(std::cos(yaw), 0, -std::sin(yaw));
  state.rig.position += (direction.x * right + direction.y * forward) * (Speed(state.gait) * seconds);
}

void Teleport(const Input& input, const glm::vec3& head_position, State& state) {
  state.gait = Gait::kStand;
  const float forward = std::clamp(Finite(input.move.y), -1.0f, 1.0f);
  if (forward >= kTeleportAt) state.teleport_aiming = true;
  if (!state.teleport_aiming || forward >= kTeleportBelow) return;
  state.teleport_aiming = false;
  if (!input.teleport_target.has_value()) return;
  const glm::vec3 target = *input.teleport_target;
  if (!std::isfinite(target.x) || !std::isfinite(target.z)) return;
  const glm::vec3 standing = ToWorld(state.rig, head_position);
  state.rig.position += glm::vec3(target.x - standing.x, 0, target.z - standing.z);
}

}  // namespace

float HeadYaw(const glm::quat& head) {
  const float length = std::hypot(head.w, head.y);
  if (!(length > 1e-4f)) return 0;  // upside down: no yaw to speak of
  return std::remainder(2 * std::atan2(head.y, head.w), 2 * kPi);
}

glm::vec2 WithoutDeadZone(glm::vec2 stick) {
  stick = {Finite(stick.x), Finite(stick.y)};
  stick = glm::clamp(stick, glm::vec2(-1), glm::vec2(1));
  const float radius = glm::length(stick);
  if (radius <= kDeadZone) return {0, 0};
  return stick / radius * std::min((radius - kDeadZone) / (1 - kDeadZone), 1.0f);
}

glm::vec3 ToWorld(const Rig& rig, const glm::vec3& point) {
  const float c = std::cos(rig.yaw), s = std::sin(rig.yaw);
  return rig.position + glm::vec3(c * point.x + s * point.z, point.y, -s * point.x + c * point.z);
}

glm::quat ToWorld(const Rig& rig, const glm::quat& orientation) {
  return glm::angleAxis(rig.yaw, glm::vec3(0, 1, 0)) * orientation;
}

State Step(const Settings& settings, const State& state, const Input& input, float seconds) {
  State next = state;
  const float step = std::clamp(Finite(seconds), 0.0f, kLongestStep);
  glm::vec3 head_position(Finite(input.head_position.x), Finite(input.head_position.y), Finite(input.head_position.z));
  glm::quat head = input.head;
  if (!std::isfinite(head.w) || !std::isfinite(head.x) || !std::isfinite(head.y) || !std::isfinite(head.z)) {
    head = glm::quat(1, 0, 0, 0);
  }

  Turn(settings, input, head_position, step, next);
  if (settings.comfort == Comfort::kComfortable) {
    Teleport(input, head_position, next);
  } else {
    next.teleport_aiming = false;
    Walk(input, head, step, next);
  }
  KeepWithinBounds(next.rig);

  const float strength = settings.comfort == Comfort::kComfortable   ? 0.8f
                         : settings.comfort == Comfort::kRecommended ? 0.45f
                                                                     : 0.0f;
  const bool turning =
      settings.smooth_turn && settings.comfort != Comfort::kComfortable && std::abs(Finite(input.turn)) >= kTurnAt;
  const float wanted = next.gait != Gait::kStand || turning ? strength : 0.0f;
  const float change = std::max(strength, state.vignette) * step / kVignetteSeconds;
  next.vignette = std::clamp(wanted, state.vignette - change, state.vignette + change);
  return next;
}

}  // namespace vrcharts::locomotion
