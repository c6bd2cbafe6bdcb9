// Waiting for several files: poll, select, epoll.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "sandbox/abi/restart.h"
#include "sandbox/fs/epoll.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/syscalls/handlers_files.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/fd_table.h"

namespace sandbox {
namespace {

// A signal ends the wait with EINTR if a handler ran, and otherwise the call begins anew.
Error Interrupted(int error) { return Error(error == abi::kERestartSys ? abi::kERestartNoHand : error); }

// The temporary signal mask of ppoll, pselect6 and epoll_pwait; null: none.
Result<void> ApplyMask(Task& task, Addr mask, uint64_t size) {
  if (mask == 0) return Ok();
  if (size != sizeof(SignalSet)) return Error(EINVAL);
  ASSIGN_OR_RETURN(SignalSet set, task.memory().Read<SignalSet>(mask));
  task.SetTemporarySignalMask(set & ~kUnblockable);
  return Ok();
}

// A relative timeout in guest memory as a deadline; null: for ever.
Result<Deadline> ReadDeadline(Task& task, Addr address) {
  if (address == 0) return kNoDeadline;
  ASSIGN_OR_RETURN(timespec timeout, task.memory().Read<timespec>(address));
  if (!IsValid(timeout)) return Error(EINVAL);
  return DeadlineIn(ToNanoseconds(timeout));
}

Result<Deadline> MillisecondDeadline(int timeout) {
  return timeout < 0 ? kNoDeadline : DeadlineIn(int64_t{timeout} * 1'000'000);
}

// What is left of a timeout, as Linux writes it back; failing to write is no error.
void StoreRemaining(Task& task, Addr address, Deadline deadline) {
  if (address == 0 || deadline == kNoDeadline) return;
  (void)task.memory().Write(address, ToTimespec(std::max<int64_t>(0, deadline - MonotonicNow())));
}

struct Polled {
  std::shared_ptr<File> file;
  ReadyMask wanted = 0;
  ReadyMask ready = 0;
};

int Look(std::vector<Polled>& polled) {
  int count = 0;
  for (Polled& each : polled) {
    if (!each.file) continue;
    each.ready = each.file->Readiness(each.wanted | EPOLLERR | EPOLLHUP);
    if (each.ready != 0) ++count;
  }
  return count;
}

// Waits until something is ready, the deadline passes (0) or a signal comes. `already`: entries that are ready whatever
// happens.
Result<int> WaitForAny(Task& task, std::vector<Polled>& polled, int already, Deadline deadline) {
  int count = Look(polled) + already;
  if (count > 0 || deadline <= MonotonicNow()) return count;
  std::deque<TaskWaitEntry> entries;
  for (Polled& each : polled) {
    WaitQueue* queue = each.file ? each.file->wait_queue() : nullptr;
    if (queue == nullptr) continue;
    entries.emplace_back(task, each.wanted | EPOLLERR | EPOLLHUP);
    queue->Add(&entries.back());
  }
  for (;;) {
    count = Look(polled);
    if (count > 0) return count;
    Result<void> blocked = task.Block(deadline);
    if (blocked.ok()) continue;
    if (blocked.error() == ETIMEDOUT) return Look(polled);
    return Interrupted(blocked.error());
  }
}

SyscallResult Poll(Task& task, Addr address, uint64_t count, Deadline deadline) {
  if (count > task.thread_group().Limit(RLIMIT_NOFILE)) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::vector<pollfd> fds, task.memory().ReadArray<pollfd>(address, count));
  std::vector<Polled> polled(fds.size());
  int invalid = 0;
  for (size_t i = 0; i < fds.size(); ++i) {
    fds[i].revents = 0;
    if (fds[i].fd < 0) continue;
    Result<std::shared_ptr<File>> file = GetFile(task, fds[i].fd);
    if (!file.ok()) {
      fds[i].revents = POLLNVAL;
      ++invalid;
      continue;
    }
    polled[i].file = *std::move(file);
    polled[i].wanted = static_cast<uint16_t>(fds[i].events);
  }
  ASSIGN_OR_RETURN(int ready, WaitForAny(task, polled, invalid, deadline));
  for (size_t i = 0; i < fds.size(); ++i) {
    if (polled[i].file) fds[i].revents = static_cast<short>(polled[i].ready);
  }
  if (!fds.empty()) RETURN_IF_ERROR(task.memory().CopyOut(address, fds.data(), fds.size() * sizeof(pollfd)));
  return static_cast<uint64_t>(ready);
}

}  // namespace

SyscallResult SysPoll(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(Deadline deadline, MillisecondDeadline(a.Int(2)));
  return Poll(task, a.Address(0), a.Uint(1), deadline);
}

SyscallResult SysPpoll(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(Deadline deadline, ReadDeadline(task, a.Address(2)));
  RETURN_IF_ERROR(ApplyMask(task, a.Address(3), a[4]));
  SyscallResult result = Poll(task, a.Address(0), a.Uint(1), deadline);
  StoreRemaining(task, a.Address(2), deadline);
  return result;
}

// -- select

namespace {

constexpr ReadyMask kSelectRead = EPOLLIN | EPOLLRDNORM | EPOLLRDBAND | EPOLLHUP | EPOLLERR;
constexpr ReadyMask kSelectWrite = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND | EPOLLERR;
constexpr ReadyMask kSelectExcept = EPOLLPRI;
constexpr ReadyMask kSelectMasks[3] = {kSelectRead, kSelectWrite, kSelectExcept};

using BitSet = std::vector<uint64_t>;

bool Test(const BitSet& set, int fd) { return !set.empty() && (set[fd / 64] >> (fd % 64) & 1) != 0; }

SyscallResult Select(Task& task, int count, const Addr (&addresses)[3], Deadline deadline) {
  if (count < 0) return Error(EINVAL);
  count = std::min(count, std::max(task.fd_table()->end(), 1024));
  count = std::min(count, static_cast<int>(FdTable::kMaxDescriptors));
  const size_t words = (static_cast<size_t>(count) + 63) / 64;
  BitSet sets[3];
  for (int i = 0; i < 3; ++i) {
    if (addresses[i] == 0) continue;
    ASSIGN_OR_RETURN(sets[i], task.memory().ReadArray<uint64_t>(addresses[i], words));
  }
  std::vector<Polled> polled;
  std::vector<int> numbers;
  for (int fd = 0; fd < count; ++fd) {
    ReadyMask wanted = 0;
    for (int i = 0; i < 3; ++i) {
      if (Test(sets[i], fd)) wanted |= kSelectMasks[i];
    }
    if (wanted == 0) continue;
    ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
    polled.push_back(Polled{std::move(file), wanted, 0});
    numbers.push_back(fd);
  }
  ASSIGN_OR_RETURN(int any, WaitForAny(task, polled, 0, deadline));
  (void)any;
  uint64_t total = 0;
  for (int i = 0; i < 3; ++i) {
    if (addresses[i] == 0) continue;
    BitSet result(words, 0);
    for (size_t at = 0; at < polled.size(); ++at) {
      if (!Test(sets[i], numbers[at]) || (polled[at].ready & kSelectMasks[i]) == 0) continue;
      result[numbers[at] / 64] |= uint64_t{1} << (numbers[at] % 64);
      ++total;
    }
    RETURN_IF_ERROR(task.memory().CopyOut(addresses[i], result.data(), words * sizeof(uint64_t)));
  }
  return total;
}

}  // namespace

SyscallResult SysSelect(Task& task, const SyscallArguments& a) {
  Deadline deadline = kNoDeadline;
  if (a.Address(4) != 0) {
    ASSIGN_OR_RETURN(timeval timeout, task.memory().Read<timeval>(a.Address(4)));
    if (timeout.tv_sec < 0 || timeout.tv_usec < 0) return Error(EINVAL);
    deadline =
        DeadlineIn(ToNanoseconds({timeout.tv_sec + timeout.tv_usec / 1'000'000, timeout.tv_usec % 1'000'000 * 1000}));
  }
  SyscallResult result = Select(task, a.Int(0), {a.Address(1), a.Address(2), a.Address(3)}, deadline);
  if (a.Address(4) != 0 && deadline != kNoDeadline) {
    int64_t left = std::max<int64_t>(0, deadline - MonotonicNow());
    (void)task.memory().Write(a.Address(4), timeval{left / kNanosecondsPerSecond, left % kNanosecondsPerSecond / 1000});
  }
  return result;
}

SyscallResult SysPselect6(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(Deadline deadline, ReadDeadline(task, a.Address(4)));
  if (a.Address(5) != 0) {
    struct Mask {
      Addr address;
      uint64_t size;
    };
    ASSIGN_OR_RETURN(Mask mask, task.memory().Read<Mask>(a.Address(5)));
    RETURN_IF_ERROR(ApplyMask(task, mask.address, mask.size));
  }
  SyscallResult result = Select(task, a.Int(0), {a.Address(1), a.Address(2), a.Address(3)}, deadline);
  StoreRemaining(task, a.Address(4), deadline);
  return result;
}

// -- epoll

namespace {

Result<std::shared_ptr<Epoll>> GetEpoll(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  auto epoll = std::dynamic_pointer_cast<Epoll>(file);
  if (!epoll) return Error(EINVAL);
  return epoll;
}

SyscallResult EpollWait(Task& task, int fd, Addr address, int limit, Deadline deadline) {
  constexpr int kMaxEvents = 65536;
  if (limit <= 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::shared_ptr<Epoll> epoll, GetEpoll(task, fd));
  limit = std::min(limit, kMaxEvents);
  std::vector<epoll_event> events = epoll->Take(static_cast<size_t>(limit));
  if (events.empty() && deadline > MonotonicNow()) {
    TaskWaitEntry entry(task, kReadyAll);
    epoll->wait_queue()->Add(&entry);
    while (events.empty()) {
      events = epoll->Take(static_cast<size_t>(limit));
      if (!events.empty()) break;
      Result<void> blocked = task.Block(deadline);
      if (blocked.ok()) continue;
      if (blocked.error() != ETIMEDOUT) return Error(blocked.error() == abi::kERestartSys ? EINTR : blocked.error());
      events = epoll->Take(static_cast<size_t>(limit));
      break;
    }
  }
  if (!events.empty())
    RETURN_IF_ERROR(task.memory().CopyOut(address, events.data(), events.size() * sizeof(epoll_event)));
  return uint64_t{events.size()};
}

}  // namespace

SyscallResult SysEpollCreate1(Task& task, const SyscallArguments& a) {
  if ((a.Int(0) & ~EPOLL_CLOEXEC) != 0) return Error(EINVAL);
  return InstallFile(task, Epoll::Make(task.kernel().vfs()), a.Int(0) != 0);
}

SyscallResult SysEpollCreate(Task& task, const SyscallArguments& a) {
  if (a.Int(0) <= 0) return Error(EINVAL);
  return InstallFile(task, Epoll::Make(task.kernel().vfs()), false);
}

SyscallResult SysEpollCtl(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Epoll> epoll, GetEpoll(task, a.Int(0)));
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(2)));
  epoll_event event = {};
  if (a.Int(1) != EPOLL_CTL_DEL) {
    ASSIGN_OR_RETURN(event, task.memory().Read<epoll_event>(a.Address(3)));
  }
  Result<void> result = Error(EINVAL);
  if (a.Int(1) == EPOLL_CTL_ADD) result = epoll->Add(a.Int(2), file, event);
  if (a.Int(1) == EPOLL_CTL_MOD) result = epoll->Modify(a.Int(2), file, event);
  if (a.Int(1) == EPOLL_CTL_DEL) result = epoll->Remove(a.Int(2), file);
  RETURN_IF_ERROR(result);
  return uint64_t{0};
}

SyscallResult SysEpollWait(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(Deadline deadline, MillisecondDeadline(a.Int(3)));
  return EpollWait(task, a.Int(0), a.Address(1), a.Int(2), deadline);
}

SyscallResult SysEpollPwait(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(Deadline deadline, MillisecondDeadline(a.Int(3)));
  RETURN_IF_ERROR(ApplyMask(task, a.Address(4), a[5]));
  return EpollWait(task, a.Int(0), a.Address(1), a.Int(2), deadline);
}

SyscallResult SysEpollPwait2(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(Deadline deadline, ReadDeadline(task, a.Address(3)));
  RETURN_IF_ERROR(ApplyMask(task, a.Address(4), a[5]));
  return EpollWait(task, a.Int(0), a.Address(1), a.Int(2), deadline);
}

}  // namespace sandbox
