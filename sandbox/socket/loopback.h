// The sandbox's own internet: one interface, lo, with 127.0.0.0/8 and ::1. Nothing on it is a packet; ports lead
// straight to sockets.
//
// Runs under the kernel lock.
#ifndef SANDBOX_SOCKET_LOOPBACK_H_
#define SANDBOX_SOCKET_LOOPBACK_H_

#include <netinet/in.h>

#include <cstdint>
#include <list>
#include <map>

#include "sandbox/abi/result.h"
#include "sandbox/socket/socket_address.h"

namespace sandbox {

class Socket;

// A port that a socket holds.
struct PortBinding {
  Socket* socket = nullptr;
  int protocol = IPPROTO_TCP;  // or IPPROTO_UDP
  int family = AF_INET;
  bool v6_only = false;
  bool reuse_address = false;
  bool reuse_port = false;
  bool listening = false;
  Endpoint endpoint;  // of Bind
  Endpoint peer;      // UDP: only datagrams from here, if it has a port

  ~PortBinding();
  bool bound() const { return endpoint.port != 0; }
};

class Loopback {
 public:
  static Loopback& Get();

  // Gives `binding` the endpoint; port 0 asks for an unused one. EADDRNOTAVAIL for addresses other than lo's and "any",
  // EADDRINUSE if somebody has the port and both do not agree to share it.
  Result<void> Bind(PortBinding& binding, Endpoint endpoint);
  // EADDRINUSE if the binding may not become a listener beside the others of its port.
  Result<void> CheckListen(const PortBinding& binding) const;
  void Release(PortBinding& binding);

  // The socket that gets what is sent to `destination`: the most specific binding, the one connected to `source` before
  // others; among equals (SO_REUSEPORT) spread by source port. Null if there is none. TCP: listeners only.
  Socket* Find(int protocol, const Endpoint& destination, const Endpoint& source) const;

  // Whether packets to this address arrive: lo's own addresses, and "any", which means lo.
  static bool IsReachable(const Endpoint& endpoint) { return endpoint.IsLoopback() || endpoint.IsAny(); }
  // "Any" becomes 127.0.0.1 or ::1.
  static Endpoint Destination(const Endpoint& endpoint);
  // The source address of packets to `destination` from a socket bound to `bound`.
  static Endpoint Source(const Endpoint& bound, const Endpoint& destination);

  // For /proc/net/{tcp,udp}: every binding.
  const std::multimap<uint16_t, PortBinding*>& bindings() const { return bindings_; }

 private:
  Result<void> CheckFree(const PortBinding& binding, const Endpoint& endpoint) const;

  std::multimap<uint16_t, PortBinding*> bindings_;
  uint16_t next_port_ = 0;
};

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_LOOPBACK_H_
