// /proc/net/{tcp,tcp6,udp,udp6,unix}: the sockets inside, as netstat and ss read them (proc(5)).
#ifndef SANDBOX_SOCKET_PROC_NET_H_
#define SANDBOX_SOCKET_PROC_NET_H_

#include <string>

namespace sandbox {

// `domain`: AF_INET or AF_INET6; `protocol`: IPPROTO_TCP or IPPROTO_UDP.
std::string InetSocketsText(int domain, int protocol);
std::string UnixSocketsText();

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_PROC_NET_H_
