#include "sandbox/syscalls/dispatch.h"

#include <signal.h>

#include "absl/log/log.h"
#include "absl/strings/str_format.h"
#include "common/explain/explain.h"
#include "sandbox/kernel/current.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/strace/strace.h"
#include "sandbox/syscalls/table.h"

namespace sandbox {
namespace {

const Policy* operator_policy = nullptr;

// Whether the call is served; otherwise *answer is the result.
bool PolicyAllows(Task& task, uint64_t number, const SyscallArguments& arguments, SyscallResult* answer) {
  Verdict verdict = operator_policy->CheckCall(static_cast<int>(number), arguments.value);
  if (verdict.action == Verdict::Action::kAllow) return true;
  const char* name = FindSyscall(number).name;
  switch (verdict.action) {
    case Verdict::Action::kAllow:
      return true;
    case Verdict::Action::kLog:
      LOG(INFO) << "policy: pid " << task.thread_group().id() << " (" << task.name() << ") calls " << name;
      return true;
    case Verdict::Action::kError:
      *answer = Error(verdict.data);
      return false;
    case Verdict::Action::kTrap:
      task.SendSignal(SIGSYS);
      *answer = Error(ENOSYS);
      return false;
    case Verdict::Action::kKillThread:
      LOG(WARNING) << "policy: thread " << task.tid() << " (" << task.name() << ") killed for " << name;
      task.Exit(SIGSYS);
      *answer = Error(ENOSYS);
      return false;
    case Verdict::Action::kKillProcess:
      LOG(WARNING) << "policy: pid " << task.thread_group().id() << " (" << task.name() << ") killed for " << name;
      task.thread_group().Exit(SIGSYS);
      *answer = Error(ENOSYS);
      return false;
  }
  return true;
}

SyscallResult Serve(Task& task, const SyscallEntry& entry, uint64_t number, const SyscallArguments& arguments) {
  SyscallResult answer = Error(ENOSYS);
  if (operator_policy != nullptr && operator_policy->has_call_rules() &&
      !PolicyAllows(task, number, arguments, &answer))
    return answer;
  if (entry.handler == nullptr) return Error(ENOSYS);
  return entry.handler(task, arguments);
}

}  // namespace

void SetOperatorPolicy(const Policy* policy) { operator_policy = policy; }

SyscallResult Dispatch(Task& task, uint64_t number, const SyscallArguments& arguments) {
  SetCurrentTask(&task);
  const SyscallEntry& entry = FindSyscall(number);
  EXPLAIN_FIRST_N(40) << "guest thread " << task.tid() << " calls " << entry.name << " (number " << number
                      << "): the table sends it to its handler";
  if (!strace::active) return Serve(task, entry, number, arguments);
  strace::Call call(task, entry, arguments);
  SyscallResult result = Serve(task, entry, number, arguments);
  call.Finish(result);
  return result;
}

}  // namespace sandbox
