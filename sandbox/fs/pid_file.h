// A process as a descriptor (pidfd_open(2)): readable when it has ended.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_PID_FILE_H_
#define SANDBOX_FS_PID_FILE_H_

#include <memory>

#include "sandbox/kernel/thread_group.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

class PidFile : public File {
 public:
  PidFile(Path path, int flags, std::shared_ptr<ThreadGroup> process)
      : File(std::move(path), flags), process_(std::move(process)) {}

  const std::shared_ptr<ThreadGroup>& process() const { return process_; }
  ReadyMask Readiness(ReadyMask mask) override { return process_->zombie() ? mask & (EPOLLIN | EPOLLRDNORM) : 0; }
  WaitQueue* wait_queue() override { return &process_->own_events(); }
  std::string FdInfo() override;

 private:
  const std::shared_ptr<ThreadGroup> process_;
};

// `flags`: O_NONBLOCK.
std::shared_ptr<PidFile> MakePidFile(Vfs& vfs, std::shared_ptr<ThreadGroup> process, int flags);

}  // namespace sandbox

#endif  // SANDBOX_FS_PID_FILE_H_
