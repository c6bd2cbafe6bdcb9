#include "sandbox/kernel/wait_queue.h"

namespace sandbox {

WaitEntry::~WaitEntry() { Remove(); }

void WaitEntry::Remove() {
  if (queue_ == nullptr) return;
  for (auto* cursor = queue_->cursors_; cursor != nullptr; cursor = cursor->outer) {
    if (cursor->next == this) cursor->next = next_;
  }
  (previous_ ? previous_->next_ : queue_->first_) = next_;
  (next_ ? next_->previous_ : queue_->last_) = previous_;
  queue_ = nullptr;
  next_ = previous_ = nullptr;
}

WaitQueue::~WaitQueue() {
  while (first_ != nullptr) first_->Remove();
}

void WaitQueue::Add(WaitEntry* entry) {
  entry->Remove();
  entry->queue_ = this;
  entry->previous_ = last_;
  (last_ ? last_->next_ : first_) = entry;
  last_ = entry;
}

void WaitQueue::Notify(ReadyMask events) { NotifySome(events, -1); }

int WaitQueue::NotifySome(ReadyMask events, int count) {
  const ReadyMask always = EPOLLERR | EPOLLHUP;
  Cursor cursor{first_, cursors_};
  cursors_ = &cursor;
  int called = 0;
  while (cursor.next != nullptr && called != count) {
    WaitEntry* entry = cursor.next;
    cursor.next = entry->next_;
    if ((events & (entry->mask_ | always)) == 0) continue;
    ++called;
    entry->Notified(events);
  }
  cursors_ = cursor.outer;
  return called;
}

}  // namespace sandbox
