// An inode: one file, directory, symlink, device, pipe or socket of one file system, whatever names it has.
//
// A file system is a set of Inode subclasses plus a root inode. Inodes know nothing of paths, mounts or the dentry
// cache; the path walk (path_walk.h) calls Lookup, and vfs.h calls the operations below after it has checked
// permissions. The overlay stacks by calling the very same operations on the inodes of its layers.
//
// Runs under the kernel lock, like everything in vfs/ and fs/.
#ifndef SANDBOX_VFS_INODE_H_
#define SANDBOX_VFS_INODE_H_

#include <sys/statfs.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/abi/result.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/vfs/attributes.h"

namespace sandbox {

class File;
class Task;
class WatchList;
struct Path;

// What a new directory entry shall be.
struct CreateRequest {
  uint32_t mode = 0;  // type and permissions, umask already applied
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint64_t special_device = 0;  // for S_IFCHR and S_IFBLK
  std::string_view target;      // for S_IFLNK
};

// What open(2) asked for, after the path walk.
struct OpenRequest {
  int flags = 0;                             // O_* of <fcntl.h>
  const Path* path = nullptr;                // for the description's name; never null
  const Credentials* credentials = nullptr;  // never null
  Task* task = nullptr;                      // who opens, for /dev/tty and /proc; null when the sentry itself does
};

// Where one symbolic link leads: text to walk on with, or (proc's magic links) the object itself.
struct LinkTarget;
class LockList;

class Inode : public std::enable_shared_from_this<Inode> {
 public:
  virtual ~Inode();

  // Type and permission bits as last seen; enough for a path walk to decide without asking the file system.
  uint32_t mode() const { return mode_; }
  uint32_t uid() const { return uid_; }
  uint32_t gid() const { return gid_; }
  uint32_t type() const { return mode() & S_IFMT; }
  bool IsDirectory() const { return type() == S_IFDIR; }
  bool IsSymlink() const { return type() == S_IFLNK; }

  virtual Result<Attributes> GetAttributes() = 0;
  virtual Result<void> SetAttributes(const AttributeChange& change);

  // -- directories
  // The child called `name` (never "." or ".."), ENOENT if there is none.
  virtual Result<std::shared_ptr<Inode>> Lookup(std::string_view name);
  // Whether a cached child may be used without looking again: true for file systems that only the sentry changes.
  // Others look and return false when the name now means something else. `last`: the walk ends here; directories
  // further up may be trusted.
  virtual bool Revalidate(std::string_view name, Inode& child, bool last);
  virtual Result<std::shared_ptr<Inode>> Create(std::string_view name, const CreateRequest& request);
  virtual Result<void> Link(std::string_view name, Inode& target);
  virtual Result<void> Unlink(std::string_view name, Inode& child);
  virtual Result<void> RemoveDirectory(std::string_view name, Inode& child);
  // Moves `child`, called `name` here, to `new_directory` of the same file system. `victim` is what has the new name
  // now, or null; types and emptiness of the victim are checked by the file system (EISDIR, ENOTDIR, ENOTEMPTY).
  // `flags`: RENAME_EXCHANGE, or RENAME_WHITEOUT.
  virtual Result<void> Rename(std::string_view name, Inode& child, Inode& new_directory, std::string_view new_name,
                              Inode* victim, uint32_t flags);
  // A regular file without a name (O_TMPFILE), or EOPNOTSUPP.
  virtual Result<std::shared_ptr<Inode>> CreateUnnamed(const CreateRequest& request);

  // -- symbolic links
  virtual Result<std::string> ReadLink();
  // Where a walk goes on. The default is ReadLink's text.
  virtual Result<LinkTarget> Follow(const Credentials& credentials);

  // -- all types
  // O_CREAT, O_EXCL and O_TRUNC have been dealt with; O_DIRECTORY and O_NOFOLLOW have been checked.
  virtual Result<std::shared_ptr<File>> Open(const OpenRequest& request);
  virtual Result<std::string> GetXattr(std::string_view name);
  virtual Result<void> SetXattr(std::string_view name, std::string_view value, int flags);
  virtual Result<void> RemoveXattr(std::string_view name);
  virtual Result<std::vector<std::string>> ListXattrs();
  virtual Result<struct statfs> StatFs();

  // The unix socket (socket/) that a S_IFSOCK inode was bound to; expired for stale nodes.
  std::weak_ptr<void> bound_socket;

  // inotify watches on this inode; null until somebody watches.
  WatchList* watches() const { return watches_.get(); }
  WatchList& MakeWatches();
  // Record and whole-file locks; null until somebody locks.
  LockList* locks() const { return locks_.get(); }
  LockList& MakeLocks();

 protected:
  explicit Inode(uint32_t mode, uint32_t uid = 0, uint32_t gid = 0);

  // Keeps the quick copies above in step; file systems call it whenever they learn better.
  void Remember(uint32_t mode, uint32_t uid, uint32_t gid) {
    mode_ = mode;
    uid_ = uid;
    gid_ = gid;
  }

 private:
  uint32_t mode_;
  uint32_t uid_;
  uint32_t gid_;
  std::unique_ptr<WatchList> watches_;
  std::unique_ptr<LockList> locks_;
};

// A device number for st_dev of one more file system: major 0, the next minor.
uint64_t AllocateDevice();

}  // namespace sandbox

#endif  // SANDBOX_VFS_INODE_H_
