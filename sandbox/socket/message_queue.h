// What has been sent and not yet received: records with their sender, descriptors and credentials.
//
// Datagram sockets keep one record a message. Streams use the same queue and let records run together where nothing but
// bytes would be lost; a read stops where descriptors or the sender's credentials change (unix(7)).
//
// Runs under the kernel lock.
#ifndef SANDBOX_SOCKET_MESSAGE_QUEUE_H_
#define SANDBOX_SOCKET_MESSAGE_QUEUE_H_

#include <sys/socket.h>
#include <time.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/abi/result.h"
#include "sandbox/mm/io_buffer.h"
#include "sandbox/socket/socket_address.h"

namespace sandbox {

class File;

// One struct cmsghdr and its data.
struct ControlMessage {
  int level, type;
  std::string data;
};

// What would be in a datagram's headers, as far as control messages tell of it. -1: as the sending socket is set.
struct PacketFields {
  int hop_limit = -1;
  int traffic_class = -1;
};

// Descriptors, credentials and the like that travel with a message.
struct Ancillary {
  std::vector<std::shared_ptr<File>> files;
  ucred sender{};
  PacketFields packet;
  SocketAddress destination;             // of a datagram: which of the receiver's addresses it was sent to
  timespec sent_at{};                    // of a datagram
  std::vector<ControlMessage> controls;  // that the receiving socket asked for
};

// One sendmsg(2).
struct OutgoingMessage {
  IoBuffer& data;
  int flags = 0;                                // MSG_*
  SocketAddress to;                             // empty: the connected peer
  const struct SocketCaller* caller = nullptr;  // set when `to` is
  Ancillary ancillary;                          // `sender` is always set; files are moved out once sent
  class Socket* blocked_on = nullptr;  // with EAGAIN: whose wait queue tells when to try again; null: the sender's
};

// One recvmsg(2).
struct IncomingMessage {
  IoBuffer& data;
  int flags = 0;  // MSG_*

  // Filled in.
  SocketAddress from;
  Ancillary ancillary;
  size_t full_length = 0;  // of a datagram, even if cut (MSG_TRUNC)
  int result_flags = 0;    // MSG_TRUNC
};

class MessageQueue {
 public:
  bool empty() const { return records_.empty(); }
  size_t bytes() const { return bytes_; }
  size_t count() const { return records_.size(); }
  // Bytes of the first record (FIONREAD of a datagram socket).
  size_t first_size() const { return records_.empty() ? 0 : records_.front().size(); }

  // One record with all of `message`'s data; EFAULT leaves the queue as it was.
  Result<size_t> AppendRecord(OutgoingMessage& message, const SocketAddress& from);
  // As many bytes as fit below `limit`; EAGAIN if none.
  Result<size_t> AppendStream(OutgoingMessage& message, size_t limit);
  // The first record; what does not fit is lost and MSG_TRUNC set. EAGAIN if empty.
  Result<size_t> TakeRecord(IncomingMessage& message);
  // EAGAIN if empty.
  Result<size_t> TakeStream(IncomingMessage& message);

 private:
  struct Record {
    std::unique_ptr<char[]> bytes;
    size_t begin = 0, end = 0, capacity = 0;
    SocketAddress from;
    Ancillary ancillary;
    size_t size() const { return end - begin; }
  };

  // Room at the end of the last record, or a new record.
  Record& Tail(const OutgoingMessage& message, size_t wanted);
  void PopFront();

  std::deque<Record> records_;
  size_t bytes_ = 0;
};

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_MESSAGE_QUEUE_H_
