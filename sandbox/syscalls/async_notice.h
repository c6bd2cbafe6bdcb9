// Signals that tell of a file's readiness: O_ASYNC, F_SETOWN, F_SETSIG (fcntl(2), "Managing signals"; Linux,
// fs/fcntl.c).
//
// Linux tells of room for output only after there was none; here a notice may come more often. It is a hint in both.
// Under the kernel lock.
#ifndef SANDBOX_SYSCALLS_ASYNC_NOTICE_H_
#define SANDBOX_SYSCALLS_ASYNC_NOTICE_H_

#include <fcntl.h>

#include "sandbox/abi/result.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/wait_queue.h"
#include "sandbox/vfs/file.h"

namespace sandbox {

// Of one file description, which owns it.
class AsyncNotice : public WaitEntry {
 public:
  explicit AsyncNotice(Kernel* kernel) : kernel_(kernel) {}
  // That of `file`, made when first asked for.
  static AsyncNotice& Of(Task& task, File& file);

  // ESRCH, EINVAL. Who owns it is asked for permission with the credentials of now.
  Result<void> SetOwner(Task& task, f_owner_ex owner);
  // pid 0: nobody, or nobody any more.
  f_owner_ex owner() const;
  Result<void> SetSignal(int signal);
  int signal() const { return signal_; }
  // O_ASYNC was set or taken away through descriptor `fd`.
  void Enable(File& file, int fd);

  void Notified(ReadyMask events) override;

 private:
  bool MaySignal(const Task& target) const;

  Kernel* const kernel_;
  f_owner_ex owner_{F_OWNER_PID, 0};
  uid_t uid_ = 0, euid_ = 0;  // of who set the owner
  int signal_ = 0;            // 0: SIGIO, without a word of the file
  int fd_ = -1;
};

}  // namespace sandbox
#endif  // SANDBOX_SYSCALLS_ASYNC_NOTICE_H_
