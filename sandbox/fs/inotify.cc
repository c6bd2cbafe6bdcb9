#include "sandbox/fs/inotify.h"

#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

#include <vector>

#include "sandbox/fs/anonymous_inode.h"
#include "sandbox/kernel/task.h"

namespace sandbox {
namespace {

constexpr size_t kMaxWatches = 65536;
constexpr size_t kMaxEvents = 16384;
constexpr uint32_t kAlways = IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW;

// Names are padded with zeroes to a multiple of the record's size, and end in one at least.
size_t PaddedName(const std::string& name) {
  return name.empty() ? 0 : (name.size() / sizeof(inotify_event) + 1) * sizeof(inotify_event);
}

}  // namespace

std::shared_ptr<Inotify> Inotify::Make(Vfs& vfs, int flags) {
  return std::shared_ptr<Inotify>(
      new Inotify(MakeAnonymousPath(vfs, "anon_inode:inotify"), O_RDONLY | (flags & O_NONBLOCK)));
}

Inotify::~Inotify() {
  for (auto& [number, watch] : watches_) watch->path.inode().MakeWatches().Remove(watch.get());
}

Result<int> Inotify::Watch(const Path& path, uint32_t mask) {
  for (auto& [number, watch] : watches_) {
    if (&watch->path.inode() != &path.inode()) continue;
    if ((mask & IN_MASK_CREATE) != 0) return Error(EEXIST);
    uint32_t wanted = mask & ~uint32_t{IN_MASK_ADD};
    watch->mask = (mask & IN_MASK_ADD) != 0 ? watch->mask | wanted : wanted;
    return number;
  }
  if (watches_.size() >= kMaxWatches) return Error(ENOSPC);
  int number = next_watch_++;
  auto watch = std::make_unique<OneWatch>(*this, number, path, mask);
  path.inode().MakeWatches().Add(watch.get());
  watches_[number] = std::move(watch);
  return number;
}

Result<void> Inotify::Remove(int watch) {
  if (!watches_.contains(watch)) return Error(EINVAL);
  Drop(watch, /*tell=*/true);
  return Ok();
}

void Inotify::Drop(int number, bool tell) {
  auto it = watches_.find(number);
  if (it == watches_.end()) return;
  std::unique_ptr<OneWatch> watch = std::move(it->second);
  watches_.erase(it);
  watch->path.inode().MakeWatches().Remove(watch.get());
  if (tell) Queue(Event{number, IN_IGNORED, 0, ""});
}

void Inotify::OneWatch::Happened(uint32_t events, uint32_t cookie, std::string_view name) {
  uint32_t wanted = events & (mask & IN_ALL_EVENTS);
  bool gone = (events & IN_DELETE_SELF) != 0;
  Inotify& owner = inotify;
  const int own_number = number;
  const bool once = (mask & IN_ONESHOT) != 0;
  if (wanted != 0) owner.Queue(Event{own_number, wanted | (events & IN_ISDIR), cookie, std::string(name)});
  if (gone || (once && wanted != 0)) owner.Drop(own_number, /*tell=*/true);  // destroys this
}

void Inotify::Queue(Event event) {
  if (!events_.empty() && events_.back() == event && (event.mask & kAlways) == 0)
    return;  // the same again tells nothing
  if (events_.size() >= kMaxEvents) {
    if (events_.back().mask != IN_Q_OVERFLOW) events_.push_back(Event{-1, IN_Q_OVERFLOW, 0, ""});
    return;
  }
  events_.push_back(std::move(event));
  wait_queue_.Notify(EPOLLIN | EPOLLRDNORM);
}

Result<size_t> Inotify::Read(IoBuffer& to) {
  if (events_.empty()) return Error(EAGAIN);
  size_t total = 0;
  while (!events_.empty()) {
    const Event& event = events_.front();
    size_t padded = PaddedName(event.name);
    if (to.remaining() < sizeof(inotify_event) + padded) break;
    std::vector<char> record(sizeof(inotify_event) + padded, 0);
    inotify_event header = {};
    header.wd = event.watch;
    header.mask = event.mask;
    header.cookie = event.cookie;
    header.len = static_cast<uint32_t>(padded);
    memcpy(record.data(), &header, sizeof(header));
    memcpy(record.data() + sizeof(header), event.name.data(), event.name.size());
    Result<size_t> n = to.CopyOut(record.data(), record.size());
    if (!n.ok()) return total > 0 ? Result<size_t>(total) : n;
    total += *n;
    events_.pop_front();
  }
  return total > 0 ? Result<size_t>(total) : Error(EINVAL);  // no room for the first
}

Result<uint64_t> Inotify::Ioctl(Task& task, uint64_t command, uint64_t argument) {
  if (command != FIONREAD) return Error(ENOTTY);
  size_t total = 0;
  for (const Event& event : events_) total += sizeof(inotify_event) + PaddedName(event.name);
  RETURN_IF_ERROR(task.memory().Write<int>(argument, static_cast<int>(total)));
  return uint64_t{0};
}

}  // namespace sandbox
