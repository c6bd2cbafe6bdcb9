// A union of two trees: what is below is only read, what changes lands above.
//
// The upper layer is a tmpfs (changes vanish with the container) or a host directory (changes are kept). A file is
// copied up when it is first opened for writing or its attributes change. Deleted names are marked by empty files
// ".wh.NAME" in the upper layer, directories that hide the lower one by ".wh..wh..opq": the format of OCI image layers,
// which needs no privileges. Guests cannot see or make such names.
//
// A directory of the lower layer that is renamed is not copied: its mark then holds the path of its lower side, which
// goes on to be shown through it (the "redirect" of Linux's overlayfs).
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_OVERLAY_H_
#define SANDBOX_FS_OVERLAY_H_

#include <memory>

#include "sandbox/vfs/inode.h"

namespace sandbox {

// Both must be directories.
std::shared_ptr<Inode> MakeOverlay(std::shared_ptr<Inode> upper, std::shared_ptr<Inode> lower);

}  // namespace sandbox

#endif  // SANDBOX_FS_OVERLAY_H_
