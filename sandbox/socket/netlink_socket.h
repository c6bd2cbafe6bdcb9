// Netlink sockets (netlink(7), rtnetlink(7)): routing dumps about the one interface, lo. Changes are refused with
// EPERM.
#ifndef SANDBOX_SOCKET_NETLINK_SOCKET_H_
#define SANDBOX_SOCKET_NETLINK_SOCKET_H_

#include <linux/netlink.h>

#include <string>
#include <vector>

#include "sandbox/socket/socket.h"

namespace sandbox {

class NetlinkSocket : public Socket {
 public:
  NetlinkSocket(const SocketCaller& caller, int flags, int type, int protocol);

  ~NetlinkSocket() override;

  Result<void> Bind(const SocketCaller& caller, const SocketAddress& address) override;
  Result<void> Connect(const SocketCaller& caller, const SocketAddress& address, bool nonblocking,
                       Socket** blocked_on) override;
  Result<size_t> Send(OutgoingMessage& message) override;
  Result<size_t> Receive(IncomingMessage& message) override;
  Result<SocketAddress> LocalName() override;
  Result<SocketAddress> PeerName() override;
  Result<void> SetOption(const SocketCaller& caller, int level, int name, std::string_view value) override;
  Result<std::string> GetOption(int level, int name) override;
  ReadyMask Readiness(ReadyMask mask) override;

 protected:
  size_t input_bytes() const override { return received_.first_size(); }

 private:
  uint32_t port();
  Result<void> Reply(const std::string& datagram);
  const pid_t creator_pid_;
  uint32_t port_ = 0;
  uint32_t groups_ = 0;
  MessageQueue received_;
};

// The answers to one request, a datagram each. `request` is checked here; fuzzed by netlink_fuzz_test.
std::vector<std::string> AnswerRouteRequest(std::string_view request, uint32_t port);

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_NETLINK_SOCKET_H_
