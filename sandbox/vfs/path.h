// A place in the tree of mounts: which mount, and which dentry in it.
#ifndef SANDBOX_VFS_PATH_H_
#define SANDBOX_VFS_PATH_H_

#include <memory>
#include <optional>
#include <string>

#include "sandbox/vfs/dentry.h"

namespace sandbox {

class Mount;

struct Path {
  std::shared_ptr<Mount> mount;  // null for objects outside every mount: pipes, sockets, memfds
  DentryRef dentry;

  Inode& inode() const { return dentry->inode(); }
  explicit operator bool() const { return static_cast<bool>(dentry); }
  friend bool operator==(const Path& a, const Path& b) { return a.mount == b.mount && a.dentry == b.dentry; }
};

struct LinkTarget {
  std::string text;
  std::optional<Path> object;  // set: go on there, `text` is only what readlink shows
};

}  // namespace sandbox

#endif  // SANDBOX_VFS_PATH_H_
