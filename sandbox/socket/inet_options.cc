#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/socket/inet_socket.h"

namespace sandbox {
namespace {

struct KnownOption {
  int level, name;
  int initial;
  int minimum, maximum;
};

constexpr int kLoopbackIndex = 1;
constexpr int kAny = INT32_MAX;
// Everything that programs set as a matter of routine, with the value that Linux starts with.
constexpr KnownOption kOptions[] = {
    {IPPROTO_IP, IP_TOS, 0, 0, 255},
    {IPPROTO_IP, IP_TTL, 64, -1, 255},
    {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT, 0, 5},
    {IPPROTO_IP, IP_RECVERR, 0, -kAny, kAny},
    {IPPROTO_IP, IP_RECVTOS, 0, -kAny, kAny},
    {IPPROTO_IP, IP_RECVTTL, 0, -kAny, kAny},
    {IPPROTO_IP, IP_PKTINFO, 0, -kAny, kAny},
    {IPPROTO_IP, IP_FREEBIND, 0, -kAny, kAny},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0, -kAny, kAny},
    {IPPROTO_IP, IP_MULTICAST_TTL, 1, -1, 255},
    {IPPROTO_IP, IP_MULTICAST_LOOP, 1, -kAny, kAny},
    {IPPROTO_IPV6, IPV6_V6ONLY, 0, -kAny, kAny},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64, -1, 255},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, -1, 255},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1, 0, 1},
    {IPPROTO_IPV6, IPV6_TCLASS, 0, -1, 255},
    {IPPROTO_IPV6, IPV6_RECVERR, 0, -kAny, kAny},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO, 0, -kAny, kAny},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, 0, -kAny, kAny},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 0, -kAny, kAny},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT, 0, 5},
    {IPPROTO_TCP, TCP_NODELAY, 0, -kAny, kAny},
    {IPPROTO_TCP, TCP_MAXSEG, 536, 88, 32767},
    {IPPROTO_TCP, TCP_CORK, 0, -kAny, kAny},
    {IPPROTO_TCP, TCP_KEEPIDLE, 7200, 1, 32767},
    {IPPROTO_TCP, TCP_KEEPINTVL, 75, 1, 32767},
    {IPPROTO_TCP, TCP_KEEPCNT, 9, 1, 127},
    {IPPROTO_TCP, TCP_SYNCNT, 6, 1, 255},
    {IPPROTO_TCP, TCP_LINGER2, 60, -kAny, kAny},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, -kAny, kAny},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, 0, 0, kAny},
    {IPPROTO_TCP, TCP_QUICKACK, 1, -kAny, kAny},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 0, kAny},
    {IPPROTO_TCP, TCP_FASTOPEN, 0, 0, kAny},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0, 0, 1},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0, -kAny, kAny},
    {IPPROTO_UDP, UDP_CORK, 0, -kAny, kAny},
    {IPPROTO_UDPLITE, 10 /*UDPLITE_SEND_CSCOV*/, 0, -kAny, kAny},
    {IPPROTO_UDPLITE, 11 /*UDPLITE_RECV_CSCOV*/, 0, -kAny, kAny},
};

const KnownOption* FindOption(int level, int name) {
  const auto* it = std::find_if(std::begin(kOptions), std::end(kOptions),
                                [&](const KnownOption& o) { return o.level == level && o.name == name; });
  return it == std::end(kOptions) ? nullptr : it;
}

}  // namespace

int InetOptions::Number(int level, int name, int otherwise) const {
  const auto it = numbers_.find({level, name});
  return it == numbers_.end() ? otherwise : it->second;
}

Result<void> InetOptions::Set(int level, int name, std::string_view value) {
  const KnownOption* option = FindOption(level, name);
  if (option == nullptr || (level == IPPROTO_TCP && type_ != SOCK_STREAM) ||
      ((level == IPPROTO_UDP || level == IPPROTO_UDPLITE) && type_ != SOCK_DGRAM) ||
      (level == IPPROTO_IPV6 && domain_ != AF_INET6)) {
    return Error(ENOPROTOOPT);
  }
  // IP options may be a byte long.
  int number = value.size() == 1 && level == IPPROTO_IP ? static_cast<unsigned char>(value[0]) : 0;
  if (value.size() != 1 || level != IPPROTO_IP) {
    ASSIGN_OR_RETURN(number, OptionNumber(value));
  }
  if (number < option->minimum || number > option->maximum) return Error(EINVAL);
  if (number == -1 && (name == IP_TTL || name == IPV6_UNICAST_HOPS)) number = option->initial;
  numbers_[{level, name}] = number;
  return Ok();
}

Result<std::string> InetOptions::Get(int level, int name) const {
  const KnownOption* option = FindOption(level, name);
  if (option == nullptr || (level == IPPROTO_TCP && type_ != SOCK_STREAM)) return Error(ENOPROTOOPT);
  const int number = Number(level, name, option->initial);
  return OptionBytes(&number, sizeof(number));
}

PacketFields InetOptions::DefaultFields() const {
  if (domain_ == AF_INET) return {Number(IPPROTO_IP, IP_TTL, 64), Number(IPPROTO_IP, IP_TOS, 0)};
  const int hops = Number(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64);
  return {hops < 0 ? 64 : hops, std::max(0, Number(IPPROTO_IPV6, IPV6_TCLASS, 0))};
}

std::vector<ControlMessage> InetOptions::ControlsOf(const Ancillary& ancillary) const {
  std::vector<ControlMessage> controls;
  const auto add = [&](int level, int asked, int type, const auto& value) {
    if (Number(level, asked, 0) != 0) controls.push_back({level, type, OptionBytes(&value, sizeof(value))});
  };
  const auto traffic_class = static_cast<uint8_t>(ancillary.packet.traffic_class);
  if (domain_ == AF_INET) {
    in_pktinfo info{.ipi_ifindex = kLoopbackIndex, .ipi_spec_dst = {}, .ipi_addr = {}};
    info.ipi_addr = info.ipi_spec_dst = ancillary.destination.As<sockaddr_in>().sin_addr;
    add(IPPROTO_IP, IP_PKTINFO, IP_PKTINFO, info);
    add(IPPROTO_IP, IP_RECVTTL, IP_TTL, ancillary.packet.hop_limit);
    add(IPPROTO_IP, IP_RECVTOS, IP_TOS, traffic_class);
    return controls;
  }
  const in6_pktinfo info{.ipi6_addr = ancillary.destination.As<sockaddr_in6>().sin6_addr,
                         .ipi6_ifindex = kLoopbackIndex};
  add(IPPROTO_IPV6, IPV6_RECVPKTINFO, IPV6_PKTINFO, info);
  add(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT, ancillary.packet.hop_limit);
  add(IPPROTO_IPV6, IPV6_RECVTCLASS, IPV6_TCLASS, ancillary.packet.traffic_class);
  return controls;
}

}  // namespace sandbox
