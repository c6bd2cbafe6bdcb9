#include "tests/migrate/control_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/match.h"
#include "absl/time/clock.h"

namespace tests::migrate {
namespace {

std::string Exchange(int fd, const sockaddr* address, socklen_t size, std::string command) {
  command.push_back('\n');
  std::string answer;
  if (connect(fd, address, size) == 0 &&
      write(fd, command.data(), command.size()) == static_cast<ssize_t>(command.size())) {
    char buffer[4096];
    for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) answer.append(buffer, n);
  }
  close(fd);
  return answer;
}

}  // namespace

std::string ControlClient::Ask(const std::string& command) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_file_.c_str(), sizeof(address.sun_path) - 1);
  return Exchange(socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&address), sizeof(address), command);
}

std::string ControlClient::AskOverTcp(const std::string& command) const {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Exchange(socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&address), sizeof(address), command);
}

int ControlClient::FreePort() {
  for (int port = 20000 + getpid() % 10000;; ++port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    if (free) return port;
  }
}

bool ControlClient::Eventually(const std::string& command, const std::string& text) const {
  for (int i = 0; i < 600; ++i) {
    if (absl::StrContains(Ask(command), text)) return true;
    absl::SleepFor(absl::Milliseconds(50));
  }
  return false;
}

}  // namespace tests::migrate
