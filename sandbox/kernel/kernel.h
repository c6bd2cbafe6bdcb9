// One container: all its processes and what they share.
//
// Runs under the kernel lock unless said otherwise.
#ifndef SANDBOX_KERNEL_KERNEL_H_
#define SANDBOX_KERNEL_KERNEL_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "sandbox/abi/result.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/kernel/futex.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/kernel/timer_queue.h"
#include "sandbox/mm/memory_file.h"
#include "sandbox/platform/platform.h"
#include "sandbox/syscalls/handler.h"

namespace sandbox {

class FdTable;
struct FsContext;
class Task;
class Tmpfs;
class Vfs;

class Kernel {
 public:
  // Serves one system call: policy, strace and table. It answers what goes to rax.
  using Dispatcher = SyscallResult (*)(Task& task, uint64_t number, const SyscallArguments& arguments);

  struct Options {
    std::shared_ptr<MemoryFile> memory_file;
    std::shared_ptr<Vfs> vfs;
    Platform* platform = nullptr;
    std::shared_ptr<Tmpfs> shared_memory;  // memfd, SysV segments, shared anonymous memory
    Dispatcher dispatcher = nullptr;
    uint64_t max_tasks = 32768;
    int cpu_count = 1;
    std::string hostname = "sandbox";
  };
  explicit Kernel(Options options);
  ~Kernel();

  struct InitProcess {
    std::unique_ptr<Context> context;
    std::string path;
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::shared_ptr<const Credentials> credentials;
    std::shared_ptr<FdTable> fd_table;
    std::shared_ptr<FsContext> fs_context;
    std::array<rlimit, RLIM_NLIMITS> limits;
    // Gives the first session its controlling terminal; may be empty. Under the kernel lock.
    std::function<void(const std::shared_ptr<Session>& session, pid_t group)> session_made;
  };
  // Runs the first process and all that come of it on the calling thread and others; returns the first process's wait
  // status when all have ended. Called without the kernel lock. Fails if the program cannot be executed.
  absl::StatusOr<int> Run(InitProcess init);

  Task* FindTask(pid_t tid) const;
  std::shared_ptr<ThreadGroup> FindThreadGroup(pid_t pid) const;
  const std::map<pid_t, Task*>& tasks() const { return tasks_; }
  // Zombies included.
  const std::map<pid_t, std::shared_ptr<ThreadGroup>>& thread_groups() const { return thread_groups_; }
  const std::shared_ptr<ThreadGroup>& init() const { return init_; }
  std::shared_ptr<ProcessGroup> FindProcessGroup(pid_t id) const;
  // Sends to every process of a group; whether there is one.
  bool SendToGroup(pid_t group, const siginfo_t& info);
  // Ends everything (--timeout, the operator's SIGTERM): the first process with this wait status.
  void Terminate(int status);

  Vfs& vfs() const { return *vfs_; }
  Platform& platform() const { return *platform_; }
  const std::shared_ptr<Tmpfs>& shared_memory() const { return shared_memory_; }
  const std::shared_ptr<MemoryFile>& memory_file() const { return memory_file_; }
  FutexTable& futexes() { return futexes_; }
  TimerQueue& timers() { return *timers_; }
  Dispatcher dispatcher() const { return dispatcher_; }
  int64_t boot_time() const { return boot_time_; }  // monotonic
  // The time stamp counter against the clock, both since the kernel was made.
  int64_t CyclesToNanoseconds(uint64_t cycles) const;
  int cpu_count() const { return cpu_count_; }
  uint64_t tasks_made() const { return tasks_made_; }

  std::string hostname;
  std::string domainname = "(none)";

  // Called by tasks.
  Result<pid_t> AllocateTid();
  void Register(Task* task);
  void Unregister(Task* task);
  void AddThreadGroup(std::shared_ptr<ThreadGroup> group);
  void ForgetThreadGroup(pid_t pid);
  // Gives a task that is ready to run a sentry thread: one that has nothing to do, or a new one.
  void Start(std::unique_ptr<Task> task);

 private:
  // A sentry thread whose task has ended and that waits for another: to make one takes 40 us.
  struct IdleThread {
    int cpu;
    std::unique_ptr<Task> task;
    absl::CondVar got_task;
  };
  // The whole of a sentry thread.
  void RunTasks(std::unique_ptr<Task> task);
  // The next task for the calling thread; null if enough others wait already.
  std::unique_ptr<Task> AwaitTask();
  // Looks in a moment whether the new task needs a CPU of its own.
  void BalanceSoon(int64_t nanoseconds);

  std::shared_ptr<MemoryFile> memory_file_;
  std::shared_ptr<Vfs> vfs_;
  Platform* const platform_;
  std::shared_ptr<Tmpfs> shared_memory_;
  const Dispatcher dispatcher_;
  const uint64_t max_tasks_;
  TimerQueue* const timers_;  // its thread never ends
  FutexTable futexes_;
  std::map<pid_t, Task*> tasks_;
  std::map<pid_t, std::shared_ptr<ThreadGroup>> thread_groups_;
  std::shared_ptr<ThreadGroup> init_;
  pid_t last_pid_ = 0;
  int live_threads_ = 0;  // with a task
  std::vector<IdleThread*> idle_threads_;
  std::unique_ptr<TimerQueue::Timer> balance_timer_;
  uint64_t tasks_made_ = 0;
  int cpu_count_ = 1;
  int64_t boot_time_ = 0;
  const uint64_t boot_cycles_;
};

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_KERNEL_H_
