// System V semaphores: semget, semop, semtimedop, semctl (semop(2), semctl(2)).
#include <sys/sem.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <vector>

#include "absl/strings/str_format.h"
#include "sandbox/abi/restart.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/kernel/wait_queue.h"
#include "sandbox/syscalls/handlers_ipc.h"
#include "sandbox/syscalls/sysv_proc.h"
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

// What SEM_UNDO takes back when a process ends: by set, an amount for each semaphore.
class UndoList {
 public:
  explicit UndoList(int32_t pid) : pid_(pid) {}
  ~UndoList() {
    for (auto& [id, entry] : entries_) {
      const std::shared_ptr<SemaphoreSet> set = entry.set.lock();
      if (set == nullptr || set->removed) continue;
      for (size_t i = 0; i < entry.amounts.size(); ++i) {
        if (entry.amounts[i] == 0) continue;
        Semaphore& semaphore = set->semaphores[i];
        semaphore.value = std::clamp(semaphore.value + entry.amounts[i], 0, kMaxValue);
        semaphore.last_pid = pid_;
      }
      set->operation_time = time(nullptr);
      set->changed.Notify(kReadyAll);
    }
  }
  void Note(const std::shared_ptr<SemaphoreSet>& set, const sembuf& operation) {
    Amounts(set)[operation.sem_num] -= operation.sem_op;
  }
  bool HasRoom(const std::shared_ptr<SemaphoreSet>& set, const sembuf& operation) {
    return std::abs(Amounts(set)[operation.sem_num] - operation.sem_op) <= kMaxValue;
  }
  // SETVAL and SETALL clear what is to be taken back, in all processes.
  void Forget(const SemaphoreSet& set, size_t number) {
    const auto it = entries_.find(set.id);
    if (it != entries_.end() && number < it->second.amounts.size()) it->second.amounts[number] = 0;
  }

 private:
  struct Entry {
    std::weak_ptr<SemaphoreSet> set;
    std::vector<int> amounts;
  };
  std::vector<int>& Amounts(const std::shared_ptr<SemaphoreSet>& set) {
    Entry& entry = entries_[set->id];
    entry.set = set;
    entry.amounts.resize(set->semaphores.size());
    return entry.amounts;
  }

  const int32_t pid_;
  std::map<int, Entry> entries_;
};

std::shared_ptr<UndoList> UndoOf(Task& task) {
  std::shared_ptr<void>& list = task.thread_group().semaphore_undo;
  if (list == nullptr) list = std::make_shared<UndoList>(task.thread_group().id());
  return std::static_pointer_cast<UndoList>(list);
}

void ForgetUndo(Task& task, const SemaphoreSet& set, size_t number) {
  for (const auto& [pid, group] : task.kernel().thread_groups()) {
    if (group->semaphore_undo != nullptr)
      std::static_pointer_cast<UndoList>(group->semaphore_undo)->Forget(set, number);
  }
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
    for (const sembuf& operation : operations) {
      if ((operation.sem_flg & SEM_UNDO) != 0 && !UndoOf(task)->HasRoom(set, operation)) return Error(ERANGE);
    }
    ASSIGN_OR_RETURN(size_t waits, TryAll(*set, operations, pid));
    if (waits == 0) {
      for (const sembuf& operation : operations) {
        if ((operation.sem_flg & SEM_UNDO) != 0) UndoOf(task)->Note(set, operation);
      }
      return uint64_t{0};
    }
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
  for (size_t i = 0; i < values.size(); ++i) {
    set.semaphores[i].value = values[i];
    ForgetUndo(task, set, i);
  }
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
      ForgetUndo(task, set, number);
      semaphore.last_pid = task.thread_group().id();
      set.change_time = time(nullptr);
      set.changed.Notify(kReadyAll);
      return uint64_t{0};
    }
  }
}

// semctl's SEM_STAT and SEM_STAT_ANY find by index, the others by id.
Result<std::shared_ptr<SemaphoreSet>> FindForControl(int id, int command) {
  return command == SEM_STAT || command == SEM_STAT_ANY ? Sets().At(id) : Sets().Find(id);
}

Result<uint64_t> Describe(Task& task, Addr to, bool used) {
  seminfo info = {};
  info.semmni = info.semusz = 1024;
  info.semmsl = kMaxPerSet;
  info.semmns = kMaxPerSet * 1024;
  info.semopm = kMaxOperations;
  info.semvmx = info.semaem = kMaxValue;
  if (used) {
    info.semusz = static_cast<int>(Sets().objects().size());
    for (const auto& [id, set] : Sets().objects()) info.semaem += static_cast<int>(set->semaphores.size());
    info.semaem -= kMaxValue;
  }
  RETURN_IF_ERROR(task.memory().Write(to, info));
  return Sets().LastIndex();
}

}  // namespace

std::string SemaphoreSetsText() {
  std::string text = "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n";
  for (const auto& [id, set] : Sets().objects()) {
    absl::StrAppendFormat(&text, "%10d %10d  %4o %10d %5d %5d %5d %5d %10d %10d\n", set->key, id, set->mode,
                          set->semaphores.size(), set->uid, set->gid, set->creator_uid, set->creator_gid,
                          set->operation_time, set->change_time);
  }
  return text;
}

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
  const int command = a.Int(2) & 0xff;
  if (command == IPC_INFO || command == SEM_INFO) return Describe(task, a.Address(3), command == SEM_INFO);
  ASSIGN_OR_RETURN(std::shared_ptr<SemaphoreSet> set, FindForControl(a.Int(0), command));
  const Credentials& credentials = task.credentials();
  switch (command) {
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
    case SEM_STAT:
    case SEM_STAT_ANY:
    case IPC_STAT: {
      if (command != SEM_STAT_ANY && !set->Allows(credentials, 4)) return Error(EACCES);
      semid_ds status = {};
      status.sem_perm = set->Describe();
      status.sem_nsems = set->semaphores.size();
      status.sem_otime = set->operation_time;
      status.sem_ctime = set->change_time;
      RETURN_IF_ERROR(task.memory().Write(a.Address(3), status));
      return static_cast<uint64_t>(command == IPC_STAT ? 0 : set->id);
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
      return ControlOne(task, *set, a.Uint(1), command, a[3]);
    default:
      return Error(EINVAL);
  }
}

}  // namespace sandbox
