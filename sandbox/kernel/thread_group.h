// A thread group: what users call a process.
//
// It lives from clone to the parent's wait: after its last task has gone it stays as a zombie that holds the status.
// All under the kernel lock.
#ifndef SANDBOX_KERNEL_THREAD_GROUP_H_
#define SANDBOX_KERNEL_THREAD_GROUP_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/cpu_timer.h"
#include "sandbox/kernel/process_group.h"
#include "sandbox/kernel/signals.h"
#include "sandbox/kernel/timer_queue.h"
#include "sandbox/kernel/wait_queue.h"

namespace sandbox {

class File;
class Kernel;
class Task;

// CPU time in nanoseconds.
struct CpuTimes {
  int64_t user = 0;
  int64_t system = 0;
};

// setitimer(ITIMER_REAL).
struct IntervalTimer {
  std::unique_ptr<TimerQueue::Timer> timer;
  int64_t interval = 0;
};

// setitimer(ITIMER_VIRTUAL) and ITIMER_PROF.
struct CpuIntervalTimer {
  std::unique_ptr<CpuTimer> timer;
  int64_t interval = 0;
};

// timer_create(2). One of the two timers is there, depending on the clock.
struct PosixTimer {
  int id = 0;
  int clock = 0;
  sigevent event{};
  pid_t thread = 0;  // SIGEV_THREAD_ID
  std::unique_ptr<TimerQueue::Timer> timer;
  std::unique_ptr<CpuTimer> cpu_timer;
  int64_t interval = 0;
  int64_t next = 0;  // deadline of the next expiry
  int overrun = 0;
};

class ThreadGroup : public std::enable_shared_from_this<ThreadGroup> {
 public:
  ThreadGroup(Kernel* kernel, pid_t id, std::shared_ptr<SignalHandlers> handlers, std::shared_ptr<ProcessGroup> group);
  ~ThreadGroup();

  Kernel& kernel() const { return *kernel_; }
  pid_t id() const { return id_; }
  pid_t parent_id() const;
  // Null once it is a zombie.
  Task* leader() const;
  const std::vector<Task*>& tasks() const { return tasks_; }
  bool zombie() const { return zombie_; }

  SignalHandlers& handlers() { return *handlers_; }
  PendingSignals& pending() { return pending_; }
  // Sends a signal to the process. False if it may not queue (real-time limit).
  bool Send(const siginfo_t& info);
  // Ends every thread; `status` is a wait status.
  void Exit(int status);
  bool exiting() const { return exiting_; }

  // Notified (EPOLLIN) when a child changes state, and for signalfd when a signal is queued.
  WaitQueue& child_events() { return child_events_; }
  WaitQueue& signal_events() { return signal_events_; }
  // Notified when this process changes state (pidfd).
  WaitQueue& own_events() { return own_events_; }

  const std::shared_ptr<ProcessGroup>& process_group() const { return process_group_; }
  void set_process_group(std::shared_ptr<ProcessGroup> group) { process_group_ = std::move(group); }
  Session& session() const { return *process_group_->session; }

  const rlimit& limit(int resource) const { return limits[resource]; }
  uint64_t Limit(int resource) const { return limits[resource].rlim_cur; }

  // Called by tasks.
  void AddTask(Task* task);
  void RemoveTask(Task* task);

  std::array<rlimit, RLIM_NLIMITS> limits{};
  std::weak_ptr<ThreadGroup> parent;
  std::list<std::shared_ptr<ThreadGroup>> children;
  bool child_subreaper = false;
  bool dumpable = true;
  bool did_exec = false;
  int exit_signal = SIGCHLD;  // 0: none
  int wait_status = 0;        // of a zombie

  // Job control. A stopped process reports `stop_signal` once.
  bool stopped = false;
  int stop_signal = 0;
  bool stop_unreported = false;
  bool continue_unreported = false;
  WaitQueue stop_events;  // tasks that sleep until SIGCONT

  // CPU time of all threads, dead ones included.
  CpuTimes Times() const;
  // After RLIMIT_CPU changed, and once for a new process.
  void WatchCpuLimit();
  CpuTimes dead_tasks_times, reaped_children_times;
  int64_t start_time = 0;  // monotonic
  uint64_t children_max_rss = 0;

  IntervalTimer real_timer;
  CpuIntervalTimer virtual_timer, prof_timer;
  std::map<int, std::unique_ptr<PosixTimer>> posix_timers;
  int next_timer_id = 0;

  // SEM_UNDO adjustments (syscalls/sysv_semaphores.cc): made when the last process that shares them has gone.
  std::shared_ptr<void> semaphore_undo;
  std::shared_ptr<File> executable;  // what was executed
  std::vector<std::string> command_line;

 private:
  friend class Task;
  Kernel* const kernel_;
  const pid_t id_;
  std::vector<Task*> tasks_;
  std::shared_ptr<SignalHandlers> handlers_;
  PendingSignals pending_;
  std::shared_ptr<ProcessGroup> process_group_;
  WaitQueue child_events_, signal_events_, own_events_;
  bool exiting_ = false;
  bool zombie_ = false;
  void CpuLimitReached();
  // Steps of the end, when the last task has gone.
  void EndSession();
  void GiveChildrenAway();
  void HangUpIfOrphaned(const ThreadGroup& parent, const ThreadGroup* but);
  void NotifyParent();

  std::unique_ptr<CpuTimer> cpu_limit_;
  Task* exec_by_ = nullptr;  // the task whose execve ends the others
};

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_THREAD_GROUP_H_
