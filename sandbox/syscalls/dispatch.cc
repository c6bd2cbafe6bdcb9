#include "sandbox/syscalls/dispatch.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>

#include <algorithm>

#include "absl/log/log.h"
#include "absl/strings/str_format.h"
#include "common/explain/explain.h"
#include "sandbox/kernel/current.h"
#include "sandbox/kernel/statistics.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/strace/strace.h"
#include "sandbox/syscalls/table.h"

namespace sandbox {
namespace {

const Policy* operator_policy = nullptr;

// Carries out what a rule of `who` (the operator's policy, the guest's own seccomp filter) says. Whether the call is
// served; otherwise *answer is the result.
bool Carry(Verdict verdict, const char* who, Task& task, const SyscallEntry& entry, uint64_t number,
           SyscallResult* answer) {
  *answer = Error(ENOSYS);
  switch (verdict.action) {
    case Verdict::Action::kAllow:
      return true;
    case Verdict::Action::kLog:
      LOG(INFO) << who << ": pid " << task.thread_group().id() << " (" << task.name() << ") calls " << entry.name;
      return true;
    case Verdict::Action::kError:
      *answer = verdict.data == 0 ? SyscallResult(uint64_t{0}) : Error(verdict.data);
      return false;
    case Verdict::Action::kTrap: {
      siginfo_t info = KernelSignalInfo(SIGSYS);
      info.si_code = 1;  // SYS_SECCOMP, which libc's headers lack
      info.si_errno = verdict.data;
      info.si_call_addr = reinterpret_cast<void*>(task.registers().rip);
      info.si_syscall = static_cast<int>(number);
      info.si_arch = AUDIT_ARCH_X86_64;
      task.ForceSignal(info);
      *answer = number;  // rax is as it was before the call
      return false;
    }
    case Verdict::Action::kKillThread:
      LOG(INFO) << who << ": thread " << task.tid() << " (" << task.name() << ") killed for " << entry.name;
      task.Exit(SIGSYS);
      return false;
    case Verdict::Action::kKillProcess:
      LOG(INFO) << who << ": pid " << task.thread_group().id() << " (" << task.name() << ") killed for " << entry.name;
      task.thread_group().Exit(SIGSYS);
      return false;
  }
  return true;
}

SyscallResult Refused(SyscallResult answer) {
  TheStatistics().refused.Add();
  return answer;
}

SyscallResult Serve(Task& task, const SyscallEntry& entry, uint64_t number, const SyscallArguments& arguments) {
  SyscallResult answer = Error(ENOSYS);
  if (operator_policy != nullptr && operator_policy->has_call_rules()) {
    const Verdict verdict = operator_policy->CheckCall(static_cast<int>(number), arguments.value);
    if (!Carry(verdict, "policy", task, entry, number, &answer)) return Refused(answer);
  }
  if (task.seccomp().active()) {
    seccomp_data data{.nr = static_cast<int>(number),
                      .arch = AUDIT_ARCH_X86_64,
                      .instruction_pointer = task.registers().rip,
                      .args = {}};
    std::copy(arguments.value.begin(), arguments.value.end(), data.args);
    if (!Carry(task.seccomp().Check(data), "seccomp", task, entry, number, &answer)) return Refused(answer);
  }
  if (entry.handler == nullptr) return Error(ENOSYS);
  return entry.handler(task, arguments);
}

}  // namespace

void SetOperatorPolicy(const Policy* policy) { operator_policy = policy; }

SyscallResult Dispatch(Task& task, uint64_t number, const SyscallArguments& arguments) {
  SetCurrentTask(&task);
  const SyscallEntry& entry = FindSyscall(number);
  TheStatistics().calls[std::min<uint64_t>(number, Statistics::kCalls - 1)].Add();
  EXPLAIN_FIRST_N(40) << "guest thread " << task.tid() << " calls " << entry.name << " (number " << number
                      << "): the table sends it to its handler";
  if (!strace::active) return Serve(task, entry, number, arguments);
  strace::Call call(task, entry, arguments);
  SyscallResult result = Serve(task, entry, number, arguments);
  call.Finish(result);
  return result;
}

}  // namespace sandbox
