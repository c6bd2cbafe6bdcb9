#include "sandbox/socket/interface_ioctls.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sandbox {
namespace {

sockaddr LoopbackAddress(uint32_t address) {
  sockaddr_in in{.sin_family = AF_INET};
  in.sin_addr.s_addr = htonl(address);
  sockaddr result;
  memcpy(&result, &in, sizeof(result));
  return result;
}

Result<uint64_t> ListInterfaces(GuestMemory& memory, Addr argument) {
  ASSIGN_OR_RETURN(ifconf list, memory.Read<ifconf>(argument));
  if (list.ifc_buf != nullptr && list.ifc_len >= static_cast<int>(sizeof(ifreq))) {
    ifreq request{};
    strcpy(request.ifr_name, kLoopbackName);
    request.ifr_addr = LoopbackAddress(INADDR_LOOPBACK);
    RETURN_IF_ERROR(memory.Write(reinterpret_cast<Addr>(list.ifc_buf), request));
    list.ifc_len = sizeof(request);
  } else {
    list.ifc_len = list.ifc_buf == nullptr ? sizeof(ifreq) : 0;
  }
  RETURN_IF_ERROR(memory.Write(argument, list));
  return uint64_t{0};
}

Result<void> Answer(uint64_t command, ifreq& request) {
  switch (command) {
    case SIOCGIFINDEX:
      request.ifr_ifindex = kLoopbackIndex;
      return Ok();
    case SIOCGIFFLAGS:
      request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
      return Ok();
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR:
      request.ifr_addr = LoopbackAddress(INADDR_LOOPBACK);
      return Ok();
    case SIOCGIFNETMASK:
      request.ifr_netmask = LoopbackAddress(0xff000000);
      return Ok();
    case SIOCGIFBRDADDR:
      request.ifr_broadaddr = LoopbackAddress(0);
      return Ok();
    case SIOCGIFMTU:
      request.ifr_mtu = kLoopbackMtu;
      return Ok();
    case SIOCGIFMETRIC:
      request.ifr_metric = 0;
      return Ok();
    case SIOCGIFTXQLEN:
      request.ifr_qlen = 1000;
      return Ok();
    case SIOCGIFHWADDR:
      memset(&request.ifr_hwaddr, 0, sizeof(request.ifr_hwaddr));
      request.ifr_hwaddr.sa_family = ARPHRD_LOOPBACK;
      return Ok();
    default:
      return Error(ENOTTY);
  }
}

}  // namespace

Result<uint64_t> InterfaceIoctl(GuestMemory& memory, uint64_t command, Addr argument) {
  if (command == SIOCGIFCONF) return ListInterfaces(memory, argument);
  if (command < SIOCGIFNAME || command > SIOCSIFTXQLEN) return Error(ENOTTY);
  ASSIGN_OR_RETURN(ifreq request, memory.Read<ifreq>(argument));
  if (command == SIOCGIFNAME) {
    if (request.ifr_ifindex != kLoopbackIndex) return Error(ENODEV);
    strcpy(request.ifr_name, kLoopbackName);
  } else {
    if (strncmp(request.ifr_name, kLoopbackName, IFNAMSIZ) != 0) return Error(ENODEV);
    Result<void> answered = Answer(command, request);
    // Setting anything.
    if (!answered.ok()) return Error(EPERM);
  }
  RETURN_IF_ERROR(memory.Write(argument, request));
  return uint64_t{0};
}

}  // namespace sandbox
