// The ioctls that ask for network interfaces (netdevice(7)): there is one, lo.
#ifndef SANDBOX_SOCKET_INTERFACE_IOCTLS_H_
#define SANDBOX_SOCKET_INTERFACE_IOCTLS_H_

#include <cstdint>

#include "sandbox/abi/result.h"
#include "sandbox/mm/guest_memory.h"

namespace sandbox {

inline constexpr int kLoopbackIndex = 1;
inline constexpr int kLoopbackMtu = 65536;
inline constexpr char kLoopbackName[] = "lo";

// ENOTTY for a command that is none of these.
Result<uint64_t> InterfaceIoctl(GuestMemory& memory, uint64_t command, Addr argument);

}  // namespace sandbox
#endif  // SANDBOX_SOCKET_INTERFACE_IOCTLS_H_
