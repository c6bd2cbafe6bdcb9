// A Monado for one program under test: the environment that makes the program find it, and a person whose head and
// hands a test moves.
//
//   auto monado = Monado::Start({});
//   if (absl::IsUnavailable(monado.status())) GTEST_SKIP() << monado.status().message();   // not on this machine, and
//   how to get it Subprocess program(..., (*monado)->environment());          // or (*monado)->SetEnvironment() for the
//   calling process auto person = (*monado)->WaitForProgram(absl::Seconds(30));  // once the program has created its
//   OpenXR instance
//   (*person)->Send({.head = LookingAlong(0, 1.6, 0, /*yaw=*/0.5)});
//
// The runtime is one library loaded into the program (no service process), so one Monado serves one program at a time;
// programs may follow each other. There is no headset: the null compositor takes frames at 20 Hz and throws them away;
// the window compositor shows them, distorted for no lens, on a virtual X screen that the test can read.
#ifndef TESTS_OPENXR_MONADO_H_
#define TESTS_OPENXR_MONADO_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/openxr/remote_driver.h"
#include "tests/openxr/virtual_screen.h"
#include "tests/servers/scratch_folder.h"

namespace tests::openxr {

class Monado {
 public:
  enum Compositor { kNull, kWindow };
  struct Options {
    Compositor compositor = kNull;
  };

  // Unavailable where Monado (tests/openxr/build_monado builds it) or, for kWindow, Xvfb is not on this machine. Call
  // it from the main thread: the virtual screen ends with the thread that started it.
  static absl::StatusOr<std::unique_ptr<Monado>> Start(const Options& options);
  Monado(const Monado&) = delete;
  Monado& operator=(const Monado&) = delete;

  // What the program's environment has to have, in addition to or instead of what it has.
  const std::vector<std::pair<std::string, std::string>>& environment() const { return environment_; }
  void SetEnvironment() const;

  // DeadlineExceeded where no program loads the runtime in time.
  absl::StatusOr<std::unique_ptr<RemoteDriver>> WaitForProgram(absl::Duration timeout) const;

  // What the person would see, both eyes beside each other; only with kWindow.
  absl::StatusOr<Picture> Screenshot() const;

 private:
  Monado() = default;

  std::unique_ptr<tests::servers::ScratchFolder> folder_;
  std::unique_ptr<VirtualScreen> screen_;
  std::vector<std::pair<std::string, std::string>> environment_;
  int port_ = 0;
};

}  // namespace tests::openxr

#endif  // TESTS_OPENXR_MONADO_H_
