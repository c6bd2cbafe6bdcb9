// Handlers of the families memory, processes, signals, time, futexes, credentials and system information.
//
// What each does is in its man page (section 2); the .cc files say where and why an answer differs.
#ifndef SANDBOX_SYSCALLS_HANDLERS_KERNEL_H_
#define SANDBOX_SYSCALLS_HANDLERS_KERNEL_H_

#include "sandbox/syscalls/handler.h"

namespace sandbox {

// memory.cc
SyscallResult SysMmap(Task& task, const SyscallArguments& a);
SyscallResult SysMunmap(Task& task, const SyscallArguments& a);
SyscallResult SysMprotect(Task& task, const SyscallArguments& a);
SyscallResult SysMremap(Task& task, const SyscallArguments& a);
SyscallResult SysMadvise(Task& task, const SyscallArguments& a);
SyscallResult SysMsync(Task& task, const SyscallArguments& a);
SyscallResult SysMincore(Task& task, const SyscallArguments& a);
SyscallResult SysBrk(Task& task, const SyscallArguments& a);
SyscallResult SysMlock(Task& task, const SyscallArguments& a);
SyscallResult SysMunlock(Task& task, const SyscallArguments& a);
SyscallResult SysMlock2(Task& task, const SyscallArguments& a);
SyscallResult SysMlockall(Task& task, const SyscallArguments& a);
SyscallResult SysMunlockall(Task& task, const SyscallArguments& a);
SyscallResult SysMembarrier(Task& task, const SyscallArguments& a);
SyscallResult SysProcessVmReadv(Task& task, const SyscallArguments& a);
SyscallResult SysProcessVmWritev(Task& task, const SyscallArguments& a);

// process.cc
SyscallResult SysClone(Task& task, const SyscallArguments& a);
SyscallResult SysClone3(Task& task, const SyscallArguments& a);
SyscallResult SysFork(Task& task, const SyscallArguments& a);
SyscallResult SysVfork(Task& task, const SyscallArguments& a);
SyscallResult SysExecve(Task& task, const SyscallArguments& a);
SyscallResult SysExecveat(Task& task, const SyscallArguments& a);
SyscallResult SysExit(Task& task, const SyscallArguments& a);
SyscallResult SysExitGroup(Task& task, const SyscallArguments& a);
SyscallResult SysGetpid(Task& task, const SyscallArguments& a);
SyscallResult SysGettid(Task& task, const SyscallArguments& a);
SyscallResult SysGetppid(Task& task, const SyscallArguments& a);
SyscallResult SysSetpgid(Task& task, const SyscallArguments& a);
SyscallResult SysGetpgid(Task& task, const SyscallArguments& a);
SyscallResult SysGetpgrp(Task& task, const SyscallArguments& a);
SyscallResult SysSetsid(Task& task, const SyscallArguments& a);
SyscallResult SysGetsid(Task& task, const SyscallArguments& a);
SyscallResult SysSetTidAddress(Task& task, const SyscallArguments& a);
SyscallResult SysUnshare(Task& task, const SyscallArguments& a);

// wait.cc
SyscallResult SysWait4(Task& task, const SyscallArguments& a);
SyscallResult SysWaitid(Task& task, const SyscallArguments& a);

// prctl.cc
SyscallResult SysPrctl(Task& task, const SyscallArguments& a);

// seccomp.cc
SyscallResult SysSeccomp(Task& task, const SyscallArguments& a);
SyscallResult SetSeccompByPrctl(Task& task, uint64_t mode, Addr program);
SyscallResult SysArchPrctl(Task& task, const SyscallArguments& a);

// signals.cc
SyscallResult SysRtSigaction(Task& task, const SyscallArguments& a);
SyscallResult SysRtSigprocmask(Task& task, const SyscallArguments& a);
SyscallResult SysRtSigreturn(Task& task, const SyscallArguments& a);
SyscallResult SysRtSigpending(Task& task, const SyscallArguments& a);
SyscallResult SysRtSigtimedwait(Task& task, const SyscallArguments& a);
SyscallResult SysRtSigsuspend(Task& task, const SyscallArguments& a);
SyscallResult SysRtSigqueueinfo(Task& task, const SyscallArguments& a);
SyscallResult SysRtTgsigqueueinfo(Task& task, const SyscallArguments& a);
SyscallResult SysSigaltstack(Task& task, const SyscallArguments& a);
SyscallResult SysKill(Task& task, const SyscallArguments& a);
SyscallResult SysTkill(Task& task, const SyscallArguments& a);
SyscallResult SysTgkill(Task& task, const SyscallArguments& a);
SyscallResult SysPause(Task& task, const SyscallArguments& a);
SyscallResult SysRestartSyscall(Task& task, const SyscallArguments& a);

// time.cc
SyscallResult SysClockGettime(Task& task, const SyscallArguments& a);
SyscallResult SysClockGetres(Task& task, const SyscallArguments& a);
SyscallResult SysClockSettime(Task& task, const SyscallArguments& a);
SyscallResult SysClockNanosleep(Task& task, const SyscallArguments& a);
SyscallResult SysNanosleep(Task& task, const SyscallArguments& a);
SyscallResult SysGettimeofday(Task& task, const SyscallArguments& a);
SyscallResult SysTime(Task& task, const SyscallArguments& a);
SyscallResult SysTimes(Task& task, const SyscallArguments& a);
SyscallResult SysGetrusage(Task& task, const SyscallArguments& a);

// timers.cc
SyscallResult SysAlarm(Task& task, const SyscallArguments& a);
SyscallResult SysSetitimer(Task& task, const SyscallArguments& a);
SyscallResult SysGetitimer(Task& task, const SyscallArguments& a);
SyscallResult SysTimerCreate(Task& task, const SyscallArguments& a);
SyscallResult SysTimerSettime(Task& task, const SyscallArguments& a);
SyscallResult SysTimerGettime(Task& task, const SyscallArguments& a);
SyscallResult SysTimerGetoverrun(Task& task, const SyscallArguments& a);
SyscallResult SysTimerDelete(Task& task, const SyscallArguments& a);

// futex.cc
SyscallResult SysFutex(Task& task, const SyscallArguments& a);
SyscallResult SysFutexWaitv(Task& task, const SyscallArguments& a);
SyscallResult SysFutexWake(Task& task, const SyscallArguments& a);
SyscallResult SysFutexWait(Task& task, const SyscallArguments& a);
SyscallResult SysFutexRequeue(Task& task, const SyscallArguments& a);
SyscallResult SysSetRobustList(Task& task, const SyscallArguments& a);
SyscallResult SysGetRobustList(Task& task, const SyscallArguments& a);

// credentials.cc
SyscallResult SysGetuid(Task& task, const SyscallArguments& a);
SyscallResult SysGeteuid(Task& task, const SyscallArguments& a);
SyscallResult SysGetgid(Task& task, const SyscallArguments& a);
SyscallResult SysGetegid(Task& task, const SyscallArguments& a);
SyscallResult SysGetresuid(Task& task, const SyscallArguments& a);
SyscallResult SysGetresgid(Task& task, const SyscallArguments& a);
SyscallResult SysSetuid(Task& task, const SyscallArguments& a);
SyscallResult SysSetgid(Task& task, const SyscallArguments& a);
SyscallResult SysSetreuid(Task& task, const SyscallArguments& a);
SyscallResult SysSetregid(Task& task, const SyscallArguments& a);
SyscallResult SysSetresuid(Task& task, const SyscallArguments& a);
SyscallResult SysSetresgid(Task& task, const SyscallArguments& a);
SyscallResult SysSetfsuid(Task& task, const SyscallArguments& a);
SyscallResult SysSetfsgid(Task& task, const SyscallArguments& a);
SyscallResult SysGetgroups(Task& task, const SyscallArguments& a);
SyscallResult SysSetgroups(Task& task, const SyscallArguments& a);
SyscallResult SysCapget(Task& task, const SyscallArguments& a);
SyscallResult SysCapset(Task& task, const SyscallArguments& a);

// system.cc
SyscallResult SysUname(Task& task, const SyscallArguments& a);
SyscallResult SysSethostname(Task& task, const SyscallArguments& a);
SyscallResult SysSetdomainname(Task& task, const SyscallArguments& a);
SyscallResult SysSysinfo(Task& task, const SyscallArguments& a);
SyscallResult SysGetrandom(Task& task, const SyscallArguments& a);
SyscallResult SysGetrlimit(Task& task, const SyscallArguments& a);
SyscallResult SysSetrlimit(Task& task, const SyscallArguments& a);
SyscallResult SysPrlimit64(Task& task, const SyscallArguments& a);
SyscallResult SysIoprioGet(Task& task, const SyscallArguments& a);
SyscallResult SysIoprioSet(Task& task, const SyscallArguments& a);
SyscallResult SysGetpriority(Task& task, const SyscallArguments& a);
SyscallResult SysSetpriority(Task& task, const SyscallArguments& a);
SyscallResult SysSchedYield(Task& task, const SyscallArguments& a);
SyscallResult SysSchedGetaffinity(Task& task, const SyscallArguments& a);
SyscallResult SysSchedSetaffinity(Task& task, const SyscallArguments& a);
SyscallResult SysSchedGetscheduler(Task& task, const SyscallArguments& a);
SyscallResult SysSchedSetscheduler(Task& task, const SyscallArguments& a);
SyscallResult SysSchedGetparam(Task& task, const SyscallArguments& a);
SyscallResult SysSchedSetparam(Task& task, const SyscallArguments& a);
SyscallResult SysSchedGetPriorityMax(Task& task, const SyscallArguments& a);
SyscallResult SysSchedGetPriorityMin(Task& task, const SyscallArguments& a);
SyscallResult SysSchedRrGetInterval(Task& task, const SyscallArguments& a);
SyscallResult SysGetcpu(Task& task, const SyscallArguments& a);
SyscallResult SysPersonality(Task& task, const SyscallArguments& a);

}  // namespace sandbox
#endif  // SANDBOX_SYSCALLS_HANDLERS_KERNEL_H_
