// socket(2) and socketpair(2): which class serves which family and type.
#include <linux/netlink.h>
#include <netinet/in.h>

#include <cerrno>

#include "sandbox/socket/host_socket.h"
#include "sandbox/socket/inet_socket.h"
#include "sandbox/socket/netlink_socket.h"
#include "sandbox/socket/socket.h"
#include "sandbox/socket/unix_socket.h"

namespace sandbox {
namespace {

bool g_host_network = false;

Result<std::shared_ptr<Socket>> MakeUnix(const SocketCaller& caller, int type, int protocol, int flags) {
  if (protocol != 0 && protocol != AF_UNIX) return Error(EPROTONOSUPPORT);
  switch (type) {
    case SOCK_STREAM:
    case SOCK_SEQPACKET:
      return std::shared_ptr<Socket>(std::make_shared<UnixStreamSocket>(caller, flags, type));
    case SOCK_DGRAM:
    case SOCK_RAW:  // an alias, as on Linux
      return std::shared_ptr<Socket>(std::make_shared<UnixDatagramSocket>(caller, flags));
    default:
      return Error(ESOCKTNOSUPPORT);
  }
}

Result<std::shared_ptr<Socket>> MakeInet(const SocketCaller& caller, int domain, int type, int protocol, int flags) {
  const bool stream = type == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP);
  const bool lite = protocol == IPPROTO_UDPLITE && !g_host_network;
  const bool datagram = type == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP || lite);
  if (!stream && !datagram) {
    if (type == SOCK_RAW) return Error(caller.credentials.Has(CAP_NET_RAW) ? EPROTONOSUPPORT : EPERM);
    return Error(type == SOCK_STREAM || type == SOCK_DGRAM ? EPROTONOSUPPORT : ESOCKTNOSUPPORT);
  }
  if (g_host_network) return HostSocket::Create(caller, flags, domain, type, stream ? IPPROTO_TCP : IPPROTO_UDP);
  if (stream) return std::shared_ptr<Socket>(std::make_shared<TcpSocket>(caller, flags, domain));
  return std::shared_ptr<Socket>(
      std::make_shared<UdpSocket>(caller, flags, domain, lite ? IPPROTO_UDPLITE : IPPROTO_UDP));
}

Result<std::shared_ptr<Socket>> MakeNetlink(const SocketCaller& caller, int type, int protocol, int flags) {
  if (type != SOCK_RAW && type != SOCK_DGRAM) return Error(ESOCKTNOSUPPORT);
  if (protocol != NETLINK_ROUTE && protocol != NETLINK_KOBJECT_UEVENT) return Error(EPROTONOSUPPORT);
  return std::shared_ptr<Socket>(std::make_shared<NetlinkSocket>(caller, flags, type, protocol));
}

}  // namespace

void UseHostNetwork() { g_host_network = true; }
bool UsesHostNetwork() { return g_host_network; }

Result<std::shared_ptr<Socket>> MakeSocket(const SocketCaller& caller, int domain, int type, int protocol, int flags) {
  if (type < 0 || type > SOCK_PACKET) return Error(EINVAL);
  switch (domain) {
    case AF_UNIX:
      return MakeUnix(caller, type, protocol, flags);
    case AF_INET:
    case AF_INET6:
      return MakeInet(caller, domain, type, protocol, flags);
    case AF_NETLINK:
      return MakeNetlink(caller, type, protocol, flags);
    case AF_PACKET:
      return Error(EPERM);
    default:
      return Error(EAFNOSUPPORT);
  }
}

Result<std::pair<std::shared_ptr<Socket>, std::shared_ptr<Socket>>> MakeSocketPair(const SocketCaller& caller,
                                                                                   int domain, int type, int protocol,
                                                                                   int flags) {
  if (domain != AF_UNIX) return Error(domain == AF_INET || domain == AF_INET6 ? EOPNOTSUPP : EAFNOSUPPORT);
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> a, MakeUnix(caller, type, protocol, flags));
  ASSIGN_OR_RETURN(std::shared_ptr<Socket> b, MakeUnix(caller, type, protocol, flags));
  if (a->type() == SOCK_DGRAM) {
    UnixDatagramSocket::ConnectPair(std::static_pointer_cast<UnixDatagramSocket>(a),
                                    std::static_pointer_cast<UnixDatagramSocket>(b), caller.ids());
  } else {
    StreamSocket::ConnectPair(static_cast<UnixStreamSocket&>(*a), static_cast<UnixStreamSocket&>(*b), caller.ids());
  }
  return std::pair(std::move(a), std::move(b));
}

}  // namespace sandbox
