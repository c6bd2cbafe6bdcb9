#ifndef TESTS_VRCHARTS_RUN_H_
#define TESTS_VRCHARTS_RUN_H_

#include <functional>
#include <string>
#include <vector>

namespace tests::vrcharts {

// What a run of the program left behind.
struct Outcome {
  int exit_code = -1;  // 128 + signal if a signal ended it
  std::string out, err;
  // Lines of standard error that begin with "vrcharts: ": what the person is told.
  std::vector<std::string> messages() const;
};

struct RunOptions {
  std::vector<std::string> flags;
  std::vector<std::string> environment;  // NAME=VALUE, beside this process's own; "NAME" alone takes it away
  int stop_after_seconds = 0;            // SIGTERM then; 0: never
  int give_up_after_seconds = 240;       // SIGKILL then
  // Runs beside the program, which gets SIGTERM when it returns. What it is given waits until standard error holds a
  // text (three minutes at most) and says whether it does.
  using WaitFor = std::function<bool(const std::string& text, int times)>;
  std::function<void(const WaitFor& wait_for)> meanwhile;
};

// Runs //vrcharts:vrcharts in a fresh empty folder.
Outcome RunProgram(const RunOptions& options);

// The folder for files of this test; below the test's own temporary folder.
std::string TempPath(const std::string& name);

// A copy of the environment that makes Monado the OpenXR runtime, with a simulated headset and without any window;
// empty if Monado is not installed (tests/openxr/build_monado installs it).
std::vector<std::string> MonadoEnvironment();

// What puts loss_layer.cc between the program and its OpenXR runtime, with its list of events. For tests that have
// :libloss_layer.so as data.
std::vector<std::string> LossLayerEnvironment(const std::string& events);

}  // namespace tests::vrcharts

#endif  // TESTS_VRCHARTS_RUN_H_
