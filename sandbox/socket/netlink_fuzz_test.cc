// Whatever a guest sends to a route socket is answered without touching anything outside the request.
#include <cstddef>
#include <cstdint>

#include "sandbox/socket/netlink_socket.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sandbox::AnswerRouteRequest({reinterpret_cast<const char*>(data), size}, 1);
  return 0;
}
