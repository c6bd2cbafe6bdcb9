// Device nodes, named pipes and socket nodes: inodes whose contents live elsewhere.
//
// Character devices are looked up by number in the registry when they are opened, so that a node made by mknod anywhere
// opens the sentry's own device; a number nobody registered answers ENXIO. No node ever opens a device of the host.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_SPECIAL_INODE_H_
#define SANDBOX_FS_SPECIAL_INODE_H_

#include <functional>
#include <memory>

#include "sandbox/vfs/file.h"
#include "sandbox/vfs/inode.h"

namespace sandbox {

// A node of type S_IFCHR, S_IFBLK, S_IFIFO or S_IFSOCK. EINVAL for other types.
Result<std::shared_ptr<Inode>> MakeSpecialInode(uint64_t device, uint64_t inode, const CreateRequest& request);

using DeviceOpener = std::function<Result<std::shared_ptr<File>>(const OpenRequest& request)>;
// Replaces what was registered for this number (makedev).
void RegisterCharacterDevice(uint64_t number, DeviceOpener opener);
// ENXIO if there is no such device.
Result<std::shared_ptr<File>> OpenCharacterDevice(uint64_t number, const OpenRequest& request);

}  // namespace sandbox

#endif  // SANDBOX_FS_SPECIAL_INODE_H_
