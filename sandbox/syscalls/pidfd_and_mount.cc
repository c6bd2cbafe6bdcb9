// Process descriptors (pidfd_open(2)), and mount(2) within the container.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>

#include "sandbox/fs/pid_file.h"
#include "sandbox/fs/proc.h"
#include "sandbox/fs/sys.h"
#include "sandbox/fs/tmpfs.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/syscalls/handlers_ipc.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/fd_table.h"

namespace sandbox {
namespace {

Result<std::shared_ptr<ThreadGroup>> GetProcess(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  auto pid_file = std::dynamic_pointer_cast<PidFile>(file);
  if (!pid_file) return Error(EBADF);
  return pid_file->process();
}

// A directory of /proc serves as well.
Result<std::shared_ptr<ThreadGroup>> GetProcessToSignal(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFileOrPath(task, fd));
  if (std::shared_ptr<ThreadGroup> process = ProcessOfDirectory(file->inode())) return process;
  return GetProcess(task, fd);
}

// kill(2)'s rule.
bool MaySignal(const Credentials& sender, const Credentials& target) {
  if (sender.Has(CAP_KILL)) return true;
  return sender.euid == target.uid || sender.euid == target.suid || sender.uid == target.uid ||
         sender.uid == target.suid;
}

}  // namespace

SyscallResult SysPidfdOpen(Task& task, const SyscallArguments& a) {
  if (a.Int(0) <= 0 || (a.Uint(1) & ~unsigned{O_NONBLOCK}) != 0) return Error(EINVAL);
  std::shared_ptr<ThreadGroup> process = task.kernel().FindThreadGroup(a.Int(0));
  if (!process) return Error(task.kernel().FindTask(a.Int(0)) != nullptr ? EINVAL : ESRCH);
  return InstallFile(task, MakePidFile(task.kernel().vfs(), std::move(process), a.Int(1)), true);
}

SyscallResult SysPidfdSendSignal(Task& task, const SyscallArguments& a) {
  if (a.Uint(3) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::shared_ptr<ThreadGroup> process, GetProcessToSignal(task, a.Int(0)));
  const int signal = a.Int(1);
  if (signal != 0 && !IsValidSignal(signal)) return Error(EINVAL);
  Task* leader = process->leader() != nullptr ? process->leader()
                 : process->tasks().empty()   ? nullptr
                                              : process->tasks().front();
  if (process->zombie() && task.kernel().FindThreadGroup(process->id()) != process) return Error(ESRCH);
  if (leader != nullptr && !MaySignal(task.credentials(), leader->credentials())) return Error(EPERM);
  siginfo_t info = {};
  if (a.Address(2) != 0) {
    ASSIGN_OR_RETURN(info, task.memory().Read<siginfo_t>(a.Address(2)));
    if (info.si_signo != signal) return Error(EINVAL);
    if ((info.si_code >= 0 || info.si_code == SI_TKILL) && process.get() != &task.thread_group()) return Error(EPERM);
  } else {
    info.si_signo = signal;
    info.si_code = SI_USER;
    info.si_pid = task.thread_group().id();
    info.si_uid = task.credentials().uid;
  }
  if (signal != 0) process->Send(info);
  return uint64_t{0};
}

SyscallResult SysPidfdGetfd(Task& task, const SyscallArguments& a) {
  if (a.Uint(2) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::shared_ptr<ThreadGroup> process, GetProcess(task, a.Int(0)));
  Task* other = process->leader();
  if (other == nullptr || !other->fd_table()) return Error(ESRCH);
  if (process.get() != &task.thread_group() && !task.credentials().Has(CAP_SYS_PTRACE) &&
      other->credentials().euid != task.credentials().euid)
    return Error(EPERM);
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, other->fd_table()->Get(a.Int(1)));
  return InstallFile(task, std::move(file), true);
}

// -- mounts

namespace {

constexpr unsigned long kMountFlags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;

// "size=64m" of tmpfs's options.
uint64_t SizeOption(const std::string& data) {
  size_t at = data.find("size=");
  if (at == std::string::npos) return 0;
  char* end = nullptr;
  uint64_t size = strtoull(data.c_str() + at + 5, &end, 10);
  switch (*end) {
    case 'k':
    case 'K':
      return size << 10;
    case 'm':
    case 'M':
      return size << 20;
    case 'g':
    case 'G':
      return size << 30;
    default:
      return size;
  }
}

Result<std::string> OptionalString(Task& task, Addr address) {
  if (address == 0) return std::string();
  return task.memory().CopyInString(address, 4096);
}

}  // namespace

SyscallResult SysMount(Task& task, const SyscallArguments& a) {
  if (!task.credentials().Has(CAP_SYS_ADMIN)) return Error(EPERM);
  ASSIGN_OR_RETURN(std::string source, OptionalString(task, a.Address(0)));
  ASSIGN_OR_RETURN(PathArgument target, PathArgument::AtCwd(task, a.Address(1), kFollowLast));
  ASSIGN_OR_RETURN(std::string type, OptionalString(task, a.Address(2)));
  unsigned long flags = a[3];
  if ((flags & MS_MGC_MSK) == MS_MGC_VAL) flags &= ~static_cast<unsigned long>(MS_MGC_MSK);
  ASSIGN_OR_RETURN(Path point, target.Resolve());
  if (!point.mount) return Error(EINVAL);  // a pipe or socket, by way of /proc/self/fd
  Vfs& vfs = target.vfs();
  if (vfs.guarded()) return Error(EPERM);  // the operator's path rules would lose their meaning
  if ((flags & MS_REMOUNT) != 0) {
    if (point.mount->root() != point.dentry) return Error(EINVAL);
    // What the operator made read-only stays so.
    if (point.mount->Has(MS_RDONLY) && (flags & MS_RDONLY) == 0 && point.mount->options().type == "host")
      return Error(EPERM);
    point.mount->set_flags(flags & kMountFlags);
    return uint64_t{0};
  }
  if ((flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)) != 0)
    return uint64_t{0};  // one namespace: nothing propagates
  if ((flags & MS_MOVE) != 0) return Error(EINVAL);
  if ((flags & MS_BIND) != 0) {
    ASSIGN_OR_RETURN(PathArgument from, PathArgument::AtCwd(task, a.Address(0), kFollowLast));
    ASSIGN_OR_RETURN(Path found, from.Resolve());
    if (!found.mount) return Error(EINVAL);
    RETURN_IF_ERROR(vfs.mounts().Bind(point, found, flags & kMountFlags));
    return uint64_t{0};
  }
  std::shared_ptr<Inode> root;
  ASSIGN_OR_RETURN(std::string data, OptionalString(task, a.Address(4)));
  if (type == "tmpfs" || type == "ramfs") {
    root = std::make_shared<Tmpfs>(task.kernel().memory_file().get(), SizeOption(data))->MakeRoot(01777);
  } else if (type == "proc") {
    root = MakeProc(task.kernel());
  } else if (type == "sysfs") {
    root = MakeSys();
  } else {
    return Error(ENODEV);
  }
  RETURN_IF_ERROR(vfs.mounts().Add(point, std::move(root), MountOptions{type, source, flags & kMountFlags, data}));
  return uint64_t{0};
}

SyscallResult SysUmount2(Task& task, const SyscallArguments& a) {
  constexpr int kKnown = MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW;
  if ((a.Int(1) & ~kKnown) != 0) return Error(EINVAL);
  if (!task.credentials().Has(CAP_SYS_ADMIN)) return Error(EPERM);
  ASSIGN_OR_RETURN(
      PathArgument path,
      PathArgument::AtCwd(task, a.Address(0), (a.Int(1) & UMOUNT_NOFOLLOW) != 0 ? 0 : unsigned{kFollowLast}));
  ASSIGN_OR_RETURN(Path found, path.Resolve());
  if (!found.mount) return Error(EINVAL);
  RETURN_IF_ERROR(path.vfs().mounts().Remove(found));
  return uint64_t{0};
}

}  // namespace sandbox
