// Serves commands on a unix socket and, where asked for, on a TCP port: one command a connection, as in
//   echo status | nc -U /tmp/gh-ost.shop.orders.sock
//
// One thread; a client that sends nothing is dropped after two seconds. The socket file is removed at the end.
#ifndef MIGRATE_CONTROL_SERVER_H_
#define MIGRATE_CONTROL_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace migrate::control {

class Server {
 public:
  struct Options {
    std::string socket_file;
    bool drop_socket_file = false;  // remove one that is in the way
    uint16_t tcp_port = 0;          // 0: none
  };
  using Handler = std::function<std::string(const std::string& line)>;

  // Calls `handler` with each line, on the server's thread. FailedPrecondition if the socket file exists or the port is
  // taken.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  Server() = default;
  absl::Status ListenOnFile(const Options& options);
  absl::Status ListenOnPort(uint16_t port);
  void Serve();
  void Answer(int connection);

  Handler handler_;
  std::string socket_file_;
  int file_listener_ = -1;
  int port_listener_ = -1;
  int stop_pipe_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace migrate::control

#endif  // MIGRATE_CONTROL_SERVER_H_
