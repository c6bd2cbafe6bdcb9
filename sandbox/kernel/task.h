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
#include <limits>
#include <memory>
#include <string>

#include "sandbox/abi/address.h"
#include "sandbox/abi/restart.h"
#include "sandbox/abi/result.h"
#include "sandbox/arch/registers.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/kernel/signals.h"
#include "sandbox/kernel/wait_queue.h"
#include "sandbox/mm/guest_memory.h"

namespace sandbox {

class Context;
class FdTable;
class FsContext;
class Kernel;
class MemoryManager;
class ThreadGroup;

// Deadlines are nanoseconds of the host's CLOCK_MONOTONIC.
using Deadline = int64_t;
inline constexpr Deadline kNoDeadline = std::numeric_limits<int64_t>::max();
int64_t MonotonicNow();

class Task {
 public:
  Task(const Task&) = delete;
  ~Task();

  Kernel& kernel() const { return *kernel_; }
  ThreadGroup& thread_group() const { return *thread_group_; }
  pid_t tid() const { return tid_; }
  bool IsLeader() const;
  const std::string& name() const { return name_; }  // comm, at most 15 bytes
  void set_name(std::string name) { name_ = std::move(name); }

  GuestMemory& memory() const;
  MemoryManager& mm() const { return *mm_; }
  const std::shared_ptr<FdTable>& fd_table() const { return fd_table_; }
  const std::shared_ptr<FsContext>& fs_context() const { return fs_context_; }
  void set_fd_table(std::shared_ptr<FdTable> table) { fd_table_ = std::move(table); }
  void set_fs_context(std::shared_ptr<FsContext> context) { fs_context_ = std::move(context); }
  const Credentials& credentials() const { return *credentials_; }
  const std::shared_ptr<const Credentials>& shared_credentials() const { return credentials_; }
  void set_credentials(std::shared_ptr<const Credentials> credentials) { credentials_ = std::move(credentials); }
  Registers& registers() { return registers_; }

  // Sleeps until Wake (a WaitEntry of this task was notified), until `deadline` (ETIMEDOUT) or until a signal wants to
  // be delivered (kERestartSys). Lets go of the kernel lock meanwhile. A Wake since the last Block counts.
  Result<void> Block(Deadline deadline = kNoDeadline);
  // Ends the task's Block. Any thread, under the kernel lock.
  void Wake();
  // Whether Block would answer kERestartSys.
  bool SignalPending() const;

 private:
  friend class Kernel;
  friend class ThreadGroup;
  Task() = default;

  Kernel* kernel_ = nullptr;
  std::shared_ptr<ThreadGroup> thread_group_;
  pid_t tid_ = 0;
  std::string name_;
  std::shared_ptr<MemoryManager> mm_;
  std::shared_ptr<FdTable> fd_table_;
  std::shared_ptr<FsContext> fs_context_;
  std::shared_ptr<const Credentials> credentials_;
  Registers registers_{};
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
