#include "sandbox/kernel/process_group.h"

#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/thread_group.h"

namespace sandbox {

bool IsOrphaned(const Kernel& kernel, const ProcessGroup& group, const ThreadGroup* but) {
  for (const auto& [pid, member] : kernel.thread_groups()) {
    if (member.get() == but || member->zombie() || member->process_group().get() != &group) continue;
    const std::shared_ptr<ThreadGroup> parent = member->parent.lock();
    if (parent != nullptr && parent->process_group().get() != &group && &parent->session() == group.session.get()) {
      return false;
    }
  }
  return true;
}

}  // namespace sandbox
