#include "sandbox/kernel/kernel_lock.h"

namespace sandbox {

absl::Mutex& KernelLock() {
  static absl::Mutex* const lock = new absl::Mutex;
  return *lock;
}

}  // namespace sandbox
