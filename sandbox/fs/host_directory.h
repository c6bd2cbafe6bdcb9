// A directory tree of the host, seen through descriptors.
//
// The sentry opens the top directory once; everything below is reached by one-component *at calls relative to a
// descriptor of its parent, never following a symbolic link, so no name a guest can make leads out of the tree.
// Symbolic links are read as text and walked by the sentry.
//
// Only regular files, directories and symbolic links are the host's. Devices, sockets and named pipes of the host are
// shown but cannot be opened (ENXIO), and other kernel file systems (a proc or sysfs mounted inside the tree) are shown
// as empty directories: what they would tell is the host's business.
//
// The tree may change behind the sentry's back: leaves are looked at again on every use; a directory replaced on the
// host may be seen in its old state until it falls out of the dentry cache.
//
// Descriptors: a directory holds one (O_PATH) while its inode lives, at most kMaxDirectoryDescriptors in all, reopened
// when needed; leaves hold none until they are opened.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_HOST_DIRECTORY_H_
#define SANDBOX_FS_HOST_DIRECTORY_H_

#include <memory>

#include "sandbox/abi/result.h"
#include "sandbox/vfs/inode.h"

namespace sandbox {

struct HostDirectoryOptions {
  bool read_only = false;
  // Owner shown for files whose owner is not mapped into the sentry's user namespace; nothing is translated when unset.
  bool show_all_as_root = false;
};

// The root inode of the tree at `directory_fd` (O_PATH is enough), which it takes over. The errno of fstat if it is no
// good.
Result<std::shared_ptr<Inode>> MakeHostDirectory(int directory_fd, const HostDirectoryOptions& options);

}  // namespace sandbox

#endif  // SANDBOX_FS_HOST_DIRECTORY_H_
