// Mounts: which file system's root covers which directory.
//
// There is one mount namespace per container. A mount point is a (mount, dentry) pair; mounts stack, the newest on top.
//
// Runs under the kernel lock.
#ifndef SANDBOX_VFS_MOUNT_H_
#define SANDBOX_VFS_MOUNT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sandbox/abi/result.h"
#include "sandbox/vfs/path.h"

namespace sandbox {

// How a mount was made, as /proc/mounts shows it. `flags` are MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME of
// <sys/mount.h>.
struct MountOptions {
  std::string type;    // "overlay", "tmpfs", "proc" ...
  std::string source;  // first column of /proc/mounts
  unsigned long flags = 0;
  std::string data;  // file-system specific, e.g. "size=64m"
};

class Mount {
 public:
  Mount(int id, DentryRef root, MountOptions options) : id_(id), root_(std::move(root)), options_(std::move(options)) {}

  int id() const { return id_; }
  const DentryRef& root() const { return root_; }
  // Where it is mounted; null for the root mount and after unmounting.
  const Path& point() const { return point_; }
  const MountOptions& options() const { return options_; }
  void set_flags(unsigned long flags) { options_.flags = flags; }
  bool Has(unsigned long flag) const { return (options_.flags & flag) != 0; }

 private:
  friend class MountTable;
  const int id_;
  const DentryRef root_;
  MountOptions options_;
  Path point_;
};

class MountTable {
 public:
  explicit MountTable(DentryCache* dentries) : dentries_(dentries) {}
  // Mount points hold dentries of other mounts: takes all of them down before the cache goes.
  ~MountTable();

  // The first mount.
  std::shared_ptr<Mount> MountRoot(std::shared_ptr<Inode> root, MountOptions options);
  // Covers `point`; ENOTDIR unless both or neither of the two are directories.
  Result<std::shared_ptr<Mount>> Add(const Path& point, std::shared_ptr<Inode> root, MountOptions options);
  // Another view of an existing tree (mount --bind).
  Result<std::shared_ptr<Mount>> Bind(const Path& point, const Path& source, unsigned long flags);
  // EINVAL if `path` is not the root of a mount, EBUSY if it has mounts below or is the root mount. Files open in it
  // stay usable.
  Result<void> Remove(const Path& path);

  // What is mounted on `path`, topmost, or `path` itself.
  Path TopOf(Path path) const;
  // The directory above: through mount points, but never above `root`.
  Path Parent(const Path& path, const Path& root) const;

  const std::shared_ptr<Mount>& root() const { return mounts_.front(); }
  const std::vector<std::shared_ptr<Mount>>& mounts() const { return mounts_; }

  // The absolute name seen from `root`; names outside it or of deleted files are marked as Linux does ("(unreachable)",
  // " (deleted)").
  std::string NameOf(const Path& path, const Path& root) const;

 private:
  std::shared_ptr<Mount> Attach(const Path& point, DentryRef root, MountOptions options);

  DentryCache* const dentries_;
  int next_id_ = 20;
  std::vector<std::shared_ptr<Mount>> mounts_;
  absl::flat_hash_map<std::pair<const Mount*, const Dentry*>, std::shared_ptr<Mount>> by_point_;
};

}  // namespace sandbox

#endif  // SANDBOX_VFS_MOUNT_H_
