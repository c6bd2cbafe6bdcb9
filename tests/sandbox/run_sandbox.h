// Runs a program inside the sandbox binary under test, or beside it, and collects what it did.
//
//   RunResult result = RunSandbox({"--hostname=box"}, {"/bin/hostname"});
//   EXPECT_EQ("box\n", result.out);
#ifndef TESTS_SANDBOX_RUN_SANDBOX_H_
#define TESTS_SANDBOX_RUN_SANDBOX_H_

#include <string>
#include <vector>

namespace sandbox_test {

struct RunResult {
  int code = -1;  // exit code; 128 + N for signal N
  bool timed_out = false;
  std::string out, err;
};

// Runs `command` with `input` on its standard input. It is killed after `seconds`.
RunResult RunCommand(const std::vector<std::string>& command, const std::string& input = "", int seconds = 60);

// sandbox do FLAGS -- COMMAND.
RunResult RunSandbox(const std::vector<std::string>& flags, const std::vector<std::string>& command,
                     const std::string& input = "", int seconds = 60);

// A file among the test's data, by its path from the root of the repository.
std::string Runfile(const std::string& path);

}  // namespace sandbox_test
#endif  // TESTS_SANDBOX_RUN_SANDBOX_H_
