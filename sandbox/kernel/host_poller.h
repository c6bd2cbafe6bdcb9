// Readiness of host descriptors (the terminal on stdin, host sockets) as notifications on wait queues, and timers.
//
// One thread waits in epoll for all of them. Reports are edge-triggered hints: before sleeping, look with poll(2) and a
// zero timeout.
#ifndef SANDBOX_KERNEL_HOST_POLLER_H_
#define SANDBOX_KERNEL_HOST_POLLER_H_

#include "sandbox/abi/result.h"
#include "sandbox/kernel/wait_queue.h"

namespace sandbox {

class HostPoller {
 public:
  static HostPoller& Get();

  // Notifies `queue` when `host_fd` may have become ready. EPERM for descriptors that are always ready (files).
  Result<void> Watch(int host_fd, WaitQueue* queue);
  // Before the descriptor is closed or the queue dies.
  void Unwatch(int host_fd);
};

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_HOST_POLLER_H_
