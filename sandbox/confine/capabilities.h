// Giving up what is left of root.
#ifndef SANDBOX_CONFINE_CAPABILITIES_H_
#define SANDBOX_CONFINE_CAPABILITIES_H_

#include "absl/status/status.h"

namespace sandbox {

// Empties every capability set of the calling thread, the bounding set included, and sets no_new_privs, so that nothing
// gives any back. While the process has one thread.
absl::Status DropPrivileges();

}  // namespace sandbox
#endif  // SANDBOX_CONFINE_CAPABILITIES_H_
