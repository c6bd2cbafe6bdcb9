// Wait queues: how one part of the sentry tells another that something happened.
//
// Whatever can become ready (a pipe, a terminal, a child's exit) owns a WaitQueue and calls Notify with the poll(2)
// events that may now hold. Whoever waits adds a WaitEntry. A notification is a hint: the waiter looks again. A task
// that wants to sleep uses BlockOn (kernel/task.h); epoll, signalfd and poll add entries of their own.
//
// All of this runs under the kernel lock (kernel/kernel_lock.h); Notified must not block and must not delete the queue.
// It may remove entries, its own or others'.
#ifndef SANDBOX_KERNEL_WAIT_QUEUE_H_
#define SANDBOX_KERNEL_WAIT_QUEUE_H_

#include <sys/epoll.h>

#include <cstdint>

namespace sandbox {

// EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLERR, EPOLLHUP, EPOLLRDHUP ... (the same bits as poll's).
using ReadyMask = uint32_t;
inline constexpr ReadyMask kReadyAll = ~0u;

class WaitQueue;

class WaitEntry {
 public:
  explicit WaitEntry(ReadyMask mask = kReadyAll) : mask_(mask) {}
  WaitEntry(const WaitEntry&) = delete;
  WaitEntry& operator=(const WaitEntry&) = delete;
  // Leaves its queue.
  virtual ~WaitEntry();

  // Some events of `mask()` may have happened.
  virtual void Notified(ReadyMask events) = 0;

  ReadyMask mask() const { return mask_; }
  void set_mask(ReadyMask mask) { mask_ = mask; }
  bool queued() const { return queue_ != nullptr; }
  void Remove();

 private:
  friend class WaitQueue;
  ReadyMask mask_;
  WaitQueue* queue_ = nullptr;
  WaitEntry* next_ = nullptr;
  WaitEntry* previous_ = nullptr;
};

class WaitQueue {
 public:
  WaitQueue() = default;
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  // Entries still queued are let go.
  ~WaitQueue();

  // At the end; an entry is in at most one queue.
  void Add(WaitEntry* entry);
  bool empty() const { return first_ == nullptr; }
  // Calls Notified, in order of arrival, on each entry whose mask has one of `events` (EPOLLERR and EPOLLHUP reach
  // everyone).
  void Notify(ReadyMask events);
  // Calls at most `count` of them; returns how many.
  int NotifySome(ReadyMask events, int count);

 private:
  friend class WaitEntry;
  WaitEntry* first_ = nullptr;
  WaitEntry* last_ = nullptr;
  // The next entry of each Notify that is going on; they nest when an epoll watches itself through another.
  struct Cursor {
    WaitEntry* next;
    Cursor* outer;
  };
  Cursor* cursors_ = nullptr;
};

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_WAIT_QUEUE_H_
