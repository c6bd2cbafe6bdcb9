// Handlers of the socket family.
#ifndef SANDBOX_SYSCALLS_HANDLERS_SOCKETS_H_
#define SANDBOX_SYSCALLS_HANDLERS_SOCKETS_H_

#include "sandbox/syscalls/handler.h"

namespace sandbox {

// sockets.cc
SyscallResult SysSocket(Task& task, const SyscallArguments& a);
SyscallResult SysSocketpair(Task& task, const SyscallArguments& a);
SyscallResult SysBind(Task& task, const SyscallArguments& a);
SyscallResult SysListen(Task& task, const SyscallArguments& a);
SyscallResult SysConnect(Task& task, const SyscallArguments& a);
SyscallResult SysAccept(Task& task, const SyscallArguments& a);
SyscallResult SysAccept4(Task& task, const SyscallArguments& a);
SyscallResult SysGetsockname(Task& task, const SyscallArguments& a);
SyscallResult SysGetpeername(Task& task, const SyscallArguments& a);
SyscallResult SysShutdown(Task& task, const SyscallArguments& a);
SyscallResult SysSetsockopt(Task& task, const SyscallArguments& a);
SyscallResult SysGetsockopt(Task& task, const SyscallArguments& a);

// messages.cc
SyscallResult SysSendto(Task& task, const SyscallArguments& a);
SyscallResult SysRecvfrom(Task& task, const SyscallArguments& a);
SyscallResult SysSendmsg(Task& task, const SyscallArguments& a);
SyscallResult SysRecvmsg(Task& task, const SyscallArguments& a);
SyscallResult SysSendmmsg(Task& task, const SyscallArguments& a);
SyscallResult SysRecvmmsg(Task& task, const SyscallArguments& a);

}  // namespace sandbox
#endif  // SANDBOX_SYSCALLS_HANDLERS_SOCKETS_H_
