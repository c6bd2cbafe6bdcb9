#include "tests/migrate/migrate_process.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/log/check.h"
#include "absl/strings/match.h"

extern char** environ;

namespace tests::migrate {
namespace {

std::string ProgramPath() {
  return std::string(std::getenv("TEST_SRCDIR")) + "/" + std::getenv("TEST_WORKSPACE") + "/migrate/migrate";
}

}  // namespace

MigrateProcess::MigrateProcess(std::vector<std::string> arguments, Place place) {
  arguments.insert(arguments.begin(), ProgramPath());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  if (place == kTerminal) {
    StartOnTerminal(argv.data());
  } else {
    StartOnPipe(argv.data());
  }
  collector_ = std::thread([this] { Collect(fd_); });
}

void MigrateProcess::StartOnPipe(char* const* argv) {
  int pipe_ends[2];
  CHECK_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO);
  CHECK_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, argv, environ), 0) << argv[0];
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  fd_ = pipe_ends[0];
}

void MigrateProcess::StartOnTerminal(char* const* argv) {
  const winsize size{24, 80, 0, 0};
  pid_ = forkpty(&fd_, nullptr, nullptr, &size);
  CHECK_GE(pid_, 0) << "there is no terminal to be had";
  if (pid_ == 0) {
    execv(argv[0], argv);
    _exit(127);
  }
  fcntl(fd_, F_SETFD, FD_CLOEXEC);
}

MigrateProcess::~MigrateProcess() {
  if (pid_ > 0) {
    Signal(SIGKILL);
    Wait();
  }
}

void MigrateProcess::Collect(int fd) {
  char buffer[4096];
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) {
    absl::MutexLock lock(&mutex_);
    output_.append(buffer, n);
  }
  absl::MutexLock lock(&mutex_);
  ended_ = true;
}

int MigrateProcess::Wait() {
  int status = 0;
  CHECK_EQ(waitpid(pid_, &status, 0), pid_);
  pid_ = -1;
  collector_.join();
  close(fd_);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void MigrateProcess::Signal(int signal) const { kill(pid_, signal); }

void MigrateProcess::Type(const std::string& text) const {
  CHECK_EQ(write(fd_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

bool MigrateProcess::WaitForOutput(const std::string& text, absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  auto settled = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_ || absl::StrContains(output_, text); };
  mutex_.AwaitWithTimeout(absl::Condition(&settled), timeout);
  return absl::StrContains(output_, text);
}

std::string MigrateProcess::output() const {
  absl::MutexLock lock(&mutex_);
  return output_;
}

}  // namespace tests::migrate
