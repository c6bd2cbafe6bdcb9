// Socket addresses as guests write them, and internet endpoints as the loopback compares them.
#ifndef SANDBOX_SOCKET_SOCKET_ADDRESS_H_
#define SANDBOX_SOCKET_SOCKET_ADDRESS_H_

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "sandbox/abi/result.h"

namespace sandbox {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;  // 0: no address

  bool empty() const { return length == 0; }
  // AF_UNSPEC if too short to have one.
  int family() const { return length >= sizeof(sa_family_t) ? storage.ss_family : AF_UNSPEC; }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(&storage), length}; }

  template <typename T>
  static SocketAddress Of(const T& address, socklen_t length = sizeof(T)) {
    static_assert(sizeof(T) <= sizeof(sockaddr_storage));
    SocketAddress result;
    __builtin_memcpy(&result.storage, &address, sizeof(T));
    result.length = length;
    return result;
  }
  // The same bytes as another type of address; what is behind `length` is zero.
  template <typename T>
  T As() const {
    T address;
    __builtin_memcpy(&address, &storage, sizeof(T));
    return address;
  }
};

// An IPv6 address, or an IPv4 address mapped into IPv6 (::ffff:a.b.c.d), and a port in host order.
struct Endpoint {
  std::array<uint8_t, 16> address{};
  uint16_t port = 0;

  bool IsV4() const;
  // 0.0.0.0 or ::
  bool IsAny() const;
  // 127.0.0.0/8 or ::1
  bool IsLoopback() const;
  bool SameAddress(const Endpoint& other) const { return address == other.address; }
  bool operator==(const Endpoint&) const = default;

  static Endpoint V4(uint32_t host_order_address, uint16_t port);
  static Endpoint V6Any(uint16_t port) { return {.port = port}; }
  static Endpoint V6Loopback(uint16_t port);
};

// What a socket of `family` (AF_INET, AF_INET6) means by `address`. EINVAL if too short, EAFNOSUPPORT for another
// family.
Result<Endpoint> ToEndpoint(const SocketAddress& address, int family);
// As a socket of `family` shows it.
SocketAddress FromEndpoint(const Endpoint& endpoint, int family);

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_SOCKET_ADDRESS_H_
