// A process's view of the tree: its root, its working directory, its umask. Shared with CLONE_FS, copied otherwise.
#ifndef SANDBOX_VFS_FS_CONTEXT_H_
#define SANDBOX_VFS_FS_CONTEXT_H_

#include <cstdint>
#include <memory>

#include "sandbox/vfs/path.h"

namespace sandbox {

struct FsContext {
  Path root;
  Path cwd;
  uint32_t umask = 022;

  std::shared_ptr<FsContext> Clone() const { return std::make_shared<FsContext>(*this); }
};

}  // namespace sandbox

#endif  // SANDBOX_VFS_FS_CONTEXT_H_
