// The devices of /dev that need no hardware: null, zero, full, random, urandom, and stdio of the operator as files.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_DEVICES_H_
#define SANDBOX_FS_DEVICES_H_

#include <memory>

#include "sandbox/fs/tmpfs.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

// Registers the devices' openers (special_inode.h). Once, at boot.
void RegisterMemoryDevices();

// The root of /dev: nodes, the links fd, stdin, stdout and stderr, the directories pts and shm.
std::shared_ptr<Inode> MakeDevDirectory(const std::shared_ptr<Tmpfs>& tmpfs);

// A descriptor of the operator (a pipe, a file, a socket; never a directory) as a file of the guest. The descriptor is
// duplicated. Reads and writes never block the sentry. Names are host:[N]; a regular file keeps the host's position.
Result<std::shared_ptr<File>> MakeHostStream(Vfs& vfs, int host_fd, int flags);

}  // namespace sandbox

#endif  // SANDBOX_FS_DEVICES_H_
