// What inodes that exist only in the sentry have in common: their attributes, extended attributes, and for directories
// a sorted list of entries with stable positions.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_MEMORY_INODE_H_
#define SANDBOX_FS_MEMORY_INODE_H_

#include <dirent.h>

#include <map>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/inode.h"

namespace sandbox {

// Attributes in memory, changed by chmod, chown and utimensat.
class MemoryInode : public Inode {
 public:
  MemoryInode(uint64_t device, uint64_t inode, uint32_t mode, uint32_t uid, uint32_t gid);

  Result<Attributes> GetAttributes() override;
  Result<void> SetAttributes(const AttributeChange& change) override;
  Result<std::string> GetXattr(std::string_view name) override;
  Result<void> SetXattr(std::string_view name, std::string_view value, int flags) override;
  Result<void> RemoveXattr(std::string_view name) override;
  Result<std::vector<std::string>> ListXattrs() override;

  uint32_t links() const { return attributes_.links; }
  void add_links(int change);
  // Modification and change time are now (status: change time only).
  void Touch(bool status_only = false);

 protected:
  Attributes attributes_;

 private:
  std::map<std::string, std::string, std::less<>> xattrs_;
};

// The entries of a directory in memory, in order of creation; positions stay valid while entries come and go.
class DirectoryEntries {
 public:
  struct Entry {
    std::string name;
    std::shared_ptr<Inode> inode;
  };

  std::shared_ptr<Inode> Find(std::string_view name) const;
  void Add(std::string_view name, std::shared_ptr<Inode> inode);
  void Remove(std::string_view name);
  void Replace(std::string_view name, std::shared_ptr<Inode> inode);
  bool empty() const { return by_name_.empty(); }
  size_t size() const { return by_name_.size(); }
  const std::map<int64_t, Entry>& by_position() const { return by_position_; }

 private:
  static constexpr int64_t kFirst = 2;  // 0 and 1 are "." and ".."
  int64_t next_ = kFirst;
  std::map<int64_t, Entry> by_position_;
  absl::flat_hash_map<std::string, int64_t> by_name_;
};

// A DT_* from st_mode.
inline unsigned char DirectoryType(uint32_t mode) { return static_cast<unsigned char>((mode & S_IFMT) >> 12); }

// An open directory: positions 0 and 1 are "." and "..", what follows is the subclass's. Seek goes to a position that
// Add told.
class DirectoryFile : public File {
 public:
  using File::File;
  Result<void> ListDirectory(DirectorySink& sink) override;
  Result<uint64_t> Seek(int64_t offset, int whence) override;
  Result<size_t> Read(IoBuffer&) override { return Error(EISDIR); }
  Result<void> Sync(bool) override { return Ok(); }
  uint64_t position() const override { return static_cast<uint64_t>(position_); }

 protected:
  // Adds entries from `position` (>= 2) on until the sink is full; returns the position to go on from.
  virtual Result<int64_t> ListFrom(int64_t position, DirectorySink& sink) = 0;

 private:
  int64_t position_ = 0;
};

// Lists a DirectoryEntries that an inode owns.
class MemoryDirectoryFile : public DirectoryFile {
 public:
  MemoryDirectoryFile(Path path, int flags, std::shared_ptr<Inode> owner, const DirectoryEntries* entries)
      : DirectoryFile(std::move(path), flags), owner_(std::move(owner)), entries_(entries) {}

 protected:
  Result<int64_t> ListFrom(int64_t position, DirectorySink& sink) override;

 private:
  const std::shared_ptr<Inode> owner_;
  const DirectoryEntries* const entries_;
};

}  // namespace sandbox

#endif  // SANDBOX_FS_MEMORY_INODE_H_
