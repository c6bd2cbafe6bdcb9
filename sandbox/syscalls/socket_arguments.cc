#include "sandbox/syscalls/socket_arguments.h"

#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/fd_table.h"

namespace sandbox {
namespace {

constexpr size_t kLongestControl = 20480;  // net.core.optmem_max
constexpr size_t kMostDescriptors = 253;   // SCM_MAX_FD

constexpr size_t Aligned(size_t n) { return (n + 7) & ~size_t{7}; }
static_assert(sizeof(cmsghdr) == 16);

Result<void> ReadRights(Task& task, const std::vector<int>& fds, Ancillary* ancillary) {
  if (ancillary->files.size() + fds.size() > kMostDescriptors) return Error(EINVAL);
  for (int fd : fds) {
    ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFileOrPath(task, fd));
    ancillary->files.push_back(std::move(file));
  }
  return Ok();
}

// A sender may claim to be what it is; root may claim anything.
Result<void> CheckCredentials(Task& task, const ucred& claimed) {
  const Credentials& own = task.credentials();
  const bool pid_ok = claimed.pid == task.thread_group().id() || own.Has(CAP_SYS_ADMIN);
  const bool uid_ok =
      claimed.uid == own.uid || claimed.uid == own.euid || claimed.uid == own.suid || own.Has(CAP_SETUID);
  const bool gid_ok =
      claimed.gid == own.gid || claimed.gid == own.egid || claimed.gid == own.sgid || own.Has(CAP_SETGID);
  if (!pid_ok || !uid_ok || !gid_ok) return Error(EPERM);
  if (task.kernel().FindThreadGroup(claimed.pid) == nullptr) return Error(ESRCH);
  return Ok();
}

// Control messages that set a field of the datagram that they come with (ip(7), ipv6(7)). What concerns the route or
// the source has no effect: there is one interface.
Result<void> ReadPacketField(const cmsghdr& header, std::string_view data, int domain, PacketFields* fields) {
  const bool v6 = header.cmsg_level == IPPROTO_IPV6 && domain == AF_INET6;
  if (!v6 && header.cmsg_level != IPPROTO_IP) return Ok();
  int value = 0;
  if (!v6 && header.cmsg_type == IP_TOS && data.size() == 1) {
    value = static_cast<unsigned char>(data[0]);
  } else if (data.size() == sizeof(int)) {
    memcpy(&value, data.data(), sizeof(value));
  } else {
    return header.cmsg_type == (v6 ? IPV6_PKTINFO : IP_PKTINFO) ? Ok() : Result<void>(Error(EINVAL));
  }
  const bool is_hops = header.cmsg_type == (v6 ? IPV6_HOPLIMIT : IP_TTL);
  const bool is_class = header.cmsg_type == (v6 ? IPV6_TCLASS : IP_TOS);
  if (!is_hops && !is_class) return Error(EINVAL);
  if (value < (v6 ? -1 : is_hops ? 1 : 0) || value > 255) return Error(EINVAL);
  (is_hops ? fields->hop_limit : fields->traffic_class) = value;
  return Ok();
}

template <typename T>
std::vector<T> ArrayOf(std::string_view bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

// Lays out control messages for the guest.
class ControlWriter {
 public:
  explicit ControlWriter(size_t room) : room_(std::min(room, kLongestControl)) {}

  // How many bytes of data a message that begins here may have.
  size_t DataRoom() const {
    return room_ < bytes_.size() + sizeof(cmsghdr) ? 0 : room_ - bytes_.size() - sizeof(cmsghdr);
  }
  bool HasRoom() const { return room_ >= bytes_.size() + sizeof(cmsghdr); }
  // `data` is cut to what fits; whether it all did.
  bool Add(int type, std::string_view data) { return Add(SOL_SOCKET, type, data); }
  bool Add(int level, int type, std::string_view data) {
    if (!HasRoom()) return false;
    const std::string_view fits = data.substr(0, DataRoom());
    cmsghdr header{};
    header.cmsg_len = sizeof(header) + fits.size();
    header.cmsg_level = level;
    header.cmsg_type = type;
    bytes_.append(reinterpret_cast<const char*>(&header), sizeof(header));
    bytes_.append(fits);
    bytes_.resize(std::min(room_, Aligned(bytes_.size())), '\0');
    return fits.size() == data.size();
  }
  const std::string& bytes() const { return bytes_; }

 private:
  const size_t room_;
  std::string bytes_;
};

}  // namespace

SocketCaller CallerOf(Task& task) {
  return SocketCaller{task.credentials(), task.thread_group().id(), task.kernel().vfs(), *task.fs_context()};
}

Result<std::shared_ptr<Socket>> GetSocket(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  auto socket = std::dynamic_pointer_cast<Socket>(file);
  if (socket == nullptr) return Error(ENOTSOCK);
  return socket;
}

Result<SocketAddress> ReadAddress(Task& task, Addr address, int length) {
  SocketAddress result;
  if (length < 0 || length > static_cast<int>(sizeof(result.storage))) return Error(EINVAL);
  RETURN_IF_ERROR(task.memory().CopyIn(&result.storage, address, length));
  result.length = length;
  return result;
}

Result<void> WriteAddress(Task& task, const SocketAddress& address, Addr to, Addr length_pointer) {
  if (to == 0) return Ok();
  ASSIGN_OR_RETURN(int room, task.memory().Read<int>(length_pointer));
  if (room < 0) return Error(EINVAL);
  const size_t n = std::min<size_t>(room, address.length);
  RETURN_IF_ERROR(task.memory().CopyOut(to, &address.storage, n));
  return task.memory().Write<int>(length_pointer, static_cast<int>(address.length));
}

Deadline DeadlineAfter(int64_t timeout) { return timeout == 0 ? kNoDeadline : MonotonicNow() + timeout; }

int WaitError(int error, Deadline deadline) {
  if (error == ETIMEDOUT) return EAGAIN;
  return error == abi::kERestartSys && deadline != kNoDeadline ? EINTR : error;
}

Result<void> ReadControl(Task& task, const Socket& socket, Addr control, size_t length, Ancillary* ancillary) {
  if (length > kLongestControl) return Error(ENOBUFS);
  std::string bytes(length, '\0');
  RETURN_IF_ERROR(task.memory().CopyIn(bytes.data(), control, length));
  std::string_view rest = bytes;
  cmsghdr header;
  while (rest.size() >= sizeof(header)) {
    memcpy(&header, rest.data(), sizeof(header));
    if (header.cmsg_len < sizeof(header) || header.cmsg_len > rest.size()) return Error(EINVAL);
    const std::string_view data = rest.substr(sizeof(header), header.cmsg_len - sizeof(header));
    if (header.cmsg_level == SOL_SOCKET && socket.domain() == AF_UNIX) {
      if (header.cmsg_type == SCM_RIGHTS) {
        RETURN_IF_ERROR(ReadRights(task, ArrayOf<int>(data), ancillary));
      } else if (header.cmsg_type == SCM_CREDENTIALS) {
        if (data.size() != sizeof(ucred)) return Error(EINVAL);
        memcpy(&ancillary->sender, data.data(), sizeof(ucred));
        RETURN_IF_ERROR(CheckCredentials(task, ancillary->sender));
      } else {
        return Error(EINVAL);
      }
    } else if (socket.type() == SOCK_DGRAM && (socket.domain() == AF_INET || socket.domain() == AF_INET6)) {
      RETURN_IF_ERROR(ReadPacketField(header, data, socket.domain(), &ancillary->packet));
    }
    rest.remove_prefix(std::min(rest.size(), Aligned(header.cmsg_len)));
  }
  return Ok();
}

Result<size_t> WriteControl(Task& task, const Socket& socket, Ancillary& ancillary, Addr control, size_t length,
                            bool close_on_exec, int* flags) {
  ControlWriter writer(length);
  if (socket.passes_credentials() && socket.domain() == AF_UNIX) {
    const ucred& sender = ancillary.sender;
    if (!writer.Add(SCM_CREDENTIALS, {reinterpret_cast<const char*>(&sender), sizeof(sender)})) *flags |= MSG_CTRUNC;
  }
  if (!ancillary.files.empty()) {
    std::vector<int> fds;
    const size_t room = writer.DataRoom() / sizeof(int);
    for (std::shared_ptr<File>& file : ancillary.files) {
      if (fds.size() == room) break;
      Result<uint64_t> fd = InstallFile(task, std::move(file), close_on_exec);
      if (!fd.ok()) break;
      fds.push_back(static_cast<int>(*fd));
    }
    if (fds.size() < ancillary.files.size()) *flags |= MSG_CTRUNC;
    if (!fds.empty()) writer.Add(SCM_RIGHTS, {reinterpret_cast<const char*>(fds.data()), fds.size() * sizeof(int)});
    ancillary.files.clear();
  }
  for (const ControlMessage& message : ancillary.controls) {
    if (!writer.Add(message.level, message.type, message.data)) *flags |= MSG_CTRUNC;
  }
  if (!writer.bytes().empty())
    RETURN_IF_ERROR(task.memory().CopyOut(control, writer.bytes().data(), writer.bytes().size()));
  return writer.bytes().size();
}

}  // namespace sandbox
