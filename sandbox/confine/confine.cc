#include "sandbox/confine/confine.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "sandbox/confine/capabilities.h"
#include "sandbox/confine/namespaces.h"
#include "sandbox/confine/reader.h"

namespace sandbox {
namespace {

constexpr int kForwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT};

absl::Status CheckStandardStreams() {
  for (int fd = 0; fd <= 2; ++fd) {
    struct stat attributes;
    if (fstat(fd, &attributes) == 0 && S_ISDIR(attributes.st_mode)) {
      return absl::InvalidArgumentError(absl::StrCat("descriptor ", fd, " (standard ",
                                                     fd == 0   ? "input"
                                                     : fd == 1 ? "output"
                                                               : "error",
                                                     ") is a directory: the guest could leave its root through it"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int> RunUnconfined(const ConfineOptions& options, const std::function<int(const Confined&)>& body) {
  fprintf(stderr, "sandbox: WARNING: --debug_unconfined: the sentry runs with all of your rights on this host\n");
  Confined confined{.unconfined = true};
  for (const HostTree& tree : options.trees) {
    int fd = open(tree.path.c_str(), O_PATH | O_CLOEXEC);
    if (fd < 0) return absl::InvalidArgumentError(absl::StrCat("cannot open ", tree.path, ": ", strerror(errno)));
    confined.tree_fds.push_back(fd);
  }
  return body(confined);
}

// Between launcher and child: the launcher says "go" when the id maps are written, the child reports its set-up as one
// status code byte and a message, or closes the pipe when all went well.
struct Channels {
  int go[2] = {-1, -1};
  int report[2] = {-1, -1};
  int error = 0;

  Channels() {
    if (pipe2(go, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0) error = errno;
  }
  ~Channels() {
    for (int* fd : {&go[0], &go[1], &report[0], &report[1]}) Close(fd);
  }
  static void Close(int* fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
};

absl::Status CloneFailed(int error) {
  switch (error) {
    case ENOSPC:
    case EUSERS:
      return absl::FailedPreconditionError(
          "the host allows no more user namespaces; raise /proc/sys/user/max_user_namespaces");
    case EPERM:
    case EACCES:
      return absl::FailedPreconditionError(
          "the host does not allow user namespaces (see kernel.unprivileged_userns_clone, "
          "kernel.apparmor_restrict_unprivileged_userns, the seccomp profile of the container this runs in; in a "
          "chroot "
          "there are none)");
    default:
      return absl::FailedPreconditionError(absl::StrCat("cannot start the sentry: clone: ", strerror(error)));
  }
}

absl::StatusOr<Confined> EnterConfinement(const ConfineOptions& options, Channels& channels) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return absl::ErrnoToStatus(errno, "prctl(PR_SET_PDEATHSIG)");
  std::optional<NewNetwork> network;
  if (!options.host_network) network.emplace();
  if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0) return CloneFailed(errno);
  char go;
  // End of file: the launcher is gone already, and the death signal with it.
  if (read(channels.go[0], &go, 1) != 1) _exit(1);
  umask(0);
  Confined confined;
  int empty = -1;
  absl::StatusOr<std::vector<int>> trees = OpenTrees(options.trees, &empty);
  if (!trees.ok()) return trees.status();
  confined.tree_fds = *std::move(trees);
  if (options.memory_bytes != 0) {
    absl::StatusOr<int> memory = LimitedFile(options.memory_bytes);
    if (!memory.ok()) return memory.status();
    confined.memory_fd = *memory;
  }
  absl::Status status = EnterEmptyRoot(empty);
  if (status.ok() && network) status = network->Enter();
  if (status.ok()) status = DropPrivileges();
  if (!status.ok()) return status;
  return confined;
}

[[noreturn]] void RunChild(const ConfineOptions& options, Channels& channels,
                           const std::function<int(const Confined&)>& body) {
  Channels::Close(&channels.go[1]);
  absl::StatusOr<Confined> confined = EnterConfinement(options, channels);
  if (!confined.ok()) {
    std::string report =
        absl::StrCat(std::string(1, static_cast<char>(confined.status().raw_code())), confined.status().message());
    if (write(channels.report[1], report.data(), report.size()) < 0) perror("sandbox");
    _exit(1);
  }
  for (int* fd : {&channels.go[0], &channels.report[0], &channels.report[1]}) Channels::Close(fd);
  int code = body(*confined);
  fflush(nullptr);
  _exit(code);
}

// The child's set-up: OK at end of file, else what it wrote.
absl::Status ReadReport(int fd) {
  std::string text;
  char buffer[1024];
  for (;;) {
    ssize_t n = read(fd, buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer, n);
  }
  if (text.empty()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(text[0]), text.substr(1));
}

int ExitCode(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// Passes signals on until the child ends. `signal_fd` reads the blocked kForwarded signals and SIGCHLD. Starts the
// reader when it is wanted.
int WaitForChild(pid_t child, int signal_fd, Reader& reader) {
  bool asked_to_stop = false;
  for (;;) {
    int status;
    if (waitpid(child, &status, WNOHANG) == child) return ExitCode(status);
    pollfd events[2] = {{signal_fd, POLLIN, 0}, {reader.wish_fd(), POLLIN, 0}};
    if (poll(events, 2, -1) < 0) continue;
    // Not at the end of file that the end of the sentry is.
    if ((events[1].revents & (POLLIN | POLLHUP)) == POLLIN) reader.Start(child);
    if ((events[1].revents & POLLHUP) != 0) reader.Dismiss();
    if ((events[0].revents & POLLIN) == 0) continue;
    signalfd_siginfo info;
    if (read(signal_fd, &info, sizeof(info)) != sizeof(info)) continue;
    const int signal = static_cast<int>(info.ssi_signo);
    // What the terminal sends, it sends to the child, too: same process group.
    if (signal == SIGCHLD || info.ssi_code == SI_KERNEL) continue;
    const bool stop = signal == SIGINT || signal == SIGTERM;
    kill(child, stop && asked_to_stop ? SIGKILL : signal);
    asked_to_stop |= stop;
  }
}

// Blocks what WaitForChild reads, for as long as it lives.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : kForwarded) sigaddset(&set, signal);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, &previous_);
    fd_ = signalfd(-1, &set, SFD_CLOEXEC);
  }
  ~BlockedSignals() { Restore(); }
  void Restore() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    sigprocmask(SIG_SETMASK, &previous_, nullptr);
  }
  int fd() const { return fd_; }

 private:
  sigset_t previous_;
  int fd_;
};

// The sentry sets the terminal to raw mode while it serves one to a guest; however it ends, the terminal comes back.
class SavedTerminal {
 public:
  SavedTerminal() : saved_(tcgetattr(STDIN_FILENO, &settings_) == 0) {}
  ~SavedTerminal() {
    if (!saved_) return;
    // From a background process group setting it would stop us.
    sigset_t set, previous;
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    sigprocmask(SIG_BLOCK, &set, &previous);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings_);
    sigprocmask(SIG_SETMASK, &previous, nullptr);
  }

 private:
  termios settings_;
  const bool saved_;
};

// Where libc keeps the id of the calling thread, nullptr if unknown. Up to glibc 2.42 that is the word which the kernel
// clears when the thread ends (PR_GET_TID_ADDRESS); later ones have another word cleared: there it is the only word in
// the first kilobyte of the thread's descriptor that holds the id.
int* LibcThreadId() {
  const int id = gettid();
  int* cleared = nullptr;
  if (prctl(PR_GET_TID_ADDRESS, &cleared, 0, 0, 0) == 0 && cleared != nullptr && *cleared == id) return cleared;
  int* const begin = reinterpret_cast<int*>(pthread_self());
  int* const end = begin + 1024 / sizeof(int);
  int* const found = std::find(begin, end, id);
  return found != end && std::find(found + 1, end, id) == end ? found : nullptr;
}

}  // namespace

void CloseInheritedDescriptors() { close_range(3, ~0u, 0); }

absl::StatusOr<int> RunConfined(const ConfineOptions& options, const std::function<int(const Confined&)>& body) {
  absl::Status streams = CheckStandardStreams();
  if (!streams.ok()) return streams;
  if (options.unconfined) return RunUnconfined(options, body);

  SavedTerminal terminal;
  Channels channels;
  BlockedSignals signals;
  if (channels.error != 0 || signals.fd() < 0) {
    return absl::ErrnoToStatus(channels.error != 0 ? channels.error : EMFILE, "cannot start the sentry");
  }
  Reader reader(!options.trees.empty());
  // The child makes the others itself, several at a time.
  unsigned long flags = CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD;
  fflush(nullptr);
  // Like fork(2): no new stack, and libc learns the child's id.
  int* const libc_tid = LibcThreadId();
  if (libc_tid != nullptr) flags |= CLONE_CHILD_SETTID;
  const pid_t child = static_cast<pid_t>(syscall(SYS_clone, flags, nullptr, nullptr, libc_tid, nullptr));
  if (child < 0) return CloneFailed(errno);
  if (child == 0) {
    signals.Restore();
    reader.EnterSentry();
    RunChild(options, channels, body);
  }
  reader.EnterLauncher();
  Channels::Close(&channels.go[0]);
  Channels::Close(&channels.report[1]);
  absl::Status status = MapIds(child);
  // Without "go" the child ends by itself.
  if (status.ok() && write(channels.go[1], "", 1) != 1) status = absl::ErrnoToStatus(errno, "start the sentry");
  Channels::Close(&channels.go[1]);
  if (status.ok()) status = ReadReport(channels.report[0]);
  int code = WaitForChild(child, signals.fd(), reader);
  if (!status.ok()) return status;
  return code;
}

}  // namespace sandbox
