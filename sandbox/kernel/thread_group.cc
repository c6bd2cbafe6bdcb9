#include "sandbox/kernel/thread_group.h"

#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include "common/explain/explain.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"

namespace sandbox {

ThreadGroup::ThreadGroup(Kernel* kernel, pid_t id, std::shared_ptr<SignalHandlers> handlers,
                         std::shared_ptr<ProcessGroup> group)
    : start_time(MonotonicNow()),
      kernel_(kernel),
      id_(id),
      handlers_(std::move(handlers)),
      process_group_(std::move(group)) {}

ThreadGroup::~ThreadGroup() = default;

pid_t ThreadGroup::parent_id() const {
  const auto above = parent.lock();
  return above == nullptr ? 0 : above->id();
}

Task* ThreadGroup::leader() const {
  for (Task* task : tasks_) {
    if (task->tid() == id_) return task;
  }
  return tasks_.empty() ? nullptr : tasks_.front();
}

CpuTimes ThreadGroup::Times() const {
  CpuTimes total = dead_tasks_times;
  for (const Task* task : tasks_) {
    const CpuTimes times = task->Times();
    total.user += times.user;
    total.system += times.system;
  }
  const int64_t exact = tasks_.empty() ? -1 : tasks_.front()->ExactGuestTime();
  if (exact >= 0) total.user = std::min(total.user, exact);
  return total;
}

void ThreadGroup::WatchCpuLimit() {
  const rlimit& limit = limits[RLIMIT_CPU];
  const uint64_t seconds = std::min(limit.rlim_cur, limit.rlim_max);
  if (seconds >= kNoDeadline / kNanosecondsPerSecond) {
    cpu_limit_.reset();
    return;
  }
  if (cpu_limit_ == nullptr) {
    const auto clock = [this] {
      const CpuTimes times = Times();
      return times.user + times.system;
    };
    cpu_limit_ =
        std::make_unique<CpuTimer>(&kernel_->timers(), kernel_->cpu_count(), clock, [this] { CpuLimitReached(); });
  }
  cpu_limit_->Set(static_cast<int64_t>(seconds) * kNanosecondsPerSecond);
}

// SIGXCPU at the soft limit and every second after it, SIGKILL at the hard one (setrlimit(2)).
void ThreadGroup::CpuLimitReached() {
  rlimit& limit = limits[RLIMIT_CPU];
  const auto used = static_cast<uint64_t>(cpu_limit_->Now() / kNanosecondsPerSecond);
  if (used >= limit.rlim_max) {
    Exit(SIGKILL);
    return;
  }
  Send(KernelSignalInfo(SIGXCPU));
  limit.rlim_cur = std::max(limit.rlim_cur, used) + 1;
  WatchCpuLimit();
}

void ThreadGroup::AddTask(Task* task) { tasks_.push_back(task); }

void ThreadGroup::Exit(int status) {
  if (exiting_ || zombie_) return;
  exiting_ = true;
  wait_status = status;
  stopped = false;
  stop_events.Notify(EPOLLIN);
  for (Task* task : tasks_) task->Kick();
}

void ThreadGroup::RemoveTask(Task* task) {
  std::erase(tasks_, task);
  if (exec_by_ != nullptr && exec_by_ != task) exec_by_->Wake();
  if (!tasks_.empty()) return;

  zombie_ = true;
  real_timer.timer.reset();
  virtual_timer.timer.reset();
  prof_timer.timer.reset();
  cpu_limit_.reset();
  posix_timers.clear();
  executable.reset();
  semaphore_undo.reset();
  EXPLAIN() << "process " << id_ << " has ended with wait status 0x" << std::hex << wait_status;
  EndSession();
  GiveChildrenAway();
  const std::shared_ptr<ThreadGroup> above = parent.lock();
  if (above != nullptr) HangUpIfOrphaned(*above, /*but=*/this);
  own_events_.Notify(EPOLLIN);
  if (kernel_->init().get() == this) {
    // The container ends with its first process.
    for (const auto& [pid, group] : std::map(kernel_->thread_groups())) group->Exit(SIGKILL);
  }
  if (above == nullptr || above->zombie()) {
    kernel_->ForgetThreadGroup(id_);
    return;
  }
  NotifyParent();
}

// A leader's end takes the terminal from its session and hangs up who has it in the foreground; without a terminal,
// because that was hung up first, those who are stopped go on (Linux, disassociate_ctty).
void ThreadGroup::EndSession() {
  Session& ended = session();
  if (ended.id != id_) return;
  if (const pid_t foreground = std::exchange(ended.foreground_group, 0); foreground != 0) {
    kernel_->SendToGroup(foreground, KernelSignalInfo(SIGHUP));
    if (ended.terminal == nullptr) kernel_->SendToGroup(foreground, KernelSignalInfo(SIGCONT));
  }
  ended.terminal.reset();
}

// Children go to the nearest subreaper or to the first process.
void ThreadGroup::GiveChildrenAway() {
  std::shared_ptr<ThreadGroup> heir = parent.lock();
  while (heir != nullptr && !heir->child_subreaper && heir != kernel_->init()) heir = heir->parent.lock();
  if (heir == nullptr || heir->zombie()) heir = kernel_->init();
  for (const auto& child : std::exchange(children, {})) {
    // PR_SET_PDEATHSIG.
    for (const Task* task : child->tasks_) {
      if (task->parent_death_signal == 0) continue;
      child->Send(MakeSignalInfo(task->parent_death_signal, SI_USER, id_, 0));
    }
    if (heir.get() == this || heir->zombie()) {
      child->parent.reset();
      continue;
    }
    child->parent = heir;
    child->exit_signal = SIGCHLD;  // or a child could end its new parent by another (Linux, reparent_leader)
    heir->children.push_back(child);
    if (child->zombie()) child->NotifyParent();
    child->HangUpIfOrphaned(*this, /*but=*/nullptr);
  }
}

// Called when `parent` was, until now, what kept our process group from being orphaned, and `but` no longer counts:
// a group with stopped members that nobody is left to continue is hung up (POSIX, _exit, "Consequences").
void ThreadGroup::HangUpIfOrphaned(const ThreadGroup& parent, const ThreadGroup* but) {
  const ProcessGroup& group = *process_group_;
  if (parent.process_group().get() == &group || &parent.session() != &session()) return;
  if (!IsOrphaned(*kernel_, group, but)) return;
  for (const auto& [pid, member] : kernel_->thread_groups()) {
    if (!member->stopped || member->zombie() || member->process_group().get() != &group) continue;
    kernel_->SendToGroup(group.id, KernelSignalInfo(SIGHUP));
    kernel_->SendToGroup(group.id, KernelSignalInfo(SIGCONT));
    return;
  }
}

// Tells the parent of a zombie; one that does not care never sees it.
void ThreadGroup::NotifyParent() {
  const std::shared_ptr<ThreadGroup> above = parent.lock();
  const SignalAction& action = above->handlers().Get(SIGCHLD);
  if (exit_signal != 0) {
    siginfo_t info = MakeSignalInfo(exit_signal, CLD_EXITED, id_, 0);
    info.si_status = WEXITSTATUS(wait_status);
    if (WIFSIGNALED(wait_status)) {
      info.si_code = WCOREDUMP(wait_status) ? CLD_DUMPED : CLD_KILLED;
      info.si_status = WTERMSIG(wait_status);
    }
    above->Send(info);
  }
  above->child_events().Notify(EPOLLIN);
  if (exit_signal == SIGCHLD && (action.handler == kSignalIgnore || (action.flags & SA_NOCLDWAIT) != 0)) {
    // Nobody is going to wait.
    std::erase_if(above->children, [this](const auto& child) { return child.get() == this; });
    kernel_->ForgetThreadGroup(id_);
  }
}

}  // namespace sandbox
