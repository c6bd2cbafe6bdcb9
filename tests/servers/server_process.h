// One running server with its data folder, port and socket.
#ifndef TESTS_SERVERS_SERVER_PROCESS_H_
#define TESTS_SERVERS_SERVER_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/servers/client.h"
#include "tests/servers/installation.h"
#include "tests/servers/server_user.h"

namespace tests::servers {

// Not thread-safe; only from a process with one thread (see Spawn).
class ServerProcess {
 public:
  struct Settings {
    std::string folder;  // exists, belongs to the server's user; data, socket and log go there
    std::string password;
    int server_id = 1;
    std::vector<std::string> flags;  // added last, so they win
  };

  // Does not start it yet; the data folder must be filled by InitializeData or CopyData.
  ServerProcess(const Installation& installation, const ServerUser& user, Settings settings);
  ~ServerProcess();  // Kill()
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // A fresh data folder: initialised by the server (2-8 s), or copied from another that has never been started (quick).
  absl::Status InitializeData();
  absl::Status CopyData(const ServerProcess& other);

  // Starts it and waits until it answers, at most 60 s. The first time it picks a free port; later starts keep it.
  // Fails with Internal and the server's own error line.
  absl::Status Start();

  // Orderly: SIGTERM, after 30 s SIGKILL. Both return once the process is gone; nothing happens where it does not run.
  void Stop();
  void Kill();

  pid_t pid() const { return pid_; }
  const Installation& installation() const { return installation_; }
  std::string data_folder() const { return settings_.folder + "/data"; }
  std::string socket() const { return settings_.folder + "/socket"; }
  std::string log() const { return settings_.folder + "/log"; }
  Address address() const { return {.port = port_, .user = "root", .password = settings_.password}; }

 private:
  absl::Status WriteInitFile() const;
  absl::Status StartOnce();
  bool Exited();

  Installation installation_;
  ServerUser user_;
  Settings settings_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace tests::servers

#endif  // TESTS_SERVERS_SERVER_PROCESS_H_
