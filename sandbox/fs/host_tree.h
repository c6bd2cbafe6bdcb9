// The inodes of a host directory tree (host_directory.h says what they promise).
#ifndef SANDBOX_FS_HOST_TREE_H_
#define SANDBOX_FS_HOST_TREE_H_

#include <unistd.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "sandbox/fs/host_directory.h"
#include "sandbox/fs/pipe.h"
#include "sandbox/vfs/inode.h"

namespace sandbox {

class HostDirectory;

// A descriptor of the host that closes itself.
class UniqueFd {
 public:
  UniqueFd() = default;
  UniqueFd(int fd) : fd_(fd) {}  // NOLINT: so that Result<int> of a fresh descriptor moves in
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  void reset() { *this = UniqueFd(); }

 private:
  int fd_ = -1;
};

// What all inodes of one tree share.
class HostTree {
 public:
  static constexpr size_t kMaxDirectoryDescriptors = 1024;

  explicit HostTree(const HostDirectoryOptions& options);

  const HostDirectoryOptions& options() const { return options_; }
  // Host device numbers mean nothing to a guest: each gets one of the sentry's.
  uint64_t GuestDevice(uint64_t host_device);
  Attributes Translate(const struct stat& status);
  // Opens the entry `name` (one component, or ".") of `directory`, never through a symbolic link and never blocking.
  Result<int> OpenBeneath(int directory, const std::string& name, int flags, uint32_t mode = 0);

  // fstatat without following links.
  Result<struct stat> Stat(int directory, const char* name);

  // Keeps the number of directory descriptors bounded: closes the one opened longest ago.
  void DescriptorOpened(HostDirectory* directory);
  void DescriptorGone(HostDirectory* directory);

 private:
  const HostDirectoryOptions options_;
  absl::flat_hash_map<uint64_t, uint64_t> devices_;
  std::deque<HostDirectory*> open_;
};

class HostInode : public Inode {
 public:
  // `parent` is null for the root of the tree.
  HostInode(std::shared_ptr<HostTree> tree, std::shared_ptr<HostDirectory> parent, std::string_view name,
            const struct stat& status);

  const std::shared_ptr<HostTree>& tree() const { return tree_; }
  const std::shared_ptr<HostDirectory>& parent() const { return parent_; }
  const std::string& name() const { return name_; }
  uint64_t host_device() const { return host_device_; }
  void MovedTo(std::shared_ptr<HostDirectory> parent, std::string_view name) {
    parent_ = std::move(parent);
    name_ = std::string(name);
  }

  // ENOENT when the name has gone or means another file now.
  Result<Attributes> GetAttributes() override;
  Result<void> SetAttributes(const AttributeChange& change) override;
  Result<std::string> GetXattr(std::string_view name) override;
  Result<void> SetXattr(std::string_view name, std::string_view value, int flags) override;
  Result<void> RemoveXattr(std::string_view name) override;
  Result<std::vector<std::string>> ListXattrs() override;
  Result<struct statfs> StatFs() override;

 protected:
  bool Is(const struct stat& status) const { return status.st_dev == host_device_ && status.st_ino == host_inode_; }
  Attributes Learn(const struct stat& status);
  Result<int> OpenHost(int flags);

 private:
  Result<void> ChangeOwner(const AttributeChange& change);
  Result<void> ChangeThroughDescriptor(const AttributeChange& change);
  Result<void> ChangeTimes(const AttributeChange& change);

  const std::shared_ptr<HostTree> tree_;
  std::shared_ptr<HostDirectory> parent_;
  std::string name_;
  const uint64_t host_device_;
  const uint64_t host_inode_;
};

class HostRegular : public HostInode {
 public:
  using HostInode::HostInode;
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override;
};

class HostSymlink : public HostInode {
 public:
  using HostInode::HostInode;
  Result<std::string> ReadLink() override;
};

// Devices, named pipes and sockets of the host.
class HostSpecial : public HostInode {
 public:
  using HostInode::HostInode;
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override;

 private:
  std::shared_ptr<Pipe> pipe_;
};

class HostDirectory : public HostInode {
 public:
  using HostInode::HostInode;
  ~HostDirectory() override;

  // O_PATH; good until another descriptor of the tree is asked for kMaxDirectoryDescriptors times.
  Result<int> Descriptor();
  void DropDescriptor() { fd_.reset(); }
  void SetDescriptor(UniqueFd fd) { fd_ = std::move(fd); }

  Result<std::shared_ptr<Inode>> Lookup(std::string_view name) override;
  bool Revalidate(std::string_view name, Inode& child, bool last) override;
  Result<std::shared_ptr<Inode>> Create(std::string_view name, const CreateRequest& request) override;
  Result<void> Link(std::string_view name, Inode& target) override;
  Result<void> Unlink(std::string_view name, Inode& child) override;
  Result<void> RemoveDirectory(std::string_view name, Inode& child) override;
  Result<void> Rename(std::string_view name, Inode& child, Inode& new_directory, std::string_view new_name,
                      Inode* victim, uint32_t flags) override;
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override;

 private:
  Result<std::shared_ptr<Inode>> MakeChild(std::string_view name, const struct stat& status);

  UniqueFd fd_;
  bool hidden_ = false;  // a kernel file system of the host: shown empty
};

}  // namespace sandbox

#endif  // SANDBOX_FS_HOST_TREE_H_
