#include "sandbox/kernel/host_poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <thread>

#include "sandbox/kernel/kernel_lock.h"

namespace sandbox {
namespace {

struct State {
  int epoll = -1;
  bool running = false;
  std::map<int, WaitQueue*> watched;  // by host descriptor
};

State& TheState() {
  static State* const state = new State;
  return *state;
}

void Loop() {
  epoll_event events[64];
  for (;;) {
    const int count = epoll_wait(TheState().epoll, events, 64, -1);
    if (count < 0 && errno != EINTR) return;
    absl::MutexLock lock(&KernelLock());
    for (int i = 0; i < count; ++i) {
      // Unwatched since: nobody to tell.
      const auto it = TheState().watched.find(events[i].data.fd);
      if (it != TheState().watched.end()) it->second->Notify(events[i].events);
    }
  }
}

}  // namespace

HostPoller& HostPoller::Get() {
  static HostPoller* const poller = new HostPoller;
  return *poller;
}

Result<void> HostPoller::Watch(int host_fd, WaitQueue* queue) {
  State& state = TheState();
  if (state.epoll < 0) {
    state.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (state.epoll < 0) return Error(errno);
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;
  event.data.fd = host_fd;
  if (epoll_ctl(state.epoll, EPOLL_CTL_ADD, host_fd, &event) != 0 && errno != EEXIST) return Error(errno);
  state.watched[host_fd] = queue;
  if (!state.running) {
    state.running = true;
    std::thread(Loop).detach();
  }
  return Ok();
}

void HostPoller::Unwatch(int host_fd) {
  State& state = TheState();
  if (state.watched.erase(host_fd) != 0) epoll_ctl(state.epoll, EPOLL_CTL_DEL, host_fd, nullptr);
}

}  // namespace sandbox
