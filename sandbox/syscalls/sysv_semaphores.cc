// System V semaphores: semget, semop, semtimedop, semctl (semop(2), semctl(2)).
#include <sys/sem.h>

#include <algorithm>
#include <vector>

#include "sandbox/abi/restart.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/kernel/wait_queue.h"
#include "sandbox/syscalls/handlers_ipc.h"
#include "sandbox/syscalls/sysv_registry.h"

namespace sandbox {
namespace {

constexpr int kMaxValue = 32767;          // SEMVMX
constexpr int kMaxPerSet = 4096;          // SEMMSL is 32000 on Linux; bounded here for the sentry's memory
constexpr unsigned kMaxOperations = 500;  // SEMOPM

struct Semaphore {
  int value = 0;
  int32_t last_pid = 0;
  int waiting_for_more = 0, waiting_for_zero = 0;
};

struct SemaphoreSet : SysvObject {
  std::vector<Semaphore> semaphores;
  time_t operation_time = 0;
  WaitQueue changed;
};

SysvRegistry<SemaphoreSet>& Sets() {
  static auto& sets = *new SysvRegistry<SemaphoreSet>(1024);
  return sets;
}

// All operations or none: 0, or the index + 1 of the one that has to wait.
Result<size_t> TryAll(SemaphoreSet& set, const std::vector<sembuf>& operations, int32_t pid) {
  std::vector<Semaphore> after = set.semaphores;
  for (size_t i = 0; i < operations.size(); ++i) {
    const sembuf& operation = operations[i];
    Semaphore& semaphore = after[operation.sem_num];
    bool waits = operation.sem_op == 0 ? semaphore.value != 0 : semaphore.value + operation.sem_op < 0;
    if (waits) return (operation.sem_flg & IPC_NOWAIT) != 0 ? Result<size_t>(Error(EAGAIN)) : Result<size_t>(i + 1);
    if (semaphore.value + operation.sem_op > kMaxValue) return Error(ERANGE);
    semaphore.value += operation.sem_op;
    semaphore.last_pid = pid;
  }
  set.semaphores = std::move(after);
  set.operation_time = time(nullptr);
  set.changed.Notify(kReadyAll);
  return size_t{0};
}

SyscallResult Operate(Task& task, const SyscallArguments& a, Deadline deadline) {
  if (a.Uint(2) == 0) return Error(EINVAL);
  if (a.Uint(2) > kMaxOperations) return Error(E2BIG);
  ASSIGN_OR_RETURN(std::vector<sembuf> operations, task.memory().ReadArray<sembuf>(a.Address(1), a.Uint(2)));
  bool alters = std::any_of(operations.begin(), operations.end(), [](const sembuf& op) { return op.sem_op != 0; });
  ASSIGN_OR_RETURN(std::shared_ptr<SemaphoreSet> set, Sets().Find(a.Int(0), task.credentials(), alters ? 2 : 4));
  for (const sembuf& operation : operations) {
    if (operation.sem_num >= set->semaphores.size()) return Error(EFBIG);
  }
  const int32_t pid = task.thread_group().id();
  for (;;) {
    if (set->removed) return Error(EIDRM);
    ASSIGN_OR_RETURN(size_t waits, TryAll(*set, operations, pid));
    if (waits == 0) return uint64_t{0};
    const sembuf& blocking = operations[waits - 1];
    auto counter = blocking.sem_op == 0 ? &Semaphore::waiting_for_zero : &Semaphore::waiting_for_more;
    ++(set->semaphores[blocking.sem_num].*counter);
    TaskWaitEntry entry(task, kReadyAll);
    set->changed.Add(&entry);
    Result<void> blocked = task.Block(deadline);
    --(set->semaphores[blocking.sem_num].*counter);
    if (!blocked.ok())
      return Error(blocked.error() == ETIMEDOUT           ? EAGAIN
                   : blocked.error() == abi::kERestartSys ? EINTR
                                                          : blocked.error());
  }
}

Result<void> SetAll(Task& task, SemaphoreSet& set, Addr address) {
  ASSIGN_OR_RETURN(std::vector<uint16_t> values, task.memory().ReadArray<uint16_t>(address, set.semaphores.size()));
  for (uint16_t value : values) {
    if (value > kMaxValue) return Error(ERANGE);
  }
  for (size_t i = 0; i < values.size(); ++i) set.semaphores[i].value = values[i];
  set.change_time = time(nullptr);
  set.changed.Notify(kReadyAll);
  return Ok();
}

SyscallResult ControlOne(Task& task, SemaphoreSet& set, unsigned number, int command, uint64_t argument) {
  if (number >= set.semaphores.size()) return Error(EINVAL);
  Semaphore& semaphore = set.semaphores[number];
  switch (command) {
    case GETVAL:
      return static_cast<uint64_t>(semaphore.value);
    case GETPID:
      return static_cast<uint64_t>(semaphore.last_pid);
    case GETNCNT:
      return static_cast<uint64_t>(semaphore.waiting_for_more);
    case GETZCNT:
      return static_cast<uint64_t>(semaphore.waiting_for_zero);
    default: {  // SETVAL
      int value = static_cast<int>(argument);
      if (value < 0 || value > kMaxValue) return Error(ERANGE);
      if (!set.Allows(task.credentials(), 2)) return Error(EACCES);
      semaphore.value = value;
      semaphore.last_pid = task.thread_group().id();
      set.change_time = time(nullptr);
      set.changed.Notify(kReadyAll);
      return uint64_t{0};
    }
  }
}

}  // namespace

SyscallResult SysSemget(Task& task, const SyscallArguments& a) {
  int count = a.Int(1);
  if (count < 0 || count > kMaxPerSet) return Error(EINVAL);
  ASSIGN_OR_RETURN(
      int id, Sets().Get(
                  a.Int(0), a.Int(2), task.credentials(),
                  [count]() -> Result<std::shared_ptr<SemaphoreSet>> {
                    if (count == 0) return Error(EINVAL);
                    auto set = std::make_shared<SemaphoreSet>();
                    set->semaphores.resize(static_cast<size_t>(count));
                    return set;
                  },
                  [count](const SemaphoreSet& found) -> Result<void> {
                    return static_cast<size_t>(count) > found.semaphores.size() ? Result<void>(Error(EINVAL)) : Ok();
                  }));
  return static_cast<uint64_t>(id);
}

SyscallResult SysSemop(Task& task, const SyscallArguments& a) { return Operate(task, a, kNoDeadline); }

SyscallResult SysSemtimedop(Task& task, const SyscallArguments& a) {
  if (a.Address(3) == 0) return Operate(task, a, kNoDeadline);
  ASSIGN_OR_RETURN(timespec timeout, task.memory().Read<timespec>(a.Address(3)));
  if (!IsValid(timeout)) return Error(EINVAL);
  return Operate(task, a, DeadlineIn(ToNanoseconds(timeout)));
}

SyscallResult SysSemctl(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<SemaphoreSet> set, Sets().Find(a.Int(0)));
  const Credentials& credentials = task.credentials();
  switch (a.Int(2) & 0xff) {
    case IPC_RMID:
      if (!set->OwnedBy(credentials)) return Error(EPERM);
      set->removed = true;
      Sets().Remove(set->id);
      set->changed.Notify(kReadyAll);
      return uint64_t{0};
    case IPC_SET: {
      ASSIGN_OR_RETURN(semid_ds wanted, task.memory().Read<semid_ds>(a.Address(3)));
      RETURN_IF_ERROR(SysvSet(*set, credentials, wanted.sem_perm));
      return uint64_t{0};
    }
    case IPC_STAT: {
      if (!set->Allows(credentials, 4)) return Error(EACCES);
      semid_ds status = {};
      status.sem_perm = set->Describe();
      status.sem_nsems = set->semaphores.size();
      status.sem_otime = set->operation_time;
      status.sem_ctime = set->change_time;
      RETURN_IF_ERROR(task.memory().Write(a.Address(3), status));
      return uint64_t{0};
    }
    case GETALL: {
      if (!set->Allows(credentials, 4)) return Error(EACCES);
      std::vector<uint16_t> values;
      for (const Semaphore& semaphore : set->semaphores) values.push_back(static_cast<uint16_t>(semaphore.value));
      RETURN_IF_ERROR(task.memory().CopyOut(a.Address(3), values.data(), values.size() * sizeof(uint16_t)));
      return uint64_t{0};
    }
    case SETALL:
      if (!set->Allows(credentials, 2)) return Error(EACCES);
      RETURN_IF_ERROR(SetAll(task, *set, a.Address(3)));
      return uint64_t{0};
    case GETVAL:
    case GETPID:
    case GETNCNT:
    case GETZCNT:
    case SETVAL:
      if (!set->Allows(credentials, 4)) return Error(EACCES);
      return ControlOne(task, *set, a.Uint(1), a.Int(2) & 0xff, a[3]);
    default:
      return Error(EINVAL);
  }
}

}  // namespace sandbox
