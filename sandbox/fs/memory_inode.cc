#include "sandbox/fs/memory_inode.h"

#include <sys/xattr.h>
#include <unistd.h>

namespace sandbox {

MemoryInode::MemoryInode(uint64_t device, uint64_t inode, uint32_t mode, uint32_t uid, uint32_t gid)
    : Inode(mode, uid, gid) {
  attributes_.device = device;
  attributes_.inode = inode;
  attributes_.mode = mode;
  attributes_.uid = uid;
  attributes_.gid = gid;
  attributes_.links = S_ISDIR(mode) ? 2 : 1;
  attributes_.access_time = attributes_.modify_time = attributes_.change_time = attributes_.birth_time = Now();
}

Result<Attributes> MemoryInode::GetAttributes() { return attributes_; }

Result<void> MemoryInode::SetAttributes(const AttributeChange& change) {
  timespec now = Now();
  if (change.permissions) attributes_.mode = (attributes_.mode & S_IFMT) | (*change.permissions & 07777);
  if (change.uid) attributes_.uid = *change.uid;
  if (change.gid) attributes_.gid = *change.gid;
  if (change.access_time) attributes_.access_time = change.access_time->now ? now : change.access_time->value;
  if (change.modify_time) attributes_.modify_time = change.modify_time->now ? now : change.modify_time->value;
  attributes_.change_time = now;
  Remember(attributes_.mode, attributes_.uid, attributes_.gid);
  return Ok();
}

void MemoryInode::add_links(int change) {
  attributes_.links += change;
  attributes_.change_time = Now();
}

void MemoryInode::Touch(bool status_only) {
  attributes_.change_time = Now();
  if (!status_only) attributes_.modify_time = attributes_.change_time;
}

Result<std::string> MemoryInode::GetXattr(std::string_view name) {
  auto it = xattrs_.find(name);
  if (it == xattrs_.end()) return Error(ENODATA);
  return it->second;
}

Result<void> MemoryInode::SetXattr(std::string_view name, std::string_view value, int flags) {
  auto it = xattrs_.find(name);
  if (it != xattrs_.end() && (flags & XATTR_CREATE) != 0) return Error(EEXIST);
  if (it == xattrs_.end() && (flags & XATTR_REPLACE) != 0) return Error(ENODATA);
  constexpr size_t kMaxNames = 128;  // a guest shall not fill the sentry through attributes
  constexpr size_t kMaxBytes = 65536;
  if (it == xattrs_.end() && xattrs_.size() >= kMaxNames) return Error(ENOSPC);
  size_t total = value.size();
  for (const auto& [other, bytes] : xattrs_) total += other == name ? 0 : bytes.size();
  if (total > kMaxBytes) return Error(ENOSPC);
  xattrs_.insert_or_assign(std::string(name), std::string(value));
  Touch(/*status_only=*/true);
  return Ok();
}

Result<void> MemoryInode::RemoveXattr(std::string_view name) {
  auto it = xattrs_.find(name);
  if (it == xattrs_.end()) return Error(ENODATA);
  xattrs_.erase(it);
  Touch(/*status_only=*/true);
  return Ok();
}

Result<std::vector<std::string>> MemoryInode::ListXattrs() {
  std::vector<std::string> names;
  for (const auto& [name, value] : xattrs_) names.push_back(name);
  return names;
}

std::shared_ptr<Inode> DirectoryEntries::Find(std::string_view name) const {
  auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : by_position_.at(it->second).inode;
}

void DirectoryEntries::Add(std::string_view name, std::shared_ptr<Inode> inode) {
  by_name_[name] = next_;
  by_position_[next_++] = Entry{std::string(name), std::move(inode)};
}

void DirectoryEntries::Remove(std::string_view name) {
  auto it = by_name_.find(name);
  if (it == by_name_.end()) return;
  by_position_.erase(it->second);
  by_name_.erase(it);
}

void DirectoryEntries::Replace(std::string_view name, std::shared_ptr<Inode> inode) {
  auto it = by_name_.find(name);
  if (it == by_name_.end()) {
    Add(name, std::move(inode));
  } else {
    by_position_[it->second].inode = std::move(inode);
  }
}

Result<void> DirectoryFile::ListDirectory(DirectorySink& sink) {
  ASSIGN_OR_RETURN(Attributes own, GetAttributes());
  if (position_ == 0) {
    if (!sink.Add(".", own.inode, DT_DIR, 1)) return Ok();
    position_ = 1;
  }
  if (position_ == 1) {
    uint64_t above = own.inode;
    if (Dentry* parent = path().dentry->parent()) {
      if (Result<Attributes> attributes = parent->inode().GetAttributes(); attributes.ok()) above = attributes->inode;
    }
    if (!sink.Add("..", above, DT_DIR, 2)) return Ok();
    position_ = 2;
  }
  ASSIGN_OR_RETURN(position_, ListFrom(position_, sink));
  return Ok();
}

Result<uint64_t> DirectoryFile::Seek(int64_t offset, int whence) {
  if (whence == SEEK_CUR) offset += position_;
  if ((whence != SEEK_SET && whence != SEEK_CUR) || offset < 0) return Error(EINVAL);
  position_ = offset;
  return static_cast<uint64_t>(offset);
}

Result<int64_t> MemoryDirectoryFile::ListFrom(int64_t position, DirectorySink& sink) {
  const auto& entries = entries_->by_position();
  for (auto it = entries.lower_bound(position); it != entries.end(); ++it) {
    Result<Attributes> attributes = it->second.inode->GetAttributes();
    uint64_t number = attributes.ok() ? attributes->inode : 1;
    if (!sink.Add(it->second.name, number, DirectoryType(it->second.inode->mode()), it->first + 1)) return it->first;
    position = it->first + 1;
  }
  return position;
}

}  // namespace sandbox
