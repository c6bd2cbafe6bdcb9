#include "sandbox/socket/loopback.h"

#include <sys/random.h>

#include <cerrno>
#include <vector>

namespace sandbox {
namespace {

// net.ipv4.ip_local_port_range
constexpr uint16_t kFirstEphemeral = 32768;
constexpr uint16_t kLastEphemeral = 60999;

bool CoversAll(const PortBinding& binding, bool v4, const Endpoint& own) {
  if (!own.IsAny()) return false;
  if (v4) return own.IsV4() || (binding.family == AF_INET6 && !binding.v6_only);
  return !own.IsV4();
}

// Whether packets to `destination` (a concrete address) may go to `binding`, if it had `own` as endpoint.
bool Covers(const PortBinding& binding, const Endpoint& own, const Endpoint& destination) {
  return CoversAll(binding, destination.IsV4(), own) || own.SameAddress(destination);
}

bool Overlap(const PortBinding& a, const Endpoint& at, const PortBinding& b) {
  if (!at.IsAny()) return Covers(b, b.endpoint, at);
  if (!b.endpoint.IsAny()) return Covers(a, at, b.endpoint);
  return (CoversAll(a, true, at) && CoversAll(b, true, b.endpoint)) ||
         (CoversAll(a, false, at) && CoversAll(b, false, b.endpoint));
}

bool MayShare(const PortBinding& a, const PortBinding& b) {
  if (a.reuse_port && b.reuse_port) return true;
  if (!a.reuse_address || !b.reuse_address) return false;
  return a.protocol == IPPROTO_UDP || (!a.listening && !b.listening);
}

}  // namespace

PortBinding::~PortBinding() { Loopback::Get().Release(*this); }

Loopback& Loopback::Get() {
  static Loopback* const loopback = new Loopback;
  return *loopback;
}

Result<void> Loopback::CheckFree(const PortBinding& binding, const Endpoint& endpoint) const {
  const auto [begin, end] = bindings_.equal_range(endpoint.port);
  for (auto it = begin; it != end; ++it) {
    const PortBinding& other = *it->second;
    if (&other == &binding || other.protocol != binding.protocol) continue;
    if (Overlap(binding, endpoint, other) && !MayShare(binding, other)) return Error(EADDRINUSE);
  }
  return Ok();
}

Result<void> Loopback::CheckListen(const PortBinding& binding) const {
  const auto [begin, end] = bindings_.equal_range(binding.endpoint.port);
  for (auto it = begin; it != end; ++it) {
    const PortBinding& other = *it->second;
    if (&other == &binding || other.protocol != binding.protocol || !other.listening) continue;
    if (Overlap(binding, binding.endpoint, other) && !(binding.reuse_port && other.reuse_port))
      return Error(EADDRINUSE);
  }
  return Ok();
}

Result<void> Loopback::Bind(PortBinding& binding, Endpoint endpoint) {
  if (!IsReachable(endpoint)) return Error(EADDRNOTAVAIL);
  if (endpoint.port != 0) {
    RETURN_IF_ERROR(CheckFree(binding, endpoint));
  } else {
    if (next_port_ == 0) {
      // Somewhere else each time, so that programs do not come to rely on it.
      if (getrandom(&next_port_, sizeof(next_port_), 0) != sizeof(next_port_)) next_port_ = 0;
      next_port_ = static_cast<uint16_t>(kFirstEphemeral + next_port_ % (kLastEphemeral - kFirstEphemeral + 1));
    }
    int tries = kLastEphemeral - kFirstEphemeral + 1;
    for (; tries > 0; --tries) {
      endpoint.port = next_port_;
      next_port_ = next_port_ == kLastEphemeral ? kFirstEphemeral : static_cast<uint16_t>(next_port_ + 1);
      if (!bindings_.contains(endpoint.port)) break;
    }
    if (tries == 0) return Error(EADDRINUSE);
  }
  Release(binding);
  binding.endpoint = endpoint;
  bindings_.emplace(endpoint.port, &binding);
  return Ok();
}

void Loopback::Release(PortBinding& binding) {
  if (!binding.bound()) return;
  const auto [begin, end] = bindings_.equal_range(binding.endpoint.port);
  for (auto it = begin; it != end; ++it) {
    if (it->second != &binding) continue;
    bindings_.erase(it);
    break;
  }
  binding.endpoint.port = 0;
}

Socket* Loopback::Find(int protocol, const Endpoint& destination, const Endpoint& source) const {
  std::vector<Socket*> best;
  int best_score = 0;
  const auto [begin, end] = bindings_.equal_range(destination.port);
  for (auto it = begin; it != end; ++it) {
    const PortBinding& binding = *it->second;
    if (binding.protocol != protocol || !Covers(binding, binding.endpoint, destination)) continue;
    if (protocol == IPPROTO_TCP && !binding.listening) continue;
    if (binding.peer.port != 0 && !(binding.peer == source)) continue;
    const int score = 1 + (binding.peer.port != 0 ? 4 : 0) + (binding.endpoint.IsAny() ? 0 : 2) +
                      (binding.family == (destination.IsV4() ? AF_INET : AF_INET6) ? 1 : 0);
    if (score > best_score) best.clear();
    if (score >= best_score) best.push_back(binding.socket);
    best_score = std::max(best_score, score);
  }
  return best.empty() ? nullptr : best[source.port % best.size()];
}

Endpoint Loopback::Destination(const Endpoint& endpoint) {
  if (!endpoint.IsAny()) return endpoint;
  return endpoint.IsV4() ? Endpoint::V4(INADDR_LOOPBACK, endpoint.port) : Endpoint::V6Loopback(endpoint.port);
}

Endpoint Loopback::Source(const Endpoint& bound, const Endpoint& destination) {
  if (!bound.IsAny()) return bound;
  return destination.IsV4() ? Endpoint::V4(INADDR_LOOPBACK, bound.port) : Endpoint::V6Loopback(bound.port);
}

}  // namespace sandbox
