// tmpfs: files in the sentry's memory. Also what is behind memfd_create, POSIX shared memory and the memory overlay.
//
// File contents live in the MemoryFile, in blocks of 64 KiB that cost nothing until touched, so that a shared mapping
// is the very same pages that read and write see.
//
//   auto tmpfs = std::make_shared<Tmpfs>(&memory_file, /*limit_bytes=*/64 << 20);
//   std::shared_ptr<Inode> root = tmpfs->MakeRoot(0755);
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_TMPFS_H_
#define SANDBOX_FS_TMPFS_H_

#include <fcntl.h>

#include <map>
#include <memory>
#include <string>

#include "sandbox/fs/memory_inode.h"
#include "sandbox/mm/mappable.h"
#include "sandbox/mm/memory_file.h"
#include "sandbox/vfs/file.h"

namespace sandbox {

class Tmpfs : public std::enable_shared_from_this<Tmpfs> {
 public:
  // `limit_bytes` 0: bounded by the MemoryFile only. `memory` must outlive every inode.
  Tmpfs(MemoryFile* memory, uint64_t limit_bytes);

  std::shared_ptr<Inode> MakeRoot(uint32_t permissions, uint32_t uid = 0, uint32_t gid = 0);
  // Any type of inode, linked nowhere.
  Result<std::shared_ptr<Inode>> MakeInode(const CreateRequest& request);

  MemoryFile& memory() { return *memory_; }
  uint64_t device() const { return device_; }
  uint64_t NextInode() { return next_inode_++; }
  void InodeMade() { ++inodes_; }
  void InodeGone() { --inodes_; }
  // ENOSPC beyond the limit.
  Result<void> Charge(uint64_t bytes);
  void Uncharge(uint64_t bytes) { used_ -= bytes; }
  struct statfs StatFs() const;

 private:
  // What the sentry keeps about files is bounded, too: inodes, and (by kUnlimited) blocks of files made long by
  // ftruncate.
  static constexpr uint64_t kMaxInodes = 512 * 1024;
  static constexpr uint64_t kUnlimited = uint64_t{64} << 30;

  MemoryFile* const memory_;
  const uint64_t limit_;
  const uint64_t device_;
  uint64_t next_inode_ = 1;
  uint64_t used_ = 0;
  uint64_t inodes_ = 0;
};

// The bytes of one file in memory; shared by its inode and by mappings.
class MemoryContents : public Mappable {
 public:
  static constexpr uint64_t kBlock = 64 * 1024;

  MemoryContents(std::shared_ptr<Tmpfs> tmpfs, uint64_t inode, std::string name);
  ~MemoryContents() override;

  uint64_t size() const { return size_; }
  // F_SEAL_* of memfd_create(2): what is sealed answers EPERM. Nothing may be sealed that did not ask for it.
  int seals = F_SEAL_SEAL;
  // 512-byte units that hold data.
  uint64_t sectors() const;
  Result<size_t> Read(IoBuffer& to, uint64_t offset);
  Result<size_t> Write(IoBuffer& from, uint64_t offset);
  Result<void> Resize(uint64_t size);
  // Makes room for [offset, offset + length).
  Result<void> Reserve(uint64_t offset, uint64_t length);
  Result<void> PunchHole(uint64_t offset, uint64_t length);
  // The next byte at or after `offset` that is data (or is a hole), at most size().
  uint64_t NextData(uint64_t offset) const;
  uint64_t NextHole(uint64_t offset) const;

  Result<Extent> Translate(uint64_t offset, uint64_t length, bool shared_write) override;
  Result<void> CheckSharedWrite() const override { return WriteSealed() ? Result<void>(Error(EPERM)) : Ok(); }
  std::string MappedName() const override { return name_; }
  bool HasMappedName() const override { return !name_.empty(); }
  void SetMappedName(std::string name) override { name_ = std::move(name); }
  uint64_t MappedDevice() const override { return tmpfs_->device(); }
  uint64_t MappedInode() const override { return inode_; }

 private:
  bool WriteSealed() const { return (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0; }
  // The block's place in the MemoryFile, made if need be.
  Result<uint64_t> Block(uint64_t index);
  void FreeBlocks(uint64_t first, uint64_t end);
  Result<void> Zero(uint64_t offset, uint64_t length);
  Result<void> ZeroWithin(uint64_t offset, uint64_t length);

  const std::shared_ptr<Tmpfs> tmpfs_;
  const uint64_t inode_;
  std::string name_;
  uint64_t size_ = 0;
  std::map<uint64_t, uint64_t> blocks_;  // index -> offset in the MemoryFile
};

// An unnamed memory file with its contents, for memfd_create, SysV segments and shared anonymous memory.
std::shared_ptr<Inode> MakeMemoryInode(std::shared_ptr<Tmpfs> tmpfs, std::string name, uint32_t mode, uint32_t uid,
                                       uint32_t gid);

}  // namespace sandbox

#endif  // SANDBOX_FS_TMPFS_H_
