// Dentries: names in directories, and the cache of those walked before.
//
// A dentry ties a name in a parent directory to an inode. The tree of dentries is what a path walk moves on; only what
// was looked up is in it, and what nobody holds is kept, least recently used first to go, up to a capacity. There are
// no negative dentries: the file systems of the sentry answer "not there" from memory, and those of the host must be
// asked anyway.
//
//   DentryRef dentry = cache.Find(*directory, "etc");
//   if (!dentry) dentry = cache.Add(*directory, "etc", inode);
//
// Runs under the kernel lock.
#ifndef SANDBOX_VFS_DENTRY_H_
#define SANDBOX_VFS_DENTRY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "sandbox/vfs/inode.h"

namespace sandbox {

class Dentry;
class DentryCache;

// A counted pointer to a dentry; may be null.
class DentryRef {
 public:
  DentryRef() = default;
  explicit DentryRef(Dentry* dentry);
  DentryRef(const DentryRef& other) : DentryRef(other.dentry_) {}
  DentryRef(DentryRef&& other) noexcept : dentry_(std::exchange(other.dentry_, nullptr)) {}
  DentryRef& operator=(DentryRef other) noexcept {
    std::swap(dentry_, other.dentry_);
    return *this;
  }
  ~DentryRef() { reset(); }

  void reset();
  Dentry* get() const { return dentry_; }
  Dentry* operator->() const { return dentry_; }
  Dentry& operator*() const { return *dentry_; }
  explicit operator bool() const { return dentry_ != nullptr; }
  friend bool operator==(const DentryRef& a, const DentryRef& b) { return a.dentry_ == b.dentry_; }

 private:
  Dentry* dentry_ = nullptr;
};

class Dentry {
 public:
  const std::string& name() const { return name_; }
  // Null for the root of a file system and for inodes without a name (pipes, O_TMPFILE).
  Dentry* parent() const { return parent_.get(); }
  Inode& inode() const { return *inode_; }
  const std::shared_ptr<Inode>& shared_inode() const { return inode_; }
  // Its name was removed, or taken over by another file.
  bool deleted() const { return deleted_; }
  // How many mounts have it as their mount point.
  int mounts() const { return mounts_; }
  void add_mount(int change) { mounts_ += change; }
  // Whether `this` is `other` or above it.
  bool IsAncestorOf(const Dentry& other) const;

 private:
  friend class DentryCache;
  friend class DentryRef;
  Dentry(DentryCache* cache, std::string_view name, std::shared_ptr<Inode> inode)
      : cache_(cache), name_(name), inode_(std::move(inode)) {}

  DentryCache* const cache_;
  uint32_t references_ = 0;
  bool hashed_ = false;
  bool deleted_ = false;
  int mounts_ = 0;
  std::string name_;
  DentryRef parent_;
  std::shared_ptr<Inode> inode_;
  // In the list of unreferenced dentries.
  Dentry* newer_ = nullptr;
  Dentry* older_ = nullptr;
};

class DentryCache {
 public:
  // Keeps up to `capacity` dentries that nobody holds.
  explicit DentryCache(size_t capacity) : capacity_(capacity) {}
  DentryCache(const DentryCache&) = delete;
  ~DentryCache();

  // A dentry without parent: the root of a file system, or a name for /proc/PID/fd such as "pipe:[7]".
  DentryRef MakeRoot(std::shared_ptr<Inode> inode, std::string_view name = "");

  // The cached dentry, or null: then ask the directory's inode.
  DentryRef Find(Dentry& parent, std::string_view name);
  DentryRef Add(Dentry& parent, std::string_view name, std::shared_ptr<Inode> inode);
  // The name no longer leads to this inode. `deleted`: the file was removed, rather than the cached answer being out of
  // date.
  void Drop(Dentry& dentry, bool deleted);
  // After a rename; whatever had the new name has been dropped.
  void Move(Dentry& dentry, Dentry& new_parent, std::string_view new_name);
  // After RENAME_EXCHANGE.
  void Exchange(Dentry& a, Dentry& b);

  // Lets go of all unreferenced dentries (before a file system is unmounted, under memory pressure, in tests).
  void Shrink(size_t keep);
  size_t size() const { return children_.size(); }

 private:
  friend class DentryRef;
  using Key = std::pair<const Dentry*, std::string_view>;  // the view is the dentry's own name

  void Released(Dentry* dentry);
  void Revived(Dentry* dentry);
  void Hash(Dentry* dentry);
  void Unhash(Dentry* dentry);
  void Destroy(Dentry* dentry);

  const size_t capacity_;
  absl::flat_hash_map<Key, Dentry*> children_;
  Dentry* newest_ = nullptr;
  Dentry* oldest_ = nullptr;
  size_t unused_ = 0;
};

inline DentryRef::DentryRef(Dentry* dentry) : dentry_(dentry) {
  if (dentry_ != nullptr && dentry_->references_++ == 0) dentry_->cache_->Revived(dentry_);
}

inline void DentryRef::reset() {
  Dentry* dentry = std::exchange(dentry_, nullptr);
  if (dentry != nullptr && --dentry->references_ == 0) dentry->cache_->Released(dentry);
}

}  // namespace sandbox

#endif  // SANDBOX_VFS_DENTRY_H_
