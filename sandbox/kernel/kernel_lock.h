// The kernel lock: one mutex for all guest-visible state.
//
// A sentry thread holds it while it serves a system call and lets go of it while its guest runs and while it waits.
// Serving a call takes a microsecond or two of the eight that the stop itself costs, so several CPUs of guests share it
// without queueing much; in return no room needs locks of its own and there is no lock order to get wrong. What could
// take long under it (host descriptors that may block) is never done under it: see HostPoller.
#ifndef SANDBOX_KERNEL_KERNEL_LOCK_H_
#define SANDBOX_KERNEL_KERNEL_LOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sandbox {

// Never destroyed: threads may still be leaving when main returns.
absl::Mutex& KernelLock();

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_KERNEL_LOCK_H_
