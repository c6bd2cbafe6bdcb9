#include "sandbox/vfs/permissions.h"

#include <linux/capability.h>

namespace sandbox {

Result<void> CheckAccess(const Credentials& credentials, uint32_t mode, uint32_t uid, uint32_t gid, int access) {
  uint32_t bits = mode;
  if (credentials.fsuid == uid) {
    bits >>= 6;
  } else if (credentials.InGroup(gid)) {
    bits >>= 3;
  }
  if ((static_cast<int>(bits) & access) == access) return Ok();
  bool directory = (mode & S_IFMT) == S_IFDIR;
  // Root may do all, except execute a file that nobody may execute.
  if (credentials.Has(CAP_DAC_OVERRIDE) && (directory || (access & kMayExecute) == 0 || (mode & 0111) != 0))
    return Ok();
  if (credentials.Has(CAP_DAC_READ_SEARCH) && (access == kMayRead || (directory && (access & kMayWrite) == 0)))
    return Ok();
  return Error(EACCES);
}

Result<void> CheckAccess(const Credentials& credentials, const Attributes& attributes, int access) {
  return CheckAccess(credentials, attributes.mode, attributes.uid, attributes.gid, access);
}

Result<void> CheckDelete(const Credentials& credentials, const Attributes& directory, const Attributes& child) {
  RETURN_IF_ERROR(CheckAccess(credentials, directory, kMayWrite | kMayExecute));
  if ((directory.mode & S_ISVTX) == 0 || credentials.fsuid == child.uid || credentials.fsuid == directory.uid)
    return Ok();
  if (credentials.Has(CAP_FOWNER)) return Ok();
  return Error(EPERM);
}

Result<void> CheckOwner(const Credentials& credentials, const Attributes& attributes) {
  if (credentials.fsuid == attributes.uid || credentials.Has(CAP_FOWNER)) return Ok();
  return Error(EPERM);
}

namespace {

Result<void> CheckOwnership(const Credentials& credentials, const Attributes& attributes,
                            const AttributeChange& change) {
  if (credentials.Has(CAP_CHOWN)) return Ok();
  if (change.uid && (*change.uid != attributes.uid || credentials.fsuid != attributes.uid)) return Error(EPERM);
  if (change.gid &&
      (credentials.fsuid != attributes.uid || (*change.gid != attributes.gid && !credentials.InGroup(*change.gid)))) {
    return Error(EPERM);
  }
  return Ok();
}

Result<void> CheckTimes(const Credentials& credentials, const Attributes& attributes, const AttributeChange& change) {
  if (!change.access_time && !change.modify_time) return Ok();
  bool all_now = (!change.access_time || change.access_time->now) && (!change.modify_time || change.modify_time->now) &&
                 change.access_time && change.modify_time;
  if (CheckOwner(credentials, attributes).ok()) return Ok();
  if (!all_now) return Error(EPERM);
  return CheckAccess(credentials, attributes, kMayWrite);
}

}  // namespace

Result<AttributeChange> CheckChange(const Credentials& credentials, const Attributes& attributes,
                                    const AttributeChange& change) {
  AttributeChange allowed = change;
  if (change.permissions) {
    RETURN_IF_ERROR(CheckOwner(credentials, attributes));
    allowed.permissions = *change.permissions & 07777;
    bool foreign_group = !credentials.InGroup(attributes.gid) && !credentials.Has(CAP_FSETID);
    if (foreign_group && !attributes.IsDirectory()) *allowed.permissions &= ~uint32_t{S_ISGID};
  }
  if (change.uid || change.gid) {
    RETURN_IF_ERROR(CheckOwnership(credentials, attributes, change));
    if (!attributes.IsDirectory() && (attributes.mode & (S_ISUID | S_ISGID)) != 0 && !change.permissions) {
      uint32_t mode = attributes.mode & 07777 & ~uint32_t{S_ISUID};
      if ((mode & S_IXGRP) != 0) mode &= ~uint32_t{S_ISGID};
      allowed.permissions = mode;
    }
  }
  if (change.size) RETURN_IF_ERROR(CheckAccess(credentials, attributes, kMayWrite));
  RETURN_IF_ERROR(CheckTimes(credentials, attributes, change));
  return allowed;
}

}  // namespace sandbox
