// clone, execve, exit, ids, process groups and sessions.
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include "sandbox/fs/pid_file.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/loader/loader.h"
#include "sandbox/syscalls/handlers_kernel.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/fs_context.h"

namespace sandbox {
namespace {

// Room for arguments and environment together, as Linux derives it from an 8 MiB stack.
constexpr size_t kArgumentLimit = 2 << 20;

SyscallResult Execute(Task& task, std::shared_ptr<File> file, std::string path, Addr arguments, Addr environment) {
  Task::ExecOptions options;
  options.file = std::move(file);
  options.path = std::move(path);
  ASSIGN_OR_RETURN(options.arguments, task.memory().CopyInStrings(arguments, kArgumentLimit));
  ASSIGN_OR_RETURN(options.environment, task.memory().CopyInStrings(environment, kArgumentLimit));
  // Programs rely on argv[0] (Linux gives an empty one since 5.18).
  if (options.arguments.empty()) options.arguments.emplace_back();
  RETURN_IF_ERROR(task.Exec(std::move(options)));
  return task.registers().rax;
}

// `pid_fd`: where CLONE_PIDFD stores the descriptor.
SyscallResult CloneWith(Task& task, const Task::CloneOptions& options, Addr pid_fd = 0) {
  const bool wants_fd = (options.flags & CLONE_PIDFD) != 0;
  if (wants_fd && (options.flags & (CLONE_THREAD | CLONE_DETACHED)) != 0) return Error(EINVAL);
  if (wants_fd) RETURN_IF_ERROR(task.memory().Write<int>(pid_fd, -1));
  ASSIGN_OR_RETURN(const pid_t tid, task.Clone(options));
  if (!wants_fd) return tid;
  const std::shared_ptr<ThreadGroup> child = task.kernel().FindThreadGroup(tid);
  if (child == nullptr) return tid;
  ASSIGN_OR_RETURN(const uint64_t fd, InstallFile(task, MakePidFile(task.kernel().vfs(), child, 0), true));
  RETURN_IF_ERROR(task.memory().Write<int>(pid_fd, static_cast<int>(fd)));
  return tid;
}

// A child of this process, or this process.
std::shared_ptr<ThreadGroup> SelfOrChild(Task& task, pid_t pid) {
  ThreadGroup& self = task.thread_group();
  if (pid == 0 || pid == self.id()) return self.shared_from_this();
  for (const auto& child : self.children) {
    if (child->id() == pid && !child->zombie()) return child;
  }
  return nullptr;
}

}  // namespace

SyscallResult SysClone(Task& task, const SyscallArguments& a) {
  Task::CloneOptions options;
  options.flags = a[0] & ~uint64_t{0xff};
  options.exit_signal = static_cast<int>(a[0] & 0xff);
  options.stack = a.Address(1);
  options.parent_tid = a.Address(2);
  options.child_tid = a.Address(3);
  options.tls = a.Address(4);
  if (options.exit_signal > kSignalCount) return Error(EINVAL);
  // The two share an argument.
  if ((options.flags & CLONE_PIDFD) != 0 && (options.flags & CLONE_PARENT_SETTID) != 0) return Error(EINVAL);
  return CloneWith(task, options, a.Address(2));
}

SyscallResult SysClone3(Task& task, const SyscallArguments& a) {
  const uint64_t size = a[1];
  if (size < CLONE_ARGS_SIZE_VER0) return Error(EINVAL);
  if (size > kPageSize) return Error(E2BIG);
  clone_args arguments{};
  RETURN_IF_ERROR(task.memory().CopyIn(&arguments, a.Address(0), std::min<uint64_t>(size, sizeof(arguments))));
  if (size > sizeof(arguments)) {
    ASSIGN_OR_RETURN(const std::vector<char> rest,
                     task.memory().ReadArray<char>(a.Address(0) + sizeof(arguments), size - sizeof(arguments)));
    if (std::any_of(rest.begin(), rest.end(), [](char c) { return c != 0; })) return Error(E2BIG);
  }
  if ((arguments.flags & (CLONE_DETACHED | 0xff)) != 0 || arguments.exit_signal > kSignalCount) return Error(EINVAL);
  if ((arguments.flags & CLONE_INTO_CGROUP) != 0 || arguments.set_tid_size != 0) return Error(EINVAL);
  if ((arguments.stack == 0) != (arguments.stack_size == 0)) return Error(EINVAL);
  Task::CloneOptions options;
  options.flags = arguments.flags & ~uint64_t{CLONE_CLEAR_SIGHAND};
  options.exit_signal = static_cast<int>(arguments.exit_signal);
  options.stack = arguments.stack == 0 ? 0 : arguments.stack + arguments.stack_size;
  options.tls = arguments.tls;
  options.parent_tid = arguments.parent_tid;
  options.child_tid = arguments.child_tid;
  options.clear_handlers = (arguments.flags & CLONE_CLEAR_SIGHAND) != 0;
  if (options.clear_handlers && (options.flags & CLONE_SIGHAND) != 0) return Error(EINVAL);
  return CloneWith(task, options, arguments.pidfd);
}

SyscallResult SysFork(Task& task, const SyscallArguments&) {
  Task::CloneOptions options;
  options.exit_signal = SIGCHLD;
  return CloneWith(task, options);
}

SyscallResult SysVfork(Task& task, const SyscallArguments&) {
  Task::CloneOptions options;
  options.flags = CLONE_VM | CLONE_VFORK;
  options.exit_signal = SIGCHLD;
  return CloneWith(task, options);
}

SyscallResult SysExecve(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::string path, task.memory().CopyInString(a.Address(0), PATH_MAX));
  if (path.empty()) return Error(ENOENT);
  const ExecSource source{task.kernel().vfs(), *task.fs_context(), task.credentials()};
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, OpenExecutable(source, path));
  return Execute(task, std::move(file), std::move(path), a.Address(1), a.Address(2));
}

SyscallResult SysExecveat(Task& task, const SyscallArguments& a) {
  const int directory = a.Int(0), flags = a.Int(4);
  if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::string path, task.memory().CopyInString(a.Address(1), PATH_MAX));
  FsContext from = *task.fs_context();
  const bool relative = path.empty() || path[0] != '/';
  std::string shown = path;
  if (directory != AT_FDCWD && relative) {
    ASSIGN_OR_RETURN(const std::shared_ptr<File> base, task.fd_table()->Get(directory));
    shown = "/dev/fd/" + std::to_string(directory) + (path.empty() ? "" : "/" + path);
    if (path.empty()) {
      if ((flags & AT_EMPTY_PATH) == 0) return Error(ENOENT);
      const ExecSource source{task.kernel().vfs(), from, task.credentials()};
      ASSIGN_OR_RETURN(std::shared_ptr<File> file, OpenExecutable(source, base->path()));
      return Execute(task, std::move(file), std::move(shown), a.Address(2), a.Address(3));
    }
    from.cwd = base->path();
  }
  if (path.empty()) return Error(ENOENT);
  const ExecSource source{task.kernel().vfs(), from, task.credentials()};
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, OpenExecutable(source, path, (flags & AT_SYMLINK_NOFOLLOW) != 0));
  return Execute(task, std::move(file), std::move(shown), a.Address(2), a.Address(3));
}

SyscallResult SysExit(Task& task, const SyscallArguments& a) {
  task.Exit((a.Int(0) & 0xff) << 8);
  return 0;
}

SyscallResult SysExitGroup(Task& task, const SyscallArguments& a) {
  task.thread_group().Exit((a.Int(0) & 0xff) << 8);
  return 0;
}

SyscallResult SysGetpid(Task& task, const SyscallArguments&) { return task.thread_group().id(); }
SyscallResult SysGettid(Task& task, const SyscallArguments&) { return task.tid(); }
SyscallResult SysGetppid(Task& task, const SyscallArguments&) { return task.thread_group().parent_id(); }

SyscallResult SysSetpgid(Task& task, const SyscallArguments& a) {
  const pid_t pid = a.Int(0), wanted = a.Int(1);
  if (wanted < 0) return Error(EINVAL);
  const std::shared_ptr<ThreadGroup> group = SelfOrChild(task, pid);
  if (group == nullptr) return Error(ESRCH);
  if (group.get() != &task.thread_group() && group->did_exec) return Error(EACCES);
  Session& session = group->session();
  if (&session != &task.thread_group().session() || session.id == group->id()) return Error(EPERM);
  const pid_t id = wanted == 0 ? group->id() : wanted;
  if (group->process_group()->id == id) return 0;
  if (id == group->id()) {
    group->set_process_group(std::make_shared<ProcessGroup>(ProcessGroup{id, group->process_group()->session}));
    return 0;
  }
  const std::shared_ptr<ProcessGroup> existing = task.kernel().FindProcessGroup(id);
  if (existing == nullptr || existing->session.get() != &session) return Error(EPERM);
  group->set_process_group(existing);
  return 0;
}

SyscallResult SysGetpgid(Task& task, const SyscallArguments& a) {
  const auto group = a.Int(0) == 0 ? task.thread_group().shared_from_this() : task.kernel().FindThreadGroup(a.Int(0));
  if (group == nullptr) return Error(ESRCH);
  return group->process_group()->id;
}

SyscallResult SysGetpgrp(Task& task, const SyscallArguments&) { return task.thread_group().process_group()->id; }

SyscallResult SysSetsid(Task& task, const SyscallArguments&) {
  ThreadGroup& group = task.thread_group();
  if (task.kernel().FindProcessGroup(group.id()) != nullptr) return Error(EPERM);
  auto session = std::make_shared<Session>(Session{group.id(), nullptr});
  group.set_process_group(std::make_shared<ProcessGroup>(ProcessGroup{group.id(), std::move(session)}));
  return group.id();
}

SyscallResult SysGetsid(Task& task, const SyscallArguments& a) {
  const auto group = a.Int(0) == 0 ? task.thread_group().shared_from_this() : task.kernel().FindThreadGroup(a.Int(0));
  if (group == nullptr) return Error(ESRCH);
  return group->session().id;
}

SyscallResult SysSetTidAddress(Task& task, const SyscallArguments& a) {
  task.clear_child_tid = a.Address(0);
  return task.tid();
}

// Only what needs no namespaces.
SyscallResult SysUnshare(Task& task, const SyscallArguments& a) {
  const uint64_t flags = a[0];
  if ((flags & ~uint64_t{CLONE_FILES | CLONE_FS | CLONE_SYSVSEM}) != 0) return Error(EPERM);
  if ((flags & CLONE_FILES) != 0 && task.fd_table().use_count() > 1) task.set_fd_table(task.fd_table()->Clone());
  if ((flags & CLONE_SYSVSEM) != 0) task.thread_group().semaphore_undo.reset();
  if ((flags & CLONE_FS) != 0 && task.fs_context().use_count() > 1) task.set_fs_context(task.fs_context()->Clone());
  return 0;
}

}  // namespace sandbox
