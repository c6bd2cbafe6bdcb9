// What the handlers of the socket family share: sockets behind descriptors, addresses and control messages in guest
// memory.
#ifndef SANDBOX_SYSCALLS_SOCKET_ARGUMENTS_H_
#define SANDBOX_SYSCALLS_SOCKET_ARGUMENTS_H_

#include <memory>

#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"
#include "sandbox/kernel/task.h"
#include "sandbox/socket/socket.h"

namespace sandbox {

// Refers to the task's own objects: for the length of one call.
SocketCaller CallerOf(Task& task);

// EBADF, ENOTSOCK.
Result<std::shared_ptr<Socket>> GetSocket(Task& task, int fd);

// EINVAL for an impossible length, EFAULT.
Result<SocketAddress> ReadAddress(Task& task, Addr address, int length);
// At most the *length_pointer bytes there is room for; stores the real length. Does nothing if `to` is null.
Result<void> WriteAddress(Task& task, const SocketAddress& address, Addr to, Addr length_pointer);

// A socket's deadline, from SO_RCVTIMEO or SO_SNDTIMEO in nanoseconds.
Deadline DeadlineAfter(int64_t timeout);
// What an interrupted or timed-out wait answers: EAGAIN at the deadline, and a call with a timeout is not restarted
// (signal(7)).
int WaitError(int error, Deadline deadline);

// SCM_RIGHTS and SCM_CREDENTIALS of sendmsg(2). EINVAL, EBADF, EPERM, ETOOMANYREFS.
Result<void> ReadControl(Task& task, const Socket& socket, Addr control, size_t length, Ancillary* ancillary);
// Installs the received descriptors and stores the control messages; returns how many bytes were used and sets
// MSG_CTRUNC in `*flags` when not everything fits.
Result<size_t> WriteControl(Task& task, const Socket& socket, Ancillary& ancillary, Addr control, size_t length,
                            bool close_on_exec, int* flags);

}  // namespace sandbox
#endif  // SANDBOX_SYSCALLS_SOCKET_ARGUMENTS_H_
