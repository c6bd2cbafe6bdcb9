// inotify's hook on an inode: who wants to know what happens to it.
//
// Runs under the kernel lock.
#ifndef SANDBOX_VFS_WATCHES_H_
#define SANDBOX_VFS_WATCHES_H_

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sandbox {

class Watcher {
 public:
  virtual ~Watcher() = default;
  // `events` are IN_* of <sys/inotify.h>; `name` is the entry for events of a directory's children, else empty. May
  // remove itself.
  virtual void Happened(uint32_t events, uint32_t cookie, std::string_view name) = 0;
};

class WatchList {
 public:
  void Add(Watcher* watcher) { watchers_.push_back(watcher); }
  void Remove(Watcher* watcher) { std::erase(watchers_, watcher); }
  bool empty() const { return watchers_.empty(); }
  void Notify(uint32_t events, uint32_t cookie, std::string_view name) {
    const std::vector<Watcher*> all = watchers_;
    for (Watcher* watcher : all) {
      if (std::find(watchers_.begin(), watchers_.end(), watcher) != watchers_.end())
        watcher->Happened(events, cookie, name);
    }
  }

 private:
  std::vector<Watcher*> watchers_;
};

class Dentry;
class Inode;

// Tells the watchers of a file and those of the directory it is named in. Costs two tests of a pointer when nobody
// watches.
void Happened(const Dentry& dentry, uint32_t events);
// Tells the watchers of a file alone; of a directory without IN_ISDIR, as inotify has it for these events.
void SelfHappened(const Inode& inode, uint32_t events);
// Tells the watchers of a directory about an entry.
void EntryHappened(const Dentry& directory, std::string_view name, uint32_t events, uint32_t cookie = 0);

}  // namespace sandbox

#endif  // SANDBOX_VFS_WATCHES_H_
