#include "sandbox/socket/socket.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "sandbox/fs/memory_inode.h"
#include "sandbox/kernel/task.h"
#include "sandbox/socket/interface_ioctls.h"

namespace sandbox {
namespace {

constexpr int kDefaultBuffer = 212992;      // net.core.rmem_default
constexpr int kSmallestBuffer = 4608;       // SOCK_MIN_SNDBUF
constexpr int kLargestBuffer = 2 * 212992;  // twice net.core.rmem_max

uint64_t NextSocketNumber() {
  static uint64_t number = 20000;
  return number++;
}

std::set<Socket*>& Sockets() {
  static auto& sockets = *new std::set<Socket*>();
  return sockets;
}

// The inode behind a socket's description; its number is what fstat and /proc/PID/fd show.
Path SocketPath(const SocketCaller& caller) {
  static const uint64_t device = AllocateDevice();
  const uint64_t number = NextSocketNumber();
  auto inode = std::make_shared<MemoryInode>(device, number, S_IFSOCK | 0777, caller.credentials.fsuid,
                                             caller.credentials.fsgid);
  return caller.vfs.AnonymousPath(std::move(inode), absl::StrCat("socket:[", number, "]"));
}

int64_t Nanoseconds(const timeval& time) { return time.tv_sec * 1'000'000'000 + time.tv_usec * 1'000; }

timeval ToTimeval(int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / 1'000'000'000, .tv_usec = nanoseconds % 1'000'000'000 / 1'000};
}

Result<int64_t> OptionTimeout(std::string_view value) {
  timeval time;
  if (value.size() < sizeof(time)) return Error(EINVAL);
  memcpy(&time, value.data(), sizeof(time));
  if (time.tv_usec < 0 || time.tv_usec >= 1'000'000) return Error(EDOM);
  if (time.tv_sec < 0 || time.tv_sec > INT32_MAX) return int64_t{0};
  return Nanoseconds(time);
}

}  // namespace

std::string OptionBytes(const void* value, size_t length) {
  return std::string(static_cast<const char*>(value), length);
}

Result<int> OptionNumber(std::string_view value) {
  if (value.size() < sizeof(int)) return Error(EINVAL);
  int number;
  memcpy(&number, value.data(), sizeof(number));
  return number;
}

Socket::Socket(const SocketCaller& caller, int flags, int domain, int type, int protocol)
    : File(SocketPath(caller), O_RDWR | (flags & O_NONBLOCK)),
      domain_(domain),
      type_(type),
      protocol_(protocol),
      creator_(caller.ids()) {
  Sockets().insert(this);
}

Socket::~Socket() { Sockets().erase(this); }

const std::set<Socket*>& AllSockets() { return Sockets(); }

int Socket::Number(int level, int name, int otherwise) const {
  const auto it = numbers_.find({level, name});
  return it == numbers_.end() ? otherwise : it->second;
}

size_t Socket::send_buffer() const { return Number(SOL_SOCKET, SO_SNDBUF, kDefaultBuffer); }
size_t Socket::receive_buffer() const { return Number(SOL_SOCKET, SO_RCVBUF, kDefaultBuffer); }

Result<void> Socket::Bind(const SocketCaller&, const SocketAddress&) { return Error(EOPNOTSUPP); }
Result<void> Socket::Listen(const SocketCaller&, int) { return Error(EOPNOTSUPP); }
Result<void> Socket::Connect(const SocketCaller&, const SocketAddress&, bool, Socket**) { return Error(EOPNOTSUPP); }
Result<std::shared_ptr<Socket>> Socket::Accept(const SocketCaller&, int) { return Error(EOPNOTSUPP); }
Result<void> Socket::Shutdown(int) { return Error(EOPNOTSUPP); }

Result<size_t> Socket::Read(IoBuffer& to) {
  if (to.remaining() == 0 && IsStream()) return size_t{0};
  IncomingMessage message{.data = to};
  return Receive(message);
}

Result<size_t> Socket::Write(IoBuffer& from) {
  OutgoingMessage message{.data = from};
  message.ancillary.sender = creator_;
  return Send(message);
}

Result<uint64_t> Socket::Ioctl(Task& task, uint64_t command, uint64_t argument) {
  switch (command) {
    case SIOCINQ:  // FIONREAD
      if (listening()) return Error(EINVAL);
      RETURN_IF_ERROR(task.memory().Write<int>(argument, static_cast<int>(input_bytes())));
      return uint64_t{0};
    case SIOCOUTQ:
      if (listening()) return Error(EINVAL);
      RETURN_IF_ERROR(task.memory().Write<int>(argument, static_cast<int>(output_bytes())));
      return uint64_t{0};
    case SIOCATMARK:
      RETURN_IF_ERROR(task.memory().Write<int>(argument, 0));
      return uint64_t{0};
    default:
      return InterfaceIoctl(task.memory(), command, argument);
  }
}

// -- options

Result<void> Socket::SetOption(const SocketCaller& caller, int level, int name, std::string_view value) {
  return level == SOL_SOCKET ? SetSocketOption(caller, name, value) : Error(ENOPROTOOPT);
}

Result<std::string> Socket::GetOption(int level, int name) {
  return level == SOL_SOCKET ? GetSocketOption(name) : Error(ENOPROTOOPT);
}

Result<void> Socket::SetSocketOption(const SocketCaller& caller, int name, std::string_view value) {
  switch (name) {
    case SO_RCVTIMEO: {
      ASSIGN_OR_RETURN(receive_timeout_, OptionTimeout(value));
      return Ok();
    }
    case SO_SNDTIMEO: {
      ASSIGN_OR_RETURN(send_timeout_, OptionTimeout(value));
      return Ok();
    }
    case SO_LINGER:
      if (value.size() < sizeof(linger_)) return Error(EINVAL);
      memcpy(&linger_, value.data(), sizeof(linger_));
      return Ok();
    case SO_TYPE:
    case SO_PROTOCOL:
    case SO_DOMAIN:
    case SO_ERROR:
    case SO_ACCEPTCONN:
    case SO_PEERCRED:
      return Error(ENOPROTOOPT);
    case SO_BINDTODEVICE:
      return caller.credentials.Has(CAP_NET_RAW) ? Ok() : Error(EPERM);
    case SO_ATTACH_FILTER:
    case SO_DETACH_FILTER:
      return Ok();  // a filter that lets everything through
    default:
      break;
  }
  ASSIGN_OR_RETURN(int number, OptionNumber(value));
  switch (name) {
    case SO_SNDBUF:
    case SO_RCVBUF:
    case SO_SNDBUFFORCE:
    case SO_RCVBUFFORCE: {
      const int kind = name == SO_SNDBUF || name == SO_SNDBUFFORCE ? SO_SNDBUF : SO_RCVBUF;
      // The kernel books twice what is asked for, and so it reports.
      SetNumber(SOL_SOCKET, kind,
                static_cast<int>(std::clamp<int64_t>(int64_t{2} * number, kSmallestBuffer, kLargestBuffer)));
      queue_.Notify(EPOLLOUT);
      return Ok();
    }
    case SO_REUSEADDR:
    case SO_REUSEPORT:
    case SO_KEEPALIVE:
    case SO_BROADCAST:
    case SO_OOBINLINE:
    case SO_DONTROUTE:
    case SO_PASSCRED:
    case SO_PASSSEC:
    case SO_TIMESTAMP:
    case SO_TIMESTAMPNS:
    case SO_NO_CHECK:
      SetNumber(SOL_SOCKET, name, number != 0);
      return Ok();
    case SO_PRIORITY:
    case SO_RCVLOWAT:
    case SO_MARK:
    case SO_BUSY_POLL:
    case SO_INCOMING_CPU:
    case SO_ZEROCOPY:
      if (name == SO_MARK && !caller.credentials.Has(CAP_NET_ADMIN)) return Error(EPERM);
      SetNumber(SOL_SOCKET, name, number);
      return Ok();
    default:
      return Error(ENOPROTOOPT);
  }
}

Result<std::string> Socket::GetSocketOption(int name) {
  auto number = [](int value) { return OptionBytes(&value, sizeof(value)); };
  switch (name) {
    case SO_TYPE:
      return number(type_);
    case SO_PROTOCOL:
      return number(protocol_);
    case SO_DOMAIN:
      return number(domain_);
    case SO_ERROR:
      return number(TakeError());
    case SO_ACCEPTCONN:
      return number(listening());
    case SO_SNDBUF:
      return number(static_cast<int>(send_buffer()));
    case SO_RCVBUF:
      return number(static_cast<int>(receive_buffer()));
    case SO_RCVLOWAT:
      return number(Number(SOL_SOCKET, SO_RCVLOWAT, 1));
    case SO_SNDLOWAT:
      return number(1);
    case SO_LINGER:
      return OptionBytes(&linger_, sizeof(linger_));
    case SO_RCVTIMEO:
    case SO_SNDTIMEO: {
      const timeval time = ToTimeval(name == SO_RCVTIMEO ? receive_timeout_ : send_timeout_);
      return OptionBytes(&time, sizeof(time));
    }
    case SO_PEERCRED: {
      const ucred nobody{.pid = 0, .uid = static_cast<uid_t>(-1), .gid = static_cast<gid_t>(-1)};
      return OptionBytes(&nobody, sizeof(nobody));
    }
    case SO_BINDTODEVICE:
      return std::string();
    case SO_COOKIE: {
      const uint64_t cookie = inode().GetAttributes()->inode;
      return OptionBytes(&cookie, sizeof(cookie));
    }
    case SO_REUSEADDR:
    case SO_REUSEPORT:
    case SO_KEEPALIVE:
    case SO_BROADCAST:
    case SO_OOBINLINE:
    case SO_DONTROUTE:
    case SO_PASSCRED:
    case SO_PASSSEC:
    case SO_TIMESTAMP:
    case SO_TIMESTAMPNS:
    case SO_NO_CHECK:
    case SO_PRIORITY:
    case SO_MARK:
    case SO_BUSY_POLL:
    case SO_INCOMING_CPU:
    case SO_ZEROCOPY:
      return number(Number(SOL_SOCKET, name, 0));
    default:
      return Error(ENOPROTOOPT);
  }
}

}  // namespace sandbox
