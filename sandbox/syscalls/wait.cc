// wait4 and waitid.
#include <sys/resource.h>
#include <sys/wait.h>

#include <optional>

#include "sandbox/fs/pid_file.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_kernel.h"
#include "sandbox/vfs/fd_table.h"

namespace sandbox {
namespace {

constexpr int kPidFd = 3;  // P_PIDFD

struct Request {
  idtype_t type = P_ALL;
  pid_t id = 0;
  int options = 0;  // WEXITED, WSTOPPED, WCONTINUED, WNOHANG, WNOWAIT, __WCLONE, __WALL
};

struct Found {
  pid_t pid = 0;
  int status = 0;  // as wait4 gives it
  uid_t uid = 0;
  CpuTimes times;
};

bool Matches(const Request& request, const ThreadGroup& child) {
  switch (request.type) {
    case P_PID:
      if (child.id() != request.id) return false;
      break;
    case P_PGID:
      if (child.process_group()->id != request.id) return false;
      break;
    default:
      break;
  }
  if ((request.options & __WALL) != 0) return true;
  return (child.exit_signal != SIGCHLD) == ((request.options & __WCLONE) != 0);
}

void Reap(Task& task, const std::shared_ptr<ThreadGroup>& child) {
  ThreadGroup& self = task.thread_group();
  const auto add = [](CpuTimes& to, const CpuTimes& from) { to.user += from.user, to.system += from.system; };
  add(self.reaped_children_times, child->dead_tasks_times);
  add(self.reaped_children_times, child->reaped_children_times);
  if (const auto parent = child->parent.lock()) parent->children.remove(child);
  task.kernel().ForgetThreadGroup(child->id());
}

std::optional<Found> Take(Task& task, const std::shared_ptr<ThreadGroup>& child, int options) {
  const bool keep = (options & WNOWAIT) != 0;
  Found found{child->id(), 0, 0, child->dead_tasks_times};
  if (child->zombie() && (options & WEXITED) != 0) {
    found.status = child->wait_status;
    if (!keep) Reap(task, child);
    return found;
  }
  if (child->stop_unreported && (options & WSTOPPED) != 0) {
    found.status = W_STOPCODE(child->stop_signal);
    if (!keep) child->stop_unreported = false;
    return found;
  }
  if (child->continue_unreported && (options & WCONTINUED) != 0) {
    found.status = 0xffff;
    if (!keep) child->continue_unreported = false;
    return found;
  }
  return std::nullopt;
}

// ECHILD, EAGAIN (nothing yet), or what was found.
Result<Found> Look(Task& task, const Request& request) {
  bool any = false;
  for (const auto& child : task.thread_group().children) {
    if (!Matches(request, *child)) continue;
    any = true;
    const std::shared_ptr<ThreadGroup> keep = child;
    if (std::optional<Found> found = Take(task, keep, request.options)) return *found;
  }
  return any ? Error(EAGAIN) : Error(ECHILD);
}

Result<Found> WaitFor(Task& task, const Request& request) {
  if ((request.options & WNOHANG) != 0) {
    Result<Found> found = Look(task, request);
    if (!found.ok() && found.error() == EAGAIN) return Found{};
    return found;
  }
  Result<Found> found =
      BlockOn(task, task.thread_group().child_events(), EPOLLIN, kNoDeadline, [&] { return Look(task, request); });
  if (found.ok() || found.error() != abi::kERestartSys) return found;
  // A child's end often comes together with its SIGCHLD: the child counts.
  Result<Found> again = Look(task, request);
  return again.ok() ? again : found;
}

Result<void> WriteUsage(Task& task, Addr address, const Found& found) {
  if (address == 0) return Ok();
  rusage usage{};
  const auto split = [](int64_t ns) { return timeval{ns / kNanosecondsPerSecond, ns % kNanosecondsPerSecond / 1000}; };
  usage.ru_utime = split(found.times.user);
  usage.ru_stime = split(found.times.system);
  return task.memory().Write(address, usage);
}

}  // namespace

SyscallResult SysWait4(Task& task, const SyscallArguments& a) {
  const pid_t pid = a.Int(0);
  const int options = a.Int(2);
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) != 0) return Error(EINVAL);
  if (pid == INT32_MIN) return Error(ESRCH);
  Request request;
  request.options = options | WEXITED;
  if (pid > 0) request = {P_PID, pid, request.options};
  if (pid == 0) request = {P_PGID, task.thread_group().process_group()->id, request.options};
  if (pid < -1) request = {P_PGID, -pid, request.options};
  ASSIGN_OR_RETURN(const Found found, WaitFor(task, request));
  if (found.pid == 0) return 0;
  if (a.Address(1) != 0) RETURN_IF_ERROR(task.memory().Write<int>(a.Address(1), found.status));
  RETURN_IF_ERROR(WriteUsage(task, a.Address(3), found));
  return found.pid;
}

SyscallResult SysWaitid(Task& task, const SyscallArguments& a) {
  const int options = a.Int(3);
  constexpr int kStates = WEXITED | WSTOPPED | WCONTINUED;
  if ((options & kStates) == 0) return Error(EINVAL);
  if ((options & ~(kStates | WNOHANG | WNOWAIT | __WNOTHREAD | __WCLONE | __WALL)) != 0) return Error(EINVAL);
  const int type = a.Int(0);
  if (type != P_ALL && type != P_PID && type != P_PGID && type != kPidFd) return Error(EINVAL);
  Request request{static_cast<idtype_t>(type == kPidFd ? P_PID : type), a.Int(1), options};
  if (type == kPidFd) {
    ASSIGN_OR_RETURN(const std::shared_ptr<File> file, task.fd_table()->Get(request.id));
    const auto pid_file = std::dynamic_pointer_cast<PidFile>(file);
    if (pid_file == nullptr) return Error(EBADF);
    request.id = pid_file->process()->id();
    if (pid_file->nonblocking()) request.options |= WNOHANG;
  }
  if (request.type == P_PGID && request.id == 0) request.id = task.thread_group().process_group()->id;
  if ((request.type == P_PID && request.id <= 0) || (request.type == P_PGID && request.id < 0)) return Error(EINVAL);
  ASSIGN_OR_RETURN(const Found found, WaitFor(task, request));
  // A pidfd that was opened with PIDFD_NONBLOCK.
  if (found.pid == 0 && (options & WNOHANG) == 0) return Error(EAGAIN);
  if (a.Address(2) != 0) {
    siginfo_t info{};
    if (found.pid != 0) {
      info = MakeSignalInfo(SIGCHLD, CLD_EXITED, found.pid, found.uid);
      info.si_status = WEXITSTATUS(found.status);
      if (WIFSIGNALED(found.status)) info.si_code = CLD_KILLED, info.si_status = WTERMSIG(found.status);
      if (WIFSTOPPED(found.status)) info.si_code = CLD_STOPPED, info.si_status = WSTOPSIG(found.status);
      if (WIFCONTINUED(found.status)) info.si_code = CLD_CONTINUED, info.si_status = SIGCONT;
    }
    RETURN_IF_ERROR(task.memory().CopyOut(a.Address(2), &info, sizeof(info)));
  }
  RETURN_IF_ERROR(WriteUsage(task, a.Address(4), found));
  return 0;
}

}  // namespace sandbox
