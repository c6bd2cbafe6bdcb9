#include "migrate/control/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"

namespace migrate::control {
namespace {

constexpr int kClientTimeoutMs = 2000;
constexpr size_t kMaxLine = 64 * 1024;

absl::Status Problem(std::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", std::strerror(errno)));
}

void Close(int& fd) {
  if (fd >= 0) close(std::exchange(fd, -1));
}

bool IsSocket(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

// A socket file that nobody listens on: what served it was killed.
bool IsStale(const sockaddr_un& address) {
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool refused =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 && errno == ECONNREFUSED;
  Close(probe);
  return refused;
}

// Up to the first newline or the end; empty if nothing came in time.
std::string ReadLine(int connection) {
  std::string line;
  while (line.size() < kMaxLine) {
    pollfd waiting{.fd = connection, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, kClientTimeoutMs) <= 0) break;
    char buffer[1024];
    const ssize_t n = read(connection, buffer, sizeof(buffer));
    if (n <= 0) break;
    line.append(buffer, n);
    const size_t end = line.find('\n');
    if (end != std::string::npos) return line.substr(0, end);
  }
  return line;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options, Handler handler) {
  std::unique_ptr<Server> server(new Server());
  server->handler_ = std::move(handler);
  if (pipe2(server->stop_pipe_, O_CLOEXEC) != 0) return Problem("control socket");
  if (absl::Status status = server->ListenOnFile(options); !status.ok()) return status;
  if (absl::Status status = server->ListenOnPort(options.tcp_port); !status.ok()) return status;
  server->thread_ = std::thread([s = server.get()] { s->Serve(); });
  return server;
}

Server::~Server() {
  if (thread_.joinable()) {
    Close(stop_pipe_[1]);
    thread_.join();
  }
  Close(stop_pipe_[0]);
  Close(stop_pipe_[1]);
  Close(file_listener_);
  Close(port_listener_);
  if (!socket_file_.empty()) unlink(socket_file_.c_str());
}

absl::Status Server::ListenOnFile(const Options& options) {
  if (options.socket_file.empty()) return absl::OkStatus();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (options.socket_file.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("--serve-socket-file=", options.socket_file, " is longer than the ",
                                                   sizeof(address.sun_path) - 1, " bytes that a socket may have"));
  }
  std::memcpy(address.sun_path, options.socket_file.data(), options.socket_file.size());
  // Another file than a socket stays, whatever the options.
  if (IsSocket(options.socket_file) && (options.drop_socket_file || IsStale(address)))
    unlink(options.socket_file.c_str());
  file_listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // Whoever may use the socket may stop or start the swap: the owner only.
  const mode_t mask = umask(0077);
  const int bound = bind(file_listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  umask(mask);
  if (bound != 0) {
    return Problem(absl::StrCat("cannot serve commands on ", options.socket_file,
                                " (--initially-drop-socket-file takes it from whoever serves it)"));
  }
  socket_file_ = options.socket_file;
  if (listen(file_listener_, 8) != 0) return Problem(options.socket_file);
  return absl::OkStatus();
}

absl::Status Server::ListenOnPort(uint16_t port) {
  if (port == 0) return absl::OkStatus();
  port_listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(port_listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  if (bind(port_listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(port_listener_, 8) != 0) {
    return Problem(absl::StrCat("cannot serve commands on --serve-tcp-port=", port));
  }
  return absl::OkStatus();
}

void Server::Serve() {
  while (true) {
    pollfd waiting[] = {{.fd = stop_pipe_[0], .events = POLLIN, .revents = 0},
                        {.fd = file_listener_, .events = POLLIN, .revents = 0},
                        {.fd = port_listener_, .events = POLLIN, .revents = 0}};
    if (poll(waiting, 3, -1) < 0 && errno != EINTR) return;
    if (waiting[0].revents != 0) return;
    for (const pollfd& listener : {waiting[1], waiting[2]}) {
      if ((listener.revents & POLLIN) == 0) continue;
      int connection = accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      Answer(connection);
      Close(connection);
    }
  }
}

void Server::Answer(int connection) {
  const std::string line = ReadLine(connection);
  if (line.empty()) return;
  VLOG(1) << "command: " << line;
  const std::string answer = handler_(line);
  for (size_t sent = 0; sent < answer.size();) {
    const ssize_t n = send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += n;
  }
}

}  // namespace migrate::control
