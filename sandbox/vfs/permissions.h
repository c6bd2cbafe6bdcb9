// Who asks, and whether the mode bits let them.
#ifndef SANDBOX_VFS_PERMISSIONS_H_
#define SANDBOX_VFS_PERMISSIONS_H_

#include <cstdint>

#include "sandbox/abi/result.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/vfs/attributes.h"

namespace sandbox {

// Any of these together; the values of R_OK, W_OK, X_OK.
inline constexpr int kMayExecute = 1;
inline constexpr int kMayWrite = 2;
inline constexpr int kMayRead = 4;

// EACCES unless `credentials` may do all of `access` to a file with these attributes (path_resolution(7),
// capabilities(7)).
Result<void> CheckAccess(const Credentials& credentials, const Attributes& attributes, int access);
Result<void> CheckAccess(const Credentials& credentials, uint32_t mode, uint32_t uid, uint32_t gid, int access);

// EPERM or EACCES unless `credentials` may delete or rename the entry `child` of `directory`: write permission and the
// sticky bit.
Result<void> CheckDelete(const Credentials& credentials, const Attributes& directory, const Attributes& child);

// EPERM unless the owner or CAP_FOWNER.
Result<void> CheckOwner(const Credentials& credentials, const Attributes& attributes);

// Checks a chmod, chown, truncate or utimensat against the current attributes, and drops the set-user-ID and
// set-group-ID bits where the kernel would: returns the change to apply. Truncation needs write access, which is
// checked here too.
Result<AttributeChange> CheckChange(const Credentials& credentials, const Attributes& attributes,
                                    const AttributeChange& change);

}  // namespace sandbox

#endif  // SANDBOX_VFS_PERMISSIONS_H_
