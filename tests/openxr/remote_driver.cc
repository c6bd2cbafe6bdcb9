#include "tests/openxr/remote_driver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace tests::openxr {
namespace {

struct WirePose {
  float orientation[4];
  float position[3];
};

struct WireController {
  WirePose pose;
  float linear_velocity[3];
  float angular_velocity[3];
  float hand_curl[5];
  float trigger;
  float squeeze;
  float squeeze_force;
  float thumbstick[2];
  float trackpad_force;
  float trackpad[2];
  uint8_t hand_tracking_active;
  uint8_t active;
  uint8_t system_click, system_touch;
  uint8_t a_click, a_touch;
  uint8_t b_click, b_touch;
  uint8_t trigger_click, trigger_touch;
  uint8_t thumbstick_click, thumbstick_touch;
  uint8_t trackpad_touch;
  uint8_t padding[3];
};

struct WireView {
  float field_of_view[4];
  WirePose pose;
  uint32_t padding;
};

struct WireState {
  char header[8];
  WireView views[2];
  WirePose head;
  uint8_t views_are_valid;
  uint8_t padding[3];
  WireController left;
  WireController right;
};
static_assert(sizeof(WireState) == 376, "the packet of Monado 25.0.0");

WirePose ToWire(const Pose& pose) {
  return {{pose.orientation.x, pose.orientation.y, pose.orientation.z, pose.orientation.w},
          {pose.position.x, pose.position.y, pose.position.z}};
}

WireController ToWire(const Hand& hand) {
  WireController wire = {};
  wire.pose = ToWire(hand.pose);
  wire.active = hand.active;
  wire.trigger = hand.trigger;
  wire.squeeze = hand.squeeze;
  wire.thumbstick[0] = hand.stick_x;
  wire.thumbstick[1] = hand.stick_y;
  wire.a_click = wire.a_touch = hand.a;
  wire.b_click = wire.b_touch = hand.b;
  wire.system_click = wire.system_touch = hand.system;
  wire.trigger_click = wire.trigger_touch = hand.trigger_click;
  wire.thumbstick_click = wire.thumbstick_touch = hand.stick_click;
  return wire;
}

int TryToConnect(int port) {
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(connection);
    return -1;
  }
  int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connection;
}

// The driver greets with two packets: its initial state and its latest (their headers are not filled in).
bool ReadGreeting(int connection) {
  WireState greeting[2];
  return recv(connection, greeting, sizeof greeting, MSG_WAITALL) == sizeof greeting;
}

}  // namespace

Pose LookingAlong(float x, float y, float z, float yaw, float pitch) {
  const float cy = std::cos(yaw / 2), sy = std::sin(yaw / 2), cp = std::cos(pitch / 2), sp = std::sin(pitch / 2);
  return {{cy * sp, sy * cp, -sy * sp, cy * cp}, {x, y, z}};
}

absl::StatusOr<std::unique_ptr<RemoteDriver>> RemoteDriver::Connect(int port, absl::Duration timeout) {
  for (const absl::Time deadline = absl::Now() + timeout; absl::Now() < deadline;
       absl::SleepFor(absl::Milliseconds(20))) {
    int connection = TryToConnect(port);
    if (connection < 0) continue;
    if (ReadGreeting(connection)) return std::unique_ptr<RemoteDriver>(new RemoteDriver(connection));
    close(connection);
  }
  return absl::DeadlineExceededError(absl::StrCat("no program with Monado's remote driver listened on port ", port,
                                                  " within ", absl::FormatDuration(timeout)));
}

RemoteDriver::~RemoteDriver() { close(socket_); }

absl::Status RemoteDriver::Send(const State& state) {
  WireState wire = {};
  memcpy(wire.header, "mndrmt3", 8);
  wire.head = ToWire(state.head);
  wire.left = ToWire(state.left);
  wire.right = ToWire(state.right);
  if (send(socket_, &wire, sizeof wire, MSG_NOSIGNAL) != sizeof wire) {
    return absl::UnavailableError("the program with Monado's remote driver is gone");
  }
  return absl::OkStatus();
}

}  // namespace tests::openxr
