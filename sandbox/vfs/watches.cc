#include "sandbox/vfs/watches.h"

#include <sys/inotify.h>

#include "sandbox/vfs/dentry.h"

namespace sandbox {

void Happened(const Dentry& dentry, uint32_t events) {
  const uint32_t directory = dentry.inode().IsDirectory() ? IN_ISDIR : 0;
  if (WatchList* own = dentry.inode().watches()) own->Notify(events | directory, 0, "");
  if (dentry.parent() == nullptr || dentry.deleted()) return;
  if (WatchList* above = dentry.parent()->inode().watches()) above->Notify(events | directory, 0, dentry.name());
}

void SelfHappened(const Inode& inode, uint32_t events) {
  if (WatchList* own = inode.watches()) own->Notify(events, 0, "");
}

void EntryHappened(const Dentry& directory, std::string_view name, uint32_t events, uint32_t cookie) {
  if (WatchList* watches = directory.inode().watches()) watches->Notify(events, cookie, name);
}

}  // namespace sandbox
