// Runs a command, in the sandbox or natively, and returns what it wrote and how it ended.
#ifndef TESTS_SANDBOX_RUN_H_
#define TESTS_SANDBOX_RUN_H_

#include <functional>
#include <string>
#include <vector>

namespace sandbox::tests {

struct Outcome {
  int code = -1;  // exit code, or 128+N
  std::string out;
  std::string err;
};

struct RunOptions {
  std::string input;
  std::vector<std::string> flags;  // of `sandbox do`
  int timeout_seconds = 60;        // then it is killed, and code is 137
  std::function<void()> prepare;   // in the new process, before it executes the command
};

Outcome RunNative(const std::vector<std::string>& command, const RunOptions& options = {});
// sandbox do FLAGS -- COMMAND
Outcome RunSandboxed(const std::vector<std::string>& command, const RunOptions& options = {});
// The sandbox binary with these arguments.
Outcome RunSandbox(const std::vector<std::string>& arguments, const RunOptions& options = {});

// sh -c SCRIPT both ways; fails the test unless exit codes and standard output are the same.
void ExpectLikeNative(const std::string& script, const RunOptions& options = {});
// The same for a program.
void ExpectProgramLikeNative(const std::vector<std::string>& command, const RunOptions& options = {});

// A file that the test's `data` names.
std::string DataFile(const std::string& path);

}  // namespace sandbox::tests
#endif  // TESTS_SANDBOX_RUN_H_
