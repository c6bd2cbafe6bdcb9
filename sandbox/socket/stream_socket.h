// Connected sockets of all families: two channels, one a direction, and a queue of connections at the listener.
//
// A connection is complete as soon as it stands in the listener's queue: the client may write before accept, as on
// Linux. Subclasses say what an address is (unix_socket.h, inet_socket.h).
#ifndef SANDBOX_SOCKET_STREAM_SOCKET_H_
#define SANDBOX_SOCKET_STREAM_SOCKET_H_

#include <deque>
#include <memory>

#include "sandbox/socket/socket.h"

namespace sandbox {

class StreamSocket;

// One direction of a connection.
struct Channel {
  MessageQueue queue;
  bool no_more_writes = false;  // the writer has shut down or closed: end of file behind what is queued
  bool no_more_reads = false;   // the reader has shut down or closed
  bool reader_closed = false;   // closed for good
  WaitQueue* reader = nullptr;  // of the sockets, while they live
  WaitQueue* writer = nullptr;
  StreamSocket* writer_socket = nullptr;
};

class StreamSocket : public Socket {
 public:
  using Socket::Socket;
  ~StreamSocket() override;

  Result<std::shared_ptr<Socket>> Accept(const SocketCaller& caller, int flags) override;
  Result<size_t> Send(OutgoingMessage& message) override;
  Result<size_t> Receive(IncomingMessage& message) override;
  Result<void> Shutdown(int how) override;
  Result<SocketAddress> LocalName() override { return local_; }
  Result<SocketAddress> PeerName() override;
  Result<std::string> GetOption(int level, int name) override;
  ReadyMask Readiness(ReadyMask mask) override;

  // Both ends of socketpair(2).
  static void ConnectPair(StreamSocket& a, StreamSocket& b, const ucred& ids);

 protected:
  // One end of a connection.
  struct Connection {
    std::shared_ptr<Channel> in, out;
    SocketAddress local, peer;
    ucred peer_ids{};
  };

  // A socket like this one for a connection that was accepted.
  virtual std::shared_ptr<StreamSocket> MakeAccepted(const SocketCaller& caller, int flags) = 0;
  // Whether records keep their borders (SOCK_SEQPACKET).
  bool keeps_records() const { return type() == SOCK_SEQPACKET; }
  virtual bool is_tcp() const { return false; }

  Result<void> StartListening(int backlog, const ucred& ids);
  // Puts the other end into `listener`'s queue; EAGAIN when that is full. `own` and `peer` as this socket names them,
  // `seen_own` and `seen_peer` as the other end names itself and us (its family may differ).
  struct Names {
    SocketAddress own, peer, seen_own, seen_peer;
  };
  Result<void> ConnectTo(StreamSocket& listener, const Names& names, const ucred& ids);
  bool connected() const { return in_ != nullptr; }
  bool listening() const override { return listening_; }
  size_t input_bytes() const override;
  size_t output_bytes() const override { return out_ == nullptr ? 0 : out_->queue.bytes(); }

  SocketAddress local_;  // what getsockname answers
  // Set once; a TCP connection that a nonblocking connect has not yet reported.
  bool connect_unreported_ = false;

 private:
  static std::pair<Connection, Connection> NewConnection();
  void Adopt(Connection connection);
  // Lets go of one end: the peer sees end of file, or ECONNRESET if `reset`.
  static void Abandon(Channel& in, Channel& out, bool reset);

  std::shared_ptr<Channel> in_, out_;
  SocketAddress peer_;
  ucred peer_ids_{.pid = 0, .uid = static_cast<uid_t>(-1), .gid = static_cast<gid_t>(-1)};
  ucred own_ids_{};  // at listen(2)
  bool wrote_to_closed_ = false;

  bool listening_ = false;
  size_t backlog_ = 0;
  std::deque<Connection> waiting_;  // at a listener
};

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_STREAM_SOCKET_H_
