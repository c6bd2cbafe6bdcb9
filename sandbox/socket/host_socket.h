// --network=host: an internet socket of the host behind a guest's descriptor.
//
// The sentry's filter allows AF_INET and AF_INET6 sockets then and nothing else; addresses and options pass through, as
// far as the lists in host_socket.cc go.
#ifndef SANDBOX_SOCKET_HOST_SOCKET_H_
#define SANDBOX_SOCKET_HOST_SOCKET_H_

#include <memory>

#include "sandbox/socket/socket.h"

namespace sandbox {

class HostSocket : public Socket {
 public:
  static Result<std::shared_ptr<Socket>> Create(const SocketCaller& caller, int flags, int domain, int type,
                                                int protocol);
  // Takes `host_fd`, which is nonblocking.
  HostSocket(const SocketCaller& caller, int flags, int domain, int type, int protocol, int host_fd);
  ~HostSocket() override;

  Result<void> Bind(const SocketCaller& caller, const SocketAddress& address) override;
  Result<void> Listen(const SocketCaller& caller, int backlog) override;
  Result<void> Connect(const SocketCaller& caller, const SocketAddress& address, bool nonblocking,
                       Socket** blocked_on) override;
  Result<std::shared_ptr<Socket>> Accept(const SocketCaller& caller, int flags) override;
  Result<size_t> Send(OutgoingMessage& message) override;
  Result<size_t> Receive(IncomingMessage& message) override;
  Result<void> Shutdown(int how) override;
  Result<SocketAddress> LocalName() override;
  Result<SocketAddress> PeerName() override;
  Result<void> SetOption(const SocketCaller& caller, int level, int name, std::string_view value) override;
  Result<std::string> GetOption(int level, int name) override;
  ReadyMask Readiness(ReadyMask mask) override;

 protected:
  size_t input_bytes() const override;

 private:
  const int host_fd_;
  bool connecting_ = false;
};

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_HOST_SOCKET_H_
