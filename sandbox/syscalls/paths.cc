#include "sandbox/syscalls/paths.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/vfs/fd_table.h"

namespace sandbox {

Result<PathArgument> PathArgument::Read(Task& task, int dirfd, Addr address, unsigned flags) {
  PathArgument result;
  ASSIGN_OR_RETURN(result.path_, task.memory().CopyInString(address, PATH_MAX));
  result.vfs_ = &task.kernel().vfs();
  result.context_ = task.fs_context();
  result.credentials_ = task.shared_credentials();
  result.flags_ = flags;
  if (dirfd == AT_FDCWD) {
    result.start_ = result.context_->cwd;
  } else if (result.path_.empty() || result.path_.front() != '/' || (flags & (kBeneath | kInRoot)) != 0) {
    const File* file = task.fd_table()->Peek(dirfd);
    if (file == nullptr) return Error(EBADF);
    result.start_ = file->path();
  } else {
    result.start_ = result.context_->root;
  }
  return result;
}

Result<PathArgument> PathArgument::AtCwd(Task& task, Addr address, unsigned flags) {
  return Read(task, AT_FDCWD, address, flags);
}

Result<Path> ResolveAt(Task& task, int dirfd, Addr address, int at_flags, std::shared_ptr<File>* file) {
  unsigned flags = (at_flags & AT_SYMLINK_NOFOLLOW) != 0 ? 0 : unsigned{kFollowLast};
  // Linux takes a null path with AT_EMPTY_PATH as an empty one.
  bool null_path = address == 0 && (at_flags & AT_EMPTY_PATH) != 0;
  if (!null_path) {
    ASSIGN_OR_RETURN(PathArgument path, PathArgument::Read(task, dirfd, address, flags));
    if (!path.empty() || (at_flags & AT_EMPTY_PATH) == 0) return path.Resolve();
  }
  if (dirfd == AT_FDCWD) return task.fs_context()->cwd;
  ASSIGN_OR_RETURN(std::shared_ptr<File> open, GetFileOrPath(task, dirfd));
  Path path = open->path();
  if (file != nullptr) *file = std::move(open);
  return path;
}

Result<std::shared_ptr<File>> GetFile(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, task.fd_table()->Get(fd));
  if ((file->flags() & O_PATH) != 0) return Error(EBADF);
  return file;
}

Result<std::shared_ptr<File>> GetFileOrPath(Task& task, int fd) { return task.fd_table()->Get(fd); }

Result<uint64_t> InstallFile(Task& task, std::shared_ptr<File> file, bool close_on_exec, int minimum) {
  ASSIGN_OR_RETURN(int fd, task.fd_table()->Install(std::move(file), close_on_exec,
                                                    task.thread_group().Limit(RLIMIT_NOFILE), minimum));
  return static_cast<uint64_t>(fd);
}

}  // namespace sandbox
