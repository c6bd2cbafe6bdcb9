#ifndef VRCHARTS_LOCOMOTION_LOCOMOTION_H_
#define VRCHARTS_LOCOMOTION_LOCOMOTION_H_

#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>
#include <optional>

namespace vrcharts::locomotion {

// How a person is moved through the room without being made sick.
//
// What makes people sick is acceleration that the eyes see and the inner ear does not feel. So speed comes in steps
// that are reached at once (stand, walk, brisk), never ramped; turns snap; and while the stick moves the person, the
// edge of the view may be darkened. The direction of the stick is relative to where the head points on the compass, its
// yaw: looking up neither lifts off nor slows down.
//
// Everything here is a pure function of its input: no clock, no device. Whatever the input (NaN included), speed stays
// within kSpeedLimit and the person within kBounds of the start.

constexpr float kWalkSpeed = 1.4f;              // m/s
constexpr float kBriskSpeed = 2.5f;             // m/s
constexpr float kSpeedLimit = 3.0f;             // m/s, for any input
constexpr float kDeadZone = 0.15f;              // of the stick's radius
constexpr float kSnapTurn = 0.5235988f;         // 30 degrees
constexpr float kSmoothTurnSpeed = 1.0471976f;  // rad/s, 60 degrees
constexpr float kBounds = 25.0f;                // metres from the start
constexpr float kLongestStep = 0.1f;            // seconds: a hitch must not throw anybody across the room

enum class Comfort {
  kComfortable,  // teleport and snap turn, strong vignette
  kRecommended,  // walk and snap turn, light vignette
  kFree,         // walk, no vignette
};

struct Settings {
  Comfort comfort = Comfort::kRecommended;
  bool smooth_turn = false;
};

enum class Gait { kStand, kWalk, kBrisk };

// Where the tracked space (the headset's own coordinates) lies in the world: turned by `yaw` around y, then moved.
struct Rig {
  glm::vec3 position{0, 0, 0};  // metres; y is 0 except for seated people, whose floor is raised
  float yaw = 0;                // radians, counter-clockwise seen from above
};

struct State {
  Rig rig;
  Gait gait = Gait::kStand;
  bool turn_armed = true;        // the turn stick came back to the middle since the last snap
  bool teleport_aiming = false;  // the stick is held forward; where the hand points is where one will stand
  float vignette = 0;            // 0..1
};

struct Input {
  glm::vec2 move{0, 0};        // stick, each axis -1..1: x right, y forward
  float turn = 0;              // other stick's x, right positive
  glm::quat head{1, 0, 0, 0};  // in the tracked space
  glm::vec3 head_position{0, 0, 0};
  std::optional<glm::vec3> teleport_target;  // point of the floor that the hand aims at, in the world
};

// The state `seconds` later.
State Step(const Settings& settings, const State& state, const Input& input, float seconds);

// The rotation of the head around the vertical, from its orientation: radians, counter-clockwise seen from above, 0 is
// -z. It is the twist of the swing-twist decomposition, so nodding does not change it, not even past the vertical.
float HeadYaw(const glm::quat& head);

// The stick's deflection without the dead zone: 0 inside it, rescaled so that it begins at 0 at its edge and ends at 1.
glm::vec2 WithoutDeadZone(glm::vec2 stick);

// A point or an orientation of the tracked space in the world.
glm::vec3 ToWorld(const Rig& rig, const glm::vec3& point);
glm::quat ToWorld(const Rig& rig, const glm::quat& orientation);

}  // namespace vrcharts::locomotion

#endif  // VRCHARTS_LOCOMOTION_LOCOMOTION_H_
