#include "sandbox/socket/netlink_socket.h"

#include <algorithm>
#include <cerrno>
#include <set>

namespace sandbox {
namespace {

constexpr size_t kLargestRequest = 65536;

std::set<uint32_t>& PortsInUse() {
  static auto* const ports = new std::set<uint32_t>;
  return *ports;
}

SocketAddress AddressOf(uint32_t port, uint32_t groups) {
  return SocketAddress::Of(sockaddr_nl{.nl_family = AF_NETLINK, .nl_pid = port, .nl_groups = groups});
}

}  // namespace

NetlinkSocket::NetlinkSocket(const SocketCaller& caller, int flags, int type, int protocol)
    : Socket(caller, flags, AF_NETLINK, type, protocol), creator_pid_(caller.pid) {}

NetlinkSocket::~NetlinkSocket() {
  if (port_ != 0) PortsInUse().erase(port_);
}

// Taken at the first use: the process's id, or something unused.
uint32_t NetlinkSocket::port() {
  if (port_ != 0) return port_;
  port_ = static_cast<uint32_t>(creator_pid_);
  while (!PortsInUse().insert(port_).second) port_ = 0xfffff000 - static_cast<uint32_t>(PortsInUse().size());
  return port_;
}

Result<void> NetlinkSocket::Bind(const SocketCaller&, const SocketAddress& address) {
  if (address.length < sizeof(sockaddr_nl) || address.family() != AF_NETLINK) return Error(EINVAL);
  const auto nl = address.As<sockaddr_nl>();
  if (nl.nl_pid != 0 && nl.nl_pid != port_) {
    if (port_ != 0) return Error(EINVAL);
    if (!PortsInUse().insert(nl.nl_pid).second) return Error(EADDRINUSE);
    port_ = nl.nl_pid;
  }
  port();
  groups_ = nl.nl_groups;
  return Ok();
}

Result<void> NetlinkSocket::Connect(const SocketCaller&, const SocketAddress& address, bool, Socket**) {
  if (address.length < sizeof(sockaddr_nl)) return Error(EINVAL);
  port();
  return Ok();
}

Result<void> NetlinkSocket::Reply(const std::string& datagram) {
  // The kernel's own port is 0.
  IoBuffer data(const_cast<char*>(datagram.data()), datagram.size());
  OutgoingMessage message{.data = data};
  ASSIGN_OR_RETURN([[maybe_unused]] size_t queued, received_.AppendRecord(message, AddressOf(0, 0)));
  return Ok();
}

Result<size_t> NetlinkSocket::Send(OutgoingMessage& message) {
  const size_t length = message.data.remaining();
  if (length > kLargestRequest) return Error(EMSGSIZE);
  if (received_.bytes() > receive_buffer()) return Error(ENOBUFS);
  std::string request(length, '\0');
  if (length > 0) {
    ASSIGN_OR_RETURN(size_t copied, message.data.CopyIn(request.data(), length));
    if (copied < length) return Error(EFAULT);
  }
  if (protocol() == NETLINK_ROUTE) {
    for (const std::string& answer : AnswerRouteRequest(request, port())) RETURN_IF_ERROR(Reply(answer));
    if (!received_.empty()) queue_.Notify(EPOLLIN | EPOLLRDNORM);
  }
  return length;
}

Result<size_t> NetlinkSocket::Receive(IncomingMessage& message) {
  if (received_.empty()) return Error(EAGAIN);
  return received_.TakeRecord(message);
}

Result<SocketAddress> NetlinkSocket::LocalName() { return AddressOf(port_, groups_); }
Result<SocketAddress> NetlinkSocket::PeerName() { return AddressOf(0, 0); }

Result<void> NetlinkSocket::SetOption(const SocketCaller& caller, int level, int name, std::string_view value) {
  return level == 270 /*SOL_NETLINK*/ ? Ok() : Socket::SetOption(caller, level, name, value);
}

Result<std::string> NetlinkSocket::GetOption(int level, int name) { return Socket::GetOption(level, name); }

ReadyMask NetlinkSocket::Readiness(ReadyMask mask) {
  return mask & (EPOLLOUT | EPOLLWRNORM | (received_.empty() ? ReadyMask{0} : EPOLLIN | EPOLLRDNORM));
}

}  // namespace sandbox
