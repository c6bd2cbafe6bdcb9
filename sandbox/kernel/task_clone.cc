// clone(2): new threads and new processes.
#include <linux/capability.h>
#include <sched.h>

#include <algorithm>
#include <utility>

#include "common/explain/explain.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/fs_context.h"

namespace sandbox {
namespace {

constexpr uint64_t kNamespaceFlags =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

Result<void> CheckFlags(uint64_t flags) {
  if ((flags & CLONE_THREAD) != 0 && (flags & CLONE_SIGHAND) == 0) return Error(EINVAL);
  if ((flags & CLONE_SIGHAND) != 0 && (flags & CLONE_VM) == 0) return Error(EINVAL);
  if ((flags & kNamespaceFlags) != 0) return Error(EPERM);
  return Ok();
}

}  // namespace

// RLIMIT_NPROC, which counts the threads of the user.
bool Task::MayHaveAnotherTask() const {
  const uint64_t limit = thread_group_->Limit(RLIMIT_NPROC);
  if (kernel_->tasks().size() < limit || credentials_->Has(CAP_SYS_RESOURCE) || credentials_->Has(CAP_SYS_ADMIN)) {
    return true;
  }
  const auto mine = [this](const auto& entry) { return entry.second->credentials().uid == credentials_->uid; };
  return static_cast<uint64_t>(std::count_if(kernel_->tasks().begin(), kernel_->tasks().end(), mine)) < limit;
}

Result<pid_t> Task::Clone(const CloneOptions& options) {
  const uint64_t flags = options.flags;
  RETURN_IF_ERROR(CheckFlags(flags));
  const bool is_thread = (flags & CLONE_THREAD) != 0;
  const bool shares_memory = (flags & CLONE_VM) != 0;
  if (!MayHaveAnotherTask()) return Error(EAGAIN);
  ASSIGN_OR_RETURN(const pid_t tid, kernel_->AllocateTid());

  std::unique_ptr<Context> context;
  std::shared_ptr<MemoryManager> mm = mm_;
  if (shares_memory) {
    ASSIGN_OR_RETURN(context, context_->NewThread());
  } else {
    mm_->PrepareFork(registers_.rsp);
    ASSIGN_OR_RETURN(context, context_->Fork());
    mm = mm_->Fork(context->address_space());
    if (mm == nullptr) return Error(ENOMEM);
  }

  std::shared_ptr<ThreadGroup> group = thread_group_;
  if (!is_thread) {
    auto handlers = thread_group_->handlers_;
    if ((flags & CLONE_SIGHAND) == 0) handlers = std::make_shared<SignalHandlers>(*handlers);
    if (options.clear_handlers) handlers->ResetForExec();
    group = std::make_shared<ThreadGroup>(kernel_, tid, std::move(handlers), thread_group_->process_group());
    group->limits = thread_group_->limits;
    // A sibling is told of like its maker.
    group->exit_signal = (flags & CLONE_PARENT) != 0 ? thread_group_->exit_signal : options.exit_signal;
    group->executable = thread_group_->executable;
    group->command_line = thread_group_->command_line;
    group->dumpable = thread_group_->dumpable;
    if ((flags & CLONE_SYSVSEM) != 0) group->semaphore_undo = thread_group_->semaphore_undo;
    auto above = thread_group_;
    if ((flags & CLONE_PARENT) != 0) {
      if (auto grandparent = thread_group_->parent.lock()) above = grandparent;
    }
    group->parent = above;
    above->children.push_back(group);
    kernel_->AddThreadGroup(group);
    group->WatchCpuLimit();
  }

  auto child = std::make_unique<Task>(kernel_, tid, group, std::move(context));
  child->name_ = name_;
  child->mm_ = std::move(mm);
  child->fd_table_ = (flags & CLONE_FILES) != 0 ? fd_table_ : fd_table_->Clone();
  child->fs_context_ = (flags & CLONE_FS) != 0 ? fs_context_ : fs_context_->Clone();
  child->credentials_ = credentials_;
  child->seccomp_ = seccomp_;
  child->no_new_privileges = no_new_privileges;
  child->timer_slack = timer_slack;
  child->nice = nice;
  child->io_priority = io_priority;
  child->signal_mask_ = mask_saved_ ? saved_mask_ : signal_mask_;
  if (!shares_memory || (flags & CLONE_VFORK) != 0) child->alternate_stack = alternate_stack;
  child->registers_ = registers_;
  child->registers_.rax = 0;
  if (options.stack != 0) child->registers_.rsp = options.stack;
  if ((flags & CLONE_SETTLS) != 0) child->registers_.fs_base = options.tls;
  if ((flags & CLONE_CHILD_CLEARTID) != 0) child->clear_child_tid = options.child_tid;
  if ((flags & CLONE_CHILD_SETTID) != 0) (void)child->mm_->Write<pid_t>(options.child_tid, tid);
  if ((flags & CLONE_PARENT_SETTID) != 0) (void)mm_->Write<pid_t>(options.parent_tid, tid);
  if ((flags & CLONE_VFORK) != 0) {
    child->vfork_parent_ = this;
    vfork_waiting_ = true;
  }
  EXPLAIN() << "thread " << tid_ << " made " << (is_thread ? "thread " : "process ") << tid
            << (shares_memory ? " in the same memory" : "; its memory is a copy made when either side writes");
  group->AddTask(child.get());
  kernel_->Start(std::move(child));
  while (vfork_waiting_ && BlockKillable().ok()) {
  }
  if (vfork_waiting_) {
    // Killed while the child still uses our memory: it must not wake what will be gone.
    if (Task* still = kernel_->FindTask(tid)) still->vfork_parent_ = nullptr;
    vfork_waiting_ = false;
  }
  return tid;
}

}  // namespace sandbox
