// Handlers of the file, directory and event families. man-pages section 2 says what each does; table_files.cc what is
// missing.
#ifndef SANDBOX_SYSCALLS_HANDLERS_FILES_H_
#define SANDBOX_SYSCALLS_HANDLERS_FILES_H_

#include "sandbox/syscalls/handler.h"

namespace sandbox {

SyscallResult SysRead(Task& task, const SyscallArguments& a);
SyscallResult SysWrite(Task& task, const SyscallArguments& a);
SyscallResult SysReadv(Task& task, const SyscallArguments& a);
SyscallResult SysWritev(Task& task, const SyscallArguments& a);
SyscallResult SysPread64(Task& task, const SyscallArguments& a);
SyscallResult SysPwrite64(Task& task, const SyscallArguments& a);
SyscallResult SysPreadv(Task& task, const SyscallArguments& a);
SyscallResult SysPwritev(Task& task, const SyscallArguments& a);
SyscallResult SysPreadv2(Task& task, const SyscallArguments& a);
SyscallResult SysPwritev2(Task& task, const SyscallArguments& a);
SyscallResult SysLseek(Task& task, const SyscallArguments& a);
SyscallResult SysSendfile(Task& task, const SyscallArguments& a);
SyscallResult SysSplice(Task& task, const SyscallArguments& a);
SyscallResult SysCopyFileRange(Task& task, const SyscallArguments& a);
SyscallResult SysOpen(Task& task, const SyscallArguments& a);
SyscallResult SysOpenat(Task& task, const SyscallArguments& a);
SyscallResult SysCreat(Task& task, const SyscallArguments& a);
SyscallResult SysOpenat2(Task& task, const SyscallArguments& a);
SyscallResult SysClose(Task& task, const SyscallArguments& a);
SyscallResult SysCloseRange(Task& task, const SyscallArguments& a);
SyscallResult SysDup(Task& task, const SyscallArguments& a);
SyscallResult SysDup2(Task& task, const SyscallArguments& a);
SyscallResult SysDup3(Task& task, const SyscallArguments& a);
SyscallResult SysPipe2(Task& task, const SyscallArguments& a);
SyscallResult SysPipe(Task& task, const SyscallArguments& a);
SyscallResult SysMemfdCreate(Task& task, const SyscallArguments& a);
SyscallResult SysFlock(Task& task, const SyscallArguments& a);
SyscallResult SysFcntl(Task& task, const SyscallArguments& a);
SyscallResult SysIoctl(Task& task, const SyscallArguments& a);
SyscallResult SysStat(Task& task, const SyscallArguments& a);
SyscallResult SysLstat(Task& task, const SyscallArguments& a);
SyscallResult SysFstat(Task& task, const SyscallArguments& a);
SyscallResult SysNewfstatat(Task& task, const SyscallArguments& a);
SyscallResult SysStatx(Task& task, const SyscallArguments& a);
SyscallResult SysStatfs(Task& task, const SyscallArguments& a);
SyscallResult SysFstatfs(Task& task, const SyscallArguments& a);
SyscallResult SysAccess(Task& task, const SyscallArguments& a);
SyscallResult SysFaccessat(Task& task, const SyscallArguments& a);
SyscallResult SysFaccessat2(Task& task, const SyscallArguments& a);
SyscallResult SysGetxattr(Task& task, const SyscallArguments& a);
SyscallResult SysLgetxattr(Task& task, const SyscallArguments& a);
SyscallResult SysFgetxattr(Task& task, const SyscallArguments& a);
SyscallResult SysSetxattr(Task& task, const SyscallArguments& a);
SyscallResult SysLsetxattr(Task& task, const SyscallArguments& a);
SyscallResult SysFsetxattr(Task& task, const SyscallArguments& a);
SyscallResult SysListxattr(Task& task, const SyscallArguments& a);
SyscallResult SysLlistxattr(Task& task, const SyscallArguments& a);
SyscallResult SysFlistxattr(Task& task, const SyscallArguments& a);
SyscallResult SysRemovexattr(Task& task, const SyscallArguments& a);
SyscallResult SysLremovexattr(Task& task, const SyscallArguments& a);
SyscallResult SysFremovexattr(Task& task, const SyscallArguments& a);
SyscallResult SysMkdir(Task& task, const SyscallArguments& a);
SyscallResult SysMkdirat(Task& task, const SyscallArguments& a);
SyscallResult SysMknod(Task& task, const SyscallArguments& a);
SyscallResult SysMknodat(Task& task, const SyscallArguments& a);
SyscallResult SysSymlink(Task& task, const SyscallArguments& a);
SyscallResult SysSymlinkat(Task& task, const SyscallArguments& a);
SyscallResult SysLink(Task& task, const SyscallArguments& a);
SyscallResult SysLinkat(Task& task, const SyscallArguments& a);
SyscallResult SysUnlink(Task& task, const SyscallArguments& a);
SyscallResult SysUnlinkat(Task& task, const SyscallArguments& a);
SyscallResult SysRmdir(Task& task, const SyscallArguments& a);
SyscallResult SysRename(Task& task, const SyscallArguments& a);
SyscallResult SysRenameat(Task& task, const SyscallArguments& a);
SyscallResult SysRenameat2(Task& task, const SyscallArguments& a);
SyscallResult SysReadlink(Task& task, const SyscallArguments& a);
SyscallResult SysReadlinkat(Task& task, const SyscallArguments& a);
SyscallResult SysChdir(Task& task, const SyscallArguments& a);
SyscallResult SysFchdir(Task& task, const SyscallArguments& a);
SyscallResult SysChroot(Task& task, const SyscallArguments& a);
SyscallResult SysGetcwd(Task& task, const SyscallArguments& a);
SyscallResult SysGetdents(Task& task, const SyscallArguments& a);
SyscallResult SysGetdents64(Task& task, const SyscallArguments& a);
SyscallResult SysChmod(Task& task, const SyscallArguments& a);
SyscallResult SysFchmod(Task& task, const SyscallArguments& a);
SyscallResult SysFchmodat(Task& task, const SyscallArguments& a);
SyscallResult SysFchmodat2(Task& task, const SyscallArguments& a);
SyscallResult SysChown(Task& task, const SyscallArguments& a);
SyscallResult SysLchown(Task& task, const SyscallArguments& a);
SyscallResult SysFchown(Task& task, const SyscallArguments& a);
SyscallResult SysFchownat(Task& task, const SyscallArguments& a);
SyscallResult SysUmask(Task& task, const SyscallArguments& a);
SyscallResult SysUtimensat(Task& task, const SyscallArguments& a);
SyscallResult SysUtimes(Task& task, const SyscallArguments& a);
SyscallResult SysFutimesat(Task& task, const SyscallArguments& a);
SyscallResult SysUtime(Task& task, const SyscallArguments& a);
SyscallResult SysTruncate(Task& task, const SyscallArguments& a);
SyscallResult SysFtruncate(Task& task, const SyscallArguments& a);
SyscallResult SysFallocate(Task& task, const SyscallArguments& a);
SyscallResult SysFsync(Task& task, const SyscallArguments& a);
SyscallResult SysFdatasync(Task& task, const SyscallArguments& a);
SyscallResult SysSyncFileRange(Task& task, const SyscallArguments& a);
SyscallResult SysSync(Task& task, const SyscallArguments& a);
SyscallResult SysSyncfs(Task& task, const SyscallArguments& a);
SyscallResult SysFadvise64(Task& task, const SyscallArguments& a);
SyscallResult SysReadahead(Task& task, const SyscallArguments& a);
SyscallResult SysPoll(Task& task, const SyscallArguments& a);
SyscallResult SysPpoll(Task& task, const SyscallArguments& a);
SyscallResult SysSelect(Task& task, const SyscallArguments& a);
SyscallResult SysPselect6(Task& task, const SyscallArguments& a);
SyscallResult SysEpollCreate(Task& task, const SyscallArguments& a);
SyscallResult SysEpollCreate1(Task& task, const SyscallArguments& a);
SyscallResult SysEpollWait(Task& task, const SyscallArguments& a);
SyscallResult SysEpollPwait(Task& task, const SyscallArguments& a);
SyscallResult SysEpollPwait2(Task& task, const SyscallArguments& a);
SyscallResult SysEventfd(Task& task, const SyscallArguments& a);
SyscallResult SysEventfd2(Task& task, const SyscallArguments& a);
SyscallResult SysSignalfd(Task& task, const SyscallArguments& a);
SyscallResult SysSignalfd4(Task& task, const SyscallArguments& a);
SyscallResult SysTimerfdGettime(Task& task, const SyscallArguments& a);
SyscallResult SysInotifyInit(Task& task, const SyscallArguments& a);
SyscallResult SysInotifyInit1(Task& task, const SyscallArguments& a);
SyscallResult SysInotifyRmWatch(Task& task, const SyscallArguments& a);
SyscallResult SysEpollCtl(Task& task, const SyscallArguments& a);
SyscallResult SysTimerfdCreate(Task& task, const SyscallArguments& a);
SyscallResult SysTimerfdSettime(Task& task, const SyscallArguments& a);
SyscallResult SysInotifyAddWatch(Task& task, const SyscallArguments& a);
SyscallResult SysTee(Task& task, const SyscallArguments& a);
SyscallResult SysVmsplice(Task& task, const SyscallArguments& a);

}  // namespace sandbox

#endif  // SANDBOX_SYSCALLS_HANDLERS_FILES_H_
