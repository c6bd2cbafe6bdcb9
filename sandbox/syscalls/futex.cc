// futex(2) and robust lists.
#include <linux/futex.h>
#include <time.h>

#include <vector>

#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_kernel.h"

namespace sandbox {
namespace {

constexpr uint64_t kRobustHeadSize = 24;
constexpr int kMaxWaitv = 128;

Result<Deadline> ReadDeadline(Task& task, Addr address, bool absolute, clockid_t clock) {
  if (address == 0) return kNoDeadline;
  ASSIGN_OR_RETURN(const timespec time, task.memory().Read<timespec>(address));
  if (!IsValid(time)) return Error(EINVAL);
  const int64_t value = ToNanoseconds(time);
  if (!absolute) return DeadlineIn(value);
  if (clock == CLOCK_MONOTONIC) return value;
  return DeadlineIn(std::max<int64_t>(value - ClockNow(clock), 0));
}

SyscallResult AsResult(Result<int> count) {
  if (!count.ok()) return Error(count.error());
  return static_cast<uint64_t>(*count);
}

// A wait with a timeout must not start anew with the whole timeout: it ends with EINTR when a handler runs.
SyscallResult AfterWait(const Result<void>& waited, bool timed) {
  if (waited.ok()) return 0;
  if (waited.error() == abi::kERestartSys && timed) return Error(EINTR);
  return Error(waited.error());
}

}  // namespace

SyscallResult SysFutex(Task& task, const SyscallArguments& a) {
  FutexTable& table = task.kernel().futexes();
  const int operation = a.Int(1) & FUTEX_CMD_MASK;
  const bool is_private = (a.Int(1) & FUTEX_PRIVATE_FLAG) != 0;
  const bool realtime = (a.Int(1) & FUTEX_CLOCK_REALTIME) != 0;
  const Addr address = a.Address(0), second = a.Address(4);
  const uint32_t value = a.Uint(2);
  switch (operation) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      const bool bitset = operation == FUTEX_WAIT_BITSET;
      ASSIGN_OR_RETURN(const Deadline deadline,
                       ReadDeadline(task, a.Address(3), bitset, realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC));
      const Result<void> waited = table.Wait(task, address, is_private, value, bitset ? a.Uint(5) : ~0u, deadline);
      return AfterWait(waited, !bitset && a.Address(3) != 0);
    }
    case FUTEX_WAKE:
      return AsResult(table.Wake(task, address, is_private, std::max(a.Int(2), 1), ~0u));
    case FUTEX_WAKE_BITSET:
      return AsResult(table.Wake(task, address, is_private, std::max(a.Int(2), 1), a.Uint(5)));
    case FUTEX_REQUEUE:
      return AsResult(table.Requeue(task, address, second, is_private, a.Int(2), a.Int(3), nullptr));
    case FUTEX_CMP_REQUEUE: {
      const uint32_t expected = a.Uint(5);
      return AsResult(table.Requeue(task, address, second, is_private, a.Int(2), a.Int(3), &expected));
    }
    case FUTEX_WAKE_OP:
      return AsResult(table.WakeOp(task, address, second, is_private, a.Int(2), a.Int(3), a.Uint(5)));
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2: {
      const bool wall = operation == FUTEX_LOCK_PI || realtime;
      ASSIGN_OR_RETURN(const Deadline deadline,
                       ReadDeadline(task, a.Address(3), /*absolute=*/true, wall ? CLOCK_REALTIME : CLOCK_MONOTONIC));
      return AfterWait(table.LockPi(task, address, is_private, deadline, /*try_only=*/false), /*timed=*/false);
    }
    case FUTEX_TRYLOCK_PI:
      return AfterWait(table.LockPi(task, address, is_private, kNoDeadline, /*try_only=*/true), /*timed=*/false);
    case FUTEX_UNLOCK_PI:
      RETURN_IF_ERROR(table.UnlockPi(task, address, is_private));
      return 0;
    case FUTEX_WAIT_REQUEUE_PI: {
      ASSIGN_OR_RETURN(const Deadline deadline, ReadDeadline(task, a.Address(3), /*absolute=*/true,
                                                             realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC));
      return AfterWait(table.WaitRequeuePi(task, address, second, is_private, value, deadline), /*timed=*/false);
    }
    case FUTEX_CMP_REQUEUE_PI:
      if (a.Int(2) != 1) return Error(EINVAL);
      return AsResult(table.CmpRequeuePi(task, address, second, is_private, a.Int(3), a.Uint(5)));
    default:
      return Error(ENOSYS);
  }
}

// -- the later calls, one an operation (linux/futex.h: FUTEX2_)

namespace {

constexpr uint32_t kFutex2U32 = 2;

// Words of 32 bits only, as on Linux.
Result<bool> IsPrivate(uint32_t flags) {
  if ((flags & ~FUTEX_PRIVATE_FLAG) != kFutex2U32) return Error(EINVAL);
  return (flags & FUTEX_PRIVATE_FLAG) != 0;
}

}  // namespace

SyscallResult SysFutexWake(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(const bool is_private, IsPrivate(a.Uint(3)));
  if (a[1] > UINT32_MAX) return Error(EINVAL);
  return AsResult(task.kernel().futexes().Wake(task, a.Address(0), is_private, a.Int(2), a.Uint(1)));
}

SyscallResult SysFutexWait(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(const bool is_private, IsPrivate(a.Uint(3)));
  if (a[1] > UINT32_MAX || a[2] > UINT32_MAX) return Error(EINVAL);
  if (a.Address(4) != 0 && a.Int(5) != CLOCK_MONOTONIC && a.Int(5) != CLOCK_REALTIME) return Error(EINVAL);
  ASSIGN_OR_RETURN(const Deadline deadline, ReadDeadline(task, a.Address(4), /*absolute=*/true, a.Int(5)));
  return AfterWait(task.kernel().futexes().Wait(task, a.Address(0), is_private, a.Uint(1), a.Uint(2), deadline),
                   /*timed=*/false);
}

SyscallResult SysFutexRequeue(Task& task, const SyscallArguments& a) {
  if (a.Uint(1) != 0 || a.Address(0) == 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(const std::vector<futex_waitv> words, task.memory().ReadArray<futex_waitv>(a.Address(0), 2));
  for (const futex_waitv& word : words) {
    RETURN_IF_ERROR(IsPrivate(word.flags));
    if (word.__reserved != 0) return Error(EINVAL);
  }
  if (words[0].flags != words[1].flags) return Error(EINVAL);  // Linux mixes them; nobody does
  const auto expected = static_cast<uint32_t>(words[0].val);
  return AsResult(task.kernel().futexes().Requeue(
      task, words[0].uaddr, words[1].uaddr, (words[0].flags & FUTEX_PRIVATE_FLAG) != 0, a.Int(2), a.Int(3), &expected));
}

SyscallResult SysFutexWaitv(Task& task, const SyscallArguments& a) {
  const uint32_t count = a.Uint(1);
  if (count == 0 || count > kMaxWaitv || a.Uint(2) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(const std::vector<futex_waitv> words, task.memory().ReadArray<futex_waitv>(a.Address(0), count));
  std::vector<FutexTable::WaitTarget> targets;
  for (const futex_waitv& word : words) {
    if ((word.flags & ~FUTEX_PRIVATE_FLAG) != FUTEX_32 || word.__reserved != 0) return Error(EINVAL);
    targets.push_back({word.uaddr, static_cast<uint32_t>(word.val), (word.flags & FUTEX_PRIVATE_FLAG) != 0});
  }
  if (a.Address(3) != 0 && a.Int(4) != CLOCK_MONOTONIC && a.Int(4) != CLOCK_REALTIME) return Error(EINVAL);
  ASSIGN_OR_RETURN(const Deadline deadline, ReadDeadline(task, a.Address(3), /*absolute=*/true, a.Int(4)));
  return AsResult(task.kernel().futexes().WaitMany(task, targets.data(), static_cast<int>(count), deadline));
}

SyscallResult SysSetRobustList(Task& task, const SyscallArguments& a) {
  if (a[1] != kRobustHeadSize) return Error(EINVAL);
  task.robust_list = a.Address(0);
  return 0;
}

SyscallResult SysGetRobustList(Task& task, const SyscallArguments& a) {
  const Task* target = a.Int(0) == 0 ? &task : task.kernel().FindTask(a.Int(0));
  if (target == nullptr) return Error(ESRCH);
  if (&target->thread_group() != &task.thread_group() && !task.credentials().Has(CAP_SYS_PTRACE)) return Error(EPERM);
  RETURN_IF_ERROR(task.memory().Write<uint64_t>(a.Address(2), kRobustHeadSize));
  RETURN_IF_ERROR(task.memory().Write<Addr>(a.Address(1), target->robust_list));
  return 0;
}

}  // namespace sandbox
