#include "sandbox/syscalls/async_notice.h"

#include <poll.h>
#include <signal.h>

#include <map>
#include <memory>

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/thread_group.h"

namespace sandbox {
namespace {

siginfo_t Info(int signal, int fd, ReadyMask events) {
  if (signal == 0) return KernelSignalInfo(SIGIO);
  siginfo_t info{};
  info.si_signo = signal;
  info.si_fd = fd;
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    info.si_code = POLL_HUP;
    info.si_band = POLLHUP | POLLERR;
  } else if ((events & (EPOLLIN | EPOLLRDNORM | EPOLLRDHUP)) != 0) {
    info.si_code = POLL_IN;
    info.si_band = POLLIN | POLLRDNORM;
  } else if ((events & EPOLLPRI) != 0) {
    info.si_code = POLL_PRI;
    info.si_band = POLLPRI | POLLRDBAND;
  } else {
    info.si_code = POLL_OUT;
    info.si_band = POLLOUT | POLLWRNORM | POLLWRBAND;
  }
  return info;
}

bool Exists(const Kernel& kernel, const f_owner_ex& owner) {
  switch (owner.type) {
    case F_OWNER_TID:
      return kernel.FindTask(owner.pid) != nullptr;
    case F_OWNER_PID:
      return kernel.FindThreadGroup(owner.pid) != nullptr;
    default:
      return kernel.FindProcessGroup(owner.pid) != nullptr;
  }
}

}  // namespace

AsyncNotice& AsyncNotice::Of(Task& task, File& file) {
  if (file.async_notice == nullptr) file.async_notice = std::make_unique<AsyncNotice>(&task.kernel());
  return static_cast<AsyncNotice&>(*file.async_notice);
}

Result<void> AsyncNotice::SetOwner(Task& task, f_owner_ex owner) {
  if (owner.type != F_OWNER_TID && owner.type != F_OWNER_PID && owner.type != F_OWNER_PGRP) return Error(EINVAL);
  if (owner.pid < 0) return Error(EINVAL);
  if (owner.pid != 0 && !Exists(*kernel_, owner)) return Error(ESRCH);
  owner_ = owner;
  uid_ = task.credentials().uid;
  euid_ = task.credentials().euid;
  return Ok();
}

f_owner_ex AsyncNotice::owner() const {
  const bool exists = owner_.type == F_OWNER_TID   ? kernel_->FindTask(owner_.pid) != nullptr
                      : owner_.type == F_OWNER_PID ? kernel_->FindThreadGroup(owner_.pid) != nullptr
                                                   : kernel_->FindProcessGroup(owner_.pid) != nullptr;
  return {owner_.type, exists ? owner_.pid : 0};
}

Result<void> AsyncNotice::SetSignal(int signal) {
  if (signal < 0 || signal > kSignalCount) return Error(EINVAL);
  signal_ = signal;
  return Ok();
}

void AsyncNotice::Enable(File& file, int fd) {
  const bool on = (file.flags() & O_ASYNC) != 0;
  if (!on) Remove();
  if (!on || file.wait_queue() == nullptr) return;
  fd_ = fd;
  if (!queued()) file.wait_queue()->Add(this);
}

// sigio_perm.
bool AsyncNotice::MaySignal(const Task& target) const {
  const Credentials& theirs = target.credentials();
  return euid_ == 0 || euid_ == theirs.suid || euid_ == theirs.uid || uid_ == theirs.suid || uid_ == theirs.uid;
}

void AsyncNotice::Notified(ReadyMask events) {
  if (owner_.pid == 0) return;
  const siginfo_t info = Info(signal_, fd_, events);
  if (owner_.type == F_OWNER_TID) {
    Task* task = kernel_->FindTask(owner_.pid);
    if (task != nullptr && MaySignal(*task) && !task->Send(info)) task->Send(KernelSignalInfo(SIGIO));
    return;
  }
  for (const auto& [pid, group] : std::map(kernel_->thread_groups())) {
    const bool meant = owner_.type == F_OWNER_PID ? pid == owner_.pid : group->process_group()->id == owner_.pid;
    if (!meant || group->zombie() || !MaySignal(*group->leader())) continue;
    // A queue that is full is told of by the plain signal.
    if (!group->Send(info)) group->Send(KernelSignalInfo(SIGIO));
  }
}

}  // namespace sandbox
