#include "tests/sandbox/pty.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

constexpr int64_t kPatience = 30'000;  // ms

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Terminal::Terminal(const std::vector<std::string>& command) {
  winsize size{24, 80, 0, 0};
  pid_ = forkpty(&master_, nullptr, nullptr, &size);
  if (pid_ == 0) {
    setenv("TERM", "vt100", 1);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  fcntl(master_, F_SETFD, FD_CLOEXEC);
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(master_);
}

void Terminal::Type(const std::string& keys) { (void)!write(master_, keys.data(), keys.size()); }

bool Terminal::ReadMore(int64_t deadline) {
  const int64_t left = deadline - NowMs();
  pollfd ready{master_, POLLIN, 0};
  if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0) return false;
  char bytes[4096];
  const ssize_t n = read(master_, bytes, sizeof(bytes));
  if (n <= 0) return false;
  seen_.append(bytes, static_cast<size_t>(n));
  return true;
}

bool Terminal::Expect(const std::string& text) {
  const int64_t deadline = NowMs() + kPatience;
  for (;;) {
    if (const size_t at = seen_.find(text, expected_); at != std::string::npos) {
      expected_ = at + text.size();
      return true;
    }
    if (!ReadMore(deadline)) return false;
  }
}

void Terminal::Resize(int rows, int columns) {
  const winsize size{static_cast<unsigned short>(rows), static_cast<unsigned short>(columns), 0, 0};
  ioctl(master_, TIOCSWINSZ, &size);
}

int Terminal::Wait() {
  const int64_t deadline = NowMs() + kPatience;
  while (ReadMore(deadline)) {
  }
  while (NowMs() < deadline) {
    int status;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    usleep(10'000);
  }
  return -1;
}

std::vector<std::string> SandboxCommand(const std::vector<std::string>& command,
                                        const std::vector<std::string>& flags) {
  std::vector<std::string> all{DataFile("sandbox/sandbox"), "do"};
  all.insert(all.end(), flags.begin(), flags.end());
  for (const char* variable : {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "TERM=vt100"}) {
    all.push_back(std::string("--env=") + variable);
  }
  all.push_back("--");
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

}  // namespace sandbox::tests
