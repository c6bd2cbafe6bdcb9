// inotify(7).
//
// Events come from the operations on names (vfs.cc) and from the system calls that read, write and change files. What
// the host does to a host directory is not seen.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_INOTIFY_H_
#define SANDBOX_FS_INOTIFY_H_

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "sandbox/vfs/file.h"
#include "sandbox/vfs/vfs.h"
#include "sandbox/vfs/watches.h"

namespace sandbox {

class Inotify : public File {
 public:
  static std::shared_ptr<Inotify> Make(Vfs& vfs, int flags);
  ~Inotify() override;

  // The watch descriptor; an existing watch of the same inode is changed (IN_MASK_ADD, IN_MASK_CREATE). ENOSPC beyond
  // the limit.
  Result<int> Watch(const Path& path, uint32_t mask);
  // EINVAL if there is none.
  Result<void> Remove(int watch);

  Result<size_t> Read(IoBuffer& to) override;
  Result<uint64_t> Ioctl(Task& task, uint64_t command, uint64_t argument) override;
  ReadyMask Readiness(ReadyMask mask) override { return events_.empty() ? 0 : mask & (EPOLLIN | EPOLLRDNORM); }
  WaitQueue* wait_queue() override { return &wait_queue_; }

 private:
  Inotify(Path path, int flags) : File(std::move(path), flags) {}

  class OneWatch : public Watcher {
   public:
    OneWatch(Inotify& inotify, int number, Path path, uint32_t mask)
        : inotify(inotify), number(number), path(std::move(path)), mask(mask) {}
    void Happened(uint32_t events, uint32_t cookie, std::string_view name) override;

    Inotify& inotify;
    const int number;
    const Path path;  // keeps the inode, and so the watch, alive
    uint32_t mask;
  };
  struct Event {
    int watch;
    uint32_t mask;
    uint32_t cookie;
    std::string name;
    friend bool operator==(const Event&, const Event&) = default;
  };

  void Queue(Event event);
  void Drop(int watch, bool tell);

  std::map<int, std::unique_ptr<OneWatch>> watches_;
  int next_watch_ = 1;
  std::deque<Event> events_;
  WaitQueue wait_queue_;
};

}  // namespace sandbox

#endif  // SANDBOX_FS_INOTIFY_H_
