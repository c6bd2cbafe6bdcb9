#include "tests/sandbox/run_sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace sandbox_test {
namespace {

int64_t NowMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

[[noreturn]] void Exec(const std::vector<std::string>& command, int in, int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);
  dup2(in, 0);
  dup2(out, 1);
  dup2(err, 2);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  perror(arguments[0]);
  _exit(127);
}

// A temporary file that holds `text`, to be read from its beginning.
int FileWith(const std::string& text) {
  FILE* file = tmpfile();
  fwrite(text.data(), 1, text.size(), file);
  fflush(file);
  const int fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
  fclose(file);
  lseek(fd, 0, SEEK_SET);
  return fd;
}

// Reads both pipes until they end or time is up; false in the latter case.
bool Collect(int out, int err, int64_t deadline, RunResult* result) {
  struct {
    pollfd poll;
    std::string* text;
  } streams[2] = {{{out, POLLIN, 0}, &result->out}, {{err, POLLIN, 0}, &result->err}};
  while (streams[0].poll.fd >= 0 || streams[1].poll.fd >= 0) {
    pollfd polls[2] = {streams[0].poll, streams[1].poll};
    const int64_t left = deadline - NowMs();
    if (left <= 0 || (poll(polls, 2, static_cast<int>(left)) < 0 && errno != EINTR)) return false;
    for (int i = 0; i < 2; ++i) {
      if (polls[i].revents == 0) continue;
      char buffer[65536];
      const ssize_t n = read(polls[i].fd, buffer, sizeof(buffer));
      if (n > 0) streams[i].text->append(buffer, n);
      if (n == 0 || (n < 0 && errno != EINTR)) streams[i].poll.fd = -1;
    }
  }
  return true;
}

}  // namespace

RunResult RunCommand(const std::vector<std::string>& command, const std::string& input, int seconds) {
  int out[2], err[2];
  const int in = FileWith(input);
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) abort();
  const pid_t child = fork();
  if (child == 0) Exec(command, in, out[1], err[1]);
  close(in);
  close(out[1]);
  close(err[1]);
  RunResult result;
  result.timed_out = !Collect(out[0], err[0], NowMs() + seconds * 1000, &result);
  if (result.timed_out) kill(-child, SIGKILL);
  close(out[0]);
  close(err[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  result.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

RunResult RunSandbox(const std::vector<std::string>& flags, const std::vector<std::string>& command,
                     const std::string& input, int seconds) {
  std::vector<std::string> all = {Runfile("sandbox/sandbox"), "do"};
  all.insert(all.end(), flags.begin(), flags.end());
  all.push_back("--");
  all.insert(all.end(), command.begin(), command.end());
  return RunCommand(all, input, seconds);
}

std::string Runfile(const std::string& path) {
  const char* root = getenv("TEST_SRCDIR");
  const char* workspace = getenv("TEST_WORKSPACE");
  if (root == nullptr || workspace == nullptr) return path;
  return std::string(root) + "/" + workspace + "/" + path;
}

}  // namespace sandbox_test
