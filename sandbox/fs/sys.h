// /sys: the little that programs read of it.
#ifndef SANDBOX_FS_SYS_H_
#define SANDBOX_FS_SYS_H_

#include <memory>

#include "sandbox/vfs/inode.h"

namespace sandbox {

std::shared_ptr<Inode> MakeSys();

}  // namespace sandbox

#endif  // SANDBOX_FS_SYS_H_
