#include "sandbox/vfs/mount.h"

#include <algorithm>

namespace sandbox {
namespace {

constexpr size_t kMaxMounts = 10000;

}  // namespace

MountTable::~MountTable() {
  by_point_.clear();
  for (const std::shared_ptr<Mount>& mount : mounts_) {
    if (mount->point_) mount->point_.dentry->add_mount(-1);
    mount->point_ = Path();
  }
}

std::shared_ptr<Mount> MountTable::Attach(const Path& point, DentryRef root, MountOptions options) {
  auto mount = std::make_shared<Mount>(next_id_++, std::move(root), std::move(options));
  if (point) {
    mount->point_ = point;
    point.dentry->add_mount(1);
    by_point_[{point.mount.get(), point.dentry.get()}] = mount;
  }
  mounts_.push_back(mount);
  return mount;
}

std::shared_ptr<Mount> MountTable::MountRoot(std::shared_ptr<Inode> root, MountOptions options) {
  return Attach(Path(), dentries_->MakeRoot(std::move(root)), std::move(options));
}

Result<std::shared_ptr<Mount>> MountTable::Add(const Path& point, std::shared_ptr<Inode> root, MountOptions options) {
  if (mounts_.size() >= kMaxMounts) return Error(ENOSPC);
  Path top = TopOf(point);
  if (root->IsDirectory() != top.inode().IsDirectory()) return Error(ENOTDIR);
  return Attach(top, dentries_->MakeRoot(std::move(root)), std::move(options));
}

Result<std::shared_ptr<Mount>> MountTable::Bind(const Path& point, const Path& source, unsigned long flags) {
  if (mounts_.size() >= kMaxMounts) return Error(ENOSPC);
  Path top = TopOf(point);
  if (source.inode().IsDirectory() != top.inode().IsDirectory()) return Error(ENOTDIR);
  MountOptions options = source.mount->options();
  options.flags |= flags;
  return Attach(top, source.dentry, std::move(options));
}

Result<void> MountTable::Remove(const Path& path) {
  if (!path.mount || path.mount->root() != path.dentry || !path.mount->point_) return Error(EINVAL);
  const std::shared_ptr<Mount> mount = path.mount;
  for (const std::shared_ptr<Mount>& other : mounts_) {
    if (other->point_ && other->point_.mount == mount) return Error(EBUSY);
  }
  by_point_.erase({mount->point_.mount.get(), mount->point_.dentry.get()});
  mount->point_.dentry->add_mount(-1);
  mount->point_ = Path();
  mounts_.erase(std::find(mounts_.begin(), mounts_.end(), mount));
  return Ok();
}

Path MountTable::TopOf(Path path) const {
  while (path.dentry->mounts() > 0) {
    auto it = by_point_.find({path.mount.get(), path.dentry.get()});
    if (it == by_point_.end()) break;
    path.mount = it->second;
    path.dentry = path.mount->root();
  }
  return path;
}

Path MountTable::Parent(const Path& path, const Path& root) const {
  Path current = path;
  while (current != root) {
    if (current.dentry != current.mount->root()) {
      Dentry* parent = current.dentry->parent();
      if (parent == nullptr) return current;
      return TopOf(Path{current.mount, DentryRef(parent)});
    }
    if (!current.mount->point()) return current;
    current = current.mount->point();
  }
  return current;
}

std::string MountTable::NameOf(const Path& path, const Path& root) const {
  if (!path.mount) return path.dentry->name();
  const char* suffix = path.dentry->deleted() ? " (deleted)" : "";
  std::string name;
  Path current = path;
  while (!(current == root)) {
    if (current.dentry == current.mount->root()) {
      if (!current.mount->point()) {
        bool reachable =
            current.mount == mounts_.front() && root.mount == current.mount && root.dentry == current.dentry;
        return (reachable ? "" : "(unreachable)") + (name.empty() ? "/" : name) + suffix;
      }
      Path point = current.mount->point();
      current = point;
      continue;
    }
    Dentry* parent = current.dentry->parent();
    if (parent == nullptr) return current.dentry->name() + suffix;  // never had a name: O_TMPFILE
    name.insert(0, "/" + current.dentry->name());
    current.dentry = DentryRef(parent);
  }
  return (name.empty() ? "/" : name) + suffix;
}

}  // namespace sandbox
