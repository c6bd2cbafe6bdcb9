#include "sandbox/vfs/locks.h"

#include <algorithm>

namespace sandbox {

std::optional<FileLock> LockList::Conflict(const FileLock& wanted) const {
  for (const FileLock& lock : locks_) {
    if (lock.kind != wanted.kind || lock.owner == wanted.owner) continue;
    if (lock.start >= wanted.end || wanted.start >= lock.end) continue;
    if (lock.exclusive || wanted.exclusive) return lock;
  }
  return std::nullopt;
}

Result<void> LockList::Acquire(const FileLock& wanted) {
  constexpr size_t kMaxLocks = 4096;  // of one file: every operation looks at all of them
  if (Conflict(wanted)) return Error(EAGAIN);
  if (locks_.size() >= kMaxLocks) return Error(ENOLCK);
  bool changed = Cut(wanted.kind, wanted.owner, wanted.start, wanted.end);
  locks_.push_back(wanted);
  if (changed && !wanted.exclusive) wait_queue_.Notify(kReadyAll);  // an exclusive lock may have become a shared one
  return Ok();
}

void LockList::Release(LockKind kind, const void* owner, uint64_t start, uint64_t end) {
  if (Cut(kind, owner, start, end)) wait_queue_.Notify(kReadyAll);
}

void LockList::ReleaseAll(const void* owner) {
  size_t before = locks_.size();
  std::erase_if(locks_, [owner](const FileLock& lock) { return lock.owner == owner; });
  if (locks_.size() != before) wait_queue_.Notify(kReadyAll);
}

bool LockList::Cut(LockKind kind, const void* owner, uint64_t start, uint64_t end) {
  bool found = false;
  std::vector<FileLock> rest;
  rest.reserve(locks_.size() + 1);
  for (const FileLock& lock : locks_) {
    if (lock.kind != kind || lock.owner != owner || lock.start >= end || start >= lock.end) {
      rest.push_back(lock);
      continue;
    }
    found = true;
    if (lock.start < start) {
      rest.push_back(lock);
      rest.back().end = start;
    }
    if (lock.end > end) {
      rest.push_back(lock);
      rest.back().start = end;
    }
  }
  locks_ = std::move(rest);
  return found;
}

}  // namespace sandbox
