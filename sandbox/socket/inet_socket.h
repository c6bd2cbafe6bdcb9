// TCP and UDP over the sandbox's own loopback, for IPv4 and IPv6.
#ifndef SANDBOX_SOCKET_INET_SOCKET_H_
#define SANDBOX_SOCKET_INET_SOCKET_H_

#include <memory>

#include "sandbox/socket/loopback.h"
#include "sandbox/socket/stream_socket.h"

namespace sandbox {

// Options of the levels IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP and IPPROTO_UDP: remembered, and answered with Linux's
// defaults. IPV6_V6ONLY is the one that changes anything here.
class InetOptions {
 public:
  explicit InetOptions(int domain, int type) : domain_(domain), type_(type) {}
  Result<void> Set(int level, int name, std::string_view value);
  Result<std::string> Get(int level, int name) const;
  // What a datagram of this socket says of itself unless the message says otherwise.
  PacketFields DefaultFields() const;
  // The control messages that a receiver with these options gets with a datagram.
  std::vector<ControlMessage> ControlsOf(const Ancillary& ancillary) const;
  bool v6_only() const { return Number(IPPROTO_IPV6, 26 /*IPV6_V6ONLY*/, 0) != 0; }

 private:
  int Number(int level, int name, int otherwise) const;

  int domain_, type_;
  std::map<std::pair<int, int>, int> numbers_;
};

class TcpSocket : public StreamSocket {
 public:
  TcpSocket(const SocketCaller& caller, int flags, int domain);

  Result<void> Bind(const SocketCaller& caller, const SocketAddress& address) override;
  Result<void> Listen(const SocketCaller& caller, int backlog) override;
  Result<void> Connect(const SocketCaller& caller, const SocketAddress& address, bool nonblocking,
                       Socket** blocked_on) override;
  Result<void> Shutdown(int how) override;
  Result<void> SetOption(const SocketCaller& caller, int level, int name, std::string_view value) override;
  Result<std::string> GetOption(int level, int name) override;

 protected:
  std::shared_ptr<StreamSocket> MakeAccepted(const SocketCaller& caller, int flags) override;
  bool is_tcp() const override { return true; }

 private:
  std::string TcpInfo() const;

  PortBinding binding_;
  InetOptions options_;
};

// Datagrams.
class UdpSocket : public Socket {
 public:
  // `protocol`: IPPROTO_UDP or IPPROTO_UDPLITE, which differ in their ports and one checksum option.
  UdpSocket(const SocketCaller& caller, int flags, int domain, int protocol);

  Result<void> Bind(const SocketCaller& caller, const SocketAddress& address) override;
  Result<void> Connect(const SocketCaller& caller, const SocketAddress& address, bool nonblocking,
                       Socket** blocked_on) override;
  Result<size_t> Send(OutgoingMessage& message) override;
  Result<size_t> Receive(IncomingMessage& message) override;
  Result<void> Shutdown(int how) override;
  Result<SocketAddress> LocalName() override;
  Result<SocketAddress> PeerName() override;
  Result<void> SetOption(const SocketCaller& caller, int level, int name, std::string_view value) override;
  Result<std::string> GetOption(int level, int name) override;
  ReadyMask Readiness(ReadyMask mask) override;

 protected:
  size_t input_bytes() const override { return received_.first_size(); }

 private:
  // Binds to "any" and an unused port if not bound yet.
  Result<void> EnsureBound();
  bool connected() const { return binding_.peer.port != 0; }

  PortBinding binding_;
  Endpoint named_;  // as bound; connecting narrows "any" to one address until the socket is connected elsewhere
  InetOptions options_;
  bool shut_read_ = false, shut_write_ = false;
  MessageQueue received_;
};

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_INET_SOCKET_H_
