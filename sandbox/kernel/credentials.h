// Who a task is: user and group ids, supplementary groups, capabilities. Immutable once shared; a change makes a copy.
#ifndef SANDBOX_KERNEL_CREDENTIALS_H_
#define SANDBOX_KERNEL_CREDENTIALS_H_

#include <linux/capability.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace sandbox {

inline constexpr uint64_t kAllCapabilities = (uint64_t{1} << (CAP_LAST_CAP + 1)) - 1;

struct Credentials {
  uid_t uid = 0, euid = 0, suid = 0, fsuid = 0;
  gid_t gid = 0, egid = 0, sgid = 0, fsgid = 0;
  std::vector<gid_t> groups;  // supplementary
  uint64_t permitted = 0, effective = 0, inheritable = 0, bounding = kAllCapabilities, ambient = 0;
  uint32_t securebits = 0;

  // What a process of this user starts with: root has every capability, others none.
  static std::shared_ptr<const Credentials> ForUser(uid_t uid, gid_t gid, std::vector<gid_t> groups);

  bool Has(int capability) const { return (effective >> capability) & 1; }
  bool InGroup(gid_t group) const;  // fsgid or a supplementary one

  // After euid changed from `old_euid`: what Linux does to the capability sets (capabilities(7), "Effect of user ID
  // changes").
  void AdjustCapabilities(uid_t old_uid, uid_t old_euid, uid_t old_suid);
};

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_CREDENTIALS_H_
