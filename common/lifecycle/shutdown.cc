#include "common/lifecycle/shutdown.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>

#include "absl/log/check.h"

namespace common::lifecycle {
namespace {

std::atomic<int> requests{0};

// Made at the first use; the handlers are installed after that, so they find it made.
int EventFd() {
  static const int fd = [] {
    const int made = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    PCHECK(made >= 0) << "eventfd";
    return made;
  }();
  return fd;
}

void HandleSignal(int) {
  const int saved_errno = errno;
  if (requests.load() > 0) _exit(kExitInterrupted);
  RequestShutdown();
  errno = saved_errno;
}

}  // namespace

void InstallSignalHandlers() {
  EventFd();
  struct sigaction action {};
  action.sa_handler = HandleSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  PCHECK(sigaction(SIGINT, &action, nullptr) == 0);
  PCHECK(sigaction(SIGTERM, &action, nullptr) == 0);
  signal(SIGPIPE, SIG_IGN);
}

bool ShutdownRequested() { return requests.load(std::memory_order_relaxed) > 0; }

int ShutdownFd() { return EventFd(); }

bool WaitForShutdown(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!ShutdownRequested()) {
    const int64_t left = absl::ToInt64Milliseconds(absl::Ceil(deadline - absl::Now(), absl::Milliseconds(1)));
    if (left <= 0) break;
    pollfd request{EventFd(), POLLIN, 0};
    poll(&request, 1, static_cast<int>(std::min<int64_t>(left, 3'600'000)));
  }
  return ShutdownRequested();
}

void RequestShutdown() {
  requests.fetch_add(1);
  const uint64_t one = 1;
  // Nobody reads the counter down, so after the first write the descriptor stays readable; a full counter changes
  // nothing.
  [[maybe_unused]] ssize_t written = write(EventFd(), &one, sizeof(one));
}

absl::Status InterruptedError() { return absl::CancelledError("interrupted"); }

int ExitCodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kCancelled:
      return kExitInterrupted;
    default:
      return kExitFailed;
  }
}

}  // namespace common::lifecycle
