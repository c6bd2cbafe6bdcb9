// Sessions and process groups: who shares a terminal, and whom its keys reach.
#ifndef SANDBOX_KERNEL_PROCESS_GROUP_H_
#define SANDBOX_KERNEL_PROCESS_GROUP_H_

#include <sys/types.h>

#include <memory>

namespace sandbox {

// Made by setsid. The controlling terminal is whatever the terminal's file system keeps there.
struct Session {
  pid_t id;
  std::shared_ptr<void> terminal;  // null: none
  pid_t foreground_group = 0;      // of the terminal; 0: none
};

struct ProcessGroup {
  pid_t id;
  std::shared_ptr<Session> session;
};

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_PROCESS_GROUP_H_
