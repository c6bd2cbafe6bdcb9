#include "sandbox/kernel/credentials.h"

#include <linux/securebits.h>

#include <algorithm>
#include <utility>

namespace sandbox {

std::shared_ptr<const Credentials> Credentials::ForUser(uid_t uid, gid_t gid, std::vector<gid_t> groups) {
  auto credentials = std::make_shared<Credentials>();
  credentials->uid = credentials->euid = credentials->suid = credentials->fsuid = uid;
  credentials->gid = credentials->egid = credentials->sgid = credentials->fsgid = gid;
  credentials->groups = std::move(groups);
  if (uid == 0) credentials->permitted = credentials->effective = kAllCapabilities;
  return credentials;
}

bool Credentials::InGroup(gid_t group) const {
  return fsgid == group || std::find(groups.begin(), groups.end(), group) != groups.end();
}

void Credentials::AdjustCapabilities(uid_t old_uid, uid_t old_euid, uid_t old_suid) {
  if (securebits & SECBIT_NO_SETUID_FIXUP) return;
  const bool was_root = old_uid == 0 || old_euid == 0 || old_suid == 0;
  const bool is_root = uid == 0 || euid == 0 || suid == 0;
  if (was_root && !is_root) {
    if (!(securebits & SECBIT_KEEP_CAPS)) permitted = 0;
    effective = 0;
    ambient = 0;
  }
  if (old_euid == 0 && euid != 0) effective = 0;
  if (old_euid != 0 && euid == 0) effective = permitted;
}

}  // namespace sandbox
