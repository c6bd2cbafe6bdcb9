#include "sandbox/fs/tmpfs.h"

#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "sandbox/fs/special_inode.h"

namespace sandbox {
namespace {

constexpr uint64_t kMaxFileSize = std::numeric_limits<int64_t>::max() & ~uint64_t{4095};

// -- inodes

class TmpfsInode : public MemoryInode {
 public:
  TmpfsInode(std::shared_ptr<Tmpfs> tmpfs, const CreateRequest& request)
      : MemoryInode(tmpfs->device(), tmpfs->NextInode(), request.mode, request.uid, request.gid),
        tmpfs_(std::move(tmpfs)) {
    tmpfs_->InodeMade();
    attributes_.special_device = request.special_device;
  }
  ~TmpfsInode() override { tmpfs_->InodeGone(); }
  Result<struct statfs> StatFs() override { return tmpfs_->StatFs(); }

 protected:
  const std::shared_ptr<Tmpfs> tmpfs_;
};

class TmpfsFileInode : public TmpfsInode {
 public:
  TmpfsFileInode(std::shared_ptr<Tmpfs> tmpfs, const CreateRequest& request, std::string name)
      : TmpfsInode(tmpfs, request),
        contents_(std::make_shared<MemoryContents>(tmpfs, attributes_.inode, std::move(name))) {}

  Result<Attributes> GetAttributes() override {
    Attributes result = attributes_;
    result.size = contents_->size();
    result.blocks = contents_->sectors();
    return result;
  }
  Result<void> SetAttributes(const AttributeChange& change) override {
    if (change.size) {
      RETURN_IF_ERROR(contents_->Resize(*change.size));
      Touch();
    }
    return TmpfsInode::SetAttributes(change);
  }
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override;
  const std::shared_ptr<MemoryContents>& contents() const { return contents_; }

 private:
  const std::shared_ptr<MemoryContents> contents_;
};

class TmpfsFile : public SeekableFile {
 public:
  TmpfsFile(Path path, int flags, std::shared_ptr<TmpfsFileInode> node)
      : SeekableFile(std::move(path), flags), node_(std::move(node)) {}

  Result<size_t> ReadAt(IoBuffer& to, uint64_t offset) override { return contents().Read(to, offset); }
  Result<size_t> WriteAt(IoBuffer& from, uint64_t offset) override {
    ASSIGN_OR_RETURN(size_t done, contents().Write(from, offset));
    node_->Touch();
    return done;
  }
  Result<uint64_t> Seek(int64_t offset, int whence) override {
    if (whence != SEEK_DATA && whence != SEEK_HOLE) return SeekableFile::Seek(offset, whence);
    if (offset < 0 || static_cast<uint64_t>(offset) >= contents().size()) return Error(ENXIO);
    uint64_t found = whence == SEEK_DATA ? contents().NextData(offset) : contents().NextHole(offset);
    if (whence == SEEK_DATA && found >= contents().size()) return Error(ENXIO);
    return position_ = found;
  }
  Result<void> Sync(bool) override { return Ok(); }
  Result<void> Allocate(int mode, uint64_t offset, uint64_t length) override;
  Result<std::shared_ptr<Mappable>> GetMappable() override { return std::shared_ptr<Mappable>(node_->contents()); }

 protected:
  Result<uint64_t> End() override { return contents().size(); }

 private:
  MemoryContents& contents() { return *node_->contents(); }
  const std::shared_ptr<TmpfsFileInode> node_;
};

Result<void> TmpfsFile::Allocate(int mode, uint64_t offset, uint64_t length) {
  if (offset + length > kMaxFileSize) return Error(EFBIG);
  const bool keep_size = (mode & FALLOC_FL_KEEP_SIZE) != 0;
  node_->Touch();
  if ((mode & ~FALLOC_FL_KEEP_SIZE) == FALLOC_FL_PUNCH_HOLE) {
    if (!keep_size) return Error(EOPNOTSUPP);
    return contents().PunchHole(offset, length);
  }
  if ((mode & ~FALLOC_FL_KEEP_SIZE) == FALLOC_FL_ZERO_RANGE) {
    RETURN_IF_ERROR(contents().PunchHole(offset, length));
  } else if ((mode & ~FALLOC_FL_KEEP_SIZE) != 0) {
    return Error(EOPNOTSUPP);
  }
  RETURN_IF_ERROR(contents().Reserve(offset, length));
  if (!keep_size && offset + length > contents().size()) return contents().Resize(offset + length);
  return Ok();
}

Result<std::shared_ptr<File>> TmpfsFileInode::Open(const OpenRequest& request) {
  auto self = std::static_pointer_cast<TmpfsFileInode>(shared_from_this());
  return std::shared_ptr<File>(std::make_shared<TmpfsFile>(*request.path, request.flags, std::move(self)));
}

class TmpfsSymlink : public TmpfsInode {
 public:
  TmpfsSymlink(std::shared_ptr<Tmpfs> tmpfs, const CreateRequest& request)
      : TmpfsInode(std::move(tmpfs), request), target_(request.target) {
    attributes_.size = target_.size();
  }
  Result<std::string> ReadLink() override { return target_; }

 private:
  const std::string target_;
};

class TmpfsDirectory : public TmpfsInode {
 public:
  using TmpfsInode::TmpfsInode;
  // In a loop, not by recursion: a guest decides how deep the tree is.
  ~TmpfsDirectory() override {
    static std::vector<DirectoryEntries>* pending = nullptr;
    if (pending != nullptr) {
      pending->push_back(std::move(entries_));
      return;
    }
    std::vector<DirectoryEntries> dying;
    dying.push_back(std::move(entries_));
    pending = &dying;
    while (!dying.empty()) {
      DirectoryEntries next = std::move(dying.back());
      dying.pop_back();
    }
    pending = nullptr;
  }

  Result<std::shared_ptr<Inode>> Lookup(std::string_view name) override {
    std::shared_ptr<Inode> found = entries_.Find(name);
    if (!found) return Error(ENOENT);
    return found;
  }
  Result<Attributes> GetAttributes() override {
    Attributes result = attributes_;
    result.size = 40 + 20 * entries_.size();
    return result;
  }
  Result<std::shared_ptr<Inode>> Create(std::string_view name, const CreateRequest& request) override;
  Result<std::shared_ptr<Inode>> CreateUnnamed(const CreateRequest& request) override {
    ASSIGN_OR_RETURN(std::shared_ptr<Inode> inode, tmpfs_->MakeInode(request));
    static_cast<MemoryInode&>(*inode).add_links(-1);
    return inode;
  }
  Result<void> Link(std::string_view name, Inode& target) override;
  Result<void> Unlink(std::string_view name, Inode& child) override;
  Result<void> RemoveDirectory(std::string_view name, Inode& child) override;
  Result<void> Rename(std::string_view name, Inode& child, Inode& new_directory, std::string_view new_name,
                      Inode* victim, uint32_t flags) override;
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override {
    return std::shared_ptr<File>(
        std::make_shared<MemoryDirectoryFile>(*request.path, request.flags, shared_from_this(), &entries_));
  }
  bool empty() const { return entries_.empty(); }

 private:
  void Detach(std::string_view name, MemoryInode& child);

  DirectoryEntries entries_;
};

Result<std::shared_ptr<Inode>> TmpfsDirectory::Create(std::string_view name, const CreateRequest& request) {
  if (entries_.Find(name)) return Error(EEXIST);
  ASSIGN_OR_RETURN(std::shared_ptr<Inode> inode, tmpfs_->MakeInode(request));
  entries_.Add(name, inode);
  if (S_ISDIR(request.mode)) add_links(1);
  Touch();
  return inode;
}

Result<void> TmpfsDirectory::Link(std::string_view name, Inode& target) {
  if (entries_.Find(name)) return Error(EEXIST);
  static_cast<MemoryInode&>(target).add_links(1);
  entries_.Add(name, target.shared_from_this());
  Touch();
  return Ok();
}

void TmpfsDirectory::Detach(std::string_view name, MemoryInode& child) {
  if (child.IsDirectory()) {
    child.add_links(-2);
    add_links(-1);
  } else {
    child.add_links(-1);
  }
  entries_.Remove(name);
}

Result<void> TmpfsDirectory::Unlink(std::string_view name, Inode& child) {
  Detach(name, static_cast<MemoryInode&>(child));
  Touch();
  return Ok();
}

Result<void> TmpfsDirectory::RemoveDirectory(std::string_view name, Inode& child) {
  if (!static_cast<TmpfsDirectory&>(child).empty()) return Error(ENOTEMPTY);
  return Unlink(name, child);
}

Result<void> TmpfsDirectory::Rename(std::string_view name, Inode& child, Inode& new_directory,
                                    std::string_view new_name, Inode* victim, uint32_t flags) {
  auto& target = static_cast<TmpfsDirectory&>(new_directory);
  std::shared_ptr<Inode> moved = child.shared_from_this();
  static_cast<MemoryInode&>(child).Touch(/*status_only=*/true);
  if ((flags & RENAME_EXCHANGE) != 0) {
    std::shared_ptr<Inode> other = victim->shared_from_this();
    entries_.Replace(name, other);
    target.entries_.Replace(new_name, moved);
    int change = (other->IsDirectory() ? 1 : 0) - (moved->IsDirectory() ? 1 : 0);
    add_links(change);
    target.add_links(-change);
  } else {
    if (victim != nullptr) {
      if (victim->IsDirectory() && !static_cast<TmpfsDirectory&>(*victim).empty()) return Error(ENOTEMPTY);
      target.Detach(new_name, static_cast<MemoryInode&>(*victim));
    }
    entries_.Remove(name);
    target.entries_.Add(new_name, moved);
    if (moved->IsDirectory()) {
      add_links(-1);
      target.add_links(1);
    }
  }
  Touch();
  target.Touch();
  return Ok();
}

}  // namespace

// -- the file system

Tmpfs::Tmpfs(MemoryFile* memory, uint64_t limit_bytes)
    : memory_(memory), limit_(limit_bytes), device_(AllocateDevice()) {}

std::shared_ptr<Inode> Tmpfs::MakeRoot(uint32_t permissions, uint32_t uid, uint32_t gid) {
  CreateRequest request{.mode = S_IFDIR | permissions, .uid = uid, .gid = gid};
  return std::make_shared<TmpfsDirectory>(shared_from_this(), request);
}

Result<std::shared_ptr<Inode>> Tmpfs::MakeInode(const CreateRequest& request) {
  if (inodes_ >= kMaxInodes) return Error(ENOSPC);
  switch (request.mode & S_IFMT) {
    case S_IFREG:
      return std::shared_ptr<Inode>(std::make_shared<TmpfsFileInode>(shared_from_this(), request, ""));
    case S_IFDIR:
      return std::shared_ptr<Inode>(std::make_shared<TmpfsDirectory>(shared_from_this(), request));
    case S_IFLNK:
      return std::shared_ptr<Inode>(std::make_shared<TmpfsSymlink>(shared_from_this(), request));
    default:
      return MakeSpecialInode(device_, NextInode(), request);
  }
}

Result<void> Tmpfs::Charge(uint64_t bytes) {
  if (used_ + bytes > (limit_ != 0 ? limit_ : kUnlimited)) return Error(ENOSPC);
  used_ += bytes;
  return Ok();
}

struct statfs Tmpfs::StatFs() const {
  struct statfs result = {};
  result.f_type = TMPFS_MAGIC;
  result.f_bsize = result.f_frsize = 4096;
  uint64_t limit = limit_ != 0 ? limit_ : memory_->limit_bytes() != 0 ? memory_->limit_bytes() : uint64_t{1} << 33;
  result.f_blocks = limit / 4096;
  result.f_bfree = result.f_bavail = (limit - std::min(limit, used_)) / 4096;
  result.f_files = result.f_ffree = 1 << 20;
  result.f_namelen = 255;
  return result;
}

std::shared_ptr<Inode> MakeMemoryInode(std::shared_ptr<Tmpfs> tmpfs, std::string name, uint32_t mode, uint32_t uid,
                                       uint32_t gid) {
  CreateRequest request{.mode = S_IFREG | mode, .uid = uid, .gid = gid};
  auto inode = std::make_shared<TmpfsFileInode>(std::move(tmpfs), request, std::move(name));
  return inode;
}

// -- contents

MemoryContents::MemoryContents(std::shared_ptr<Tmpfs> tmpfs, uint64_t inode, std::string name)
    : tmpfs_(std::move(tmpfs)), inode_(inode), name_(std::move(name)) {}

MemoryContents::~MemoryContents() { FreeBlocks(0, std::numeric_limits<uint64_t>::max()); }

uint64_t MemoryContents::sectors() const {
  uint64_t bytes = std::min<uint64_t>(blocks_.size() * kBlock, (size_ + 4095) & ~uint64_t{4095});
  return bytes / 512;
}

Result<uint64_t> MemoryContents::Block(uint64_t index) {
  auto it = blocks_.lower_bound(index);
  if (it != blocks_.end() && it->first == index) return it->second;
  uint64_t hint = 0;
  if (it != blocks_.begin() && std::prev(it)->first + 1 == index) hint = std::prev(it)->second + kBlock;
  RETURN_IF_ERROR(tmpfs_->Charge(kBlock));
  Result<uint64_t> place = tmpfs_->memory().Allocate(kBlock, hint);
  if (!place.ok()) {
    tmpfs_->Uncharge(kBlock);
    return Error(place.error() == ENOMEM ? ENOSPC : place.error());
  }
  blocks_.emplace_hint(it, index, *place);
  return *place;
}

void MemoryContents::FreeBlocks(uint64_t first, uint64_t end) {
  auto it = blocks_.lower_bound(first);
  while (it != blocks_.end() && it->first < end) {
    tmpfs_->memory().DecRef(it->second, kBlock);
    tmpfs_->Uncharge(kBlock);
    it = blocks_.erase(it);
  }
}

Result<size_t> MemoryContents::Read(IoBuffer& to, uint64_t offset) {
  size_t total = 0;
  while (to.remaining() > 0 && offset < size_) {
    uint64_t within = offset % kBlock;
    uint64_t step = std::min({kBlock - within, size_ - offset, static_cast<uint64_t>(to.remaining())});
    auto it = blocks_.find(offset / kBlock);
    Result<size_t> copied = 0;
    if (it == blocks_.end()) {
      copied = to.ZeroOut(step);
    } else {
      uint64_t contiguous;
      ASSIGN_OR_RETURN(const char* data, tmpfs_->memory().Pointer(it->second + within, step, &contiguous));
      step = std::min(step, contiguous);
      copied = to.CopyOut(data, step);
    }
    if (!copied.ok()) return total > 0 ? Result<size_t>(total) : copied;
    total += *copied;
    offset += *copied;
    if (*copied < step) break;
  }
  return total;
}

Result<size_t> MemoryContents::Write(IoBuffer& from, uint64_t offset) {
  if (from.remaining() > 0 && offset >= kMaxFileSize) return Error(EFBIG);
  if (WriteSealed()) return Error(EPERM);
  if ((seals & F_SEAL_GROW) != 0 && from.remaining() > size_ - std::min(offset, size_)) return Error(EPERM);
  size_t total = 0;
  while (from.remaining() > 0 && offset < kMaxFileSize) {
    uint64_t within = offset % kBlock;
    uint64_t step = std::min({kBlock - within, kMaxFileSize - offset, static_cast<uint64_t>(from.remaining())});
    Result<uint64_t> block = Block(offset / kBlock);
    if (!block.ok()) return total > 0 ? Result<size_t>(total) : Error(block.error());
    uint64_t contiguous;
    Result<char*> data = tmpfs_->memory().Pointer(*block + within, step, &contiguous);
    if (!data.ok()) return total > 0 ? Result<size_t>(total) : Error(data.error());
    step = std::min(step, contiguous);
    Result<size_t> copied = from.CopyIn(*data, step);
    if (!copied.ok()) return total > 0 ? Result<size_t>(total) : copied;
    total += *copied;
    offset += *copied;
    size_ = std::max(size_, offset);
    if (*copied < step) break;
  }
  return total;
}

Result<void> MemoryContents::ZeroWithin(uint64_t offset, uint64_t length) {
  while (length > 0) {
    uint64_t within = offset % kBlock;
    uint64_t step = std::min(kBlock - within, length);
    auto it = blocks_.find(offset / kBlock);
    if (it != blocks_.end()) {
      uint64_t contiguous;
      ASSIGN_OR_RETURN(char* data, tmpfs_->memory().Pointer(it->second + within, step, &contiguous));
      step = std::min(step, contiguous);
      memset(data, 0, step);
    }
    offset += step;
    length -= step;
  }
  return Ok();
}

Result<void> MemoryContents::PunchHole(uint64_t offset, uint64_t length) {
  return WriteSealed() ? Result<void>(Error(EPERM)) : Zero(offset, length);
}

Result<void> MemoryContents::Zero(uint64_t offset, uint64_t length) {
  uint64_t end = std::min(offset + length, (size_ + kBlock - 1) / kBlock * kBlock);
  if (offset >= end) return Ok();
  uint64_t first = (offset + kBlock - 1) / kBlock, last = end / kBlock;
  if (first >= last) return ZeroWithin(offset, end - offset);
  RETURN_IF_ERROR(ZeroWithin(offset, first * kBlock - offset));
  FreeBlocks(first, last);
  return ZeroWithin(last * kBlock, end - last * kBlock);
}

Result<void> MemoryContents::Resize(uint64_t size) {
  if (size > kMaxFileSize) return Error(EFBIG);
  if ((size < size_ && (seals & F_SEAL_SHRINK) != 0) || (size > size_ && (seals & F_SEAL_GROW) != 0)) {
    return Error(EPERM);
  }
  if (size < size_) {
    uint64_t end = (size_ + kBlock - 1) / kBlock * kBlock;
    RETURN_IF_ERROR(Zero(size, end - size));
    FreeBlocks((size + kBlock - 1) / kBlock, std::numeric_limits<uint64_t>::max());
  }
  size_ = size;
  return Ok();
}

Result<void> MemoryContents::Reserve(uint64_t offset, uint64_t length) {
  if (length / 4096 > tmpfs_->StatFs().f_bavail) return Error(ENOSPC);
  for (uint64_t index = offset / kBlock; index * kBlock < offset + length; ++index) {
    RETURN_IF_ERROR(Block(index));
  }
  return Ok();
}

uint64_t MemoryContents::NextData(uint64_t offset) const {
  auto it = blocks_.lower_bound(offset / kBlock);
  if (it == blocks_.end()) return size_;
  return std::min(size_, std::max(offset, it->first * kBlock));
}

uint64_t MemoryContents::NextHole(uint64_t offset) const {
  uint64_t index = offset / kBlock;
  if (!blocks_.contains(index)) return std::min(size_, offset);
  while (blocks_.contains(index)) ++index;
  return std::min(size_, index * kBlock);
}

Result<Mappable::Extent> MemoryContents::Translate(uint64_t offset, uint64_t length, bool) {
  // Reading a hole through a mapping makes the block, too: the page must become the file's own when somebody writes to
  // it later.
  uint64_t end = (size_ + 4095) & ~uint64_t{4095};
  if (offset >= end) return Error(ENXIO);
  length = std::min(length, end - offset);
  ASSIGN_OR_RETURN(uint64_t block, Block(offset / kBlock));
  Extent extent{tmpfs_->memory().fd(), block + offset % kBlock, kBlock - offset % kBlock, /*in_memory_file=*/true};
  for (uint64_t index = offset / kBlock + 1; extent.length < length; ++index) {
    Result<uint64_t> next = Block(index);
    if (!next.ok() || *next != extent.host_offset + extent.length) break;
    extent.length += kBlock;
  }
  extent.length = std::min(extent.length, length);
  return extent;
}

}  // namespace sandbox
