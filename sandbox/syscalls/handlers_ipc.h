// Handlers of System V IPC, process descriptors and mounts.
#ifndef SANDBOX_SYSCALLS_HANDLERS_IPC_H_
#define SANDBOX_SYSCALLS_HANDLERS_IPC_H_

#include "sandbox/syscalls/handler.h"

namespace sandbox {

SyscallResult SysShmget(Task& task, const SyscallArguments& a);
SyscallResult SysShmat(Task& task, const SyscallArguments& a);
SyscallResult SysShmdt(Task& task, const SyscallArguments& a);
SyscallResult SysShmctl(Task& task, const SyscallArguments& a);
SyscallResult SysSemget(Task& task, const SyscallArguments& a);
SyscallResult SysSemop(Task& task, const SyscallArguments& a);
SyscallResult SysSemtimedop(Task& task, const SyscallArguments& a);
SyscallResult SysSemctl(Task& task, const SyscallArguments& a);
SyscallResult SysMsgget(Task& task, const SyscallArguments& a);
SyscallResult SysMsgsnd(Task& task, const SyscallArguments& a);
SyscallResult SysMsgrcv(Task& task, const SyscallArguments& a);
SyscallResult SysMsgctl(Task& task, const SyscallArguments& a);

SyscallResult SysMqOpen(Task& task, const SyscallArguments& a);
SyscallResult SysMqUnlink(Task& task, const SyscallArguments& a);
SyscallResult SysMqTimedsend(Task& task, const SyscallArguments& a);
SyscallResult SysMqTimedreceive(Task& task, const SyscallArguments& a);
SyscallResult SysMqNotify(Task& task, const SyscallArguments& a);
SyscallResult SysMqGetsetattr(Task& task, const SyscallArguments& a);
SyscallResult SysPidfdOpen(Task& task, const SyscallArguments& a);
SyscallResult SysPidfdSendSignal(Task& task, const SyscallArguments& a);
SyscallResult SysPidfdGetfd(Task& task, const SyscallArguments& a);

SyscallResult SysMount(Task& task, const SyscallArguments& a);
SyscallResult SysUmount2(Task& task, const SyscallArguments& a);

}  // namespace sandbox

#endif  // SANDBOX_SYSCALLS_HANDLERS_IPC_H_
