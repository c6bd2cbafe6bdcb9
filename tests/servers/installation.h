// Where the two kinds of server are installed, and what each needs on its command line.
#ifndef TESTS_SERVERS_INSTALLATION_H_
#define TESTS_SERVERS_INSTALLATION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/servers/server_user.h"

namespace tests::servers {

enum class Kind { kMariaDb, kMySql };

// MariaDB comes from the system's packages; MySQL from the folder that tests/servers/fetch_mysql fills:
// $PROGRAMS_PEERS/mysql, by default /var/cache/programs/mysql for root and ~/.cache/programs/mysql for others.
class Installation {
 public:
  // Fails with Unavailable where it is not on this machine; the message says how to get it.
  static absl::StatusOr<Installation> Find(Kind kind);

  Kind kind() const { return kind_; }

  // The command that fills an empty data folder: root without password, no network.
  std::vector<std::string> InitializeCommand(const std::string& data_folder, const ServerUser& user) const;

  // The start of the command that runs the server; our options follow.
  std::vector<std::string> ServerCommand(const ServerUser& user) const;

  // SQL that makes a server the replica of the one on 127.0.0.1:port, by GTID.
  std::vector<std::string> ReplicateFrom(int port, const std::string& user, const std::string& password) const;

 private:
  explicit Installation(Kind kind) : kind_(kind) {}

  Kind kind_;
  std::vector<std::string> program_;  // the server: its path, or the dynamic loader and what it takes to run it
};

}  // namespace tests::servers

#endif  // TESTS_SERVERS_INSTALLATION_H_
