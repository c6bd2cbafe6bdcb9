// Futexes: waiting for a word of guest memory (futex(2)).
//
// A waiter is queued under a key: the memory itself, so that two processes that share a page meet, or the address space
// and address for private memory. Everything runs under the kernel lock, which makes "compare the word, then sleep"
// atomic against other guests' FUTEX_WAKE.
#ifndef SANDBOX_KERNEL_FUTEX_H_
#define SANDBOX_KERNEL_FUTEX_H_

#include <cstdint>
#include <list>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"
#include "sandbox/kernel/clock.h"

namespace sandbox {

class Task;

struct FutexKey {
  const void* object;
  uint64_t offset;
  friend bool operator==(const FutexKey&, const FutexKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const FutexKey& key) {
    return H::combine(std::move(h), key.object, key.offset);
  }
};

class FutexTable {
 public:
  // Sleeps if *address == value, until a wake whose bits meet `bitset`, or the deadline (ETIMEDOUT), or a signal
  // (kERestartSys). EAGAIN if the word differs.
  Result<void> Wait(Task& task, Addr address, bool is_private, uint32_t value, uint32_t bitset, Deadline deadline);
  // Wakes at most `count`; returns how many.
  Result<int> Wake(Task& task, Addr address, bool is_private, int count, uint32_t bitset);
  // FUTEX_REQUEUE and, with `expected`, FUTEX_CMP_REQUEUE: how many were woken or moved.
  Result<int> Requeue(Task& task, Addr from, Addr to, bool is_private, int wake, int move, const uint32_t* expected);
  Result<int> WakeOp(Task& task, Addr address, Addr second, bool is_private, int wake, int wake_second,
                     uint32_t operation);
  // Priority-inheritance futexes: ownership and queueing as specified; priorities are not simulated.
  Result<void> LockPi(Task& task, Addr address, bool is_private, Deadline deadline, bool try_only);
  Result<void> UnlockPi(Task& task, Addr address, bool is_private);
  // A condition variable's wait for a PI mutex: like Wait on `address`, until CmpRequeuePi moves it to `mutex` and it
  // owns that. EAGAIN if a signal came after it was moved.
  Result<void> WaitRequeuePi(Task& task, Addr address, Addr mutex, bool is_private, uint32_t value, Deadline deadline);
  // Gives `to` to the first who waits at `from` if it is free, and moves at most `move` more there: how many in all.
  // EINVAL if one of them waits otherwise than by WaitRequeuePi with this mutex.
  Result<int> CmpRequeuePi(Task& task, Addr from, Addr to, bool is_private, int move, uint32_t expected);
  // A futex on several words (futex_waitv): index of the one that woke.
  struct WaitTarget {
    Addr address;
    uint32_t value;
    bool is_private;
  };
  Result<int> WaitMany(Task& task, const WaitTarget* targets, int count, Deadline deadline);

 private:
  struct Waiter {
    Task* task;
    uint32_t bitset;
    FutexKey key;
    bool woken = false;
    std::optional<FutexKey> mutex;  // of WaitRequeuePi
  };
  using Queue = std::list<Waiter*>;

  static Result<FutexKey> KeyFor(Task& task, Addr address, bool is_private);
  void Add(Waiter* waiter) { queues_[waiter->key].push_back(waiter); }
  void Remove(Waiter* waiter);
  int WakeKey(const FutexKey& key, int count, uint32_t bitset);

  absl::flat_hash_map<FutexKey, Queue> queues_;
};

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_FUTEX_H_
