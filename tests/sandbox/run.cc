#include "tests/sandbox/run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "gtest/gtest.h"

namespace sandbox::tests {
namespace {

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == 0) read = ends[0], write = ends[1];
  }
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  void CloseRead() {
    if (read >= 0) close(std::exchange(read, -1));
  }
  void CloseWrite() {
    if (write >= 0) close(std::exchange(write, -1));
  }
};

// The same environment both ways, and one that does not depend on who runs the test.
const std::vector<std::string> kEnvironment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                               "HOME=/root", "LANG=C.UTF-8", "TERM=dumb"};

[[noreturn]] void Child(const std::vector<std::string>& command, const RunOptions& options, const Pipe& in,
                        const Pipe& out, const Pipe& err) {
  setpgid(0, 0);
  dup2(in.read, 0);
  dup2(out.write, 1);
  dup2(err.write, 2);
  std::vector<char*> arguments, environment;
  if (options.prepare) options.prepare();
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& word : kEnvironment) environment.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  execvpe(arguments[0], arguments.data(), environment.data());
  _exit(127);
}

}  // namespace

Outcome RunNative(const std::vector<std::string>& command, const RunOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  Pipe in, out, err;
  const pid_t pid = fork();
  if (pid == 0) {
    signal(SIGPIPE, SIG_DFL);
    Child(command, options, in, out, err);
  }
  in.CloseRead();
  out.CloseWrite();
  err.CloseWrite();
  fcntl(in.write, F_SETFL, O_NONBLOCK);
  Outcome outcome;
  size_t written = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.timeout_seconds);
  while (out.read >= 0 || err.read >= 0) {
    if (in.write >= 0 && written == options.input.size()) in.CloseWrite();
    pollfd polls[3] = {{in.write, POLLOUT, 0}, {out.read, POLLIN, 0}, {err.read, POLLIN, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0 || poll(polls, 3, static_cast<int>(left)) == 0) {
      kill(-pid, SIGKILL);
      break;
    }
    char bytes[65536];
    if (polls[0].revents != 0) {
      const ssize_t n = write(in.write, options.input.data() + written, options.input.size() - written);
      if (n > 0) written += n;
      if (n < 0 && errno != EAGAIN) in.CloseWrite();
    }
    if (polls[1].revents != 0) {
      const ssize_t n = read(out.read, bytes, sizeof(bytes));
      if (n > 0) outcome.out.append(bytes, n);
      if (n <= 0) out.CloseRead();
    }
    if (polls[2].revents != 0) {
      const ssize_t n = read(err.read, bytes, sizeof(bytes));
      if (n > 0) outcome.err.append(bytes, n);
      if (n <= 0) err.CloseRead();
    }
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  outcome.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return outcome;
}

std::string DataFile(const std::string& path) {
  const char* root = getenv("TEST_SRCDIR");
  const char* workspace = getenv("TEST_WORKSPACE");
  if (root == nullptr || workspace == nullptr) return path;
  return std::string(root) + "/" + workspace + "/" + path;
}

Outcome RunSandbox(const std::vector<std::string>& arguments, const RunOptions& options) {
  std::vector<std::string> command{DataFile("sandbox/sandbox")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunNative(command, options);
}

Outcome RunSandboxed(const std::vector<std::string>& command, const RunOptions& options) {
  std::vector<std::string> arguments{"do"};
  arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
  for (const std::string& variable : kEnvironment) arguments.push_back("--env=" + variable);
  arguments.push_back("--");
  arguments.insert(arguments.end(), command.begin(), command.end());
  return RunSandbox(arguments, options);
}

void ExpectProgramLikeNative(const std::vector<std::string>& command, const RunOptions& options) {
  const Outcome native = RunNative(command, options);
  const Outcome inside = RunSandboxed(command, options);
  std::string shown;
  for (const std::string& word : command) shown += word + " ";
  EXPECT_EQ(inside.out, native.out) << shown << "\nstandard error inside: " << inside.err;
  EXPECT_EQ(inside.code, native.code) << shown << "\nstandard error inside: " << inside.err;
}

void ExpectLikeNative(const std::string& script, const RunOptions& options) {
  ExpectProgramLikeNative({"sh", "-c", script}, options);
}

}  // namespace sandbox::tests
