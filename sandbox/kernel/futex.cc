#include "sandbox/kernel/futex.h"

#include <linux/futex.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"

namespace sandbox {
namespace {

Result<uint32_t> LoadWord(Task& task, Addr address) {
  if (address % sizeof(uint32_t) != 0) return Error(EINVAL);
  if (const uint32_t* word = task.mm().WordPointer(address, /*write=*/false))
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
  return task.memory().Read<uint32_t>(address);
}

// The arithmetic of FUTEX_WAKE_OP.
uint32_t Apply(int operation, uint32_t old, uint32_t argument) {
  switch (operation) {
    case FUTEX_OP_SET:
      return argument;
    case FUTEX_OP_ADD:
      return old + argument;
    case FUTEX_OP_OR:
      return old | argument;
    case FUTEX_OP_ANDN:
      return old & ~argument;
    default:
      return old ^ argument;
  }
}

bool Compare(int comparison, int32_t old, int32_t argument) {
  switch (comparison) {
    case FUTEX_OP_CMP_EQ:
      return old == argument;
    case FUTEX_OP_CMP_NE:
      return old != argument;
    case FUTEX_OP_CMP_LT:
      return old < argument;
    case FUTEX_OP_CMP_LE:
      return old <= argument;
    case FUTEX_OP_CMP_GT:
      return old > argument;
    default:
      return old >= argument;
  }
}

}  // namespace

Result<FutexKey> FutexTable::KeyFor(Task& task, Addr address, bool is_private) {
  if (address % sizeof(uint32_t) != 0) return Error(EINVAL);
  if (address >= kGuestAddressEnd) return Error(EFAULT);
  if (is_private) return FutexKey{&task.mm(), address};
  ASSIGN_OR_RETURN(const MemoryManager::SharedKey key, task.mm().KeyOf(address));
  return FutexKey{key.object, key.offset};
}

void FutexTable::Remove(Waiter* waiter) {
  const auto it = queues_.find(waiter->key);
  if (it == queues_.end()) return;
  it->second.remove(waiter);
  if (it->second.empty()) queues_.erase(it);
}

int FutexTable::WakeKey(const FutexKey& key, int count, uint32_t bitset) {
  const auto it = queues_.find(key);
  if (it == queues_.end()) return 0;
  int woken = 0;
  for (auto waiter = it->second.begin(); waiter != it->second.end() && woken < count;) {
    if (((*waiter)->bitset & bitset) == 0) {
      ++waiter;
      continue;
    }
    (*waiter)->woken = true;
    (*waiter)->task->Wake();
    waiter = it->second.erase(waiter);
    ++woken;
  }
  if (it->second.empty()) queues_.erase(it);
  return woken;
}

Result<void> FutexTable::Wait(Task& task, Addr address, bool is_private, uint32_t value, uint32_t bitset,
                              Deadline deadline) {
  if (bitset == 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(const FutexKey key, KeyFor(task, address, is_private));
  ASSIGN_OR_RETURN(const uint32_t now, LoadWord(task, address));
  if (now != value) return Error(EAGAIN);
  Waiter waiter{&task, bitset, key};
  Add(&waiter);
  while (!waiter.woken) {
    const Result<void> slept = task.Block(deadline);
    if (slept.ok() || waiter.woken) continue;
    Remove(&waiter);
    return slept;
  }
  return Ok();
}

Result<int> FutexTable::Wake(Task& task, Addr address, bool is_private, int count, uint32_t bitset) {
  if (bitset == 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(const FutexKey key, KeyFor(task, address, is_private));
  if (const auto it = queues_.find(key); it != queues_.end() && it->second.front()->mutex.value_or(key) != key)
    return Error(EINVAL);  // waits for CmpRequeuePi
  return WakeKey(key, count, bitset);
}

Result<int> FutexTable::Requeue(Task& task, Addr from, Addr to, bool is_private, int wake, int move,
                                const uint32_t* expected) {
  if (wake < 0 || move < 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(const FutexKey source, KeyFor(task, from, is_private));
  ASSIGN_OR_RETURN(const FutexKey target, KeyFor(task, to, is_private));
  if (expected != nullptr) {
    ASSIGN_OR_RETURN(const uint32_t now, LoadWord(task, from));
    if (now != *expected) return Error(EAGAIN);
  }
  int done = WakeKey(source, wake, ~0u);
  const auto it = queues_.find(source);
  if (it == queues_.end() || source == target) return done;
  Queue moved;
  while (!it->second.empty() && static_cast<int>(moved.size()) < move) {
    it->second.front()->key = target;
    moved.splice(moved.end(), it->second, it->second.begin());
  }
  if (it->second.empty()) queues_.erase(it);
  done += static_cast<int>(moved.size());
  if (!moved.empty()) {
    Queue& queue = queues_[target];
    queue.splice(queue.end(), moved);
  }
  return done;
}

Result<int> FutexTable::WakeOp(Task& task, Addr address, Addr second, bool is_private, int wake, int wake_second,
                               uint32_t operation) {
  ASSIGN_OR_RETURN(const FutexKey first_key, KeyFor(task, address, is_private));
  ASSIGN_OR_RETURN(const FutexKey second_key, KeyFor(task, second, is_private));
  uint32_t* word = task.mm().WordPointer(second, /*write=*/true);
  if (word == nullptr) return Error(EFAULT);
  const int code = operation >> 28 & 7, comparison = operation >> 24 & 15;
  if (code > FUTEX_OP_XOR || comparison > FUTEX_OP_CMP_GE) return Error(ENOSYS);
  // 12-bit signed arguments.
  auto argument = static_cast<uint32_t>(static_cast<int32_t>(operation << 8) >> 20);
  const int32_t compared = static_cast<int32_t>(operation << 20) >> 20;
  if ((operation >> 31) != 0) argument = 1u << (argument & 31);
  uint32_t old = __atomic_load_n(word, __ATOMIC_SEQ_CST);
  while (
      !__atomic_compare_exchange_n(word, &old, Apply(code, old, argument), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
  int woken = WakeKey(first_key, wake, ~0u);
  if (Compare(comparison, static_cast<int32_t>(old), compared)) woken += WakeKey(second_key, wake_second, ~0u);
  return woken;
}

Result<void> FutexTable::LockPi(Task& task, Addr address, bool is_private, Deadline deadline, bool try_only) {
  ASSIGN_OR_RETURN(const FutexKey key, KeyFor(task, address, is_private));
  const auto own = static_cast<uint32_t>(task.tid());
  Waiter waiter{&task, ~0u, key};
  for (;;) {
    uint32_t* word = task.mm().WordPointer(address, /*write=*/true);
    if (word == nullptr) return Error(EFAULT);
    uint32_t value = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    const uint32_t owner = value & FUTEX_TID_MASK;
    if (owner == own) return Error(EDEADLK);
    if (owner == 0) {
      const bool others = queues_.contains(key);
      const uint32_t taken = own | (value & FUTEX_OWNER_DIED) | (others ? FUTEX_WAITERS : 0);
      if (__atomic_compare_exchange_n(word, &value, taken, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return Ok();
      continue;
    }
    if (try_only) return Error(EAGAIN);
    if (task.kernel().FindTask(static_cast<pid_t>(owner)) == nullptr) return Error(ESRCH);
    if (!__atomic_compare_exchange_n(word, &value, value | FUTEX_WAITERS, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
      continue;
    waiter.woken = false;
    Add(&waiter);
    while (!waiter.woken) {
      const Result<void> slept = task.Block(deadline);
      if (slept.ok() || waiter.woken) continue;
      Remove(&waiter);
      return slept;
    }
    // UnlockPi has made this task the owner, or the owner died.
    word = task.mm().WordPointer(address, /*write=*/true);
    if (word != nullptr && (__atomic_load_n(word, __ATOMIC_SEQ_CST) & FUTEX_TID_MASK) == own) return Ok();
  }
}

Result<void> FutexTable::UnlockPi(Task& task, Addr address, bool is_private) {
  ASSIGN_OR_RETURN(const FutexKey key, KeyFor(task, address, is_private));
  uint32_t* word = task.mm().WordPointer(address, /*write=*/true);
  if (word == nullptr) return Error(EFAULT);
  if ((__atomic_load_n(word, __ATOMIC_SEQ_CST) & FUTEX_TID_MASK) != static_cast<uint32_t>(task.tid()))
    return Error(EPERM);
  const auto it = queues_.find(key);
  if (it == queues_.end()) {
    __atomic_store_n(word, 0, __ATOMIC_SEQ_CST);
    return Ok();
  }
  Waiter* next = it->second.front();
  it->second.pop_front();
  const bool more = !it->second.empty();
  if (!more) queues_.erase(it);
  __atomic_store_n(word, static_cast<uint32_t>(next->task->tid()) | (more ? FUTEX_WAITERS : 0), __ATOMIC_SEQ_CST);
  next->woken = true;
  next->task->Wake();
  return Ok();
}

Result<void> FutexTable::WaitRequeuePi(Task& task, Addr address, Addr mutex, bool is_private, uint32_t value,
                                       Deadline deadline) {
  ASSIGN_OR_RETURN(const FutexKey key, KeyFor(task, address, is_private));
  ASSIGN_OR_RETURN(const FutexKey target, KeyFor(task, mutex, is_private));
  if (key == target) return Error(EINVAL);
  ASSIGN_OR_RETURN(const uint32_t now, LoadWord(task, address));
  if (now != value) return Error(EAGAIN);
  Waiter waiter{&task, ~0u, key};
  waiter.mutex = target;
  Add(&waiter);
  while (!waiter.woken) {
    const Result<void> slept = task.Block(deadline);
    if (slept.ok() || waiter.woken) continue;
    const bool moved = waiter.key == target;
    Remove(&waiter);
    return moved && slept.error() == abi::kERestartSys ? Error(EAGAIN) : slept;
  }
  const uint32_t* word = task.mm().WordPointer(mutex, /*write=*/true);
  if (word != nullptr &&
      (__atomic_load_n(word, __ATOMIC_SEQ_CST) & FUTEX_TID_MASK) == static_cast<uint32_t>(task.tid()))
    return Ok();
  return LockPi(task, mutex, is_private, deadline, /*try_only=*/false);  // the owner has died
}

Result<int> FutexTable::CmpRequeuePi(Task& task, Addr from, Addr to, bool is_private, int move, uint32_t expected) {
  if (move < 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(const FutexKey source, KeyFor(task, from, is_private));
  ASSIGN_OR_RETURN(const FutexKey target, KeyFor(task, to, is_private));
  if (source == target) return Error(EINVAL);
  ASSIGN_OR_RETURN(const uint32_t now, LoadWord(task, from));
  if (now != expected) return Error(EAGAIN);
  const auto it = queues_.find(source);
  if (it == queues_.end()) return 0;
  Queue moved;
  const size_t most = std::min<size_t>(it->second.size(), static_cast<size_t>(move) + 1);
  if (!std::all_of(it->second.begin(), std::next(it->second.begin(), static_cast<std::ptrdiff_t>(most)),
                   [&](const Waiter* waiter) { return waiter->mutex == target; }))
    return Error(EINVAL);
  uint32_t* word = task.mm().WordPointer(to, /*write=*/true);
  if (word == nullptr) return Error(EFAULT);
  uint32_t value = __atomic_load_n(word, __ATOMIC_SEQ_CST);
  const auto first = static_cast<uint32_t>(it->second.front()->task->tid());
  if ((value & FUTEX_TID_MASK) == first) return Error(EDEADLK);
  moved.splice(moved.end(), it->second, it->second.begin(),
               std::next(it->second.begin(), static_cast<std::ptrdiff_t>(most)));
  if (it->second.empty()) queues_.erase(it);
  for (Waiter* waiter : moved) waiter->key = target;
  const bool others = moved.size() > 1 || queues_.contains(target);
  for (;;) {
    const bool is_free = (value & FUTEX_TID_MASK) == 0;
    const uint32_t wanted =
        is_free ? first | (value & FUTEX_OWNER_DIED) | (others ? FUTEX_WAITERS : 0) : value | FUTEX_WAITERS;
    if (!__atomic_compare_exchange_n(word, &value, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    if (is_free) {
      moved.front()->woken = true;
      moved.front()->task->Wake();
      moved.pop_front();
    }
    break;
  }
  if (!moved.empty()) {
    Queue& queue = queues_[target];
    queue.splice(queue.end(), moved);
  }
  return static_cast<int>(most);
}

Result<int> FutexTable::WaitMany(Task& task, const WaitTarget* targets, int count, Deadline deadline) {
  std::vector<Waiter> waiters;
  waiters.reserve(count);
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const FutexKey key, KeyFor(task, targets[i].address, targets[i].is_private));
    ASSIGN_OR_RETURN(const uint32_t now, LoadWord(task, targets[i].address));
    if (now != targets[i].value) return Error(EAGAIN);
    waiters.push_back({&task, ~0u, key});
  }
  for (Waiter& waiter : waiters) Add(&waiter);
  const auto woken = [&] {
    const auto it = std::find_if(waiters.begin(), waiters.end(), [](const Waiter& w) { return w.woken; });
    return static_cast<int>(it - waiters.begin());
  };
  Result<void> slept = Ok();
  while (woken() == count && slept.ok()) slept = task.Block(deadline);
  const int index = woken();
  for (Waiter& waiter : waiters) {
    if (!waiter.woken) Remove(&waiter);
  }
  if (index < count) return index;
  return Error(slept.error());
}

}  // namespace sandbox
