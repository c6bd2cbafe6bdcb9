// Runs a real process (test_program.cc) and looks at what a user sees: output, exit code, reaction to signals.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/lifecycle/shutdown.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace common::lifecycle {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A running test program with its standard output and error in one pipe.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(getenv("TEST_SRCDIR")) + "/" + getenv("TEST_WORKSPACE") +
                                            "/common/lifecycle/test_program");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(99);
    }
    close(ends[1]);
    output_ = ends[0];
  }
  ~Process() { close(output_); }

  void WaitUntilReady() {
    char c;
    while (text_.find("ready\n") == std::string::npos && read(output_, &c, 1) == 1) text_ += c;
  }
  void Signal(int number) { kill(pid_, number); }
  // The exit code, or minus the signal that ended it.
  int Wait() {
    char buffer[4096];
    for (ssize_t n; (n = read(output_, buffer, sizeof(buffer))) > 0;) text_.append(buffer, n);
    int status;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  const std::string& text() const { return text_; }

 private:
  pid_t pid_;
  int output_;
  std::string text_;
};

TEST(LifecycleTest, DoneIsZeroAndSilent) {
  Process process({});
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_EQ(process.text(), "");
}

TEST(LifecycleTest, AnErrorIsOneLineAndOne) {
  Process process({"fail"});
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_EQ(process.text(), "tester: the server does not answer\n");
}

TEST(LifecycleTest, BadUsageIsOneLineAndTwo) {
  for (const std::string flag : {"--nothing", "--port=x", "--config=/nonexistent", "--log_file=/nonexistent/x",
                                 "--metrics_file=/nonexistent/x", "--metrics_address=x"}) {
    Process process({flag});
    EXPECT_EQ(process.Wait(), 2) << flag;
    EXPECT_EQ(std::count(process.text().begin(), process.text().end(), '\n'), 1) << process.text();
  }
}

TEST(LifecycleTest, HelpAndVersionGoToStandardOutput) {
  Process help({"--help"});
  EXPECT_EQ(help.Wait(), 0);
  EXPECT_THAT(help.text(), HasSubstr("Usage: tester"));
  Process version({"--version"});
  EXPECT_EQ(version.Wait(), 0);
}

TEST(LifecycleTest, TheFirstSignalEndsInOrder) {
  for (int signal : {SIGINT, SIGTERM}) {
    Process process({"work"});
    process.WaitUntilReady();
    process.Signal(signal);
    EXPECT_EQ(process.Wait(), 130);
    EXPECT_THAT(process.text(), AllOf(HasSubstr("cleaned up"), HasSubstr("tester: interrupted")));
  }
}

TEST(LifecycleTest, TheSecondSignalEndsAtOnce) {
  Process process({"stuck"});
  process.WaitUntilReady();
  process.Signal(SIGTERM);
  // Two signals sent in a row may arrive as one, so the second is sent until the process has ended.
  siginfo_t ended{};
  while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0) {
    absl::SleepFor(absl::Milliseconds(10));
    process.Signal(SIGTERM);
  }
  EXPECT_EQ(process.Wait(), 130);
}

TEST(LifecycleTest, ExplainNarrates) {
  Process process({"--explain"});
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_THAT(process.text(), AllOf(HasSubstr("the program begins"), HasSubstr("common/lifecycle/test_program.cc:")));
}

TEST(LifecycleTest, MetricsFileHoldsTheLastValues) {
  const std::string path = ::testing::TempDir() + "/metrics";
  Process process({"--metrics_file=" + path});
  EXPECT_EQ(process.Wait(), 0);
  std::ifstream file(path);
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(file), {}), HasSubstr("tester_runs_total 1\n"));
}

TEST(LifecycleTest, PrintedConfigHidesSecrets) {
  Process process({"--password=s3cret", "--print_config"});
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_THAT(process.text(), Not(HasSubstr("s3cret")));
}

TEST(LifecycleTest, SecretsAreNotInTheProcessList) {
  Process process({"--password=s3cret", "work"});
  process.WaitUntilReady();
  std::string command_lines;
  // The only child of this test that still runs.
  FILE* ps = popen("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '", "r");
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof(buffer), ps)) > 0;) command_lines.append(buffer, n);
  pclose(ps);
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 130);
  EXPECT_THAT(command_lines, AllOf(HasSubstr("--password=xxxxxx"), Not(HasSubstr("s3cret"))));
}

TEST(LifecycleTest, ExitCodesOfStatuses) {
  EXPECT_EQ(ExitCodeFor(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeFor(absl::InternalError("")), 1);
  EXPECT_EQ(ExitCodeFor(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ExitCodeFor(InterruptedError()), 130);
}

}  // namespace
}  // namespace common::lifecycle
