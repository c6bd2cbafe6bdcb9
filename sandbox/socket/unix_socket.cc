#include "sandbox/socket/unix_socket.h"

#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "absl/strings/str_format.h"
#include "sandbox/vfs/inode.h"
#include "sandbox/vfs/permissions.h"

namespace sandbox {
namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);
constexpr size_t kLongestDatagramQueue = 512;  // net.unix.max_dgram_qlen

std::map<std::string, std::weak_ptr<Socket>, std::less<>>& AbstractNames() {
  static auto* const names = new std::map<std::string, std::weak_ptr<Socket>, std::less<>>;
  return *names;
}

SocketAddress MakeAddress(std::string_view name) {
  sockaddr_un un{.sun_family = AF_UNIX};
  memcpy(un.sun_path, name.data(), std::min(name.size(), sizeof(un.sun_path)));
  return SocketAddress::Of(un, static_cast<socklen_t>(kPathOffset + name.size()));
}

// No name: what getsockname answers for a socket that was never bound.
SocketAddress Unnamed() { return MakeAddress(""); }

// The part behind sun_family. EINVAL unless it is an address of this family.
Result<std::string> NameIn(const SocketAddress& address) {
  if (address.length < kPathOffset || address.length > sizeof(sockaddr_un) || address.family() != AF_UNIX)
    return Error(EINVAL);
  return std::string(address.bytes().substr(kPathOffset));
}

bool IsAbstract(std::string_view name) { return !name.empty() && name[0] == '\0'; }

// Up to its NUL.
std::string PathOf(const std::string& name) { return name.substr(0, name.find('\0')); }

Lookup LookupOf(const SocketCaller& caller, const std::string& path) {
  return Lookup{caller.fs_context.root, caller.fs_context.cwd, path, caller.credentials, kFollowLast};
}

}  // namespace

// -- names

UnixName::~UnixName() {
  if (!abstract_.empty()) AbstractNames().erase(abstract_);
}

Result<void> UnixName::BindPath(const SocketCaller& caller, const std::string& path,
                                const std::shared_ptr<Socket>& socket) {
  Lookup lookup = LookupOf(caller, path);
  Result<void> made = caller.vfs.Create(lookup, CreateRequest{.mode = S_IFSOCK | 0777}, caller.fs_context.umask);
  if (!made.ok()) return Error(made.error() == EEXIST ? EADDRINUSE : made.error());
  ASSIGN_OR_RETURN(Path node, caller.vfs.Resolve(lookup));
  node.inode().bound_socket = socket;
  return Ok();
}

Result<void> UnixName::Bind(const SocketCaller& caller, const SocketAddress& address,
                            const std::shared_ptr<Socket>& socket) {
  ASSIGN_OR_RETURN(std::string name, NameIn(address));
  const bool is_path = !name.empty() && !IsAbstract(name);
  if (bound()) {
    return Error(is_path && caller.vfs.Resolve(LookupOf(caller, PathOf(name))).ok() ? EADDRINUSE : EINVAL);
  }
  if (is_path) {
    const std::string path = PathOf(name);
    RETURN_IF_ERROR(BindPath(caller, path, socket));
    address_ = MakeAddress(path + std::string(path.size() < sizeof(sockaddr_un::sun_path) ? 1 : 0, '\0'));
    return Ok();
  }
  if (name.empty()) {
    static uint32_t next = 0;
    do name = std::string(1, '\0') + absl::StrFormat("%05x", next++ & 0xfffff);
    while (AbstractNames().contains(name));
  }
  if (!AbstractNames().try_emplace(name, socket).second) return Error(EADDRINUSE);
  abstract_ = name;
  address_ = MakeAddress(name);
  return Ok();
}

Result<std::shared_ptr<Socket>> FindUnixSocket(const SocketCaller& caller, const SocketAddress& address, int type) {
  ASSIGN_OR_RETURN(const std::string name, NameIn(address));
  if (name.empty()) return Error(EINVAL);
  std::shared_ptr<Socket> socket;
  if (IsAbstract(name)) {
    const auto it = AbstractNames().find(name);
    if (it != AbstractNames().end()) socket = it->second.lock();
    if (socket != nullptr && socket->type() != type) socket = nullptr;  // each type has names of its own
  } else {
    const std::string path = PathOf(name);
    ASSIGN_OR_RETURN(Path node, caller.vfs.Resolve(LookupOf(caller, path)));
    RETURN_IF_ERROR(caller.vfs.CheckAccess(node, caller.credentials, kMayWrite));
    if (node.inode().type() == S_IFSOCK) socket = std::static_pointer_cast<Socket>(node.inode().bound_socket.lock());
  }
  if (socket == nullptr) return Error(ECONNREFUSED);
  if (socket->type() != type) return Error(EPROTOTYPE);
  return socket;
}

// -- streams

UnixStreamSocket::UnixStreamSocket(const SocketCaller& caller, int flags, int type)
    : StreamSocket(caller, flags, AF_UNIX, type, 0) {
  local_ = Unnamed();
}

Result<void> UnixStreamSocket::Bind(const SocketCaller& caller, const SocketAddress& address) {
  RETURN_IF_ERROR(name_.Bind(caller, address, std::static_pointer_cast<Socket>(shared_from_this())));
  local_ = name_.address();
  return Ok();
}

Result<void> UnixStreamSocket::Listen(const SocketCaller& caller, int backlog) {
  if (!name_.bound()) return Error(EINVAL);
  return StartListening(backlog, caller.ids());
}

Result<void> UnixStreamSocket::Connect(const SocketCaller& caller, const SocketAddress& address, bool,
                                       Socket** blocked_on) {
  if (listening()) return Error(EINVAL);
  if (connected()) return Error(EISCONN);
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> found, FindUnixSocket(caller, address, type()));
  auto& listener = static_cast<UnixStreamSocket&>(*found);
  if (!listener.listening()) return Error(ECONNREFUSED);
  *blocked_on = &listener;
  return ConnectTo(listener, {local_, listener.local_, listener.local_, local_}, caller.ids());
}

std::shared_ptr<StreamSocket> UnixStreamSocket::MakeAccepted(const SocketCaller& caller, int flags) {
  auto accepted = std::make_shared<UnixStreamSocket>(caller, flags, type());
  if (passes_credentials()) accepted->SetNumber(SOL_SOCKET, SO_PASSCRED, 1);
  return accepted;
}

// -- datagrams

UnixDatagramSocket::UnixDatagramSocket(const SocketCaller& caller, int flags)
    : Socket(caller, flags, AF_UNIX, SOCK_DGRAM, 0) {}

UnixDatagramSocket::~UnixDatagramSocket() {
  // Whoever waits for room here shall look again, and find nobody.
  queue_.Notify(kReadyAll);
  if (std::shared_ptr<UnixDatagramSocket> peer = peer_.lock()) peer->queue_.Notify(kReadyAll);
}

void UnixDatagramSocket::ConnectPair(const std::shared_ptr<UnixDatagramSocket>& a,
                                     const std::shared_ptr<UnixDatagramSocket>& b, const ucred& ids) {
  for (auto [one, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    (*one)->peer_ = *other;
    (*one)->connected_ = true;
    (*one)->peer_address_ = Unnamed();
    (*one)->pair_ids_ = ids;
  }
}

Result<void> UnixDatagramSocket::Bind(const SocketCaller& caller, const SocketAddress& address) {
  return name_.Bind(caller, address, std::static_pointer_cast<Socket>(shared_from_this()));
}

Result<void> UnixDatagramSocket::Connect(const SocketCaller& caller, const SocketAddress& address, bool, Socket**) {
  if (address.family() == AF_UNSPEC) {
    connected_ = false;
    peer_.reset();
    return Ok();
  }
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> found, FindUnixSocket(caller, address, SOCK_DGRAM));
  auto target = std::static_pointer_cast<UnixDatagramSocket>(found);
  // A socket that is connected takes messages from its own peer only.
  if (target->connected_ && target->peer_.lock().get() != this) return Error(EPERM);
  peer_ = target;
  peer_address_ = target->name_.address();
  connected_ = true;
  return Ok();
}

bool UnixDatagramSocket::full() const {
  return received_.count() >= kLongestDatagramQueue || received_.bytes() >= receive_buffer();
}

Result<size_t> UnixDatagramSocket::Send(OutgoingMessage& message) {
  if (shut_write_) return Error(EPIPE);
  if (const int error = TakeError(); error != 0) return Error(error);
  std::shared_ptr<UnixDatagramSocket> target;
  if (!message.to.empty()) {
    ASSIGN_OR_RETURN(std::shared_ptr<Socket> found, FindUnixSocket(*message.caller, message.to, SOCK_DGRAM));
    target = std::static_pointer_cast<UnixDatagramSocket>(found);
    if (target->connected_ && target->peer_.lock().get() != this) return Error(EPERM);
  } else {
    if (!connected_) return Error(ENOTCONN);
    target = peer_.lock();
    if (target == nullptr) {
      connected_ = false;
      return Error(ECONNREFUSED);
    }
  }
  if (target->shut_read_) return Error(EPIPE);
  if (message.data.remaining() > send_buffer()) return Error(EMSGSIZE);
  if (target->full()) {
    message.blocked_on = target.get();
    return Error(EAGAIN);
  }
  ASSIGN_OR_RETURN(size_t sent,
                   target->received_.AppendRecord(message, name_.bound() ? name_.address() : SocketAddress()));
  target->queue_.Notify(EPOLLIN | EPOLLRDNORM);
  return sent;
}

Result<size_t> UnixDatagramSocket::Receive(IncomingMessage& message) {
  if ((message.flags & MSG_OOB) != 0) return Error(EOPNOTSUPP);
  if (received_.empty()) {
    if (const int error = TakeError(); error != 0) return Error(error);
    return shut_read_ ? Result<size_t>(0) : Error(EAGAIN);
  }
  Result<size_t> received = received_.TakeRecord(message);
  queue_.Notify(EPOLLOUT | EPOLLWRNORM);
  return received;
}

Result<void> UnixDatagramSocket::Shutdown(int how) {
  if (how < SHUT_RD || how > SHUT_RDWR) return Error(EINVAL);
  if (!connected_) return Error(ENOTCONN);
  shut_read_ |= how != SHUT_WR;
  shut_write_ |= how != SHUT_RD;
  queue_.Notify(kReadyAll);
  return Ok();
}

Result<SocketAddress> UnixDatagramSocket::LocalName() { return name_.bound() ? name_.address() : Unnamed(); }

Result<SocketAddress> UnixDatagramSocket::PeerName() {
  if (!connected_) return Error(ENOTCONN);
  return peer_address_.empty() ? Unnamed() : peer_address_;
}

Result<std::string> UnixDatagramSocket::GetOption(int level, int name) {
  if (level == SOL_SOCKET && name == SO_PEERCRED) return OptionBytes(&pair_ids_, sizeof(pair_ids_));
  return Socket::GetOption(level, name);
}

ReadyMask UnixDatagramSocket::Readiness(ReadyMask mask) {
  ReadyMask ready = error() != 0 ? ReadyMask{EPOLLERR} : 0;
  if (!received_.empty() || shut_read_) ready |= EPOLLIN | EPOLLRDNORM;
  if (shut_read_) ready |= EPOLLRDHUP;
  if (shut_read_ && shut_write_) ready |= EPOLLHUP;
  const std::shared_ptr<UnixDatagramSocket> peer = peer_.lock();
  if (peer == nullptr || !peer->full()) ready |= EPOLLOUT | EPOLLWRNORM;
  return ready & (mask | EPOLLERR | EPOLLHUP);
}

}  // namespace sandbox
