// Asks a running migration, as an operator would with nc.
#ifndef TESTS_MIGRATE_CONTROL_CLIENT_H_
#define TESTS_MIGRATE_CONTROL_CLIENT_H_

#include <string>
#include <utility>

namespace tests::migrate {

class ControlClient {
 public:
  explicit ControlClient(std::string socket_file, int port = 0) : socket_file_(std::move(socket_file)), port_(port) {}

  // The answer to one command; empty where nobody listens.
  std::string Ask(const std::string& command) const;
  std::string AskOverTcp(const std::string& command) const;

  // A port that nobody listens at, of those that the system does not give to clients.
  static int FreePort();

  // Asks until the answer holds `text`; the bound only ends a test that fails.
  bool Eventually(const std::string& command, const std::string& text) const;

 private:
  const std::string socket_file_;
  const int port_;
};

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_CONTROL_CLIENT_H_
