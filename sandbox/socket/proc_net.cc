#include "sandbox/socket/proc_net.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sandbox/socket/socket.h"

namespace sandbox {
namespace {

// As the kernel prints it: words of the address in the machine's order.
std::string AddressText(const SocketAddress& address, int domain) {
  if (domain == AF_INET) {
    const auto v4 = address.As<sockaddr_in>();
    return absl::StrFormat("%08X:%04X", v4.sin_addr.s_addr, ntohs(v4.sin_port));
  }
  const auto v6 = address.As<sockaddr_in6>();
  uint32_t words[4];
  memcpy(words, &v6.sin6_addr, sizeof(words));
  return absl::StrFormat("%08X%08X%08X%08X:%04X", words[0], words[1], words[2], words[3], ntohs(v6.sin6_port));
}

uint64_t NumberOf(Socket& socket) {
  const Result<Attributes> attributes = socket.inode().GetAttributes();
  return attributes.ok() ? attributes->inode : 0;
}

int StateOf(Socket& socket, bool connected) {
  if (socket.IsListening()) return TCP_LISTEN;
  return connected ? TCP_ESTABLISHED : TCP_CLOSE;
}

}  // namespace

std::string InetSocketsText(int domain, int protocol) {
  std::string text = "  sl  local_address ";
  if (domain == AF_INET6) text += "                        rem_address                       ";
  text += domain == AF_INET6 ? "st" : "rem_address   st";
  text += " tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  int slot = 0;
  for (Socket* socket : AllSockets()) {
    if (socket->domain() != domain || socket->protocol() != protocol) continue;
    const Result<SocketAddress> local = socket->LocalName();
    const Result<SocketAddress> peer = socket->PeerName();
    // One that has no port is not shown.
    if (!local.ok() ||
        (domain == AF_INET ? local->As<sockaddr_in>().sin_port : local->As<sockaddr_in6>().sin6_port) == 0)
      continue;
    absl::StrAppendFormat(
        &text, "%4d: %s %s %02X %08X:%08X 00:00000000 00000000 %5d        0 %d 1 0000000000000000 100 0 0 10 0\n",
        slot++, AddressText(*local, domain), AddressText(peer.ok() ? *peer : SocketAddress(), domain),
        StateOf(*socket, peer.ok()), 0, socket->IsListening() ? 0 : socket->waiting_input(), socket->owner(),
        NumberOf(*socket));
  }
  return text;
}

std::string UnixSocketsText() {
  constexpr int kAcceptsConnections = 0x10000;  // __SO_ACCEPTCON
  constexpr int kUnconnected = 1, kConnected = 3;
  std::string text = "Num       RefCount Protocol Flags    Type St Inode Path\n";
  for (Socket* socket : AllSockets()) {
    if (socket->domain() != AF_UNIX) continue;
    absl::StrAppendFormat(&text, "0000000000000000: 00000002 00000000 %08X %04X %02X %5d",
                          socket->IsListening() ? kAcceptsConnections : 0, socket->type(),
                          socket->PeerName().ok() ? kConnected : kUnconnected, NumberOf(*socket));
    const Result<SocketAddress> name = socket->LocalName();
    std::string path(name.ok() ? name->bytes() : "");
    path.erase(0, std::min(path.size(), offsetof(sockaddr_un, sun_path)));
    const bool abstract = !path.empty() && path[0] == '\0';
    if (!abstract) path = path.c_str();
    for (char& c : path) {
      if (c == '\0') c = '@';
    }
    absl::StrAppend(&text, path.empty() ? "" : " ", path, "\n");
  }
  return text;
}

}  // namespace sandbox
