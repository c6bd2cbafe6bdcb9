#include "sandbox/fs/pid_file.h"

#include "absl/strings/str_cat.h"
#include "sandbox/fs/anonymous_inode.h"

namespace sandbox {

std::string PidFile::FdInfo() {
  int pid = process_->zombie() ? -1 : process_->id();
  return absl::StrCat("Pid:\t", pid, "\nNSpid:\t", pid, "\n");
}

std::shared_ptr<PidFile> MakePidFile(Vfs& vfs, std::shared_ptr<ThreadGroup> process, int flags) {
  return std::make_shared<PidFile>(MakeAnonymousPath(vfs, "anon_inode:[pidfd]"), O_RDWR | (flags & O_NONBLOCK),
                                   std::move(process));
}

}  // namespace sandbox
