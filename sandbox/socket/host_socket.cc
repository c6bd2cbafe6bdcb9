#include "sandbox/socket/host_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "sandbox/kernel/host_poller.h"

namespace sandbox {
namespace {

constexpr size_t kLargestPiece = 65536;
constexpr size_t kLargestOption = 256;
constexpr int kPassedFlags = MSG_PEEK | MSG_TRUNC | MSG_OOB | MSG_MORE | MSG_DONTROUTE | MSG_CONFIRM;

// Options whose values are plain bytes and that change nothing but the socket.
constexpr std::pair<int, int> kPassedOptions[] = {
    {SOL_SOCKET, SO_REUSEADDR},
    {SOL_SOCKET, SO_REUSEPORT},
    {SOL_SOCKET, SO_KEEPALIVE},
    {SOL_SOCKET, SO_BROADCAST},
    {SOL_SOCKET, SO_SNDBUF},
    {SOL_SOCKET, SO_RCVBUF},
    {SOL_SOCKET, SO_LINGER},
    {SOL_SOCKET, SO_OOBINLINE},
    {SOL_SOCKET, SO_ERROR},
    {SOL_SOCKET, SO_ACCEPTCONN},
    {SOL_SOCKET, SO_RCVLOWAT},
    {SOL_SOCKET, SO_PRIORITY},
    {IPPROTO_IP, IP_TOS},
    {IPPROTO_IP, IP_TTL},
    {IPPROTO_IP, IP_MTU_DISCOVER},
    {IPPROTO_IP, IP_MULTICAST_TTL},
    {IPPROTO_IP, IP_MULTICAST_LOOP},
    {IPPROTO_IPV6, IPV6_V6ONLY},
    {IPPROTO_IPV6, IPV6_TCLASS},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {IPPROTO_TCP, TCP_NODELAY},
    {IPPROTO_TCP, TCP_MAXSEG},
    {IPPROTO_TCP, TCP_CORK},
    {IPPROTO_TCP, TCP_KEEPIDLE},
    {IPPROTO_TCP, TCP_KEEPINTVL},
    {IPPROTO_TCP, TCP_KEEPCNT},
    {IPPROTO_TCP, TCP_INFO},
    {IPPROTO_TCP, TCP_QUICKACK},
    {IPPROTO_TCP, TCP_USER_TIMEOUT},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT},
    {IPPROTO_TCP, TCP_FASTOPEN},
    {IPPROTO_TCP, TCP_LINGER2},
};

bool Passes(int level, int name) {
  return std::find(std::begin(kPassedOptions), std::end(kPassedOptions), std::pair(level, name)) !=
         std::end(kPassedOptions);
}

const sockaddr* Host(const SocketAddress& address) { return reinterpret_cast<const sockaddr*>(&address.storage); }
sockaddr* Host(SocketAddress& address) { return reinterpret_cast<sockaddr*>(&address.storage); }

Result<void> Check(int result) { return result < 0 ? Error(errno) : Ok(); }

bool IsInternet(const SocketAddress& address) {
  return address.family() == AF_INET || address.family() == AF_INET6 || address.family() == AF_UNSPEC;
}

}  // namespace

Result<std::shared_ptr<Socket>> HostSocket::Create(const SocketCaller& caller, int flags, int domain, int type,
                                                   int protocol) {
  const int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (fd < 0) return Error(errno);
  return std::shared_ptr<Socket>(std::make_shared<HostSocket>(caller, flags, domain, type, protocol, fd));
}

HostSocket::HostSocket(const SocketCaller& caller, int flags, int domain, int type, int protocol, int host_fd)
    : Socket(caller, flags, domain, type, protocol), host_fd_(host_fd) {
  (void)HostPoller::Get().Watch(host_fd_, &queue_);
}

HostSocket::~HostSocket() {
  HostPoller::Get().Unwatch(host_fd_);
  close(host_fd_);
}

Result<void> HostSocket::Bind(const SocketCaller&, const SocketAddress& address) {
  if (!IsInternet(address)) return Error(EAFNOSUPPORT);
  return Check(bind(host_fd_, Host(address), address.length));
}

Result<void> HostSocket::Listen(const SocketCaller&, int backlog) { return Check(listen(host_fd_, backlog)); }

Result<void> HostSocket::Connect(const SocketCaller&, const SocketAddress& address, bool nonblocking,
                                 Socket** blocked_on) {
  if (!IsInternet(address)) return Error(EAFNOSUPPORT);
  Result<void> result = Check(connect(host_fd_, Host(address), address.length));
  if (result.ok() || nonblocking) return result;
  if (result.error() == EISCONN && connecting_) {
    connecting_ = false;
    return Ok();
  }
  if (result.error() != EINPROGRESS && result.error() != EALREADY) return result;
  connecting_ = true;
  *blocked_on = this;
  return Error(EAGAIN);
}

Result<std::shared_ptr<Socket>> HostSocket::Accept(const SocketCaller& caller, int flags) {
  const int fd = accept4(host_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return Error(errno);
  return std::shared_ptr<Socket>(std::make_shared<HostSocket>(caller, flags, domain(), type(), protocol(), fd));
}

Result<size_t> HostSocket::Send(OutgoingMessage& message) {
  if (!message.to.empty() && !IsInternet(message.to)) return Error(EAFNOSUPPORT);
  const size_t wanted = IsStream() ? std::min(message.data.remaining(), kLargestPiece) : message.data.remaining();
  if (wanted > kLargestPiece) return Error(EMSGSIZE);
  // By way of a copy: a stream that takes only a part must leave the rest in the buffer.
  std::vector<char> bytes(wanted);
  IoBuffer rest = message.data;
  if (wanted > 0) {
    ASSIGN_OR_RETURN(size_t copied, rest.CopyIn(bytes.data(), wanted));
    if (copied < wanted && !IsStream()) return Error(EFAULT);
    bytes.resize(copied);
  }
  const ssize_t sent =
      sendto(host_fd_, bytes.data(), bytes.size(), (message.flags & kPassedFlags) | MSG_NOSIGNAL | MSG_DONTWAIT,
             message.to.empty() ? nullptr : Host(message.to), message.to.length);
  if (sent < 0) return Error(errno);
  message.data.Advance(sent);
  return static_cast<size_t>(sent);
}

Result<size_t> HostSocket::Receive(IncomingMessage& message) {
  const size_t wanted = std::min(message.data.remaining(), kLargestPiece);
  std::vector<char> bytes(wanted);
  SocketAddress from;
  iovec vector{.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr header{.msg_name = &from.storage, .msg_namelen = sizeof(from.storage), .msg_iov = &vector, .msg_iovlen = 1};
  const int flags = (message.flags & kPassedFlags) | (IsStream() ? 0 : MSG_TRUNC) | MSG_DONTWAIT;
  const ssize_t received = recvmsg(host_fd_, &header, flags);
  if (received < 0) return Error(errno);
  from.length = header.msg_namelen;
  message.from = from;
  message.full_length = received;
  message.result_flags |= header.msg_flags & (MSG_TRUNC | MSG_OOB | MSG_EOR);
  const size_t n = std::min<size_t>(received, wanted);
  if (n == 0) return size_t{0};
  return message.data.CopyOut(bytes.data(), n);
}

Result<void> HostSocket::Shutdown(int how) { return Check(shutdown(host_fd_, how)); }

Result<SocketAddress> HostSocket::LocalName() {
  SocketAddress address{.length = sizeof(sockaddr_storage)};
  RETURN_IF_ERROR(Check(getsockname(host_fd_, Host(address), &address.length)));
  return address;
}

Result<SocketAddress> HostSocket::PeerName() {
  SocketAddress address{.length = sizeof(sockaddr_storage)};
  RETURN_IF_ERROR(Check(getpeername(host_fd_, Host(address), &address.length)));
  return address;
}

Result<void> HostSocket::SetOption(const SocketCaller& caller, int level, int name, std::string_view value) {
  if (!Passes(level, name)) return Socket::SetOption(caller, level, name, value);
  return Check(
      setsockopt(host_fd_, level, name, value.data(), static_cast<socklen_t>(std::min(value.size(), kLargestOption))));
}

Result<std::string> HostSocket::GetOption(int level, int name) {
  if (!Passes(level, name)) return Socket::GetOption(level, name);
  std::string value(kLargestOption, '\0');
  socklen_t length = static_cast<socklen_t>(value.size());
  RETURN_IF_ERROR(Check(getsockopt(host_fd_, level, name, value.data(), &length)));
  value.resize(length);
  return value;
}

size_t HostSocket::input_bytes() const {
  int bytes = 0;
  return ioctl(host_fd_, FIONREAD, &bytes) == 0 ? bytes : 0;
}

ReadyMask HostSocket::Readiness(ReadyMask mask) {
  pollfd poll_fd{.fd = host_fd_, .events = static_cast<short>(mask), .revents = 0};
  if (poll(&poll_fd, 1, 0) < 0) return EPOLLERR;
  return static_cast<uint16_t>(poll_fd.revents);
}

}  // namespace sandbox
