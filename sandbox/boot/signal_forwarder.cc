#include "sandbox/boot/signal_forwarder.h"

#include <signal.h>

#include <thread>

#include "sandbox/fs/devpts.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/kernel_lock.h"

namespace sandbox {
namespace {

sigset_t Forwarded() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT})
    sigaddset(&set, signal);
  return set;
}

void Forward(Kernel& kernel, int signal) {
  absl::MutexLock lock(&KernelLock());
  if (signal == SIGWINCH && ConsoleResized()) return;  // the terminal tells its foreground
  const std::shared_ptr<ThreadGroup> init = kernel.init();
  if (init == nullptr || init->zombie()) return;
  const pid_t foreground = init->session().foreground_group;
  const siginfo_t info = KernelSignalInfo(signal);
  if (!kernel.SendToGroup(foreground != 0 ? foreground : init->process_group()->id, info)) init->Send(info);
}

}  // namespace

SignalForwarder::SignalForwarder() {
  const sigset_t set = Forwarded();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void SignalForwarder::Start(Kernel* kernel) const {
  std::thread([kernel] {
    const sigset_t set = Forwarded();
    for (;;) {
      siginfo_t info;
      const int signal = sigwaitinfo(&set, &info);
      if (signal > 0) Forward(*kernel, signal);
    }
  }).detach();
}

}  // namespace sandbox
