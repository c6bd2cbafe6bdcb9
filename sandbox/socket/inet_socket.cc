#include "sandbox/socket/inet_socket.h"

#include <linux/tcp.h>

#include <algorithm>
#include <cerrno>

namespace sandbox {
namespace {

constexpr uint16_t kFirstUnprivilegedPort = 1024;
constexpr size_t kLargestDatagram = 65507;

Result<Endpoint> EndpointToBind(const SocketCaller& caller, const SocketAddress& address, int domain) {
  ASSIGN_OR_RETURN(Endpoint endpoint, ToEndpoint(address, domain));
  if (endpoint.port != 0 && endpoint.port < kFirstUnprivilegedPort && !caller.credentials.Has(CAP_NET_BIND_SERVICE)) {
    return Error(EACCES);
  }
  return endpoint;
}

Endpoint AnyEndpoint(int domain) { return domain == AF_INET ? Endpoint::V4(0, 0) : Endpoint::V6Any(0); }

// Where a connect or send to `address` really goes.
Result<Endpoint> EndpointToReach(const SocketAddress& address, int domain, bool v6_only) {
  ASSIGN_OR_RETURN(Endpoint endpoint, ToEndpoint(address, domain));
  if (!Loopback::IsReachable(endpoint) || (v6_only && endpoint.IsV4())) return Error(ENETUNREACH);
  return Loopback::Destination(endpoint);
}

}  // namespace

// -- TCP

TcpSocket::TcpSocket(const SocketCaller& caller, int flags, int domain)
    : StreamSocket(caller, flags, domain, SOCK_STREAM, IPPROTO_TCP), options_(domain, SOCK_STREAM) {
  binding_.socket = this;
  binding_.protocol = IPPROTO_TCP;
  binding_.family = domain;
  local_ = FromEndpoint(AnyEndpoint(domain), domain);
}

Result<void> TcpSocket::Bind(const SocketCaller& caller, const SocketAddress& address) {
  ASSIGN_OR_RETURN(Endpoint endpoint, EndpointToBind(caller, address, domain()));
  if (binding_.bound() || connected()) return Error(EINVAL);
  binding_.reuse_address = Flag(SOL_SOCKET, SO_REUSEADDR);
  binding_.reuse_port = Flag(SOL_SOCKET, SO_REUSEPORT);
  binding_.v6_only = options_.v6_only();
  RETURN_IF_ERROR(Loopback::Get().Bind(binding_, endpoint));
  local_ = FromEndpoint(binding_.endpoint, domain());
  return Ok();
}

Result<void> TcpSocket::Listen(const SocketCaller& caller, int backlog) {
  if (!binding_.bound()) {
    if (connected()) return Error(EINVAL);
    RETURN_IF_ERROR(Loopback::Get().Bind(binding_, AnyEndpoint(domain())));
    local_ = FromEndpoint(binding_.endpoint, domain());
  }
  if (!listening()) RETURN_IF_ERROR(Loopback::Get().CheckListen(binding_));
  RETURN_IF_ERROR(StartListening(backlog, caller.ids()));
  binding_.listening = true;
  return Ok();
}

Result<void> TcpSocket::Connect(const SocketCaller& caller, const SocketAddress& address, bool nonblocking,
                                Socket** blocked_on) {
  if (listening()) return Error(EISCONN);
  if (connected()) {
    if (!std::exchange(connect_unreported_, false)) return Error(EISCONN);
    return Ok();
  }
  if (const int error = TakeError(); error != 0) return Error(error);
  ASSIGN_OR_RETURN(Endpoint destination, EndpointToReach(address, domain(), options_.v6_only()));
  Endpoint bound = binding_.bound() ? binding_.endpoint : AnyEndpoint(domain());
  if (bound.port == 0) {
    RETURN_IF_ERROR(Loopback::Get().Bind(binding_, bound));
    bound = binding_.endpoint;
  }
  Endpoint source = Loopback::Source(bound, destination);
  auto* listener = static_cast<TcpSocket*>(Loopback::Get().Find(IPPROTO_TCP, destination, source));
  if (listener == nullptr) {
    if (!nonblocking) return Error(ECONNREFUSED);
    SetError(ECONNREFUSED);
    queue_.Notify(kReadyAll);
    return Error(EINPROGRESS);
  }
  *blocked_on = listener;
  const Names names{.own = FromEndpoint(source, domain()),
                    .peer = FromEndpoint(destination, domain()),
                    .seen_own = FromEndpoint(destination, listener->domain()),
                    .seen_peer = FromEndpoint(source, listener->domain())};
  RETURN_IF_ERROR(ConnectTo(*listener, names, caller.ids()));
  if (!nonblocking) return Ok();
  // As on Linux, where the answer to a SYN takes a moment even on lo; programs have seen to be ready for nothing else.
  connect_unreported_ = true;
  return Error(EINPROGRESS);
}

std::shared_ptr<StreamSocket> TcpSocket::MakeAccepted(const SocketCaller& caller, int flags) {
  auto accepted = std::make_shared<TcpSocket>(caller, flags, domain());
  accepted->options_ = options_;
  for (int name : {SO_KEEPALIVE, SO_SNDBUF, SO_RCVBUF, SO_OOBINLINE, SO_REUSEADDR}) {
    const int value = Number(SOL_SOCKET, name, -1);
    if (value >= 0) accepted->SetNumber(SOL_SOCKET, name, value);
  }
  return accepted;
}

Result<void> TcpSocket::Shutdown(int how) {
  const bool was_listening = listening();
  RETURN_IF_ERROR(StreamSocket::Shutdown(how));
  if (was_listening) binding_.listening = false;
  return Ok();
}

Result<void> TcpSocket::SetOption(const SocketCaller& caller, int level, int name, std::string_view value) {
  if (level == SOL_SOCKET) return Socket::SetOption(caller, level, name, value);
  if (level == IPPROTO_IPV6 && name == 26 /*IPV6_V6ONLY*/ && binding_.bound()) return Error(EINVAL);
  if (level == IPPROTO_TCP && name == TCP_CONGESTION) return value.empty() ? Error(EINVAL) : Ok();
  return options_.Set(level, name, value);
}

std::string TcpSocket::TcpInfo() const {
  constexpr uint8_t kEstablished = 1, kClose = 7, kListen = 10;  // net/tcp_states.h
  tcp_info info{};
  info.tcpi_state = listening() ? kListen : connected() ? kEstablished : kClose;
  info.tcpi_snd_mss = info.tcpi_rcv_mss = 32768;
  info.tcpi_snd_cwnd = 10;
  info.tcpi_rtt = 20;
  return OptionBytes(&info, sizeof(info));
}

Result<std::string> TcpSocket::GetOption(int level, int name) {
  if (level == SOL_SOCKET) return StreamSocket::GetOption(level, name);
  if (level == IPPROTO_TCP && name == TCP_INFO) return TcpInfo();
  if (level == IPPROTO_TCP && name == TCP_CONGESTION) return std::string("cubic\0", 6);
  return options_.Get(level, name);
}

// -- UDP

UdpSocket::UdpSocket(const SocketCaller& caller, int flags, int domain, int protocol)
    : Socket(caller, flags, domain, SOCK_DGRAM, protocol), options_(domain, SOCK_DGRAM) {
  binding_.socket = this;
  binding_.protocol = protocol;
  binding_.family = domain;
}

Result<void> UdpSocket::Bind(const SocketCaller& caller, const SocketAddress& address) {
  ASSIGN_OR_RETURN(Endpoint endpoint, EndpointToBind(caller, address, domain()));
  if (binding_.bound()) return Error(EINVAL);
  binding_.reuse_address = Flag(SOL_SOCKET, SO_REUSEADDR);
  binding_.reuse_port = Flag(SOL_SOCKET, SO_REUSEPORT);
  binding_.v6_only = options_.v6_only();
  RETURN_IF_ERROR(Loopback::Get().Bind(binding_, endpoint));
  named_ = binding_.endpoint;
  return Ok();
}

Result<void> UdpSocket::EnsureBound() {
  if (binding_.bound()) return Ok();
  binding_.v6_only = options_.v6_only();
  RETURN_IF_ERROR(Loopback::Get().Bind(binding_, AnyEndpoint(domain())));
  named_ = binding_.endpoint;
  return Ok();
}

Result<void> UdpSocket::Connect(const SocketCaller&, const SocketAddress& address, bool, Socket**) {
  if (address.family() == AF_UNSPEC) {
    binding_.peer = Endpoint();
    if (binding_.bound()) binding_.endpoint = named_;
    return Ok();
  }
  ASSIGN_OR_RETURN(Endpoint destination, EndpointToReach(address, domain(), options_.v6_only()));
  RETURN_IF_ERROR(EnsureBound());
  binding_.endpoint = Loopback::Source(named_, destination);
  binding_.peer = destination;
  return Ok();
}

Result<size_t> UdpSocket::Send(OutgoingMessage& message) {
  if (shut_write_) return Error(EPIPE);
  if (const int error = TakeError(); error != 0) return Error(error);
  if ((message.flags & MSG_OOB) != 0) return Error(EOPNOTSUPP);
  Endpoint destination = binding_.peer;
  if (!message.to.empty()) {
    ASSIGN_OR_RETURN(destination, EndpointToReach(message.to, domain(), options_.v6_only()));
    if (destination.port == 0) return Error(EINVAL);
  } else if (!connected()) {
    return Error(EDESTADDRREQ);
  }
  if (message.data.remaining() > kLargestDatagram) return Error(EMSGSIZE);
  RETURN_IF_ERROR(EnsureBound());
  const Endpoint source = Loopback::Source(binding_.endpoint, destination);
  auto* target = static_cast<UdpSocket*>(Loopback::Get().Find(protocol(), destination, source));
  const size_t length = message.data.remaining();
  if (target == nullptr) {
    // What would be an ICMP message reaches a connected sender with its next call.
    if (connected()) {
      SetError(ECONNREFUSED);
      queue_.Notify(kReadyAll);
    }
    return length;
  }
  // A full receiver loses datagrams.
  if (target->shut_read_ || target->received_.bytes() + length > target->receive_buffer()) return length;
  const PacketFields defaults = options_.DefaultFields();
  PacketFields& fields = message.ancillary.packet;
  if (fields.hop_limit < 0) fields.hop_limit = defaults.hop_limit;
  if (fields.traffic_class < 0) fields.traffic_class = defaults.traffic_class;
  message.ancillary.destination = FromEndpoint(destination, target->domain());
  clock_gettime(CLOCK_REALTIME, &message.ancillary.sent_at);
  ASSIGN_OR_RETURN(size_t sent, target->received_.AppendRecord(message, FromEndpoint(source, target->domain())));
  target->queue_.Notify(EPOLLIN | EPOLLRDNORM);
  return sent;
}

Result<size_t> UdpSocket::Receive(IncomingMessage& message) {
  if ((message.flags & MSG_ERRQUEUE) != 0) return Error(EAGAIN);
  if (const int error = TakeError(); error != 0) return Error(error);
  if (received_.empty()) return shut_read_ ? Result<size_t>(0) : Error(EAGAIN);
  ASSIGN_OR_RETURN(const size_t received, received_.TakeRecord(message));
  message.ancillary.controls = options_.ControlsOf(message.ancillary);
  if (Flag(SOL_SOCKET, SO_TIMESTAMPNS)) {
    message.ancillary.controls.push_back(
        {SOL_SOCKET, SCM_TIMESTAMPNS, OptionBytes(&message.ancillary.sent_at, sizeof(timespec))});
  } else if (Flag(SOL_SOCKET, SO_TIMESTAMP)) {
    const timeval time{message.ancillary.sent_at.tv_sec, message.ancillary.sent_at.tv_nsec / 1000};
    message.ancillary.controls.push_back({SOL_SOCKET, SCM_TIMESTAMP, OptionBytes(&time, sizeof(time))});
  }
  return received;
}

Result<void> UdpSocket::Shutdown(int how) {
  if (how < SHUT_RD || how > SHUT_RDWR) return Error(EINVAL);
  if (!connected()) return Error(ENOTCONN);
  shut_read_ |= how != SHUT_WR;
  shut_write_ |= how != SHUT_RD;
  queue_.Notify(kReadyAll);
  return Ok();
}

Result<SocketAddress> UdpSocket::LocalName() {
  return FromEndpoint(binding_.bound() ? binding_.endpoint : AnyEndpoint(domain()), domain());
}

Result<SocketAddress> UdpSocket::PeerName() {
  if (!connected()) return Error(ENOTCONN);
  return FromEndpoint(binding_.peer, domain());
}

Result<void> UdpSocket::SetOption(const SocketCaller& caller, int level, int name, std::string_view value) {
  return level == SOL_SOCKET ? Socket::SetOption(caller, level, name, value) : options_.Set(level, name, value);
}

Result<std::string> UdpSocket::GetOption(int level, int name) {
  return level == SOL_SOCKET ? Socket::GetOption(level, name) : options_.Get(level, name);
}

ReadyMask UdpSocket::Readiness(ReadyMask mask) {
  ReadyMask ready = EPOLLOUT | EPOLLWRNORM;
  if (!received_.empty() || shut_read_) ready |= EPOLLIN | EPOLLRDNORM;
  if (error() != 0) ready |= EPOLLERR;
  if (shut_read_) ready |= EPOLLRDHUP;
  if (shut_read_ && shut_write_) ready |= EPOLLHUP;
  return ready & (mask | EPOLLERR | EPOLLHUP);
}

}  // namespace sandbox
