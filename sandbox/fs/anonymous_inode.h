// The inode of objects that have a descriptor but no place in any file system: epoll, eventfd, timerfd, signalfd,
// inotify.
#ifndef SANDBOX_FS_ANONYMOUS_INODE_H_
#define SANDBOX_FS_ANONYMOUS_INODE_H_

#include <string_view>

#include "sandbox/vfs/vfs.h"

namespace sandbox {

// `name` is what /proc/PID/fd shows: "anon_inode:[eventfd]".
Path MakeAnonymousPath(Vfs& vfs, std::string_view name);

}  // namespace sandbox

#endif  // SANDBOX_FS_ANONYMOUS_INODE_H_
