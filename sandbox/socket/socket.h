// A socket: a file description with the operations of socket(7).
//
// Like all files, sockets never block: Connect, Accept, Send and Receive answer EAGAIN and the system-call family
// (syscalls/sockets.cc) waits. Nothing here knows guest memory beyond IoBuffer, or tasks: who calls is a SocketCaller.
//
//   UnixStreamSocket, UnixDatagramSocket   unix_socket.h      names in the file system or abstract
//   TcpSocket, UdpSocket                   inet_socket.h      on a loopback of the sentry's own (loopback.h)
//   NetlinkSocket                          netlink_socket.h   answers route dumps
//   HostSocket                             host_socket.h      --network=host: a socket of the host
//
// Runs under the kernel lock.
#ifndef SANDBOX_SOCKET_SOCKET_H_
#define SANDBOX_SOCKET_SOCKET_H_

#include <sys/socket.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "sandbox/abi/result.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/kernel/wait_queue.h"
#include "sandbox/socket/message_queue.h"
#include "sandbox/socket/socket_address.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/fs_context.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

// Who makes a call. All of it outlives the call.
struct SocketCaller {
  const Credentials& credentials;
  pid_t pid;
  Vfs& vfs;
  const FsContext& fs_context;

  ucred ids() const { return {.pid = pid, .uid = credentials.uid, .gid = credentials.gid}; }
};

class Socket : public File {
 public:
  Socket(const SocketCaller& caller, int flags, int domain, int type, int protocol);
  ~Socket() override;

  int domain() const { return domain_; }
  int type() const { return type_; }
  int protocol() const { return protocol_; }

  virtual Result<void> Bind(const SocketCaller& caller, const SocketAddress& address);
  virtual Result<void> Listen(const SocketCaller& caller, int backlog);
  // EAGAIN: no room at the listener yet; `*blocked_on` tells whose queue to wait on. EINPROGRESS only with
  // `nonblocking`.
  virtual Result<void> Connect(const SocketCaller& caller, const SocketAddress& address, bool nonblocking,
                               Socket** blocked_on);
  // `flags`: O_NONBLOCK. EAGAIN: nobody there yet.
  virtual Result<std::shared_ptr<Socket>> Accept(const SocketCaller& caller, int flags);
  virtual Result<size_t> Send(OutgoingMessage& message) = 0;
  virtual Result<size_t> Receive(IncomingMessage& message) = 0;
  virtual Result<void> Shutdown(int how);
  virtual Result<SocketAddress> LocalName() = 0;
  virtual Result<SocketAddress> PeerName() = 0;
  // ENOPROTOOPT for what there is not.
  virtual Result<void> SetOption(const SocketCaller& caller, int level, int name, std::string_view value);
  virtual Result<std::string> GetOption(int level, int name);
  // For /proc/net.
  bool IsListening() const { return listening(); }
  uid_t owner() const { return creator_.uid; }
  size_t waiting_input() const { return input_bytes(); }
  // Whether Send goes on after a part was sent (streams).
  bool IsStream() const { return type_ == SOCK_STREAM; }

  // SO_RCVTIMEO, SO_SNDTIMEO in nanoseconds; 0: none.
  int64_t read_timeout() const override { return receive_timeout_; }
  int64_t write_timeout() const override { return send_timeout_; }
  bool passes_credentials() const { return Flag(SOL_SOCKET, SO_PASSCRED); }

  Result<size_t> Read(IoBuffer& to) override;
  Result<size_t> Write(IoBuffer& from) override;
  Result<uint64_t> Ioctl(Task& task, uint64_t command, uint64_t argument) override;
  WaitQueue* wait_queue() override { return &queue_; }

 protected:
  // An option that is only remembered: whether it was set to something other than 0.
  bool Flag(int level, int name) const { return Number(level, name, 0) != 0; }
  int Number(int level, int name, int otherwise) const;
  void SetNumber(int level, int name, int value) { numbers_[{level, name}] = value; }
  virtual bool listening() const { return false; }
  // Bytes that wait to be read, and to be read by the peer (SIOCINQ, SIOCOUTQ).
  virtual size_t input_bytes() const { return 0; }
  virtual size_t output_bytes() const { return 0; }
  size_t send_buffer() const;
  size_t receive_buffer() const;

  // SO_ERROR: reported once, by whatever looks first.
  int TakeError() { return std::exchange(error_, 0); }
  void SetError(int error) { error_ = error; }
  int error() const { return error_; }

  WaitQueue queue_;

 private:
  Result<void> SetSocketOption(const SocketCaller& caller, int name, std::string_view value);
  Result<std::string> GetSocketOption(int name);

  const int domain_;
  const int type_;
  const int protocol_;
  const ucred creator_;
  std::map<std::pair<int, int>, int> numbers_;  // (level, name)
  int64_t receive_timeout_ = 0, send_timeout_ = 0;
  linger linger_{};
  int error_ = 0;

  friend class StreamSocket;
};

// Every socket there is, for /proc/net.
const std::set<Socket*>& AllSockets();

// Makes what socket(2) asks for. `type` without SOCK_CLOEXEC and SOCK_NONBLOCK; `flags`: O_NONBLOCK.
Result<std::shared_ptr<Socket>> MakeSocket(const SocketCaller& caller, int domain, int type, int protocol, int flags);
Result<std::pair<std::shared_ptr<Socket>, std::shared_ptr<Socket>>> MakeSocketPair(const SocketCaller& caller,
                                                                                   int domain, int type, int protocol,
                                                                                   int flags);

// --network=host: internet sockets are the host's from now on. At boot.
void UseHostNetwork();
bool UsesHostNetwork();

// An integer of an option's value; shorter values as the kernel reads them. EINVAL if there is none.
Result<int> OptionNumber(std::string_view value);
std::string OptionBytes(const void* value, size_t length);

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_SOCKET_H_
