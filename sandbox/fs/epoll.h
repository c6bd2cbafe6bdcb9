// epoll(7).
//
// Each registered file has an item that waits on the file's queue. A notification puts the item on the ready list;
// epoll_wait asks the files on that list, and only those, what they are ready for. Level-triggered items stay on the
// list while they are ready.
//
// An item does not keep its file alive: when the last descriptor of the file is closed the item goes.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_EPOLL_H_
#define SANDBOX_FS_EPOLL_H_

#include <sys/epoll.h>

#include <list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sandbox/kernel/wait_queue.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

class Epoll : public File {
 public:
  static std::shared_ptr<Epoll> Make(Vfs& vfs);
  ~Epoll() override;

  // EEXIST; EPERM for files that are always ready; EINVAL or ELOOP for circles of epolls.
  Result<void> Add(int fd, const std::shared_ptr<File>& file, const epoll_event& event);
  // ENOENT.
  Result<void> Modify(int fd, const std::shared_ptr<File>& file, const epoll_event& event);
  Result<void> Remove(int fd, const std::shared_ptr<File>& file);
  // Up to `limit` events; empty if nothing is ready.
  std::vector<epoll_event> Take(size_t limit);

  ReadyMask Readiness(ReadyMask mask) override;
  WaitQueue* wait_queue() override { return &wait_queue_; }
  std::string FdInfo() override;

 private:
  explicit Epoll(Path path) : File(std::move(path), O_RDWR) {}

  struct Item : public WaitEntry {
    Item(Epoll& epoll, int fd, std::weak_ptr<File> file) : epoll(epoll), fd(fd), file(std::move(file)) {}
    void Notified(ReadyMask events) override;

    Epoll& epoll;
    const int fd;
    const std::weak_ptr<File> file;
    epoll_event event = {};
    bool listed = false;
    bool disarmed = false;  // EPOLLONESHOT has fired
    std::list<Item*>::iterator position;
  };
  using Key = std::pair<int, const File*>;

  Item* Find(int fd, const std::shared_ptr<File>& file);
  void Arm(Item& item, File& file);
  void Enlist(Item& item);
  void Delist(Item& item);
  void Drop(Item* item);
  // Whether `target` can be reached from here through nested epolls, at most `depth` deep.
  bool Reaches(const Epoll* target, int depth) const;

  std::map<Key, std::unique_ptr<Item>> items_;
  std::list<Item*> ready_;
  WaitQueue wait_queue_;
};

}  // namespace sandbox

#endif  // SANDBOX_FS_EPOLL_H_
