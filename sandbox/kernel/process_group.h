// Sessions and process groups: who shares a terminal, and whom its keys reach.
#ifndef SANDBOX_KERNEL_PROCESS_GROUP_H_
#define SANDBOX_KERNEL_PROCESS_GROUP_H_

#include <sys/types.h>

#include <memory>

namespace sandbox {

class Kernel;
class ThreadGroup;

// Made by setsid. The controlling terminal is whatever the terminal's file system keeps there.
struct Session {
  pid_t id;
  std::shared_ptr<void> terminal;  // null: none
  pid_t foreground_group = 0;      // of the terminal, or of the one that was hung up; 0: none
};

struct ProcessGroup {
  pid_t id;
  std::shared_ptr<Session> session;
};

// Whether no member but `but` has a parent in another group of the same session: then nobody is there to continue it
// when it stops (POSIX.1-2017, 3.264 "Orphaned Process Group"). Under the kernel lock.
bool IsOrphaned(const Kernel& kernel, const ProcessGroup& group, const ThreadGroup* but = nullptr);

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_PROCESS_GROUP_H_
