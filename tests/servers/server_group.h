// A primary and, where asked for, its replica, in one scratch folder.
#ifndef TESTS_SERVERS_SERVER_GROUP_H_
#define TESTS_SERVERS_SERVER_GROUP_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/servers/installation.h"
#include "tests/servers/scratch_folder.h"
#include "tests/servers/server_process.h"

namespace tests::servers {

class ServerGroup {
 public:
  struct Settings {
    Kind kind = Kind::kMariaDb;
    bool has_replica = false;
    std::vector<std::string> flags;          // of every server
    std::vector<std::string> replica_flags;  // of the replica, after those
  };

  // Starts everything; the replica replicates when this returns. Unavailable where that kind of server is not on this
  // machine.
  static absl::StatusOr<std::unique_ptr<ServerGroup>> Start(const Settings& settings);
  ~ServerGroup();  // kills the servers, then removes the folder

  ServerProcess& primary() { return *primary_; }
  ServerProcess* replica() { return replica_.get(); }  // null where there is none
  const std::string& version() const { return version_; }

 private:
  ServerGroup() = default;
  absl::StatusOr<std::unique_ptr<ServerProcess>> Make(const Installation& installation, const char* name, int server_id,
                                                      std::vector<std::string> flags);
  absl::Status StartPrimary();
  absl::Status StartReplica();

  std::unique_ptr<ScratchFolder> folder_;
  std::string password_;
  std::string version_;
  std::unique_ptr<ServerProcess> primary_;
  std::unique_ptr<ServerProcess> replica_;
};

}  // namespace tests::servers

#endif  // TESTS_SERVERS_SERVER_GROUP_H_
