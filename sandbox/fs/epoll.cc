#include "sandbox/fs/epoll.h"

#include "absl/strings/str_format.h"
#include "sandbox/fs/anonymous_inode.h"

namespace sandbox {
namespace {

constexpr int kMaxDepth = 5;  // of nested epolls, as on Linux

}  // namespace

std::shared_ptr<Epoll> Epoll::Make(Vfs& vfs) {
  return std::shared_ptr<Epoll>(new Epoll(MakeAnonymousPath(vfs, "anon_inode:[eventpoll]")));
}

Epoll::~Epoll() = default;

void Epoll::Item::Notified(ReadyMask) {
  if (disarmed) return;
  epoll.Enlist(*this);
  epoll.wait_queue_.Notify(EPOLLIN | EPOLLRDNORM);
}

Epoll::Item* Epoll::Find(int fd, const std::shared_ptr<File>& file) {
  auto it = items_.find(Key(fd, file.get()));
  if (it == items_.end()) return nullptr;
  if (it->second->file.lock() == file) return it->second.get();
  Drop(it->second.get());  // another file lived at this address before
  return nullptr;
}

void Epoll::Enlist(Item& item) {
  if (item.listed) return;
  item.listed = true;
  item.position = ready_.insert(ready_.end(), &item);
}

void Epoll::Delist(Item& item) {
  if (!item.listed) return;
  item.listed = false;
  ready_.erase(item.position);
}

void Epoll::Drop(Item* item) {
  Delist(*item);
  for (auto it = items_.begin(); it != items_.end(); ++it) {
    if (it->second.get() == item) {
      items_.erase(it);
      return;
    }
  }
}

bool Epoll::Reaches(const Epoll* target, int depth) const {
  if (this == target || depth == 0) return true;
  for (const auto& [key, item] : items_) {
    std::shared_ptr<File> file = item->file.lock();
    const auto* nested = dynamic_cast<const Epoll*>(file.get());
    if (nested != nullptr && nested->Reaches(target, depth - 1)) return true;
  }
  return false;
}

void Epoll::Arm(Item& item, File& file) {
  item.set_mask(item.event.events | EPOLLERR | EPOLLHUP);
  item.disarmed = false;
  if (file.Readiness(item.mask()) != 0) {
    Enlist(item);
    wait_queue_.Notify(EPOLLIN | EPOLLRDNORM);
  }
}

Result<void> Epoll::Add(int fd, const std::shared_ptr<File>& file, const epoll_event& event) {
  if (file.get() == this) return Error(EINVAL);
  WaitQueue* queue = file->wait_queue();
  if (queue == nullptr) return Error(EPERM);
  if (Find(fd, file) != nullptr) return Error(EEXIST);
  if (const auto* nested = dynamic_cast<const Epoll*>(file.get());
      nested != nullptr && nested->Reaches(this, kMaxDepth))
    return Error(ELOOP);
  auto item = std::make_unique<Item>(*this, fd, file);
  item->event = event;
  Item& added = *item;
  items_[Key(fd, file.get())] = std::move(item);
  queue->Add(&added);
  Arm(added, *file);
  return Ok();
}

Result<void> Epoll::Modify(int fd, const std::shared_ptr<File>& file, const epoll_event& event) {
  Item* item = Find(fd, file);
  if (item == nullptr) return Error(ENOENT);
  if ((item->event.events & EPOLLEXCLUSIVE) != 0) return Error(EINVAL);
  item->event = event;
  Delist(*item);
  Arm(*item, *file);
  return Ok();
}

Result<void> Epoll::Remove(int fd, const std::shared_ptr<File>& file) {
  Item* item = Find(fd, file);
  if (item == nullptr) return Error(ENOENT);
  Drop(item);
  return Ok();
}

std::vector<epoll_event> Epoll::Take(size_t limit) {
  std::vector<epoll_event> events;
  // Only what is on the list now: level-triggered items go back to its end.
  for (size_t left = ready_.size(); left > 0 && events.size() < limit; --left) {
    Item& item = *ready_.front();
    std::shared_ptr<File> file = item.file.lock();
    if (!file) {
      Drop(&item);
      continue;
    }
    Delist(item);
    ReadyMask ready = file->Readiness(item.mask()) & item.mask();
    if (ready == 0) continue;
    epoll_event event = item.event;
    event.events = ready;
    events.push_back(event);
    if ((item.event.events & EPOLLONESHOT) != 0) {
      item.disarmed = true;
    } else if ((item.event.events & EPOLLET) == 0) {
      Enlist(item);
    }
  }
  return events;
}

ReadyMask Epoll::Readiness(ReadyMask mask) {
  for (Item* item : ready_) {
    std::shared_ptr<File> file = item->file.lock();
    if (file && (file->Readiness(item->mask()) & item->mask()) != 0) return mask & (EPOLLIN | EPOLLRDNORM);
  }
  return 0;
}

std::string Epoll::FdInfo() {
  std::string text;
  for (const auto& [key, item] : items_) {
    if (!item->file.expired())
      absl::StrAppendFormat(&text, "tfd: %8d events: %8x data: %16x\n", item->fd, item->event.events,
                            item->event.data.u64);
  }
  return text;
}

}  // namespace sandbox
