// Names: making, removing, renaming and listing them, and the working directory.
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_files.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/permissions.h"

namespace sandbox {
namespace {

SyscallResult Done(const Result<void>& result) {
  RETURN_IF_ERROR(result);
  return uint64_t{0};
}

SyscallResult MknodAt(Task& task, int dirfd, Addr address, uint32_t mode, uint64_t device) {
  uint32_t type = mode & S_IFMT;
  if (type == 0) mode |= type = S_IFREG;
  if (type == S_IFDIR) return Error(EPERM);
  if (type != S_IFREG && type != S_IFCHR && type != S_IFBLK && type != S_IFIFO && type != S_IFSOCK)
    return Error(EINVAL);
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::Read(task, dirfd, address));
  CreateRequest request{.mode = mode & (S_IFMT | 07777), .special_device = device};
  return Done(path.vfs().Create(path.lookup(), request, task.fs_context()->umask));
}

SyscallResult MkdirAt(Task& task, int dirfd, Addr address, uint32_t mode) {
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::Read(task, dirfd, address));
  CreateRequest request{.mode = S_IFDIR | (mode & 01777)};
  return Done(path.vfs().Create(path.lookup(), request, task.fs_context()->umask));
}

SyscallResult SymlinkAt(Task& task, Addr target_address, int dirfd, Addr address) {
  ASSIGN_OR_RETURN(std::string target, task.memory().CopyInString(target_address, PATH_MAX));
  if (target.empty()) return Error(ENOENT);
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::Read(task, dirfd, address));
  CreateRequest request{.mode = S_IFLNK | 0777, .target = target};
  return Done(path.vfs().Create(path.lookup(), request, 0));
}

SyscallResult LinkAt(Task& task, int from_fd, Addr from, int to_fd, Addr to, int flags) {
  if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0) return Error(EINVAL);
  int at_flags = (flags & AT_EMPTY_PATH) | ((flags & AT_SYMLINK_FOLLOW) != 0 ? 0 : AT_SYMLINK_NOFOLLOW);
  ASSIGN_OR_RETURN(Path target, ResolveAt(task, from_fd, from, at_flags, nullptr));
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::Read(task, to_fd, to));
  return Done(path.vfs().Link(target, path.lookup()));
}

SyscallResult RenameAt(Task& task, int from_fd, Addr from, int to_fd, Addr to, uint32_t flags) {
  ASSIGN_OR_RETURN(PathArgument source, PathArgument::Read(task, from_fd, from));
  ASSIGN_OR_RETURN(PathArgument target, PathArgument::Read(task, to_fd, to));
  return Done(source.vfs().Rename(source.lookup(), target.lookup(), flags));
}

SyscallResult UnlinkAt(Task& task, int dirfd, Addr address, int flags) {
  if ((flags & ~AT_REMOVEDIR) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::Read(task, dirfd, address));
  return Done((flags & AT_REMOVEDIR) != 0 ? path.vfs().RemoveDirectory(path.lookup())
                                          : path.vfs().Unlink(path.lookup()));
}

SyscallResult ReadLinkAt(Task& task, int dirfd, Addr address, Addr to, int size) {
  if (size <= 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(Path link, ResolveAt(task, dirfd, address, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, nullptr));
  if (!link.inode().IsSymlink()) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::string target, link.inode().ReadLink());
  size_t n = std::min(target.size(), static_cast<size_t>(size));
  RETURN_IF_ERROR(task.memory().CopyOut(to, target.data(), n));
  return uint64_t{n};
}

}  // namespace

SyscallResult SysMkdir(Task& task, const SyscallArguments& a) {
  return MkdirAt(task, AT_FDCWD, a.Address(0), a.Uint(1));
}
SyscallResult SysMkdirat(Task& task, const SyscallArguments& a) {
  return MkdirAt(task, a.Int(0), a.Address(1), a.Uint(2));
}
SyscallResult SysMknod(Task& task, const SyscallArguments& a) {
  return MknodAt(task, AT_FDCWD, a.Address(0), a.Uint(1), a.Uint(2));
}
SyscallResult SysMknodat(Task& task, const SyscallArguments& a) {
  return MknodAt(task, a.Int(0), a.Address(1), a.Uint(2), a.Uint(3));
}
SyscallResult SysSymlink(Task& task, const SyscallArguments& a) {
  return SymlinkAt(task, a.Address(0), AT_FDCWD, a.Address(1));
}
SyscallResult SysSymlinkat(Task& task, const SyscallArguments& a) {
  return SymlinkAt(task, a.Address(0), a.Int(1), a.Address(2));
}
SyscallResult SysLink(Task& task, const SyscallArguments& a) {
  return LinkAt(task, AT_FDCWD, a.Address(0), AT_FDCWD, a.Address(1), 0);
}
SyscallResult SysLinkat(Task& task, const SyscallArguments& a) {
  return LinkAt(task, a.Int(0), a.Address(1), a.Int(2), a.Address(3), a.Int(4));
}
SyscallResult SysUnlink(Task& task, const SyscallArguments& a) { return UnlinkAt(task, AT_FDCWD, a.Address(0), 0); }
SyscallResult SysUnlinkat(Task& task, const SyscallArguments& a) {
  return UnlinkAt(task, a.Int(0), a.Address(1), a.Int(2));
}
SyscallResult SysRmdir(Task& task, const SyscallArguments& a) {
  return UnlinkAt(task, AT_FDCWD, a.Address(0), AT_REMOVEDIR);
}
SyscallResult SysRename(Task& task, const SyscallArguments& a) {
  return RenameAt(task, AT_FDCWD, a.Address(0), AT_FDCWD, a.Address(1), 0);
}
SyscallResult SysRenameat(Task& task, const SyscallArguments& a) {
  return RenameAt(task, a.Int(0), a.Address(1), a.Int(2), a.Address(3), 0);
}
SyscallResult SysRenameat2(Task& task, const SyscallArguments& a) {
  return RenameAt(task, a.Int(0), a.Address(1), a.Int(2), a.Address(3), a.Uint(4));
}
SyscallResult SysReadlink(Task& task, const SyscallArguments& a) {
  return ReadLinkAt(task, AT_FDCWD, a.Address(0), a.Address(1), a.Int(2));
}
SyscallResult SysReadlinkat(Task& task, const SyscallArguments& a) {
  return ReadLinkAt(task, a.Int(0), a.Address(1), a.Address(2), a.Int(3));
}

// -- working directory and root

namespace {

SyscallResult ChangeTo(Task& task, const Path& path, Path FsContext::*which) {
  if (!path.inode().IsDirectory()) return Error(ENOTDIR);
  RETURN_IF_ERROR(task.kernel().vfs().CheckAccess(path, task.credentials(), kMayExecute));
  (*task.fs_context()).*which = path;
  return uint64_t{0};
}

}  // namespace

SyscallResult SysChdir(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::AtCwd(task, a.Address(0), kFollowLast));
  ASSIGN_OR_RETURN(Path found, path.Resolve());
  return ChangeTo(task, found, &FsContext::cwd);
}

SyscallResult SysFchdir(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFileOrPath(task, a.Int(0)));
  return ChangeTo(task, file->path(), &FsContext::cwd);
}

SyscallResult SysChroot(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(PathArgument path, PathArgument::AtCwd(task, a.Address(0), kFollowLast));
  ASSIGN_OR_RETURN(Path found, path.Resolve());
  if (!found.inode().IsDirectory()) return Error(ENOTDIR);
  if (!task.credentials().Has(CAP_SYS_CHROOT)) return Error(EPERM);
  return ChangeTo(task, found, &FsContext::root);
}

SyscallResult SysGetcwd(Task& task, const SyscallArguments& a) {
  const FsContext& context = *task.fs_context();
  if (context.cwd.dentry->deleted()) return Error(ENOENT);
  std::string name = task.kernel().vfs().NameOf(context.cwd, context.root);
  if (a[1] < name.size() + 1) return Error(ERANGE);
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(0), name.c_str(), name.size() + 1));
  return uint64_t{name.size() + 1};
}

// -- listing

namespace {

// Lays out records of struct linux_dirent64, or of the older linux_dirent.
class DirentSink : public DirectorySink {
 public:
  DirentSink(size_t size, bool old_layout) : size_(size), old_layout_(old_layout) {
    bytes_.reserve(std::min<size_t>(size, 32768));
  }

  bool Add(std::string_view name, uint64_t inode, unsigned char type, int64_t next) override {
    // ino, off, reclen, then type and name (the old layout has the type behind the name).
    size_t length = (8 + 8 + 2 + 1 + name.size() + 1 + 7) & ~size_t{7};
    if (bytes_.size() + length > size_) {
      full_ = true;
      return false;
    }
    size_t at = bytes_.size();
    bytes_.resize(at + length, 0);
    char* record = bytes_.data() + at;
    uint16_t record_length = static_cast<uint16_t>(length);
    memcpy(record, &inode, 8);
    memcpy(record + 8, &next, 8);
    memcpy(record + 16, &record_length, 2);
    if (old_layout_) {
      memcpy(record + 18, name.data(), name.size());
      record[length - 1] = static_cast<char>(type);
    } else {
      record[18] = static_cast<char>(type);
      memcpy(record + 19, name.data(), name.size());
    }
    return true;
  }
  size_t room() const override { return size_ - bytes_.size(); }

  const std::vector<char>& bytes() const { return bytes_; }
  bool full() const { return full_; }

 private:
  const size_t size_;
  const bool old_layout_;
  bool full_ = false;
  std::vector<char> bytes_;
};

SyscallResult GetDents(Task& task, const SyscallArguments& a, bool old_layout) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  if (!file->inode().IsDirectory()) return Error(ENOTDIR);
  if (file->path().dentry->deleted()) return Error(ENOENT);
  DirentSink sink(std::min<size_t>(a.Uint(2), 1 << 20), old_layout);
  RETURN_IF_ERROR(file->ListDirectory(sink));
  if (sink.bytes().empty() && sink.full()) return Error(EINVAL);
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(1), sink.bytes().data(), sink.bytes().size()));
  return uint64_t{sink.bytes().size()};
}

}  // namespace

SyscallResult SysGetdents(Task& task, const SyscallArguments& a) { return GetDents(task, a, true); }
SyscallResult SysGetdents64(Task& task, const SyscallArguments& a) { return GetDents(task, a, false); }

}  // namespace sandbox
