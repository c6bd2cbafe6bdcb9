// seccomp(2) and prctl(PR_SET_SECCOMP) of guests; policy/guest_seccomp.h keeps what they install.
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <vector>

#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/syscalls/handlers_kernel.h"

namespace sandbox {
namespace {

constexpr uint64_t kServedFlags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW |
                                  SECCOMP_FILTER_FLAG_TSYNC_ESRCH;

// The first thread whose own filters keep it from taking over ours; null if there is none.
Task* ThreadThatDiffers(Task& task) {
  for (Task* other : task.thread_group().tasks()) {
    if (other != &task && !other->seccomp().IsAncestorOf(task.seccomp())) return other;
  }
  return nullptr;
}

SyscallResult SetFilter(Task& task, uint64_t flags, Addr program) {
  if ((flags & ~kServedFlags) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(sock_fprog header, task.memory().Read<sock_fprog>(program));
  if (header.len == 0 || header.len > BPF_MAXINSNS) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::vector<sock_filter> instructions,
                   task.memory().ReadArray<sock_filter>(reinterpret_cast<Addr>(header.filter), header.len));
  // Else a program could make a set-user-ID one misbehave.
  if (!task.no_new_privileges && !task.credentials().Has(CAP_SYS_ADMIN)) return Error(EACCES);
  const bool all_threads = (flags & SECCOMP_FILTER_FLAG_TSYNC) != 0;
  if (all_threads) {
    if (const Task* other = ThreadThatDiffers(task); other != nullptr) {
      if ((flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH) != 0) return Error(ESRCH);
      return static_cast<uint64_t>(other->tid());
    }
  }
  RETURN_IF_ERROR(task.seccomp().AddFilter(std::move(instructions)));
  if (all_threads) {
    for (Task* other : task.thread_group().tasks()) {
      other->seccomp() = task.seccomp();
      other->no_new_privileges |= task.no_new_privileges;
    }
  }
  return uint64_t{0};
}

SyscallResult SetStrict(Task& task) {
  RETURN_IF_ERROR(task.seccomp().SetStrict());
  return uint64_t{0};
}

SyscallResult ActionAvailable(Task& task, Addr address) {
  ASSIGN_OR_RETURN(uint32_t action, task.memory().Read<uint32_t>(address));
  switch (action) {
    case SECCOMP_RET_KILL_PROCESS:
    case SECCOMP_RET_KILL_THREAD:
    case SECCOMP_RET_TRAP:
    case SECCOMP_RET_ERRNO:
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_LOG:
    case SECCOMP_RET_ALLOW:
      return uint64_t{0};
    default:
      return Error(EOPNOTSUPP);
  }
}

}  // namespace

SyscallResult SysSeccomp(Task& task, const SyscallArguments& a) {
  switch (a.Uint(0)) {
    case SECCOMP_SET_MODE_STRICT:
      return a[1] != 0 || a[2] != 0 ? Error(EINVAL) : SetStrict(task);
    case SECCOMP_SET_MODE_FILTER:
      return SetFilter(task, a.Uint(1), a.Address(2));
    case SECCOMP_GET_ACTION_AVAIL:
      return a[1] != 0 ? Error(EINVAL) : ActionAvailable(task, a.Address(2));
    default:
      return Error(EINVAL);
  }
}

SyscallResult SetSeccompByPrctl(Task& task, uint64_t mode, Addr program) {
  switch (mode) {
    case SECCOMP_MODE_STRICT:
      return SetStrict(task);
    case SECCOMP_MODE_FILTER:
      return SetFilter(task, 0, program);
    default:
      return Error(EINVAL);
  }
}

}  // namespace sandbox
