#include "sandbox/socket/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sandbox {
namespace {

constexpr std::array<uint8_t, 12> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

bool Endpoint::IsV4() const { return std::equal(kV4Prefix.begin(), kV4Prefix.end(), address.begin()); }

bool Endpoint::IsAny() const {
  return std::all_of(address.begin() + (IsV4() ? 12 : 0), address.end(), [](uint8_t byte) { return byte == 0; });
}

bool Endpoint::IsLoopback() const { return IsV4() ? address[12] == 127 : SameAddress(V6Loopback(0)); }

Endpoint Endpoint::V4(uint32_t host_order_address, uint16_t port) {
  Endpoint endpoint{.port = port};
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), endpoint.address.begin());
  const uint32_t network_order = htonl(host_order_address);
  memcpy(&endpoint.address[12], &network_order, 4);
  return endpoint;
}

Endpoint Endpoint::V6Loopback(uint16_t port) {
  Endpoint endpoint{.port = port};
  endpoint.address[15] = 1;
  return endpoint;
}

Result<Endpoint> ToEndpoint(const SocketAddress& address, int family) {
  if (family == AF_INET) {
    if (address.length < sizeof(sockaddr_in)) return Error(EINVAL);
    const auto in = address.As<sockaddr_in>();
    // Linux takes AF_UNSPEC with INADDR_ANY, too.
    if (in.sin_family != AF_INET && !(in.sin_family == AF_UNSPEC && in.sin_addr.s_addr == 0))
      return Error(EAFNOSUPPORT);
    return Endpoint::V4(ntohl(in.sin_addr.s_addr), ntohs(in.sin_port));
  }
  if (address.family() == AF_INET)
    return address.length < sizeof(sockaddr_in) ? Error(EINVAL) : ToEndpoint(address, AF_INET);
  constexpr socklen_t kShortest = offsetof(sockaddr_in6, sin6_scope_id);  // RFC 2133
  if (address.length < kShortest) return Error(EINVAL);
  const auto in = address.As<sockaddr_in6>();
  if (in.sin6_family != AF_INET6) return Error(EAFNOSUPPORT);
  Endpoint endpoint{.port = ntohs(in.sin6_port)};
  memcpy(endpoint.address.data(), &in.sin6_addr, 16);
  return endpoint;
}

SocketAddress FromEndpoint(const Endpoint& endpoint, int family) {
  if (family == AF_INET) {
    sockaddr_in in{.sin_family = AF_INET, .sin_port = htons(endpoint.port)};
    memcpy(&in.sin_addr, &endpoint.address[12], 4);
    return SocketAddress::Of(in);
  }
  sockaddr_in6 in{.sin6_family = AF_INET6, .sin6_port = htons(endpoint.port)};
  memcpy(&in.sin6_addr, endpoint.address.data(), 16);
  return SocketAddress::Of(in);
}

}  // namespace sandbox
