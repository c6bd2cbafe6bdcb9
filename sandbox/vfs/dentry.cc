#include "sandbox/vfs/dentry.h"

#include <vector>

namespace sandbox {

bool Dentry::IsAncestorOf(const Dentry& other) const {
  for (const Dentry* d = &other; d != nullptr; d = d->parent()) {
    if (d == this) return true;
  }
  return false;
}

DentryCache::~DentryCache() { Shrink(0); }

DentryRef DentryCache::MakeRoot(std::shared_ptr<Inode> inode, std::string_view name) {
  auto* dentry = new Dentry(this, name, std::move(inode));
  dentry->references_ = 1;  // so that the first DentryRef does not look for it among the unused
  DentryRef result(dentry);
  --dentry->references_;
  return result;
}

DentryRef DentryCache::Find(Dentry& parent, std::string_view name) {
  auto it = children_.find(Key(&parent, name));
  return it == children_.end() ? DentryRef() : DentryRef(it->second);
}

DentryRef DentryCache::Add(Dentry& parent, std::string_view name, std::shared_ptr<Inode> inode) {
  DentryRef result = MakeRoot(std::move(inode), name);
  result->parent_ = DentryRef(&parent);
  Hash(result.get());
  return result;
}

void DentryCache::Drop(Dentry& dentry, bool deleted) {
  DentryRef hold(&dentry);  // so that letting go of it below is what destroys it
  if (dentry.hashed_) Unhash(&dentry);
  if (deleted) dentry.deleted_ = true;
}

void DentryCache::Move(Dentry& dentry, Dentry& new_parent, std::string_view new_name) {
  DentryRef hold(&dentry);
  if (dentry.hashed_) Unhash(&dentry);
  dentry.name_ = std::string(new_name);
  dentry.parent_ = DentryRef(&new_parent);
  Hash(&dentry);
}

void DentryCache::Exchange(Dentry& a, Dentry& b) {
  DentryRef hold_a(&a), hold_b(&b);
  Unhash(&a);
  Unhash(&b);
  std::swap(a.name_, b.name_);
  std::swap(a.parent_, b.parent_);
  Hash(&a);
  Hash(&b);
}

void DentryCache::Shrink(size_t keep) {
  while (unused_ > keep) {
    Dentry* victim = oldest_;
    Revived(victim);
    Destroy(victim);  // may release its parent onto the list
  }
}

void DentryCache::Released(Dentry* dentry) {
  if (!dentry->hashed_) {
    Destroy(dentry);
    return;
  }
  dentry->older_ = newest_;
  dentry->newer_ = nullptr;
  (newest_ != nullptr ? newest_->newer_ : oldest_) = dentry;
  newest_ = dentry;
  ++unused_;
  if (unused_ > capacity_) Shrink(capacity_ - capacity_ / 16);
}

// Takes `dentry` off the list of the unused.
void DentryCache::Revived(Dentry* dentry) {
  (dentry->newer_ != nullptr ? dentry->newer_->older_ : newest_) = dentry->older_;
  (dentry->older_ != nullptr ? dentry->older_->newer_ : oldest_) = dentry->newer_;
  dentry->newer_ = dentry->older_ = nullptr;
  --unused_;
}

void DentryCache::Hash(Dentry* dentry) {
  dentry->hashed_ = true;
  dentry->deleted_ = false;
  children_[Key(dentry->parent_.get(), dentry->name_)] = dentry;
}

void DentryCache::Unhash(Dentry* dentry) {
  dentry->hashed_ = false;
  children_.erase(Key(dentry->parent_.get(), dentry->name_));
}

void DentryCache::Destroy(Dentry* dentry) {
  if (dentry->hashed_) Unhash(dentry);
  // Deleting one lets go of its parent, which may be the parent's end, too. In a loop: a guest decides how deep
  // directories are.
  static std::vector<Dentry*>* pending = nullptr;
  if (pending != nullptr) {
    pending->push_back(dentry);
    return;
  }
  std::vector<Dentry*> dying = {dentry};
  pending = &dying;
  while (!dying.empty()) {
    Dentry* next = dying.back();
    dying.pop_back();
    delete next;
  }
  pending = nullptr;
}

}  // namespace sandbox
