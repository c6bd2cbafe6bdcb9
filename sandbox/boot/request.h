// What to run and how: the options after they were understood.
#ifndef SANDBOX_BOOT_REQUEST_H_
#define SANDBOX_BOOT_REQUEST_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sandbox/boot/sandbox_options.pb.h"

namespace sandbox {

struct Bind {
  std::string source;
  std::string target;
  bool writable = false;
};

struct Request {
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::string root;
  std::string overlay;  // "memory", "none" or a directory
  std::vector<Bind> binds;
  std::string working_directory;
  bool must_have_directory = false;  // else / if it is not there
  uid_t uid = 0;
  gid_t gid = 0;
  std::string hostname;
  bool host_network = false;
  uint64_t memory_bytes = 0;  // 0: no limit
  int cpus = 0;               // 0: all
  uint32_t max_tasks = 0;
  absl::Duration timeout = absl::InfiniteDuration();
  std::string policy_file;
  bool unconfined = false;
  bool metrics = false;  // somebody reads them
  std::string strace;    // a filter as in strace/strace.h; empty: off
};

// InvalidArgument names the flag and what was expected.
absl::StatusOr<Request> ParseRequest(const SandboxOptions& options, const std::vector<std::string>& command);

// "64M", "2G", "1048576".
absl::StatusOr<uint64_t> ParseSize(const std::string& text);

}  // namespace sandbox
#endif  // SANDBOX_BOOT_REQUEST_H_
