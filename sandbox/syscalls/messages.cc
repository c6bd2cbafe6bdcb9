// Messages: send and receive with addresses, control messages and vectors.
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/syscalls/handlers_sockets.h"
#include "sandbox/syscalls/socket_arguments.h"

namespace sandbox {
namespace {

constexpr unsigned kMostMessages = 1024;  // UIO_MAXIOV

// Where the fields that the kernel fills are in struct msghdr and struct mmsghdr.
constexpr Addr kNameLengthOffset = offsetof(msghdr, msg_namelen);
constexpr Addr kControlLengthOffset = offsetof(msghdr, msg_controllen);
constexpr Addr kFlagsOffset = offsetof(msghdr, msg_flags);
constexpr Addr kLengthOffset = offsetof(mmsghdr, msg_len);

// Goes on until a stream has taken everything; a part if a signal or an error comes between.
Result<size_t> SendBlocking(Task& task, Socket& socket, OutgoingMessage& message) {
  const bool nonblocking = socket.nonblocking() || (message.flags & MSG_DONTWAIT) != 0;
  const Deadline deadline = DeadlineAfter(socket.write_timeout());
  for (;;) {
    message.blocked_on = nullptr;
    Result<size_t> sent = socket.Send(message);
    if (!sent.ok() && sent.error() == EAGAIN && !nonblocking) {
      // The receiver may go while we wait for room there; it wakes us first.
      TaskWaitEntry entry(task, EPOLLOUT | EPOLLWRNORM);
      (message.blocked_on == nullptr ? socket : *message.blocked_on).wait_queue()->Add(&entry);
      Result<void> waited = task.Block(deadline);
      if (waited.ok()) continue;
      sent = Error(WaitError(waited.error(), deadline));
    }
    if (!sent.ok()) {
      if (message.data.done() > 0 && socket.IsStream()) return message.data.done();
      if (sent.error() == EPIPE && (message.flags & MSG_NOSIGNAL) == 0 && socket.type() != SOCK_DGRAM) {
        task.SendSignal(SIGPIPE);
      }
      return sent;
    }
    if (!socket.IsStream()) return sent;
    if (message.data.remaining() == 0 || nonblocking) return message.data.done();
  }
}

Result<size_t> ReceiveBlocking(Task& task, Socket& socket, IncomingMessage& message) {
  const bool nonblocking = socket.nonblocking() || (message.flags & MSG_DONTWAIT) != 0;
  const bool all = (message.flags & MSG_WAITALL) != 0 && (message.flags & MSG_PEEK) == 0 && socket.IsStream();
  const Deadline deadline = DeadlineAfter(socket.read_timeout());
  for (;;) {
    Result<size_t> received = socket.Receive(message);
    if (!received.ok() && received.error() == EAGAIN && !nonblocking && (message.flags & MSG_ERRQUEUE) == 0) {
      received = BlockOn(task, *socket.wait_queue(), EPOLLIN | EPOLLRDNORM | EPOLLRDHUP, deadline,
                         [&] { return socket.Receive(message); });
      if (!received.ok()) received = Error(WaitError(received.error(), deadline));
    }
    if (!received.ok()) return message.data.done() > 0 ? Result<size_t>(message.data.done()) : received;
    if (!all || *received == 0 || message.data.remaining() == 0) return all ? message.data.done() : *received;
  }
}

Result<size_t> SendMessage(Task& task, Socket& socket, const msghdr& header, int flags) {
  if (header.msg_iovlen > kMostMessages) return Error(EMSGSIZE);
  ASSIGN_OR_RETURN(std::vector<GuestRange> ranges,
                   task.memory().CopyInIovecs(reinterpret_cast<Addr>(header.msg_iov), header.msg_iovlen));
  IoBuffer data(&task.memory(), std::move(ranges));
  const SocketCaller caller = CallerOf(task);
  OutgoingMessage message{.data = data, .flags = flags, .caller = &caller};
  message.ancillary.sender = caller.ids();
  if (header.msg_name != nullptr && header.msg_namelen != 0) {
    ASSIGN_OR_RETURN(message.to, ReadAddress(task, reinterpret_cast<Addr>(header.msg_name), header.msg_namelen));
  }
  if (header.msg_control != nullptr && header.msg_controllen != 0) {
    RETURN_IF_ERROR(ReadControl(task, socket, reinterpret_cast<Addr>(header.msg_control), header.msg_controllen,
                                &message.ancillary));
  }
  return SendBlocking(task, socket, message);
}

// `at`: the guest's struct msghdr, where lengths and flags are stored.
Result<size_t> ReceiveMessage(Task& task, Socket& socket, Addr at, int flags) {
  ASSIGN_OR_RETURN(msghdr header, task.memory().Read<msghdr>(at));
  if (header.msg_iovlen > kMostMessages) return Error(EMSGSIZE);
  ASSIGN_OR_RETURN(std::vector<GuestRange> ranges,
                   task.memory().CopyInIovecs(reinterpret_cast<Addr>(header.msg_iov), header.msg_iovlen));
  IoBuffer data(&task.memory(), std::move(ranges));
  IncomingMessage message{.data = data, .flags = flags};
  ASSIGN_OR_RETURN(size_t received, ReceiveBlocking(task, socket, message));
  if (header.msg_name != nullptr) {
    RETURN_IF_ERROR(WriteAddress(task, message.from, reinterpret_cast<Addr>(header.msg_name), at + kNameLengthOffset));
  }
  const size_t room = header.msg_control == nullptr ? 0 : header.msg_controllen;
  ASSIGN_OR_RETURN(size_t control,
                   WriteControl(task, socket, message.ancillary, reinterpret_cast<Addr>(header.msg_control), room,
                                (flags & MSG_CMSG_CLOEXEC) != 0, &message.result_flags));
  RETURN_IF_ERROR(task.memory().Write<size_t>(at + kControlLengthOffset, control));
  RETURN_IF_ERROR(task.memory().Write<int>(at + kFlagsOffset, message.result_flags | (flags & MSG_CMSG_CLOEXEC)));
  return (flags & MSG_TRUNC) != 0 && !socket.IsStream() ? message.full_length : received;
}

}  // namespace

SyscallResult SysSendto(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  IoBuffer data(&task.memory(), a.Address(1), a[2]);
  const SocketCaller caller = CallerOf(task);
  OutgoingMessage message{.data = data, .flags = a.Int(3), .caller = &caller};
  message.ancillary.sender = caller.ids();
  if (a.Address(4) != 0) {
    ASSIGN_OR_RETURN(message.to, ReadAddress(task, a.Address(4), a.Int(5)));
  }
  ASSIGN_OR_RETURN(size_t sent, SendBlocking(task, *socket, message));
  return uint64_t{sent};
}

SyscallResult SysRecvfrom(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  IoBuffer data(&task.memory(), a.Address(1), a[2]);
  IncomingMessage message{.data = data, .flags = a.Int(3)};
  ASSIGN_OR_RETURN(size_t received, ReceiveBlocking(task, *socket, message));
  RETURN_IF_ERROR(WriteAddress(task, message.from, a.Address(4), a.Address(5)));
  return uint64_t{(message.flags & MSG_TRUNC) != 0 && !socket->IsStream() ? message.full_length : received};
}

SyscallResult SysSendmsg(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  ASSIGN_OR_RETURN(msghdr header, task.memory().Read<msghdr>(a.Address(1)));
  ASSIGN_OR_RETURN(size_t sent, SendMessage(task, *socket, header, a.Int(2)));
  return uint64_t{sent};
}

SyscallResult SysRecvmsg(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  ASSIGN_OR_RETURN(size_t received, ReceiveMessage(task, *socket, a.Address(1), a.Int(2)));
  return uint64_t{received};
}

SyscallResult SysSendmmsg(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  const unsigned count = std::min(a.Uint(2), kMostMessages);
  unsigned done = 0;
  for (; done < count; ++done) {
    const Addr at = a.Address(1) + done * sizeof(mmsghdr);
    Result<size_t> sent = Error(EFAULT);
    Result<msghdr> header = task.memory().Read<msghdr>(at);
    if (header.ok()) sent = SendMessage(task, *socket, *header, a.Int(3));
    Result<void> stored = sent.ok() ? task.memory().Write<unsigned>(at + kLengthOffset, static_cast<unsigned>(*sent))
                                    : Result<void>(Error(sent.error()));
    if (!stored.ok()) {
      if (done == 0) return Error(stored.error());
      break;
    }
  }
  return uint64_t{done};
}

SyscallResult SysRecvmmsg(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> socket, GetSocket(task, a.Int(0)));
  Deadline deadline = kNoDeadline;
  if (a.Address(4) != 0) {
    ASSIGN_OR_RETURN(timespec timeout, task.memory().Read<timespec>(a.Address(4)));
    if (timeout.tv_sec < 0 || timeout.tv_nsec < 0 || timeout.tv_nsec >= 1'000'000'000) return Error(EINVAL);
    // The deadline is looked at between messages only, as on Linux.
    if (timeout.tv_sec < INT32_MAX) deadline = MonotonicNow() + timeout.tv_sec * 1'000'000'000 + timeout.tv_nsec;
  }
  const unsigned count = std::min(a.Uint(2), kMostMessages);
  int flags = a.Int(3) & ~MSG_WAITFORONE;
  unsigned done = 0;
  for (; done < count; ++done) {
    const Addr at = a.Address(1) + done * sizeof(mmsghdr);
    Result<size_t> received = ReceiveMessage(task, *socket, at, flags);
    Result<void> stored = received.ok()
                              ? task.memory().Write<unsigned>(at + kLengthOffset, static_cast<unsigned>(*received))
                              : Result<void>(Error(received.error()));
    if (!stored.ok()) {
      if (done == 0) return Error(stored.error());
      break;
    }
    if ((a.Int(3) & MSG_WAITFORONE) != 0) flags |= MSG_DONTWAIT;
    if (deadline != kNoDeadline && MonotonicNow() >= deadline) {
      ++done;
      break;
    }
  }
  return uint64_t{done};
}

}  // namespace sandbox
