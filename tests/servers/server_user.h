// Who the servers run as. A database server refuses to run as root; where we are root it runs as `nobody`.
//
// Bazel's sandbox is a user namespace that knows one user only, root: there nobody cannot be switched to, and is not
// needed, because that root has no power outside.
#ifndef TESTS_SERVERS_SERVER_USER_H_
#define TESTS_SERVERS_SERVER_USER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tests::servers {

struct ServerUser {
  uid_t uid;
  gid_t gid;
  bool switch_to;      // the child has to change to uid and gid
  bool is_still_root;  // the server has to be told --user=root
};

ServerUser ChooseServerUser();

// Starts a program as that user in a session of its own, stdin empty, stdout and stderr appended to `log`, temporary
// files beside it. The kernel kills it (SIGKILL) when the calling process ends. Call only from a process with one
// thread: the kernel's rule looks at the thread.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& arguments, const ServerUser& user, const std::string& log);

// Spawn, then waits. Fails with Internal and the last line of the log where the program does not exit with 0.
absl::Status Run(const std::vector<std::string>& arguments, const ServerUser& user, const std::string& log);

// The last line of a file that says what went wrong: the last with "ERROR" in it, or the last at all.
std::string LastError(const std::string& log);

}  // namespace tests::servers

#endif  // TESTS_SERVERS_SERVER_USER_H_
