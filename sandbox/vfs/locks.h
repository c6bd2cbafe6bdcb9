// Advisory locks of one inode: POSIX record locks, open-file-description locks, and flock(2) locks.
//
// The three kinds differ in who owns a lock: POSIX locks belong to a descriptor table (a process), the other two to a
// file description. flock locks do not see the others, as on Linux.
//
// Runs under the kernel lock.
#ifndef SANDBOX_VFS_LOCKS_H_
#define SANDBOX_VFS_LOCKS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "sandbox/abi/result.h"
#include "sandbox/kernel/wait_queue.h"

namespace sandbox {

enum class LockKind { kRecord, kFlock };

struct FileLock {
  LockKind kind = LockKind::kRecord;
  bool exclusive = false;
  // Who holds it: a FdTable or a File; only compared.
  const void* owner = nullptr;
  int32_t process = 0;  // for F_GETLK and /proc/locks; -1 for description locks
  uint64_t start = 0;
  uint64_t end = ~uint64_t{0};  // exclusive
};

class LockList {
 public:
  // A lock that stands in the way of `wanted`, or nullopt.
  std::optional<FileLock> Conflict(const FileLock& wanted) const;

  // Takes `wanted`, replacing what its owner holds of the range. EAGAIN if another owner is in the way.
  Result<void> Acquire(const FileLock& wanted);
  // Gives up [start, end).
  void Release(LockKind kind, const void* owner, uint64_t start, uint64_t end);
  // Everything `owner` holds: its descriptor was closed, its description died.
  void ReleaseAll(const void* owner);

  WaitQueue& wait_queue() { return wait_queue_; }
  const std::vector<FileLock>& locks() const { return locks_; }

 private:
  // Removes the owner's locks in [start, end), keeping what lies outside. True if anything was there.
  bool Cut(LockKind kind, const void* owner, uint64_t start, uint64_t end);

  std::vector<FileLock> locks_;
  WaitQueue wait_queue_;
};

}  // namespace sandbox

#endif  // SANDBOX_VFS_LOCKS_H_
