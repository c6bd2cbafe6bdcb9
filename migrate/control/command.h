// The commands of the control socket: one line in, some lines out.
//
//   status | info     the whole state           sup              the status line
//   coordinates       the log position          applier, inspector   the servers
//   chunk-size=N  dml-batch-size=N  nice-ratio=X  max-load=...  critical-load=...  max-lag-millis=N
//   throttle-query=...  throttle-http=...  throttle-control-replicas=...
//                     sets; with "?" for the value: asks
//   throttle | pause | suspend      no-throttle | unthrottle | resume | continue
//   unpostpone | no-postpone | cut-over [=TABLE]      panic [=TABLE]      help | ?
#ifndef MIGRATE_CONTROL_COMMAND_H_
#define MIGRATE_CONTROL_COMMAND_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "migrate/control/status.h"

namespace migrate::control {

// What commands act upon. All functions may be called from any thread.
class Controls {
 public:
  virtual ~Controls() = default;

  virtual StatusReport Report() = 0;
  virtual std::string Describe() = 0;  // the settings in force, some lines
  virtual std::string Endpoint() = 0;  // host:port and version of the server that is written to

  // Settings by flag name: "chunk-size". NotFound for one that cannot be changed.
  virtual absl::StatusOr<std::string> Get(std::string_view setting) = 0;
  virtual absl::Status Set(std::string_view setting, const std::string& value) = 0;

  virtual void SetThrottledByUser(bool throttled) = 0;
  // `table` is what the command named, or empty.
  virtual absl::Status Unpostpone(std::string_view table) = 0;
  virtual absl::Status Panic(std::string_view table) = 0;
};

// Runs one command; the answer ends with a newline. An error becomes a line too.
std::string RunCommand(std::string_view line, Controls& controls);

}  // namespace migrate::control

#endif  // MIGRATE_CONTROL_COMMAND_H_
