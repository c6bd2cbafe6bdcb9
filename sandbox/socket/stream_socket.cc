#include "sandbox/socket/stream_socket.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sandbox {
namespace {

constexpr size_t kLongestBacklog = 4096;  // net.core.somaxconn

void Notify(WaitQueue* queue, ReadyMask events) {
  if (queue != nullptr) queue->Notify(events);
}

constexpr ReadyMask kInput = EPOLLIN | EPOLLRDNORM;
constexpr ReadyMask kOutput = EPOLLOUT | EPOLLWRNORM;

}  // namespace

std::pair<StreamSocket::Connection, StreamSocket::Connection> StreamSocket::NewConnection() {
  auto forth = std::make_shared<Channel>();
  auto back = std::make_shared<Channel>();
  return {Connection{.in = back, .out = forth}, Connection{.in = forth, .out = back}};
}

void StreamSocket::Adopt(Connection connection) {
  in_ = std::move(connection.in);
  out_ = std::move(connection.out);
  in_->reader = &queue_;
  out_->writer = &queue_;
  out_->writer_socket = this;
  local_ = connection.local;
  peer_ = connection.peer;
  peer_ids_ = connection.peer_ids;
}

void StreamSocket::ConnectPair(StreamSocket& a, StreamSocket& b, const ucred& ids) {
  auto [one, other] = NewConnection();
  one.local = one.peer = other.local = other.peer = a.local_;
  one.peer_ids = other.peer_ids = ids;
  a.Adopt(std::move(one));
  b.Adopt(std::move(other));
}

void StreamSocket::Abandon(Channel& in, Channel& out, bool reset) {
  const bool told_end = out.no_more_writes;
  in.no_more_reads = in.reader_closed = true;
  in.reader = nullptr;
  out.no_more_writes = true;
  out.writer = nullptr;
  out.writer_socket = nullptr;
  // What was sent here and never read is lost, and the sender is told.
  if ((reset || !in.queue.empty()) && in.writer_socket != nullptr) {
    StreamSocket& writer = *in.writer_socket;
    // After the end of the stream a reset only says that nothing more can be written (Linux, tcp_reset).
    writer.SetError(writer.is_tcp() && told_end ? EPIPE : ECONNRESET);
    writer.wrote_to_closed_ = true;
  }
  in.queue = MessageQueue();
  Notify(in.writer, kReadyAll);
  Notify(out.reader, kReadyAll);
}

StreamSocket::~StreamSocket() {
  queue_.Notify(kReadyAll);
  for (Connection& connection : waiting_) Abandon(*connection.in, *connection.out, true);
  if (connected()) Abandon(*in_, *out_, is_tcp() && linger_.l_onoff != 0 && linger_.l_linger == 0);
}

Result<void> StreamSocket::StartListening(int backlog, const ucred& ids) {
  if (connected()) return Error(EINVAL);
  listening_ = true;
  own_ids_ = ids;
  backlog_ = std::min<size_t>(static_cast<unsigned>(backlog), kLongestBacklog);
  queue_.Notify(kOutput);  // whoever waits for room
  return Ok();
}

Result<void> StreamSocket::ConnectTo(StreamSocket& listener, const Names& names, const ucred& ids) {
  if (listener.waiting_.size() > listener.backlog_) return Error(EAGAIN);
  auto [own, other] = NewConnection();
  own.local = names.own;
  own.peer = names.peer;
  other.local = names.seen_own;
  other.peer = names.seen_peer;
  own.peer_ids = listener.own_ids_;
  other.peer_ids = ids;
  Adopt(std::move(own));
  listener.waiting_.push_back(std::move(other));
  listener.queue_.Notify(kInput);
  return Ok();
}

Result<std::shared_ptr<Socket>> StreamSocket::Accept(const SocketCaller& caller, int flags) {
  if (!listening_) return Error(EINVAL);
  if (waiting_.empty()) return Error(EAGAIN);
  std::shared_ptr<StreamSocket> accepted = MakeAccepted(caller, flags);
  accepted->Adopt(std::move(waiting_.front()));
  waiting_.pop_front();
  queue_.Notify(kOutput);
  return std::shared_ptr<Socket>(std::move(accepted));
}

Result<SocketAddress> StreamSocket::PeerName() {
  if (!connected()) return Error(ENOTCONN);
  return peer_;
}

size_t StreamSocket::input_bytes() const {
  if (in_ == nullptr) return 0;
  return keeps_records() ? in_->queue.first_size() : in_->queue.bytes();
}

Result<size_t> StreamSocket::Send(OutgoingMessage& message) {
  if (const int error = TakeError(); error != 0)
    return Error(error == ECONNRESET && out_ != nullptr && out_->reader_closed ? EPIPE : error);
  if (!connected()) return Error(is_tcp() ? EPIPE : ENOTCONN);
  if (!message.to.empty() && !is_tcp()) return Error(EISCONN);
  if ((message.flags & MSG_OOB) != 0) return Error(EOPNOTSUPP);
  if (out_->no_more_writes) return Error(EPIPE);
  if (out_->no_more_reads) {
    // A TCP sender learns only from the answer to its segment that nobody is there; one that merely shut down its
    // reading side takes the bytes and drops them.
    if (!is_tcp() || wrote_to_closed_) return Error(EPIPE);
    wrote_to_closed_ = out_->reader_closed;
    const size_t n = message.data.remaining();
    message.data.Advance(n);
    return n;
  }
  Result<size_t> sent = Error(EAGAIN);
  if (!keeps_records()) {
    sent = out_->queue.AppendStream(message, send_buffer());
  } else if (message.data.remaining() > send_buffer()) {
    return Error(EMSGSIZE);
  } else if (out_->queue.bytes() < send_buffer()) {
    sent = out_->queue.AppendRecord(message, {});
  }
  if (sent.ok() && *sent > 0) Notify(out_->reader, kInput);
  return sent;
}

Result<size_t> StreamSocket::Receive(IncomingMessage& message) {
  if (!connected()) {
    if (const int error = TakeError(); error != 0) return Error(error);
    return Error(is_tcp() ? ENOTCONN : EINVAL);
  }
  if ((message.flags & MSG_ERRQUEUE) != 0) return Error(EAGAIN);
  if ((message.flags & MSG_OOB) != 0) return Error(keeps_records() ? EOPNOTSUPP : EINVAL);
  if (in_->queue.empty()) {
    if (const int error = TakeError(); error != 0) return Error(error);
    if (in_->no_more_writes || in_->no_more_reads) return size_t{0};
    return Error(EAGAIN);
  }
  Result<size_t> received = keeps_records() ? in_->queue.TakeRecord(message) : in_->queue.TakeStream(message);
  if (received.ok() && (message.flags & MSG_PEEK) == 0) Notify(in_->writer, kOutput);
  if (keeps_records()) message.from = {};
  return received;
}

Result<void> StreamSocket::Shutdown(int how) {
  if (how < SHUT_RD || how > SHUT_RDWR) return Error(EINVAL);
  if (!connected()) {
    if (!is_tcp() || !listening_) return Error(ENOTCONN);
    listening_ = false;
    for (Connection& connection : std::exchange(waiting_, {})) Abandon(*connection.in, *connection.out, true);
    queue_.Notify(kReadyAll);
    return Ok();
  }
  if (how != SHUT_RD) {
    out_->no_more_writes = true;
    Notify(out_->reader, kInput | EPOLLRDHUP | EPOLLHUP);
  }
  if (how != SHUT_WR) {
    in_->no_more_reads = true;
    Notify(in_->writer, kReadyAll);
  }
  queue_.Notify(kReadyAll);
  return Ok();
}

Result<std::string> StreamSocket::GetOption(int level, int name) {
  if (level == SOL_SOCKET && name == SO_PEERCRED && !is_tcp()) return OptionBytes(&peer_ids_, sizeof(peer_ids_));
  return Socket::GetOption(level, name);
}

ReadyMask StreamSocket::Readiness(ReadyMask mask) {
  ReadyMask ready = error() != 0 ? ReadyMask{EPOLLERR} : 0;
  if (listening_) {
    if (!waiting_.empty()) ready |= kInput;
    return ready & (mask | EPOLLERR);
  }
  if (!connected())
    return (ready | kOutput | EPOLLHUP | (ready != 0 ? kInput : ReadyMask{0})) & (mask | EPOLLERR | EPOLLHUP);
  const bool end_of_file = in_->no_more_writes || in_->no_more_reads;
  if (!in_->queue.empty() || end_of_file || error() != 0) ready |= kInput;
  if (end_of_file) ready |= EPOLLRDHUP;
  const bool cannot_write = out_->no_more_writes || out_->no_more_reads;
  if (cannot_write || out_->queue.bytes() < send_buffer()) ready |= kOutput;
  // A TCP end hangs up when both directions have ended; a unix one when the peer has gone.
  if (end_of_file && (is_tcp() ? out_->no_more_writes : cannot_write)) ready |= EPOLLHUP;
  return ready & (mask | EPOLLERR | EPOLLHUP);
}

}  // namespace sandbox
