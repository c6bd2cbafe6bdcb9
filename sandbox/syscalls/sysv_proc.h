// /proc/sysvipc: the System V objects as text (sysvipc(7)).
#ifndef SANDBOX_SYSCALLS_SYSV_PROC_H_
#define SANDBOX_SYSCALLS_SYSV_PROC_H_

#include <string>

namespace sandbox {

std::string SharedMemoryText();
std::string SemaphoreSetsText();
std::string MessageQueuesText();

}  // namespace sandbox
#endif  // SANDBOX_SYSCALLS_SYSV_PROC_H_
