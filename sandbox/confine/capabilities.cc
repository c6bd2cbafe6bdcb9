#include "sandbox/confine/capabilities.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sandbox {
namespace {

absl::Status Failed(absl::string_view step) {
  return absl::FailedPreconditionError(absl::StrCat("the sentry cannot ", step, ": ", strerror(errno)));
}

}  // namespace

absl::Status DropPrivileges(uint64_t kept) {
  // From capability 0 up to the last one that this kernel knows (EINVAL beyond it).
  for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) continue;
  if (errno != EINVAL) return Failed("empty its capability bounding set");
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return Failed("clear its ambient capabilities");
  if (prctl(PR_SET_SECUREBITS,
            SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
                SECBIT_KEEP_CAPS_LOCKED,
            0, 0, 0) != 0) {
    return Failed("lock its securebits");
  }
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct sets[2] = {};
  for (int half = 0; half < 2; ++half) sets[half].effective = sets[half].permitted = kept >> (32 * half) & 0xffffffff;
  if (syscall(SYS_capset, &header, sets) != 0) return Failed("drop its capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("set no_new_privs");
  return absl::OkStatus();
}

}  // namespace sandbox
