// Unix sockets (unix(7)): streams, datagrams and sequenced packets, by path, by abstract name, or in pairs.
#ifndef SANDBOX_SOCKET_UNIX_SOCKET_H_
#define SANDBOX_SOCKET_UNIX_SOCKET_H_

#include <memory>
#include <string>

#include "sandbox/socket/stream_socket.h"

namespace sandbox {

// Where a unix socket can be found: a node of the file system, or a name of the abstract namespace.
class UnixName {
 public:
  ~UnixName();
  // Takes `address`, making the node or an unused abstract name (autobind). EADDRINUSE.
  Result<void> Bind(const SocketCaller& caller, const SocketAddress& address, const std::shared_ptr<Socket>& socket);
  bool bound() const { return !address_.empty(); }
  const SocketAddress& address() const { return address_; }

 private:
  Result<void> BindPath(const SocketCaller& caller, const std::string& path, const std::shared_ptr<Socket>& socket);

  SocketAddress address_;
  std::string abstract_;  // our entry in the abstract namespace
};

// The socket of that type bound to `address`. ECONNREFUSED if there is none, EPROTOTYPE if what has the path is of
// another type, or ENOENT, EACCES and the like from the path.
Result<std::shared_ptr<Socket>> FindUnixSocket(const SocketCaller& caller, const SocketAddress& address, int type);

// SOCK_STREAM and SOCK_SEQPACKET.
class UnixStreamSocket : public StreamSocket {
 public:
  UnixStreamSocket(const SocketCaller& caller, int flags, int type);

  Result<void> Bind(const SocketCaller& caller, const SocketAddress& address) override;
  Result<void> Listen(const SocketCaller& caller, int backlog) override;
  Result<void> Connect(const SocketCaller& caller, const SocketAddress& address, bool nonblocking,
                       Socket** blocked_on) override;

 protected:
  std::shared_ptr<StreamSocket> MakeAccepted(const SocketCaller& caller, int flags) override;

 private:
  UnixName name_;
};

class UnixDatagramSocket : public Socket {
 public:
  UnixDatagramSocket(const SocketCaller& caller, int flags);
  ~UnixDatagramSocket() override;

  Result<void> Bind(const SocketCaller& caller, const SocketAddress& address) override;
  Result<void> Connect(const SocketCaller& caller, const SocketAddress& address, bool nonblocking,
                       Socket** blocked_on) override;
  Result<size_t> Send(OutgoingMessage& message) override;
  Result<size_t> Receive(IncomingMessage& message) override;
  Result<void> Shutdown(int how) override;
  Result<SocketAddress> LocalName() override;
  Result<SocketAddress> PeerName() override;
  Result<std::string> GetOption(int level, int name) override;
  ReadyMask Readiness(ReadyMask mask) override;

  static void ConnectPair(const std::shared_ptr<UnixDatagramSocket>& a, const std::shared_ptr<UnixDatagramSocket>& b,
                          const ucred& ids);

 protected:
  size_t input_bytes() const override { return received_.first_size(); }

 private:
  bool full() const;

  UnixName name_;
  std::weak_ptr<UnixDatagramSocket> peer_;
  SocketAddress peer_address_;
  bool connected_ = false;
  bool shut_read_ = false, shut_write_ = false;
  ucred pair_ids_{.pid = 0, .uid = static_cast<uid_t>(-1), .gid = static_cast<gid_t>(-1)};
  MessageQueue received_;
};

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_UNIX_SOCKET_H_
