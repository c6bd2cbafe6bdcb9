#include "sandbox/syscalls/path_policy.h"

#include <signal.h>

#include "absl/log/log.h"
#include "sandbox/kernel/current.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/vfs/permissions.h"

namespace sandbox {
namespace {

class PolicyGuard : public PathGuard {
 public:
  explicit PolicyGuard(const Policy& policy) : policy_(policy) {}

  Result<void> Check(const std::string& path, int access) override {
    if ((access & kMayRead) != 0) RETURN_IF_ERROR(Carry(path, PathAccess::kRead));
    if ((access & kMayWrite) != 0) RETURN_IF_ERROR(Carry(path, PathAccess::kWrite));
    if ((access & kMayExecute) != 0) RETURN_IF_ERROR(Carry(path, PathAccess::kExecute));
    return Ok();
  }

 private:
  Result<void> Carry(const std::string& path, PathAccess access) {
    constexpr const char* kVerbs[] = {"reads", "writes", "executes"};
    const Verdict verdict = policy_.CheckPath(path, access);
    switch (verdict.action) {
      case Verdict::Action::kAllow:
        return Ok();
      case Verdict::Action::kLog:
        LOG(INFO) << "policy: " << kVerbs[static_cast<int>(access)] << " " << path;
        return Ok();
      case Verdict::Action::kError:
        return Error(verdict.data);
      default:
        LOG(WARNING) << "policy: killed because it " << kVerbs[static_cast<int>(access)] << " " << path;
        if (Task* task = CurrentTask(); task != nullptr) task->thread_group().Exit(SIGSYS);
        return Error(EACCES);
    }
  }

  const Policy& policy_;
};

}  // namespace

void GuardPaths(Vfs& vfs, const Policy& policy) {
  // Lives as long as the process.
  if (policy.has_path_rules()) vfs.set_path_guard(new PolicyGuard(policy));
}

}  // namespace sandbox
