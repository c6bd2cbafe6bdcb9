// The steps of confinement that use namespaces, in the order in which RunConfined takes them.
#ifndef SANDBOX_CONFINE_NAMESPACES_H_
#define SANDBOX_CONFINE_NAMESPACES_H_

#include <sys/types.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sandbox/confine/confine.h"

namespace sandbox {

// By the parent: every user and group id of this process's namespace that it may map becomes the same id in the child's
// (an ordinary user may map only its own; files of others then show the overflow id 65534).
absl::Status MapIds(pid_t child);

// In the child: cuts mount propagation, covers the kernel's files, and clones each tree into a detached mount.
absl::StatusOr<std::vector<int>> OpenTrees(const std::vector<HostTree>& trees);

// In the child: an empty read-only file system becomes the root; the host's goes.
absl::Status EnterEmptyRoot();

}  // namespace sandbox
#endif  // SANDBOX_CONFINE_NAMESPACES_H_
