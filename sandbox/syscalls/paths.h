// Path arguments of system calls: a descriptor to start from, and a string in guest memory.
//
//   ASSIGN_OR_RETURN(PathArgument path, PathArgument::Read(task, a.Int(0), a.Address(1)));
//   RETURN_IF_ERROR(path.vfs().Unlink(path.lookup()));
#ifndef SANDBOX_SYSCALLS_PATHS_H_
#define SANDBOX_SYSCALLS_PATHS_H_

#include <memory>
#include <string>

#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/vfs/fs_context.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

class Task;

class PathArgument {
 public:
  // `dirfd` may be AT_FDCWD. EBADF or ENOTDIR for a bad dirfd only if the path is relative. `flags`: WalkFlags.
  static Result<PathArgument> Read(Task& task, int dirfd, Addr address, unsigned flags = 0);
  // Reads only the string and starts at the working directory.
  static Result<PathArgument> AtCwd(Task& task, Addr address, unsigned flags = 0);

  // References this object: keep it alive.
  Lookup lookup() const { return Lookup{context_->root, start_, path_, *credentials_, flags_}; }
  Vfs& vfs() const { return *vfs_; }
  const std::string& path() const { return path_; }
  bool empty() const { return path_.empty(); }
  // What dirfd refers to.
  const Path& start() const { return start_; }
  Result<Path> Resolve() const { return vfs_->Resolve(lookup()); }

 private:
  PathArgument() = default;

  Vfs* vfs_ = nullptr;
  std::shared_ptr<FsContext> context_;
  std::shared_ptr<const Credentials> credentials_;
  std::string path_;
  Path start_;
  unsigned flags_ = 0;
};

// For calls with AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW: the object that (dirfd, path, flags) names. With `file`, the
// description behind dirfd when the path is empty, else null: what is open is asked rather than its name.
Result<Path> ResolveAt(Task& task, int dirfd, Addr address, int at_flags, std::shared_ptr<File>* file);

// The description behind `fd`, EBADF if there is none or it was opened with O_PATH.
Result<std::shared_ptr<File>> GetFile(Task& task, int fd);
// Also O_PATH ones.
Result<std::shared_ptr<File>> GetFileOrPath(Task& task, int fd);

// Installs at the lowest free number. EMFILE at RLIMIT_NOFILE.
Result<uint64_t> InstallFile(Task& task, std::shared_ptr<File> file, bool close_on_exec, int minimum = 0);

}  // namespace sandbox

#endif  // SANDBOX_SYSCALLS_PATHS_H_
