// Sockets: making, naming, connecting, options. Messages are in messages.cc.
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_sockets.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/syscalls/socket_arguments.h"
#include "sandbox/vfs/fd_table.h"

namespace sandbox {
namespace {

constexpr int kTypeMask = 0xf;
constexpr int kTypeFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr int kLongestOption = 4096;

int FileFlags(int type) { return (type & SOCK_NONBLOCK) != 0 ? O_NONBLOCK : 0; }

SyscallResult Done(const Result<void>& result) {
  RETURN_IF_ERROR(result);
  return uint64_t{0};
}

SyscallResult Accept(Task& task, int fd, Addr address, Addr length_pointer, int flags) {
  if ((flags & ~kTypeFlags) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, fd));
  auto accept = [&] { return socket->Accept(CallerOf(task), FileFlags(flags)); };
  Result<std::shared_ptr<Socket>> accepted = accept();
  if (!accepted.ok() && accepted.error() == EAGAIN && !socket->nonblocking()) {
    const Deadline deadline = DeadlineAfter(socket->read_timeout());
    accepted = BlockOn(task, *socket->wait_queue(), EPOLLIN | EPOLLRDNORM, deadline, accept);
    if (!accepted.ok()) return Error(WaitError(accepted.error(), deadline));
  }
  RETURN_IF_ERROR(accepted);
  if (address != 0) {
    Result<SocketAddress> peer = (*accepted)->PeerName();
    if (!peer.ok()) return Error(ECONNABORTED);
    RETURN_IF_ERROR(WriteAddress(task, *peer, address, length_pointer));
  }
  return InstallFile(task, *accepted, (flags & SOCK_CLOEXEC) != 0);
}

}  // namespace

SyscallResult SysSocket(Task& task, const SyscallArguments& a) {
  const int type = a.Int(1);
  if ((type & ~(kTypeMask | kTypeFlags)) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket,
                   MakeSocket(CallerOf(task), a.Int(0), type & kTypeMask, a.Int(2), FileFlags(type)));
  return InstallFile(task, std::move(socket), (type & SOCK_CLOEXEC) != 0);
}

SyscallResult SysSocketpair(Task& task, const SyscallArguments& a) {
  const int type = a.Int(1);
  if ((type & ~(kTypeMask | kTypeFlags)) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(auto pair, MakeSocketPair(CallerOf(task), a.Int(0), type & kTypeMask, a.Int(2), FileFlags(type)));
  const bool close_on_exec = (type & SOCK_CLOEXEC) != 0;
  ASSIGN_OR_RETURN(uint64_t first, InstallFile(task, std::move(pair.first), close_on_exec));
  Result<uint64_t> second = InstallFile(task, std::move(pair.second), close_on_exec);
  Result<void> written = Error(second.error());
  if (second.ok()) {
    const int fds[2] = {static_cast<int>(first), static_cast<int>(*second)};
    written = task.memory().CopyOut(a.Address(3), fds, sizeof(fds));
    if (!written.ok()) (void)task.fd_table()->Close(fds[1]);
  }
  if (!written.ok()) (void)task.fd_table()->Close(static_cast<int>(first));
  return Done(written);
}

SyscallResult SysBind(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  ASSIGN_OR_RETURN(SocketAddress address, ReadAddress(task, a.Address(1), a.Int(2)));
  return Done(socket->Bind(CallerOf(task), address));
}

SyscallResult SysListen(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  return Done(socket->Listen(CallerOf(task), a.Int(1)));
}

SyscallResult SysConnect(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  ASSIGN_OR_RETURN(SocketAddress address, ReadAddress(task, a.Address(1), a.Int(2)));
  const Deadline deadline = DeadlineAfter(socket->write_timeout());
  for (;;) {
    Socket* blocked_on = socket.get();
    Result<void> connected = socket->Connect(CallerOf(task), address, socket->nonblocking(), &blocked_on);
    if (connected.ok() || connected.error() != EAGAIN || socket->nonblocking()) return Done(connected);
    // The listener may go while we wait for it; it wakes us first.
    TaskWaitEntry entry(task, EPOLLOUT | EPOLLWRNORM);
    blocked_on->wait_queue()->Add(&entry);
    Result<void> waited = task.Block(deadline);
    if (!waited.ok()) return Error(WaitError(waited.error(), deadline));
  }
}

SyscallResult SysAccept(Task& task, const SyscallArguments& a) {
  return Accept(task, a.Int(0), a.Address(1), a.Address(2), 0);
}

SyscallResult SysAccept4(Task& task, const SyscallArguments& a) {
  return Accept(task, a.Int(0), a.Address(1), a.Address(2), a.Int(3));
}

SyscallResult SysGetsockname(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  ASSIGN_OR_RETURN(SocketAddress name, socket->LocalName());
  if (a.Address(1) == 0) return Error(EFAULT);
  return Done(WriteAddress(task, name, a.Address(1), a.Address(2)));
}

SyscallResult SysGetpeername(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  ASSIGN_OR_RETURN(SocketAddress name, socket->PeerName());
  if (a.Address(1) == 0) return Error(EFAULT);
  return Done(WriteAddress(task, name, a.Address(1), a.Address(2)));
}

SyscallResult SysShutdown(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  return Done(socket->Shutdown(a.Int(1)));
}

SyscallResult SysSetsockopt(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  const int length = a.Int(4);
  if (length < 0) return Error(EINVAL);
  std::string value(std::min(length, kLongestOption), '\0');
  RETURN_IF_ERROR(task.memory().CopyIn(value.data(), a.Address(3), value.size()));
  return Done(socket->SetOption(CallerOf(task), a.Int(1), a.Int(2), value));
}

SyscallResult SysGetsockopt(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  ASSIGN_OR_RETURN(int room, task.memory().Read<int>(a.Address(4)));
  if (room < 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::string value, socket->GetOption(a.Int(1), a.Int(2)));
  const int n = std::min(room, static_cast<int>(value.size()));
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(3), value.data(), n));
  return Done(task.memory().Write<int>(a.Address(4), n));
}

}  // namespace sandbox
