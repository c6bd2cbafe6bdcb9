#include "sandbox/fs/event_files.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <limits>

#include "sandbox/fs/anonymous_inode.h"
#include "sandbox/fs/memory_inode.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/current.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"

namespace sandbox {
namespace {

class AnonymousInode : public MemoryInode {
 public:
  // One inode number for all, as on Linux.
  explicit AnonymousInode(uint64_t device) : MemoryInode(device, 1, 0600, 0, 0) {}
};

class EventFile : public File {
 public:
  EventFile(Path path, int flags, uint64_t count, bool semaphore)
      : File(std::move(path), flags), count_(count), semaphore_(semaphore) {}

  Result<size_t> Read(IoBuffer& to) override {
    if (to.remaining() < sizeof(uint64_t)) return Error(EINVAL);
    if (count_ == 0) return Error(EAGAIN);
    uint64_t value = semaphore_ ? 1 : count_;
    ASSIGN_OR_RETURN(size_t n, to.CopyOut(&value, sizeof(value)));
    count_ -= value;
    wait_queue_.Notify(EPOLLOUT | EPOLLWRNORM);
    return n;
  }
  Result<size_t> Write(IoBuffer& from) override {
    if (from.remaining() < sizeof(uint64_t)) return Error(EINVAL);
    // Looked at again when it has to wait: the buffer must not move on before there is room.
    IoBuffer look = from;
    uint64_t value = 0;
    ASSIGN_OR_RETURN(size_t n, look.CopyIn(&value, sizeof(value)));
    if (n < sizeof(value)) return Error(EFAULT);
    if (value == std::numeric_limits<uint64_t>::max()) return Error(EINVAL);
    if (value > std::numeric_limits<uint64_t>::max() - 1 - count_) return Error(EAGAIN);
    from = look;
    count_ += value;
    wait_queue_.Notify(EPOLLIN | EPOLLRDNORM);
    return n;
  }
  ReadyMask Readiness(ReadyMask mask) override {
    ReadyMask ready = 0;
    if (count_ > 0) ready |= EPOLLIN | EPOLLRDNORM;
    if (count_ < std::numeric_limits<uint64_t>::max() - 1) ready |= EPOLLOUT | EPOLLWRNORM;
    return mask & ready;
  }
  WaitQueue* wait_queue() override { return &wait_queue_; }

 private:
  uint64_t count_;
  const bool semaphore_;
  WaitQueue wait_queue_;
};

}  // namespace

Path MakeAnonymousPath(Vfs& vfs, std::string_view name) {
  static const uint64_t device = AllocateDevice();
  return vfs.AnonymousPath(std::make_shared<AnonymousInode>(device), name);
}

std::shared_ptr<File> MakeEventFile(Vfs& vfs, uint64_t count, bool semaphore, int flags) {
  return std::make_shared<EventFile>(MakeAnonymousPath(vfs, "anon_inode:[eventfd]"), O_RDWR | (flags & O_NONBLOCK),
                                     count, semaphore);
}

// -- timers

TimerFile::TimerFile(Path path, int flags, int clock, TimerQueue* timers)
    : File(std::move(path), flags), clock_(clock), timer_(timers, [this] { Expired(); }) {}

std::shared_ptr<TimerFile> MakeTimerFile(Vfs& vfs, int clock, TimerQueue* timers, int flags) {
  return std::make_shared<TimerFile>(MakeAnonymousPath(vfs, "anon_inode:[timerfd]"), O_RDWR | (flags & O_NONBLOCK),
                                     clock, timers);
}

void TimerFile::Set(int64_t value, int64_t interval, bool absolute) {
  expirations_ = 0;
  interval_ = interval;
  timer_.Cancel();
  deadline_ = 0;
  if (value == 0) return;
  int64_t wait = absolute ? value - ClockNow(clock_) : value;
  deadline_ = std::max<int64_t>(1, DeadlineIn(std::max<int64_t>(0, wait)));
  timer_.Set(deadline_);
}

itimerspec TimerFile::Get() const {
  itimerspec result = {};
  result.it_interval = ToTimespec(interval_);
  if (deadline_ != 0) result.it_value = ToTimespec(std::max<int64_t>(1, deadline_ - MonotonicNow()));
  return result;
}

void TimerFile::Expired() {
  int64_t now = MonotonicNow();
  if (interval_ == 0) {
    ++expirations_;
    deadline_ = 0;
  } else {
    int64_t passed = 1 + std::max<int64_t>(0, now - deadline_) / interval_;
    expirations_ += static_cast<uint64_t>(passed);
    deadline_ += passed * interval_;
    // A guest that asks for nanoseconds gets its count, not a timer thread of its own.
    timer_.Set(std::max(deadline_, now + 20'000));
  }
  wait_queue_.Notify(EPOLLIN | EPOLLRDNORM);
}

Result<size_t> TimerFile::Read(IoBuffer& to) {
  if (to.remaining() < sizeof(uint64_t)) return Error(EINVAL);
  if (expirations_ == 0) return Error(EAGAIN);
  ASSIGN_OR_RETURN(size_t n, to.CopyOut(&expirations_, sizeof(expirations_)));
  expirations_ = 0;
  return n;
}

ReadyMask TimerFile::Readiness(ReadyMask mask) { return expirations_ > 0 ? mask & (EPOLLIN | EPOLLRDNORM) : 0; }

// -- signals

std::shared_ptr<SignalFile> MakeSignalFile(Vfs& vfs, SignalSet mask, int flags) {
  return std::make_shared<SignalFile>(MakeAnonymousPath(vfs, "anon_inode:[signalfd]"), O_RDWR | (flags & O_NONBLOCK),
                                      mask);
}

namespace {

signalfd_siginfo Describe(const siginfo_t& info) {
  signalfd_siginfo out;
  memset(&out, 0, sizeof(out));
  out.ssi_signo = static_cast<uint32_t>(info.si_signo);
  out.ssi_errno = info.si_errno;
  out.ssi_code = info.si_code;
  out.ssi_pid = static_cast<uint32_t>(info.si_pid);
  out.ssi_uid = info.si_uid;
  if (info.si_code == SI_TIMER) {
    out.ssi_tid = static_cast<uint32_t>(info.si_timerid);
    out.ssi_overrun = static_cast<uint32_t>(info.si_overrun);
  }
  if (info.si_signo == SIGCHLD) {
    out.ssi_status = info.si_status;
    out.ssi_utime = static_cast<uint64_t>(info.si_utime);
    out.ssi_stime = static_cast<uint64_t>(info.si_stime);
  }
  out.ssi_int = info.si_value.sival_int;
  out.ssi_ptr = reinterpret_cast<uint64_t>(info.si_value.sival_ptr);
  return out;
}

}  // namespace

Result<size_t> SignalFile::Read(IoBuffer& to) {
  Task* task = CurrentTask();
  if (to.remaining() < sizeof(signalfd_siginfo) || task == nullptr) return Error(EINVAL);
  size_t total = 0;
  while (to.remaining() >= sizeof(signalfd_siginfo)) {
    std::optional<siginfo_t> info = task->pending().Take(mask_);
    if (!info) info = task->thread_group().pending().Take(mask_);
    if (!info) break;
    signalfd_siginfo described = Describe(*info);
    Result<size_t> n = to.CopyOut(&described, sizeof(described));
    if (!n.ok()) return total > 0 ? Result<size_t>(total) : n;
    total += *n;
  }
  return total > 0 ? Result<size_t>(total) : Error(EAGAIN);
}

ReadyMask SignalFile::Readiness(ReadyMask mask) {
  Task* task = CurrentTask();
  return task != nullptr && (task->PendingSet() & mask_) != 0 ? mask & (EPOLLIN | EPOLLRDNORM) : 0;
}

WaitQueue* SignalFile::wait_queue() {
  Task* task = CurrentTask();
  return task != nullptr ? &task->thread_group().signal_events() : &none_;
}

}  // namespace sandbox
