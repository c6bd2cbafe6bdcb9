#include "sandbox/fs/host_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox/confine/reader.h"
#include "sandbox/fs/host_file.h"
#include "sandbox/fs/host_tree.h"
#include "sandbox/fs/pipe.h"

namespace sandbox {
namespace {

Error HostError() { return Error(errno); }

bool IsKernelFileSystem(int fd) {
  struct statfs status;
  if (fstatfs(fd, &status) != 0) return true;
  switch (static_cast<unsigned long>(status.f_type)) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case BPF_FS_MAGIC:
    case BINFMTFS_MAGIC:
    case EFIVARFS_MAGIC:
    case PSTOREFS_MAGIC:
    case NSFS_MAGIC:
    case HUGETLBFS_MAGIC:
    case 0x62656570:  // configfs
    case 0x19800202:  // mqueue
    case 0x65735543:  // fusectl
      return true;
    default:
      return false;
  }
}

}  // namespace

// -- the tree

HostTree::HostTree(const HostDirectoryOptions& options) : options_(options) {}

uint64_t HostTree::GuestDevice(uint64_t host_device) {
  auto [it, added] = devices_.try_emplace(host_device, 0);
  if (added) it->second = AllocateDevice();
  return it->second;
}

Attributes HostTree::Translate(const struct stat& status) {
  Attributes result = FromHostStat(status);
  result.device = GuestDevice(status.st_dev);
  if (options_.show_all_as_root) result.uid = result.gid = 0;
  return result;
}

void HostTree::DescriptorOpened(HostDirectory* directory) {
  open_.push_back(directory);
  if (open_.size() <= kMaxDirectoryDescriptors) return;
  HostDirectory* victim = open_.front();
  open_.pop_front();
  victim->DropDescriptor();
}

void HostTree::DescriptorGone(HostDirectory* directory) {
  auto it = std::find(open_.begin(), open_.end(), directory);
  if (it != open_.end()) open_.erase(it);
}

// -- all inodes

HostInode::HostInode(std::shared_ptr<HostTree> tree, std::shared_ptr<HostDirectory> parent, std::string_view name,
                     const struct stat& status)
    : Inode(status.st_mode),
      tree_(std::move(tree)),
      parent_(std::move(parent)),
      name_(name),
      host_device_(status.st_dev),
      host_inode_(status.st_ino) {
  Learn(status);
}

Attributes HostInode::Learn(const struct stat& status) {
  Attributes attributes = tree_->Translate(status);
  Remember(attributes.mode, attributes.uid, attributes.gid);
  return attributes;
}

Result<Attributes> HostInode::GetAttributes() {
  struct stat status;
  if (!parent_) {
    ASSIGN_OR_RETURN(int fd, static_cast<HostDirectory*>(this)->Descriptor());
    if (fstat(fd, &status) != 0) return HostError();
    return Learn(status);
  }
  ASSIGN_OR_RETURN(int fd, parent_->Descriptor());
  ASSIGN_OR_RETURN(status, tree_->Stat(fd, name_.c_str()));
  if (!Is(status)) return Error(ENOENT);
  return Learn(status);
}

Result<int> HostInode::OpenHost(int flags) {
  ASSIGN_OR_RETURN(int directory, parent_->Descriptor());
  return tree_->OpenBeneath(directory, name_, flags);
}

Result<int> HostTree::OpenBeneath(int directory, const std::string& name, int flags, uint32_t mode) {
  // One component, no symbolic link: nothing can lead out of the tree.
  int fd = openat(directory, name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
  // What the guest may do was decided before; the host may still refuse what only root's privileges allow.
  if (fd < 0 && errno == EACCES && (flags & ~(O_PATH | O_DIRECTORY)) == O_RDONLY) {
    fd = OpenByReader(directory, name, flags);
  }
  if (fd < 0) return HostError();
  return fd;
}

Result<struct stat> HostTree::Stat(int directory, const char* name) {
  struct stat status;
  if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno != EACCES) return HostError();
  ASSIGN_OR_RETURN(UniqueFd fd, OpenBeneath(directory, name, O_PATH));
  if (fstat(fd.get(), &status) != 0) return HostError();
  return status;
}

Result<void> HostInode::SetAttributes(const AttributeChange& change) {
  if (tree_->options().read_only) return Error(EROFS);
  if (change.uid || change.gid) RETURN_IF_ERROR(ChangeOwner(change));
  if (change.size || change.permissions) RETURN_IF_ERROR(ChangeThroughDescriptor(change));
  if (change.access_time || change.modify_time) RETURN_IF_ERROR(ChangeTimes(change));
  return GetAttributes().ok() ? Ok() : Result<void>(Error(ENOENT));
}

Result<void> HostInode::ChangeOwner(const AttributeChange& change) {
  if (!parent_) return Error(EPERM);
  ASSIGN_OR_RETURN(int directory, parent_->Descriptor());
  uid_t uid = change.uid.value_or(-1);
  gid_t gid = change.gid.value_or(-1);
  if (fchownat(directory, name_.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0) return HostError();
  return Ok();
}

Result<void> HostInode::ChangeThroughDescriptor(const AttributeChange& change) {
  if (!parent_) return Error(EPERM);
  Result<int> opened = OpenHost(change.size ? O_WRONLY : O_RDONLY);
  if (!opened.ok() && opened.error() == EACCES && !change.size) opened = OpenHost(O_WRONLY);
  ASSIGN_OR_RETURN(UniqueFd fd, std::move(opened));
  if (change.size && ftruncate(fd.get(), static_cast<off_t>(*change.size)) != 0) return HostError();
  if (change.permissions && fchmod(fd.get(), *change.permissions & 07777) != 0) return HostError();
  return Ok();
}

Result<void> HostInode::ChangeTimes(const AttributeChange& change) {
  if (!parent_) return Error(EPERM);
  auto host_time = [](const std::optional<TimeChange>& time) {
    timespec result = {0, UTIME_OMIT};
    if (time) result = time->now ? timespec{0, UTIME_NOW} : time->value;
    return result;
  };
  timespec times[2] = {host_time(change.access_time), host_time(change.modify_time)};
  ASSIGN_OR_RETURN(int directory, parent_->Descriptor());
  if (utimensat(directory, name_.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) return HostError();
  return Ok();
}

Result<struct statfs> HostInode::StatFs() {
  HostDirectory* directory = parent_ ? parent_.get() : static_cast<HostDirectory*>(this);
  ASSIGN_OR_RETURN(int fd, directory->Descriptor());
  struct statfs status;
  if (fstatfs(fd, &status) != 0) return HostError();
  return status;
}

// Only user.* attributes are passed on: the others mean something to the host's kernel that the sentry does not honour.
bool IsUserXattr(std::string_view name) { return name.substr(0, 5) == "user."; }

Result<std::string> HostInode::GetXattr(std::string_view name) {
  if (!IsUserXattr(name)) return Error(EOPNOTSUPP);
  if (type() != S_IFREG && type() != S_IFDIR) return Error(ENODATA);
  if (!parent_) return Error(ENODATA);
  ASSIGN_OR_RETURN(UniqueFd fd, OpenHost(O_RDONLY));
  std::string value(XATTR_SIZE_MAX, '\0');
  ssize_t n = fgetxattr(fd.get(), std::string(name).c_str(), value.data(), value.size());
  if (n < 0) return HostError();
  value.resize(n);
  return value;
}

Result<void> HostInode::SetXattr(std::string_view name, std::string_view value, int flags) {
  if (tree_->options().read_only) return Error(EROFS);
  if (!IsUserXattr(name)) return Error(EOPNOTSUPP);
  if (!parent_ || (type() != S_IFREG && type() != S_IFDIR)) return Error(EPERM);
  ASSIGN_OR_RETURN(UniqueFd fd, OpenHost(O_RDONLY));
  if (fsetxattr(fd.get(), std::string(name).c_str(), value.data(), value.size(), flags) != 0) return HostError();
  return Ok();
}

Result<void> HostInode::RemoveXattr(std::string_view name) {
  if (tree_->options().read_only) return Error(EROFS);
  if (!IsUserXattr(name)) return Error(EOPNOTSUPP);
  if (!parent_ || (type() != S_IFREG && type() != S_IFDIR)) return Error(EPERM);
  ASSIGN_OR_RETURN(UniqueFd fd, OpenHost(O_RDONLY));
  if (fremovexattr(fd.get(), std::string(name).c_str()) != 0) return HostError();
  return Ok();
}

Result<std::vector<std::string>> HostInode::ListXattrs() {
  std::vector<std::string> names;
  if (!parent_ || (type() != S_IFREG && type() != S_IFDIR)) return names;
  Result<int> opened = OpenHost(O_RDONLY);
  if (!opened.ok()) return names;
  UniqueFd fd(*opened);
  std::string list(XATTR_LIST_MAX, '\0');
  ssize_t n = flistxattr(fd.get(), list.data(), list.size());
  for (ssize_t at = 0; at < n;) {
    std::string name = list.c_str() + at;
    at += static_cast<ssize_t>(name.size()) + 1;
    if (IsUserXattr(name)) names.push_back(std::move(name));
  }
  return names;
}

// -- leaves

Result<std::shared_ptr<File>> HostRegular::Open(const OpenRequest& request) {
  if (tree()->options().read_only && (request.flags & O_ACCMODE) != O_RDONLY) return Error(EROFS);
  // The append flag stays ours: the file position is kept by the sentry.
  int access = request.flags & O_ACCMODE;
  Result<int> opened = OpenHost(access);
  // A file opened for writing only is read to be mapped or copied; where the host allows it, have both.
  ASSIGN_OR_RETURN(UniqueFd fd, std::move(opened));
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return HostError();
  if (!S_ISREG(status.st_mode)) return Error(ENXIO);
  Learn(status);
  return std::shared_ptr<File>(std::make_shared<HostFile>(*request.path, request.flags, std::move(fd), tree()));
}

Result<std::string> HostSymlink::ReadLink() {
  ASSIGN_OR_RETURN(int directory, parent()->Descriptor());
  char target[PATH_MAX];
  ssize_t n = readlinkat(directory, name().c_str(), target, sizeof(target));
  if (n < 0 && errno == EACCES) {
    ASSIGN_OR_RETURN(UniqueFd fd, tree()->OpenBeneath(directory, name(), O_PATH));
    n = readlinkat(fd.get(), "", target, sizeof(target));
  }
  if (n < 0) return HostError();
  return std::string(target, n);
}

Result<std::shared_ptr<File>> HostSpecial::Open(const OpenRequest& request) {
  // A named pipe is one of the sentry's own that has the host's node as its name.
  if (type() != S_IFIFO) return Error(ENXIO);
  if (!pipe_) pipe_ = std::make_shared<Pipe>();
  return OpenFifo(pipe_, request);
}

// -- directories

HostDirectory::~HostDirectory() {
  if (fd_.get() >= 0 && HostInode::parent()) tree()->DescriptorGone(this);
}

Result<int> HostDirectory::Descriptor() {
  if (fd_.get() >= 0) return fd_.get();
  ASSIGN_OR_RETURN(UniqueFd fd, OpenHost(O_PATH | O_DIRECTORY));
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return HostError();
  if (!Is(status)) return Error(ENOENT);
  fd_ = std::move(fd);
  tree()->DescriptorOpened(this);
  return fd_.get();
}

Result<std::shared_ptr<Inode>> HostDirectory::MakeChild(std::string_view name, const struct stat& status) {
  auto self = std::static_pointer_cast<HostDirectory>(shared_from_this());
  switch (status.st_mode & S_IFMT) {
    case S_IFREG:
      return std::shared_ptr<Inode>(std::make_shared<HostRegular>(tree(), std::move(self), name, status));
    case S_IFLNK:
      return std::shared_ptr<Inode>(std::make_shared<HostSymlink>(tree(), std::move(self), name, status));
    case S_IFDIR: {
      auto child = std::make_shared<HostDirectory>(tree(), std::move(self), name, status);
      if (status.st_dev != host_device()) {
        ASSIGN_OR_RETURN(int fd, child->Descriptor());
        child->hidden_ = IsKernelFileSystem(fd);
      } else {
        child->hidden_ = hidden_;
      }
      return std::shared_ptr<Inode>(std::move(child));
    }
    default:
      return std::shared_ptr<Inode>(std::make_shared<HostSpecial>(tree(), std::move(self), name, status));
  }
}

Result<std::shared_ptr<Inode>> HostDirectory::Lookup(std::string_view name) {
  if (hidden_) return Error(ENOENT);
  ASSIGN_OR_RETURN(int fd, Descriptor());
  struct stat status;
  char buffer[NAME_MAX + 1];
  if (name.size() > NAME_MAX) return Error(ENAMETOOLONG);
  buffer[name.copy(buffer, NAME_MAX)] = '\0';
  ASSIGN_OR_RETURN(status, tree()->Stat(fd, buffer));
  return MakeChild(name, status);
}

bool HostDirectory::Revalidate(std::string_view, Inode& child, bool last) {
  if (!last && child.IsDirectory()) return true;
  return child.GetAttributes().ok();
}

Result<std::shared_ptr<Inode>> HostDirectory::Create(std::string_view name, const CreateRequest& request) {
  if (tree()->options().read_only || hidden_) return Error(EROFS);
  ASSIGN_OR_RETURN(int fd, Descriptor());
  std::string entry(name);
  const uint32_t permissions = request.mode & 07777;
  switch (request.mode & S_IFMT) {
    case S_IFREG: {
      // Readable and writable by us whatever the guest asked for; its own bits are set below.
      ASSIGN_OR_RETURN(UniqueFd created, tree()->OpenBeneath(fd, entry, O_CREAT | O_EXCL | O_WRONLY, 0600));
      if (fchmod(created.get(), permissions) != 0) return HostError();
      break;
    }
    case S_IFDIR: {
      if (mkdirat(fd, entry.c_str(), 0700) != 0) return HostError();
      ASSIGN_OR_RETURN(UniqueFd created, tree()->OpenBeneath(fd, entry, O_RDONLY | O_DIRECTORY));
      if (fchmod(created.get(), permissions) != 0) return HostError();
      break;
    }
    case S_IFLNK:
      if (symlinkat(std::string(request.target).c_str(), fd, entry.c_str()) != 0) return HostError();
      break;
    case S_IFIFO:
    case S_IFSOCK:
      if (mknodat(fd, entry.c_str(), (request.mode & S_IFMT) | permissions, 0) != 0) return HostError();
      break;
    default:
      return Error(EPERM);  // no device nodes on the host
  }
  // Best effort: an ordinary user's sentry cannot give files away.
  (void)!fchownat(fd, entry.c_str(), request.uid, request.gid, AT_SYMLINK_NOFOLLOW);
  return Lookup(name);
}

Result<void> HostDirectory::Link(std::string_view name, Inode& target) {
  if (tree()->options().read_only) return Error(EROFS);
  auto* source = dynamic_cast<HostInode*>(&target);
  if (source == nullptr || !source->parent()) return Error(EXDEV);
  ASSIGN_OR_RETURN(int from, source->parent()->Descriptor());
  ASSIGN_OR_RETURN(int to, Descriptor());
  if (linkat(from, source->name().c_str(), to, std::string(name).c_str(), 0) != 0) return HostError();
  return Ok();
}

Result<void> HostDirectory::Unlink(std::string_view name, Inode&) {
  if (tree()->options().read_only) return Error(EROFS);
  ASSIGN_OR_RETURN(int fd, Descriptor());
  if (unlinkat(fd, std::string(name).c_str(), 0) != 0) return HostError();
  return Ok();
}

Result<void> HostDirectory::RemoveDirectory(std::string_view name, Inode&) {
  if (tree()->options().read_only) return Error(EROFS);
  ASSIGN_OR_RETURN(int fd, Descriptor());
  if (unlinkat(fd, std::string(name).c_str(), AT_REMOVEDIR) != 0) return HostError();
  return Ok();
}

Result<void> HostDirectory::Rename(std::string_view name, Inode& child, Inode& new_directory, std::string_view new_name,
                                   Inode* victim, uint32_t flags) {
  if (tree()->options().read_only) return Error(EROFS);
  auto* target = dynamic_cast<HostDirectory*>(&new_directory);
  if (target == nullptr) return Error(EXDEV);
  ASSIGN_OR_RETURN(int from, Descriptor());
  ASSIGN_OR_RETURN(int to, target->Descriptor());
  if (renameat2(from, std::string(name).c_str(), to, std::string(new_name).c_str(), flags) != 0) return HostError();
  auto here = std::static_pointer_cast<HostDirectory>(shared_from_this());
  auto there = std::static_pointer_cast<HostDirectory>(new_directory.shared_from_this());
  if ((flags & RENAME_EXCHANGE) != 0 && victim != nullptr) static_cast<HostInode*>(victim)->MovedTo(here, name);
  static_cast<HostInode&>(child).MovedTo(there, new_name);
  return Ok();
}

Result<std::shared_ptr<File>> HostDirectory::Open(const OpenRequest& request) {
  UniqueFd fd;
  if (!hidden_) {
    ASSIGN_OR_RETURN(int own, Descriptor());
    ASSIGN_OR_RETURN(fd, tree()->OpenBeneath(own, ".", O_RDONLY | O_DIRECTORY));
  }
  return std::shared_ptr<File>(std::make_shared<HostDirectoryFile>(*request.path, request.flags, std::move(fd)));
}

Result<std::shared_ptr<Inode>> MakeHostDirectory(int directory_fd, const HostDirectoryOptions& options) {
  UniqueFd fd(directory_fd);
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return HostError();
  if (!S_ISDIR(status.st_mode)) return Error(ENOTDIR);
  auto tree = std::make_shared<HostTree>(options);
  auto root = std::make_shared<HostDirectory>(std::move(tree), nullptr, "", status);
  root->SetDescriptor(std::move(fd));
  return std::shared_ptr<Inode>(std::move(root));
}

}  // namespace sandbox
