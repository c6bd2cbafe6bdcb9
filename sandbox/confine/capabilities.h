// Giving up what is left of root.
#ifndef SANDBOX_CONFINE_CAPABILITIES_H_
#define SANDBOX_CONFINE_CAPABILITIES_H_

#include <cstdint>

#include "absl/status/status.h"

namespace sandbox {

// Empties every capability set of the calling thread, the bounding set included, and sets no_new_privs, so that nothing
// gives any back. While the process has one thread. Only the capabilities of `kept` (a bit each) stay in effect.
absl::Status DropPrivileges(uint64_t kept = 0);

}  // namespace sandbox
#endif  // SANDBOX_CONFINE_CAPABILITIES_H_
