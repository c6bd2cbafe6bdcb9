#include "tests/servers/server_user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tests::servers {
namespace {

constexpr uid_t kNobody = 65534;

// /proc/self/uid_map: lines of first-inside, first-outside, count (user_namespaces(7)).
bool MapsNobody(const char* map) {
  std::ifstream lines(map);
  uint64_t inside, outside, count;
  while (lines >> inside >> outside >> count) {
    if (inside <= kNobody && kNobody < inside + count) return true;
  }
  return false;
}

[[noreturn]] void BecomeServer(char* const* argv, const ServerUser& user, int log, const std::string& temporary_folder,
                               pid_t parent) {
  setsid();
  int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (user.switch_to && (setgroups(0, nullptr) != 0 || setresgid(user.gid, user.gid, user.gid) != 0 ||
                         setresuid(user.uid, user.uid, user.uid) != 0)) {
    _exit(126);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // After the change of user, which resets it; the parent may have died before.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(125);
  // MariaDB names its temporary tables by process number, which in different sandboxes is the same.
  setenv("TMPDIR", temporary_folder.c_str(), 1);
  execv(argv[0], argv);
  _exit(127);
}

}  // namespace

ServerUser ChooseServerUser() {
  if (geteuid() != 0) return {geteuid(), getegid(), false, false};
  if (MapsNobody("/proc/self/uid_map") && MapsNobody("/proc/self/gid_map")) return {kNobody, kNobody, true, false};
  return {0, 0, false, true};
}

absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& arguments, const ServerUser& user, const std::string& log) {
  int log_file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (log_file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("opening ", log));
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const std::string temporary_folder = std::filesystem::path(log).parent_path();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) BecomeServer(argv.data(), user, log_file, temporary_folder, parent);
  close(log_file);
  if (child < 0) return absl::ErrnoToStatus(errno, absl::StrCat("starting ", arguments[0]));
  return child;
}

absl::Status Run(const std::vector<std::string>& arguments, const ServerUser& user, const std::string& log) {
  absl::StatusOr<pid_t> child = Spawn(arguments, user, log);
  if (!child.ok()) return child.status();
  int status = 0;
  while (waitpid(*child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(arguments[0], " failed: ", LastError(log)));
}

std::string LastError(const std::string& log) {
  std::ifstream lines(log);
  std::string line, last, error;
  while (std::getline(lines, line)) {
    if (!line.empty()) last = line;
    if (absl::StrContains(line, "ERROR") && !absl::EndsWith(line, "Aborting")) error = line;
  }
  if (!error.empty()) return error;
  return last.empty() ? absl::StrCat("nothing in ", log) : last;
}

}  // namespace tests::servers
