#include "sandbox/confine/filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "sandbox/confine/filter_programs.inc"  // kSentryPrograms[host_network][host_writes], from filter_compiler.cc

namespace sandbox {
namespace {

// Says which call it was; formats by hand, since little is safe in a signal handler.
void Violated(int, siginfo_t* info, void*) {
  char text[] = "sandbox: the sentry made host system call 0000, which its own filter forbids; it stops here\n";
  char* digits = strstr(text, "0000");
  for (int i = 3, number = info->si_syscall; i >= 0; --i, number /= 10)
    digits[i] = static_cast<char>('0' + number % 10);
  if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0) _exit(kFilterViolationExitCode);
  _exit(kFilterViolationExitCode);
}

}  // namespace

absl::Status InstallSentryFilter(const FilterOptions& options) {
  struct sigaction action {};
  action.sa_sigaction = Violated;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, nullptr);
  const sock_fprog& program = kSentryPrograms[options.host_network][options.host_writes];
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the host does not take the sentry's seccomp filter: ", strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace sandbox
