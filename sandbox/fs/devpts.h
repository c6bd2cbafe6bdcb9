// Pseudo-terminals: /dev/pts with its ptmx, /dev/tty, and the operator's terminal as one of them.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_DEVPTS_H_
#define SANDBOX_FS_DEVPTS_H_

#include <memory>

#include "sandbox/fs/terminal.h"
#include "sandbox/vfs/inode.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

// The root of the container's devpts; also registers /dev/tty, /dev/console and /dev/ptmx. There is one.
std::shared_ptr<Inode> MakeDevpts();

// The operator's terminal `host_fd` as /dev/pts/N: put in raw mode, with the line discipline on this side, so that the
// guests' job control is the sandbox's own. Put back by RestoreConsole.
Result<std::shared_ptr<Terminal>> MakeConsole(int host_fd);
// A description of it, for descriptors 0 to 2.
Result<std::shared_ptr<File>> OpenConsole(Vfs& vfs, const std::shared_ptr<Terminal>& console, int flags);
// The first session gets the console as its controlling terminal, as a login gives it: keys like Ctrl-C reach `group`.
// Does nothing without a console.
void GiveConsoleTo(const std::shared_ptr<Session>& session, int32_t group);
// The operator's window may have changed (SIGWINCH of the sentry): passes its size on. False without a console.
bool ConsoleResized();
// Writes what is left to show and puts the operator's terminal back as it was. Safe to call without a console and more
// than once.
void RestoreConsole();

}  // namespace sandbox

#endif  // SANDBOX_FS_DEVPTS_H_
