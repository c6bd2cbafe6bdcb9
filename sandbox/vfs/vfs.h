// The virtual file system of one container: mounts, the dentry cache, and every operation on names.
//
// The operations take a Lookup (who asks, from where, which path), check what Linux checks, call the inode, and keep
// the dentry cache and inotify watchers in step. System calls are thin around them.
//
// Runs under the kernel lock.
#ifndef SANDBOX_VFS_VFS_H_
#define SANDBOX_VFS_VFS_H_

#include <memory>
#include <string>
#include <string_view>

#include "sandbox/abi/result.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/vfs/dentry.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/fs_context.h"
#include "sandbox/vfs/mount.h"
#include "sandbox/vfs/path_walk.h"

namespace sandbox {

// One path argument of a system call. All references must outlive the call.
struct Lookup {
  const Path& root;
  const Path& start;  // the working directory, or what dirfd refers to
  std::string_view path;
  const Credentials& credentials;
  unsigned flags = 0;  // WalkFlags
};

struct OpenOptions {
  int flags = 0;      // O_*
  uint32_t mode = 0;  // for O_CREAT and O_TMPFILE
  uint32_t umask = 0;
  Task* task = nullptr;
};

// Rules on paths beyond permissions: the operator's policy (syscalls/path_policy.h).
class PathGuard {
 public:
  virtual ~PathGuard() = default;
  // `path`: where the object really is, seen from the container's root. `access`: kMayRead, kMayWrite (also for
  // creating, removing, renaming and changing it), kMayExecute.
  virtual Result<void> Check(const std::string& path, int access) = 0;
};

class Vfs {
 public:
  explicit Vfs(size_t dentry_capacity = kDefaultDentries);

  static constexpr size_t kDefaultDentries = 24 * 1024;

  DentryCache& dentries() { return dentries_; }
  MountTable& mounts() { return mounts_; }
  // The root directory of the container.
  Path RootPath() const { return mounts_.TopOf(Path{mounts_.root(), mounts_.root()->root()}); }

  Result<Path> Resolve(const Lookup& lookup);
  // The child `name` of `directory`, from the cache if it is still true. ENOENT.
  Result<DentryRef> LookupChild(Dentry& directory, std::string_view name, bool last);

  Result<std::shared_ptr<File>> Open(const Lookup& lookup, const OpenOptions& options);
  // Opens what was already resolved; for /proc/PID/fd, O_PATH descriptors and exec.
  Result<std::shared_ptr<File>> OpenPath(const Path& path, const Credentials& credentials, const OpenOptions& options);
  // A file outside every mount: pipes, sockets, memfds. `name` is what /proc/PID/fd shows.
  Path AnonymousPath(std::shared_ptr<Inode> inode, std::string_view name);

  // mknod, mkdir, symlink: `request.mode` has its type; umask is applied here, owner and group are filled in here.
  Result<void> Create(const Lookup& lookup, CreateRequest request, uint32_t umask);
  Result<void> Unlink(const Lookup& lookup);
  Result<void> RemoveDirectory(const Lookup& lookup);
  Result<void> Link(const Path& target, const Lookup& link);
  // RENAME_NOREPLACE, RENAME_EXCHANGE.
  Result<void> Rename(const Lookup& from, const Lookup& to, uint32_t flags);
  // chmod, chown, truncate, utimensat.
  Result<void> SetAttributes(const Path& path, const Credentials& credentials, const AttributeChange& change);
  // EACCES, EROFS: access(2), and every open.
  Result<void> CheckAccess(const Path& path, const Credentials& credentials, int access);

  // Asked from now on; null: nobody. With a guard directories cannot be renamed (EXDEV, so that mv copies): what is
  // below them would change its path unseen.
  void set_path_guard(PathGuard* guard) { guard_ = guard; }
  bool guarded() const { return guard_ != nullptr; }

  std::string NameOf(const Path& path, const Path& root) const { return mounts_.NameOf(path, root); }

 private:
  Result<void> Guard(const Path& path, int access);
  Result<void> GuardNew(const Path& directory, std::string_view name);
  Result<std::shared_ptr<File>> OpenUnnamed(const Path& directory, const Credentials& credentials,
                                            const OpenOptions& options);
  Result<Path> CreateForOpen(PathWalk& walk, const Credentials& credentials, const OpenOptions& options);
  // Fills owner and group of something new in `directory`, and applies set-group-ID directories.
  Result<CreateRequest> Prepare(const Path& directory, const Credentials& credentials, CreateRequest request,
                                uint32_t umask);
  Result<void> CheckCreate(const Path& directory, const Credentials& credentials);
  Result<void> CheckRemove(const Path& directory, const Path& child, const Credentials& credentials);
  struct Renaming {
    const Path& from_directory;
    const Path& child;
    const Path& to_directory;
    std::string_view new_name;
    DentryRef victim;  // what has the new name now, or null
    uint32_t flags;
  };
  Result<void> RenameChecked(const Renaming& names, const Credentials& credentials);

  DentryCache dentries_;
  MountTable mounts_;
  PathGuard* guard_ = nullptr;
};

}  // namespace sandbox

#endif  // SANDBOX_VFS_VFS_H_
