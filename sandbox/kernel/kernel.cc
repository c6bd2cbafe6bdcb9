#include "sandbox/kernel/kernel.h"

#include <sched.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sandbox/kernel/kernel_lock.h"
#include "sandbox/kernel/statistics.h"
#include "sandbox/kernel/task.h"
#include "sandbox/loader/loader.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/fs_context.h"

namespace sandbox {
namespace {

constexpr pid_t kMaxPid = 32768;
constexpr size_t kMaxIdleThreads = 8;
// Two guests may share a CPU so long, although another is idle, before one of them moves.
constexpr int64_t kFirstBalance = 2'000'000, kNextBalance = 10'000'000;

}  // namespace

Kernel::Kernel(Options options)
    : hostname(std::move(options.hostname)),
      memory_file_(std::move(options.memory_file)),
      vfs_(std::move(options.vfs)),
      platform_(options.platform),
      shared_memory_(std::move(options.shared_memory)),
      dispatcher_(options.dispatcher),
      max_tasks_(options.max_tasks),
      timers_(new TimerQueue),
      cpu_count_(options.cpu_count),
      boot_time_(MonotonicNow()),
      boot_cycles_(__rdtsc()) {}

Kernel::~Kernel() = default;

int64_t Kernel::CyclesToNanoseconds(uint64_t cycles) const {
  const uint64_t passed = std::max<uint64_t>(__rdtsc() - boot_cycles_, 1);
  const double nanoseconds = static_cast<double>(std::max<int64_t>(MonotonicNow() - boot_time_, 1));
  return static_cast<int64_t>(static_cast<double>(cycles) * (nanoseconds / static_cast<double>(passed)));
}

Task* Kernel::FindTask(pid_t tid) const {
  const auto it = tasks_.find(tid);
  return it == tasks_.end() ? nullptr : it->second;
}

std::shared_ptr<ThreadGroup> Kernel::FindThreadGroup(pid_t pid) const {
  const auto it = thread_groups_.find(pid);
  return it == thread_groups_.end() ? nullptr : it->second;
}

std::shared_ptr<ProcessGroup> Kernel::FindProcessGroup(pid_t id) const {
  for (const auto& [pid, group] : thread_groups_) {
    if (group->process_group()->id == id) return group->process_group();
  }
  return nullptr;
}

bool Kernel::SendToGroup(pid_t id, const siginfo_t& info) {
  bool found = false;
  for (const auto& [pid, group] : std::map(thread_groups_)) {
    if (group->process_group()->id != id || group->zombie()) continue;
    found = true;
    group->Send(info);
  }
  return found;
}

void Kernel::Terminate(int status) {
  if (init_ != nullptr) init_->Exit(status);
}

Result<pid_t> Kernel::AllocateTid() {
  if (tasks_.size() >= max_tasks_) return Error(EAGAIN);
  for (pid_t tried = 0; tried < kMaxPid; ++tried) {
    last_pid_ = last_pid_ + 1 >= kMaxPid ? 300 : last_pid_ + 1;
    // A group's or session's id is not given to anyone else while it is used.
    if (tasks_.contains(last_pid_) || thread_groups_.contains(last_pid_) || FindProcessGroup(last_pid_) != nullptr)
      continue;
    return last_pid_;
  }
  return Error(EAGAIN);
}

void Kernel::Register(Task* task) {
  tasks_[task->tid()] = task;
  TheStatistics().threads.Set(static_cast<int64_t>(tasks_.size()));
}
void Kernel::Unregister(Task* task) {
  tasks_.erase(task->tid());
  TheStatistics().threads.Set(static_cast<int64_t>(tasks_.size()));
}
void Kernel::AddThreadGroup(std::shared_ptr<ThreadGroup> group) { thread_groups_[group->id()] = std::move(group); }
void Kernel::ForgetThreadGroup(pid_t pid) { thread_groups_.erase(pid); }

void Kernel::Start(std::unique_ptr<Task> task) {
  Register(task.get());
  ++live_threads_;
  ++tasks_made_;
  TheStatistics().threads_made.Add();
  BalanceSoon(kFirstBalance);
  if (idle_threads_.empty()) {
    std::thread([this, task = std::move(task)]() mutable { RunTasks(std::move(task)); }).detach();
    return;
  }
  // One of this CPU if possible: the task begins here.
  auto chosen = std::find_if(idle_threads_.begin(), idle_threads_.end(),
                             [cpu = sched_getcpu()](const IdleThread* thread) { return thread->cpu == cpu; });
  if (chosen == idle_threads_.end()) --chosen;
  IdleThread* const thread = *chosen;
  idle_threads_.erase(chosen);
  thread->task = std::move(task);
  thread->got_task.Signal();
}

std::unique_ptr<Task> Kernel::AwaitTask() {
  if (idle_threads_.size() >= kMaxIdleThreads) return nullptr;
  IdleThread self{.cpu = sched_getcpu()};
  idle_threads_.push_back(&self);
  while (self.task == nullptr) self.got_task.Wait(&KernelLock());
  return std::move(self.task);
}

void Kernel::RunTasks(std::unique_ptr<Task> task) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  for (;;) {
    task->Run();
    task.reset();
    --live_threads_;
    task = AwaitTask();
    if (task == nullptr) break;
    KernelLock().Unlock();
  }
  KernelLock().Unlock();
}

void Kernel::BalanceSoon(int64_t nanoseconds) {
  if (balance_timer_ == nullptr) {
    if (cpu_count_ < 2) return;
    balance_timer_ = std::make_unique<TimerQueue::Timer>(timers_, [this] {
      if (platform_->Balance()) BalanceSoon(kNextBalance);
    });
  }
  if (balance_timer_->deadline() == 0) balance_timer_->Set(DeadlineIn(nanoseconds));
}

absl::StatusOr<int> Kernel::Run(InitProcess init) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  KernelLock().Lock();
  const pid_t pid = *AllocateTid();
  auto session = std::make_shared<Session>(Session{pid, nullptr});
  init_ = std::make_shared<ThreadGroup>(this, pid, std::make_shared<SignalHandlers>(),
                                        std::make_shared<ProcessGroup>(ProcessGroup{pid, session}));
  if (init.session_made) init.session_made(session, pid);
  init_->limits = init.limits;
  AddThreadGroup(init_);
  init_->WatchCpuLimit();
  auto task = std::make_unique<Task>(this, pid, init_, std::move(init.context));
  task->mm_ = std::make_shared<MemoryManager>(memory_file_, task->context_->address_space());
  task->fd_table_ = std::move(init.fd_table);
  task->fs_context_ = std::move(init.fs_context);
  task->credentials_ = std::move(init.credentials);
  init_->AddTask(task.get());
  Register(task.get());

  const ExecSource source{*vfs_, *task->fs_context_, *task->credentials_};
  const Result<std::shared_ptr<File>> file = OpenExecutable(source, init.path);
  Result<void> executed = file.ok() ? Ok() : Error(file.error());
  std::string why = "it cannot be opened";
  if (file.ok()) {
    const Result<Program> program = FindProgram(source, *file, init.path, init.arguments, &why);
    executed = program.ok() ? task->Exec({*file, init.path, init.arguments, init.environment}) : Error(program.error());
  }
  if (!executed.ok()) {
    const int error = executed.error();
    Unregister(task.get());
    task->context_.reset();
    task.reset();
    KernelLock().Unlock();
    const std::string message = absl::StrCat("cannot run ", init.path, ": ", strerror(error), " (", why, ")");
    return error == ENOENT || error == ENOTDIR ? absl::NotFoundError(message) : absl::PermissionDeniedError(message);
  }
  ++live_threads_;
  ++tasks_made_;
  TheStatistics().threads_made.Add();
  KernelLock().Unlock();
  task->Run();
  task.reset();
  --live_threads_;
  // Everyone else is being killed; their threads leave one by one.
  const auto alone = [this]() { return live_threads_ == 0; };
  KernelLock().Await(absl::Condition(&alone));
  balance_timer_.reset();  // The platform may go now.
  const int status = init_->wait_status;
  KernelLock().Unlock();
  return status;
}

}  // namespace sandbox
