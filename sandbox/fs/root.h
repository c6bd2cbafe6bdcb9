// Assembles a container's tree of mounts: the root with its overlay, /proc, /sys, /dev, /dev/pts, /dev/shm, /tmp as the
// root has it, and the operator's binds.
//
//   ASSIGN_OR_RETURN(Root root, BuildRoot(options));
//   ... Kernel(Options{.vfs = root.vfs, .shared_memory = root.memory}) ...
//   RETURN_IF_ERROR(MountProc(*root.vfs, kernel));
#ifndef SANDBOX_FS_ROOT_H_
#define SANDBOX_FS_ROOT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sandbox/fs/tmpfs.h"
#include "sandbox/mm/memory_file.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/fs_context.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

class Kernel;

struct RootOptions {
  enum class Overlay {
    kMemory,  // writes land in memory and vanish
    kNone,    // writes go through to the host
    kKept,    // writes land in overlay_fd's directory
  };

  struct Bind {
    int directory_fd = -1;    // the host directory; taken over
    std::string destination;  // absolute; made if it does not exist
    bool read_only = true;
  };

  int root_fd = -1;  // the host directory that becomes "/"; taken over
  Overlay overlay = Overlay::kMemory;
  int overlay_fd = -1;         // for kKept; taken over
  uint64_t overlay_limit = 0;  // bytes in memory; 0: as much as memory allows
  std::vector<Bind> binds;
  MemoryFile* memory = nullptr;  // must outlive the root
};

struct Root {
  std::shared_ptr<Vfs> vfs;
  std::shared_ptr<Tmpfs> memory;  // for memfd_create, shared anonymous memory, SysV segments; also behind /dev/shm
};

// A message that names the destination or mount that could not be made.
absl::StatusOr<Root> BuildRoot(const RootOptions& options);

// Once the kernel exists; before the first guest runs.
absl::Status MountProc(Vfs& vfs, Kernel& kernel);

// Root and working directory of the first process. NotFound if `cwd` is not a directory of the container.
absl::StatusOr<std::shared_ptr<FsContext>> MakeFsContext(Vfs& vfs, const std::string& cwd,
                                                         const Credentials& credentials);

// Descriptors 0, 1 and 2, from those of the sentry. A descriptor that is closed stays closed. When both input and
// output are a terminal, it becomes the container's console (devpts.h).
absl::StatusOr<std::shared_ptr<FdTable>> MakeStandardDescriptors(Vfs& vfs);

}  // namespace sandbox

#endif  // SANDBOX_FS_ROOT_H_
