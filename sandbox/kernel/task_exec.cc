// execve(2) within a task: other threads end, a new address space begins.
#include <sys/stat.h>
#include <sys/wait.h>

#include <utility>

#include "common/explain/explain.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/loader/loader.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/fs_context.h"

namespace sandbox {
namespace {

std::string LastComponent(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Set-user-ID and set-group-ID programs, and what becomes of capabilities (capabilities(7)).
std::shared_ptr<const Credentials> CredentialsAfterExec(const Credentials& before, const Attributes& file,
                                                        bool allowed) {
  auto after = std::make_shared<Credentials>(before);
  if (allowed && (file.mode & S_ISUID) != 0) after->euid = file.uid;
  if (allowed && (file.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) after->egid = file.gid;
  after->suid = after->fsuid = after->euid;
  after->sgid = after->fsgid = after->egid;
  if (after->uid == 0 || after->euid == 0) {
    after->permitted = after->bounding | after->inheritable;
    after->effective = after->euid == 0 ? after->permitted : 0;
  } else {
    after->permitted = after->effective = after->ambient;
  }
  return after;
}

}  // namespace

Result<void> Task::KillOtherTasks() {
  ThreadGroup& group = *thread_group_;
  if (group.exec_by_ != nullptr) return Error(EAGAIN);
  group.exec_by_ = this;
  for (Task* task : group.tasks_) {
    if (task == this) continue;
    task->Exit(0);
    task->Kick();
  }
  while (group.tasks_.size() > 1) {
    if (!BlockKillable().ok()) {
      group.exec_by_ = nullptr;
      return Error(EINTR);
    }
  }
  group.exec_by_ = nullptr;
  return Ok();
}

// A thread that is not the leader takes over the leader's id, which is the process's.
Result<void> Task::BecomeLeader() {
  if (IsLeader()) return Ok();
  kernel_->Unregister(this);
  tid_ = thread_group_->id();
  kernel_->Register(this);
  return Ok();
}

Result<void> Task::Exec(ExecOptions options) {
  const ExecSource source{kernel_->vfs(), *fs_context_, *credentials_};
  ASSIGN_OR_RETURN(Program program, FindProgram(source, options.file, options.path, std::move(options.arguments)));
  ASSIGN_OR_RETURN(const Attributes attributes, program.file->GetAttributes());
  RETURN_IF_ERROR(KillOtherTasks());
  RETURN_IF_ERROR(BecomeLeader());

  // From here on the old program is gone; a failure ends the process.
  const auto credentials = CredentialsAfterExec(*credentials_, attributes, !no_new_privileges);
  const bool secure = credentials->euid != credentials->uid || credentials->egid != credentials->gid;
  const auto fail = [this](int error) {
    thread_group_->Exit(SIGKILL);
    return Error(error);
  };
  if (const Result<void> fresh = context_->NewAddressSpace(); !fresh.ok()) return fail(fresh.error());
  auto mm = std::make_shared<MemoryManager>(kernel_->memory_file(), context_->address_space());
  if (mm_->address_space() == mm->address_space()) mm->ReleaseWhenApplied(mm_.get());
  std::swap(mm_, mm);
  mm.reset();
  if (Task* parent = std::exchange(vfork_parent_, nullptr)) {
    parent->vfork_waiting_ = false;
    parent->Wake();
  }
  const LoadOptions load{std::move(options.environment), *credentials, secure, thread_group_->Limit(RLIMIT_STACK),
                         kernel_->platform().vdso()};
  const Result<LoadedProgram> loaded = LoadProgram(program, load, mm_.get());
  if (!loaded.ok()) return fail(loaded.error());

  ThreadGroup& group = *thread_group_;
  if (group.handlers_.use_count() > 1) group.handlers_ = std::make_shared<SignalHandlers>(*group.handlers_);
  group.handlers_->ResetForExec();
  group.posix_timers.clear();
  group.executable = options.file;
  group.command_line = program.arguments;
  group.did_exec = true;
  group.exit_signal = SIGCHLD;
  group.dumpable = !secure;
  if (secure) parent_death_signal = 0;
  if (fd_table_.use_count() > 1) fd_table_ = fd_table_->Clone();
  if (fs_context_.use_count() > 1) fs_context_ = fs_context_->Clone();
  fd_table_->CloseOnExec();
  credentials_ = credentials;
  keep_capabilities = false;
  alternate_stack = AlternateStack{};
  clear_child_tid = robust_list = robust_list_length = 0;
  set_name(LastComponent(options.path));
  registers_ = Registers{};
  registers_.rip = loaded->entry;
  registers_.rsp = loaded->stack_pointer;
  registers_.cs = kUserCodeSegment;
  registers_.ss = kUserStackSegment;
  registers_.eflags = 0x202;
  registers_.orig_rax = ~uint64_t{0};
  changed_ = Changed::kAll;
  context_->ResetExtendedState();
  EXPLAIN() << "process " << group.id() << " is now " << options.path << ", entry 0x" << std::hex << loaded->entry
            << ", stack 0x" << loaded->stack_pointer;
  return Ok();
}

}  // namespace sandbox
