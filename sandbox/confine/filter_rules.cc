#include "sandbox/confine/filter_rules.h"

#include <errno.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <sched.h>
#include <sys/mman.h>

#include <cstdint>
#include <initializer_list>

#include "sandbox/confine/reader.h"

namespace sandbox {
namespace {

// By number where the headers that name them do not go together.
constexpr uint32_t kFcntlCommands[] = {0 /*F_DUPFD*/,         1 /*F_GETFD*/,
                                       2 /*F_SETFD*/,         3 /*F_GETFL*/,
                                       4 /*F_SETFL*/,         5 /*F_GETLK*/,
                                       6 /*F_SETLK*/,         36 /*F_OFD_GETLK*/,
                                       37 /*F_OFD_SETLK*/,    1030 /*F_DUPFD_CLOEXEC*/,
                                       1031 /*F_SETPIPE_SZ*/, 1032 /*F_GETPIPE_SZ*/,
                                       1033 /*F_ADD_SEALS*/,  1034 /*F_GET_SEALS*/};

constexpr uint32_t kIoctls[] = {0x5401 /*TCGETS*/,      0x5402 /*TCSETS*/,       0x5403 /*TCSETSW*/,
                                0x5404 /*TCSETSF*/,     0x5409 /*TCSBRK*/,       0x540a /*TCXONC*/,
                                0x540b /*TCFLSH*/,      0x540f /*TIOCGPGRP*/,    0x5410 /*TIOCSPGRP*/,
                                0x5411 /*TIOCOUTQ*/,    0x5413 /*TIOCGWINSZ*/,   0x5414 /*TIOCSWINSZ*/,
                                0x541b /*FIONREAD*/,    0x5421 /*FIONBIO*/,      0x5429 /*TIOCGSID*/,
                                0x5450 /*FIONCLEX*/,    0x5451 /*FIOCLEX*/,      0x802c542a /*TCGETS2*/,
                                0x402c542b /*TCSETS2*/, 0x402c542c /*TCSETSW2*/, 0x402c542d /*TCSETSF2*/};

constexpr uint32_t kPrctls[] = {PR_SET_PDEATHSIG,    PR_GET_PDEATHSIG,  PR_SET_NAME, PR_GET_NAME,
                                PR_SET_NO_NEW_PRIVS, PR_SET_TIMERSLACK, PR_SET_TSC,  PR_SET_DUMPABLE,
                                PR_GET_DUMPABLE,     0x53564d41 /*PR_SET_VMA*/};

constexpr uint32_t kPtraceRequests[] = {
    PTRACE_PEEKDATA,   PTRACE_PEEKUSR,    PTRACE_POKEDATA,   PTRACE_POKEUSR,           PTRACE_CONT,
    PTRACE_KILL,       PTRACE_SINGLESTEP, 12 /*GETREGS*/,    13 /*SETREGS*/,           14 /*GETFPREGS*/,
    15 /*SETFPREGS*/,  17 /*DETACH*/,     31 /*SYSEMU*/,     32 /*SYSEMU_SINGLESTEP*/, PTRACE_GETEVENTMSG,
    PTRACE_GETSIGINFO, PTRACE_SETSIGINFO, PTRACE_GETREGSET,  PTRACE_SETREGSET,         PTRACE_SEIZE,
    PTRACE_INTERRUPT,  PTRACE_LISTEN,     PTRACE_GETSIGMASK, PTRACE_SETSIGMASK,        PTRACE_GET_SYSCALL_INFO};

// Calls without an argument that could do harm.
constexpr int kAllowed[] = {
    // memory
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(msync), SCMP_SYS(mincore),
    SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(membarrier), SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    // descriptors it has
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
    SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(preadv2), SCMP_SYS(pwritev2), SCMP_SYS(lseek), SCMP_SYS(close),
    SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
    SCMP_SYS(sync_file_range), SCMP_SYS(fadvise64), SCMP_SYS(readahead), SCMP_SYS(sendfile), SCMP_SYS(splice),
    SCMP_SYS(copy_file_range), SCMP_SYS(flock), SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(poll),
    SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime), SCMP_SYS(signalfd4),
    // what a descriptor names
    SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(getdents64), SCMP_SYS(fgetxattr), SCMP_SYS(flistxattr),
    // time
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(getrusage), SCMP_SYS(timer_create),
    SCMP_SYS(timer_settime), SCMP_SYS(timer_gettime), SCMP_SYS(timer_getoverrun), SCMP_SYS(timer_delete),
    // threads, stubs and signals among them: the PID namespace holds nobody else
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address),
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(kill),
    SCMP_SYS(tkill), SCMP_SYS(tgkill), SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_send_signal), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(pause),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler), SCMP_SYS(getcpu), SCMP_SYS(arch_prctl), SCMP_SYS(setpgid), SCMP_SYS(getpgid),
    SCMP_SYS(getpgrp), SCMP_SYS(getsid), SCMP_SYS(setsid),
    // questions
    SCMP_SYS(getrandom), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getegid), SCMP_SYS(getresuid), SCMP_SYS(getresgid), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64),
    SCMP_SYS(umask)};

// Relative to the descriptor in the first argument.
constexpr int kWalks[] = {SCMP_SYS(openat),     SCMP_SYS(openat2),   SCMP_SYS(newfstatat), SCMP_SYS(statx),
                          SCMP_SYS(readlinkat), SCMP_SYS(faccessat), SCMP_SYS(faccessat2)};
constexpr int kWritingWalks[] = {SCMP_SYS(mkdirat),  SCMP_SYS(unlinkat), SCMP_SYS(mknodat),
                                 SCMP_SYS(fchmodat), SCMP_SYS(fchownat), SCMP_SYS(utimensat)};
// Relative to the descriptors in the first and the third.
constexpr int kDoubleWalks[] = {SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(linkat)};
constexpr int kWritingCalls[] = {SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(fsetxattr), SCMP_SYS(fremovexattr)};
// A path without a descriptor.
constexpr int kRefusedWalks[] = {SCMP_SYS(open), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(access), SCMP_SYS(readlink)};

constexpr int kSocketCalls[] = {
    SCMP_SYS(connect),    SCMP_SYS(bind),       SCMP_SYS(listen),      SCMP_SYS(accept4),     SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),    SCMP_SYS(sendmmsg),   SCMP_SYS(recvfrom),    SCMP_SYS(recvmsg),     SCMP_SYS(recvmmsg),
    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(shutdown)};

constexpr uint32_t kReaderSocket[] = {kReaderDescriptor};

constexpr uint64_t kNamespaceFlags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                     CLONE_NEWPID | CLONE_NEWNET | 0x80 /*CLONE_NEWTIME*/;

// Collects rules; the first failure stays.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx context) : context_(context) {}

  void Allow(int call) { Add(SCMP_ACT_ALLOW, call, {}); }
  template <size_t n>
  void Allow(const int (&calls)[n]) {
    for (int call : calls) Allow(call);
  }
  // `call` with argument `index` (its lower 32 bits, as the kernel reads it) one of `values`.
  template <size_t n>
  void AllowValues(int call, unsigned index, const uint32_t (&values)[n]) {
    for (uint32_t value : values) {
      Add(SCMP_ACT_ALLOW, call, {scmp_arg_cmp{index, SCMP_CMP_MASKED_EQ, 0xffffffff, value}});
    }
  }
  void AllowWithoutBits(int call, unsigned index, uint64_t bits) {
    Add(SCMP_ACT_ALLOW, call, {scmp_arg_cmp{index, SCMP_CMP_MASKED_EQ, bits, 0}});
  }
  // A walk from a descriptor, not from AT_FDCWD (negative).
  void AllowWalk(int call, unsigned index = 0) {
    AllowWithoutBits(call, index, kNegative);
    Add(SCMP_ACT_ERRNO(EACCES), call, {scmp_arg_cmp{index, SCMP_CMP_MASKED_EQ, kNegative, kNegative}});
  }
  void AllowDoubleWalk(int call) {
    Add(SCMP_ACT_ALLOW, call,
        {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, kNegative, 0}, scmp_arg_cmp{2, SCMP_CMP_MASKED_EQ, kNegative, 0}});
    for (const unsigned index : {0u, 2u})
      Add(SCMP_ACT_ERRNO(EACCES), call, {scmp_arg_cmp{index, SCMP_CMP_MASKED_EQ, kNegative, kNegative}});
  }
  void Refuse(int call, int error) { Add(SCMP_ACT_ERRNO(error), call, {}); }
  void Add(uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
    if (error_ != 0) return;
    error_ = seccomp_rule_add_array(context_, action, call, conditions.size(), conditions.begin());
  }
  int error() const { return error_; }

 private:
  static constexpr uint64_t kNegative = 0x80000000;  // of an int

  scmp_filter_ctx context_;
  int error_ = 0;
};

void AddRules(const FilterOptions& options, Rules& rules) {
  rules.Allow(kAllowed);
  for (int call : kWalks) rules.AllowWalk(call);
  for (int call : kRefusedWalks) rules.Refuse(call, EACCES);
  rules.AllowValues(SCMP_SYS(fcntl), 1, kFcntlCommands);
  rules.AllowValues(SCMP_SYS(ioctl), 1, kIoctls);
  rules.AllowValues(SCMP_SYS(prctl), 0, kPrctls);
  rules.AllowValues(SCMP_SYS(ptrace), 0, kPtraceRequests);
  rules.Add(SCMP_ACT_ALLOW, SCMP_SYS(ptrace),
            {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, 0xffffffff, PTRACE_SETOPTIONS},
             scmp_arg_cmp{3, SCMP_CMP_MASKED_EQ, PTRACE_O_SUSPEND_SECCOMP, 0}});
  // clone3 keeps its flags in memory, where no filter sees them; libc falls back to clone.
  rules.Refuse(SCMP_SYS(clone3), ENOSYS);
  rules.Add(SCMP_ACT_ALLOW, SCMP_SYS(clone),
            {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | kNamespaceFlags, CLONE_THREAD}});
  // No new code in the sentry: stubs, which map the guest's, are not under this filter.
  for (int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) rules.AllowWithoutBits(call, 2, PROT_EXEC);
  if (options.host_writes) {
    for (int call : kWritingWalks) rules.AllowWalk(call);
    for (int call : kDoubleWalks) rules.AllowDoubleWalk(call);
    rules.AllowWalk(SCMP_SYS(symlinkat), /*index=*/1);
    rules.Allow(kWritingCalls);
  }
  // To the reader only (host networking allows them on any socket).
  for (int call : {SCMP_SYS(sendmsg), SCMP_SYS(recvmsg)}) {
    if (!options.host_network) rules.AllowValues(call, 0, kReaderSocket);
  }
  if (options.host_network) {
    constexpr uint32_t kFamilies[] = {2 /*AF_INET*/, 10 /*AF_INET6*/};
    rules.AllowValues(SCMP_SYS(socket), 0, kFamilies);
    rules.Allow(kSocketCalls);
  }
}

}  // namespace

int AddSentryRules(const FilterOptions& options, scmp_filter_ctx context) {
  Rules rules(context);
  AddRules(options, rules);
  return rules.error();
}

}  // namespace sandbox
