// Moves the head and the hands that Monado's remote driver shows to an OpenXR program.
//
// The driver lives in the runtime, hence in the process of the program under test; it listens on a TCP port. Each
// packet is the whole state, and holds until the next. The controllers appear as Valve Index controllers.
//
// Protocol: struct r_remote_data of src/xrt/drivers/remote/r_interface.h in Monado 25.0.0.
#ifndef TESTS_OPENXR_REMOTE_DRIVER_H_
#define TESTS_OPENXR_REMOTE_DRIVER_H_

#include <array>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tests::openxr {

// Metres in stage space (y up, -z forward, origin on the floor); a unit quaternion.
struct Pose {
  struct {
    float x = 0, y = 0, z = 0, w = 1;
  } orientation;
  struct {
    float x = 0, y = 0, z = 0;
  } position;
};

// Turned about the vertical axis by `yaw` (to the left), then nodded by `pitch` (up), in radians.
Pose LookingAlong(float x, float y, float z, float yaw, float pitch = 0);

struct Hand {
  bool active = true;  // the controller is there
  Pose pose;
  float trigger = 0;  // 0..1
  float squeeze = 0;
  float stick_x = 0;  // -1..1, right
  float stick_y = 0;  // -1..1, forward
  bool a = false;
  bool b = false;
  bool system = false;
  bool trigger_click = false;
  bool stick_click = false;
};

struct State {
  Pose head = {{}, {0, 1.6f, 0}};
  Hand left = {.pose = {{}, {-0.2f, 1.3f, -0.5f}}};
  Hand right = {.pose = {{}, {0.2f, 1.3f, -0.5f}}};
};

class RemoteDriver {
 public:
  // Waits until a program with the runtime listens there; DeadlineExceeded where none does within the timeout.
  static absl::StatusOr<std::unique_ptr<RemoteDriver>> Connect(int port, absl::Duration timeout);
  ~RemoteDriver();
  RemoteDriver(const RemoteDriver&) = delete;
  RemoteDriver& operator=(const RemoteDriver&) = delete;

  // The program sees it within its next frame or two. Unavailable once the program is gone.
  absl::Status Send(const State& state);

 private:
  explicit RemoteDriver(int socket) : socket_(socket) {}

  int socket_;
};

}  // namespace tests::openxr

#endif  // TESTS_OPENXR_REMOTE_DRIVER_H_
