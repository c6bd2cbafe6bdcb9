// The steps of confinement that use namespaces, in the order in which RunConfined takes them.
#ifndef SANDBOX_CONFINE_NAMESPACES_H_
#define SANDBOX_CONFINE_NAMESPACES_H_

#include <sys/types.h>

#include <cstdint>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sandbox/confine/confine.h"

namespace sandbox {

// By the parent: every user and group id of this process's namespace that it may map becomes the same id in the child's
// (an ordinary user may map only its own; files of others then show the overflow id 65534).
absl::Status MapIds(pid_t child);

// In the child: a new network namespace. The host takes a third of a millisecond to make one, as long as all the
// mounts, so a thread of its own does it meanwhile.
class NewNetwork {
 public:
  NewNetwork();
  ~NewNetwork();
  // Waits for it and enters it. Afterwards the process has one thread again. FailedPrecondition if the host refused.
  absl::Status Enter();

 private:
  void Make();

  std::thread thread_;
  int fd_ = -1;
  int error_ = 0;
};

// In the child: cuts mount propagation, covers the kernel's files, and clones each tree into a detached mount. An empty
// read-only file system, mounted nowhere, goes to `empty`.
absl::StatusOr<std::vector<int>> OpenTrees(const std::vector<HostTree>& trees, int* empty);

// In the child: an unnamed file of a file system of its own that holds `bytes` bytes.
absl::StatusOr<int> LimitedFile(uint64_t bytes);

// In the child: the file system `empty` becomes the root; the host's goes. Closes it.
absl::Status EnterEmptyRoot(int empty);

}  // namespace sandbox
#endif  // SANDBOX_CONFINE_NAMESPACES_H_
