// A task: one guest thread, and the sentry thread that drives it.
//
// Task::Run is the loop at the heart of the sentry: let the guest run until it traps, serve the trap, deliver signals,
// again. All other state of the task is guarded by the kernel lock; other threads reach it only to look at it (proc),
// to wake it (wait queues, futexes) and to send it signals.
#ifndef SANDBOX_KERNEL_TASK_H_
#define SANDBOX_KERNEL_TASK_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/abi/address.h"
#include "sandbox/abi/restart.h"
#include "sandbox/abi/result.h"
#include "sandbox/arch/registers.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/kernel/signals.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/kernel/wait_queue.h"
#include "sandbox/mm/guest_memory.h"
#include "sandbox/mm/memory_manager.h"
#include "sandbox/platform/platform.h"
#include "sandbox/policy/guest_seccomp.h"

namespace sandbox {

class FdTable;
struct FsContext;
class Kernel;

class Task {
 public:
  Task(Kernel* kernel, pid_t tid, std::shared_ptr<ThreadGroup> group, std::unique_ptr<Context> context);
  Task(const Task&) = delete;
  ~Task();

  Kernel& kernel() const { return *kernel_; }
  ThreadGroup& thread_group() const { return *thread_group_; }
  pid_t tid() const { return tid_; }
  bool IsLeader() const { return tid_ == thread_group_->id(); }
  const std::string& name() const { return name_; }  // comm
  void set_name(std::string name) { name_ = name.substr(0, 15); }

  GuestMemory& memory() const { return *mm_; }
  MemoryManager& mm() const { return *mm_; }
  const std::shared_ptr<MemoryManager>& shared_mm() const { return mm_; }
  const std::shared_ptr<FdTable>& fd_table() const { return fd_table_; }
  const std::shared_ptr<FsContext>& fs_context() const { return fs_context_; }
  void set_fd_table(std::shared_ptr<FdTable> table) { fd_table_ = std::move(table); }
  void set_fs_context(std::shared_ptr<FsContext> context) { fs_context_ = std::move(context); }
  const Credentials& credentials() const { return *credentials_; }
  const std::shared_ptr<const Credentials>& shared_credentials() const { return credentials_; }
  void set_credentials(std::shared_ptr<const Credentials> credentials) { credentials_ = std::move(credentials); }

  // What the guest told seccomp(2).
  SeccompState& seccomp() { return seccomp_; }

  // As of the last trap; a handler that changes more than rax says so with RegistersChanged.
  Registers& registers() { return registers_; }
  void RegistersChanged() { changed_ = Changed::kAll; }

  // Sleeps until Wake (a WaitEntry of this task was notified), until `deadline` (ETIMEDOUT) or until a signal wants to
  // be delivered (kERestartSys). Lets go of the kernel lock meanwhile. A Wake since the last Block counts.
  Result<void> Block(Deadline deadline = kNoDeadline);
  // The same, but only SIGKILL ends it early (vfork, group stop).
  Result<void> BlockKillable();
  // Ends the task's Block. Any thread, under the kernel lock.
  void Wake();
  bool blocked() const { return state_ == State::kBlocked; }
  // Whether a signal wants to be delivered (or the task must die).
  bool SignalPending() const;

  // Signals; task_signals.cc.
  bool Send(const siginfo_t& info);
  // One that the kernel itself raises (SIGPIPE, SIGXFSZ).
  void SendSignal(int signal) { Send(KernelSignalInfo(signal)); }
  SignalSet signal_mask() const { return signal_mask_; }
  void SetSignalMask(SignalSet mask);
  // rt_sigtimedwait: these are unblocked while the task sleeps, yet not thrown away if their action is to ignore them.
  void AwaitSignals(SignalSet signals) { awaited_signals_ = signals; }
  bool KeepsIgnored(int signal) const { return ((signal_mask_ | awaited_signals_) & SignalBit(signal)) != 0; }
  // Until the signals of the current system call have been delivered, `mask`; afterwards the mask of now (sigsuspend,
  // ppoll).
  void SetTemporarySignalMask(SignalSet mask);
  PendingSignals& pending() { return pending_; }
  SignalSet PendingSet() const { return pending_.set() | thread_group_->pending().set(); }
  struct AlternateStack {
    Addr address = 0;
    uint64_t size = 0;
    int flags = SS_DISABLE;
  };
  AlternateStack alternate_stack;
  // rt_sigreturn: registers and mask come from the frame on the guest's stack.
  Result<uint64_t> ReturnFromSignal();
  // A fault of the guest: delivered even if blocked or ignored (then fatal).
  void ForceSignal(siginfo_t info);

  // clone(2), clone3(2); task_clone.cc.
  struct CloneOptions {
    uint64_t flags = 0;
    Addr stack = 0;  // 0: the caller's
    Addr tls = 0;
    Addr parent_tid = 0, child_tid = 0;
    int exit_signal = 0;
    bool clear_handlers = false;  // CLONE_CLEAR_SIGHAND
  };
  Result<pid_t> Clone(const CloneOptions& options);

  // execve(2); task_exec.cc. On success the registers are the new program's. On failure after the point of no return
  // the process is being killed.
  struct ExecOptions {
    std::shared_ptr<File> file;
    std::string path;  // as given: AT_EXECFN, argv of scripts
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
  };
  Result<void> Exec(ExecOptions options);

  // Ends this thread (exit(2)); Run returns before the guest runs again. `status` as for wait.
  void Exit(int status);
  bool exiting() const { return exiting_ || thread_group_->exiting(); }

  // The loop; task.cc. Returns when the task has ended, with the kernel lock held.
  void Run();

  // User time is what the guest's code took. Of a process with several threads the host tells only the sum, so that a
  // thread's share is measured from stop to stop: too much if the host's CPUs are busy with others.
  CpuTimes Times() const;
  // What the whole address space took, if only this task's process uses it; else -1.
  int64_t ExactGuestTime() const;
  Addr clear_child_tid = 0;
  Addr robust_list = 0;
  uint64_t robust_list_length = 0;
  int parent_death_signal = 0;
  bool no_new_privileges = false;
  bool keep_capabilities = false;
  uint64_t timer_slack = 50000;
  int nice = 0;
  int io_priority = 0;
  // restart_syscall: what to do when a relative sleep goes on; the deadline it had.
  Deadline restart_deadline = kNoDeadline;
  Addr restart_remaining = 0;
  uint64_t restart_number = 0;

  // For /proc: what the task does now.
  uint64_t system_call() const { return current_call_; }  // ~0: none
  char StateLetter() const;

 private:
  friend class Kernel;
  friend class ThreadGroup;
  enum class State { kSentry, kGuest, kBlocked };

  Result<void> BlockUntil(Deadline deadline, bool killable_only);
  // Looks out for a Wake for some microseconds before the thread sleeps; false if none came.
  bool SpinForWake();
  // Makes a running guest come back to the sentry, or a sleeper wake up.
  void Kick();
  bool SignalWakes(int signal) const;

  void ServeTrap(const Trap& trap);
  void ServeSyscall();
  void ServeVsyscall();
  void ServeException(const Trap& trap);
  // Delivers what is pending; afterwards the registers may be a handler's.
  void DeliverSignals();
  void DeliverOne(const siginfo_t& info);
  bool SetUpFrame(const siginfo_t& info, const SignalAction& action);
  void StopUntilContinued();
  // What a restart code in rax becomes, given whether a handler runs now.
  void FinishSyscall(const SignalAction* handler);
  bool MayHaveAnotherTask() const;
  bool EnterGroupStop(int signal);
  void Leave();
  void WakeRobustFutexes();
  Result<void> KillOtherTasks();
  Result<void> BecomeLeader();

  Kernel* const kernel_;
  std::shared_ptr<ThreadGroup> thread_group_;
  pid_t tid_;
  std::string name_;
  std::unique_ptr<Context> context_;
  std::shared_ptr<MemoryManager> mm_;
  std::shared_ptr<FdTable> fd_table_;
  std::shared_ptr<FsContext> fs_context_;
  std::shared_ptr<const Credentials> credentials_;
  SeccompState seccomp_;

  Registers registers_{};
  Changed changed_ = Changed::kAll;
  State state_ = State::kSentry;
  uint64_t current_call_ = ~uint64_t{0};
  uint64_t syscall_number_ = 0;
  bool syscall_restarts_ = false;  // the last call answered a restart code
  int restart_code_ = 0;
  Addr last_fault_ = 0, last_fault_rip_ = 0;

  std::atomic<uint32_t> wake_{0};
  int spin_failures_ = 0;  // in a row
  SignalSet signal_mask_ = 0;
  SignalSet saved_mask_ = 0;
  bool mask_saved_ = false;
  PendingSignals pending_;
  bool exiting_ = false;
  int exit_status_ = 0;
  Task* vfork_parent_ = nullptr;  // waits for this task's exec or end
  bool vfork_waiting_ = false;
  pid_t host_tid_ = 0;
  uint64_t guest_cycles_ = 0;   // in the guest, by the time stamp counter
  uint64_t entered_guest_ = 0;  // when; 0: not in the guest
  SignalSet awaited_signals_ = 0;
  int64_t host_time_at_start_ = 0;  // CPU time that the sentry thread had used for other tasks
};

// Wakes a task; put one on every queue the task waits for.
class TaskWaitEntry : public WaitEntry {
 public:
  TaskWaitEntry(Task& task, ReadyMask mask) : WaitEntry(mask), task_(task) {}
  void Notified(ReadyMask) override { task_.Wake(); }

 private:
  Task& task_;
};

// Calls `attempt` until it answers anything but EAGAIN, sleeping on `queue` in between. kERestartSys when a signal
// came, ETIMEDOUT at the deadline.
//
//   return BlockOn(task, file->wait_queue(), EPOLLIN, kNoDeadline, [&] { return file->Read(buffer); });
template <typename Attempt>
auto BlockOn(Task& task, WaitQueue& queue, ReadyMask mask, Deadline deadline, Attempt attempt) -> decltype(attempt()) {
  auto result = attempt();
  if (result.ok() || result.error() != EAGAIN) return result;
  TaskWaitEntry entry(task, mask);
  queue.Add(&entry);
  for (;;) {
    result = attempt();
    if (result.ok() || result.error() != EAGAIN) return result;
    RETURN_IF_ERROR(task.Block(deadline));
  }
}

}  // namespace sandbox
#endif  // SANDBOX_KERNEL_TASK_H_
