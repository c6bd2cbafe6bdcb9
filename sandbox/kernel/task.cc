#include "sandbox/kernel/task.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <utility>

#include "absl/log/log.h"
#include "common/explain/explain.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/kernel_lock.h"
#include "sandbox/kernel/statistics.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/fs_context.h"

namespace sandbox {
namespace {

// Wake words.
constexpr uint32_t kIdle = 0, kWoken = 1, kSleeping = 2, kSpinning = 3;

// About 40 us: what waking a thread on an idle CPU costs at least.
constexpr int kSpinPauses = 2000;
constexpr int kPausesBetweenLooks = 32;
// After so many spins for nothing only every so-manieth wait spins.
constexpr int kSpinFailureLimit = 4;
constexpr int kSpinRetryPeriod = 32;

void FutexWake(std::atomic<uint32_t>* word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

// False at the deadline.
bool FutexWait(std::atomic<uint32_t>* word, uint32_t value, Deadline deadline) {
  const timespec until = ToTimespec(deadline);
  const long result = syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), FUTEX_WAIT_BITSET_PRIVATE, value,
                              deadline == kNoDeadline ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == 0 || errno != ETIMEDOUT;
}

int64_t ThreadCpuClock(pid_t tid) { return static_cast<int64_t>(~static_cast<uint32_t>(tid)) << 3 | 6; }

}  // namespace

Task::Task(Kernel* kernel, pid_t tid, std::shared_ptr<ThreadGroup> group, std::unique_ptr<Context> context)
    : kernel_(kernel), thread_group_(std::move(group)), tid_(tid), context_(std::move(context)) {}

Task::~Task() = default;

Result<void> Task::Block(Deadline deadline) { return BlockUntil(deadline, /*killable_only=*/false); }
Result<void> Task::BlockKillable() { return BlockUntil(kNoDeadline, /*killable_only=*/true); }

Result<void> Task::BlockUntil(Deadline deadline, bool killable_only) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  const auto must_stop = [&] { return killable_only ? exiting() : SignalPending(); };
  bool timed_out = false;
  while (!timed_out) {
    if (wake_.exchange(kIdle, std::memory_order_acquire) == kWoken) return Ok();
    if (must_stop()) return Error(abi::kERestartSys);
    state_ = State::kBlocked;
    wake_.store(kSpinning, std::memory_order_release);
    context_->WillBlock();
    KernelLock().Unlock();
    uint32_t spinning = kSpinning;
    if (!SpinForWake()) wake_.compare_exchange_strong(spinning, kSleeping, std::memory_order_acq_rel);
    while (wake_.load(std::memory_order_acquire) == kSleeping && !timed_out) {
      timed_out = !FutexWait(&wake_, kSleeping, deadline);
    }
    context_->DidBlock();
    KernelLock().Lock();
    state_ = State::kSentry;
  }
  if (wake_.exchange(kIdle, std::memory_order_acquire) == kWoken) return Ok();
  return must_stop() ? Error(abi::kERestartSys) : Error(ETIMEDOUT);
}

bool Task::SpinForWake() {
  if (spin_failures_ >= kSpinFailureLimit && ++spin_failures_ % kSpinRetryPeriod != 0) return false;
  for (int i = 0; i < kSpinPauses; ++i) {
    if (wake_.load(std::memory_order_acquire) != kSpinning) {
      spin_failures_ = 0;
      return true;
    }
    if (i % kPausesBetweenLooks == 0 && !context_->MaySpin()) return false;
    __builtin_ia32_pause();
  }
  ++spin_failures_;
  return false;
}

void Task::Wake() {
  if (wake_.exchange(kWoken, std::memory_order_release) == kSleeping) FutexWake(&wake_);
}

void Task::Kick() {
  if (state_ == State::kGuest) {
    context_->Interrupt();
  } else if (state_ == State::kBlocked && wake_.load(std::memory_order_acquire) != kWoken) {
    // Not a Wake: the sleeper looks for itself whether it must stop.
    wake_.store(kIdle, std::memory_order_release);
    FutexWake(&wake_);
  }
}

void Task::Run() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  const auto host_tid = static_cast<pid_t>(syscall(SYS_gettid));
  const int64_t host_time = ClockNow(CLOCK_THREAD_CPUTIME_ID);
  if (const Result<void> bound = context_->Bind(); !bound.ok()) {
    LOG(ERROR) << "Cannot trace the stub of thread " << tid_ << ", error " << bound.error();
    KernelLock().Lock();
    thread_group_->Exit(SIGKILL);
    Leave();
    return;
  }
  KernelLock().Lock();
  host_tid_ = host_tid;
  host_time_at_start_ = host_time;
  for (;;) {
    if (SignalPending()) DeliverSignals();
    if (exiting()) break;
    const bool free_run = context_->Prepare();
    if (!free_run) context_->Apply();
    state_ = State::kGuest;
    entered_guest_ = __rdtsc();
    KernelLock().Unlock();
    const Trap trap = context_->Run(&registers_, changed_);
    const uint64_t left_guest = __rdtsc();
    KernelLock().Lock();
    guest_cycles_ += left_guest - std::exchange(entered_guest_, 0);
    state_ = State::kSentry;
    changed_ = Changed::kNothing;
    mm_->ReleaseApplied();
    // Killed meanwhile: above all it must not clone any more.
    if (exiting()) break;
    ServeTrap(trap);
  }
  Leave();
}

void Task::ServeTrap(const Trap& trap) {
  switch (trap.kind) {
    case Trap::Kind::kSyscall:
      ServeSyscall();
      return;
    case Trap::Kind::kException:
      ServeException(trap);
      return;
    case Trap::Kind::kVsyscall:
      ServeVsyscall();
      return;
    case Trap::Kind::kInterrupted:
      return;
    case Trap::Kind::kForeignCall:
      // 32-bit system calls do not exist here: as on a kernel without CONFIG_IA32_EMULATION.
      ForceSignal(KernelSignalInfo(SIGSEGV));
      return;
    case Trap::Kind::kLost:
      LOG(ERROR) << "The host killed the process of guest thread " << tid_ << " (out of memory?)";
      thread_group_->Exit(SIGKILL);
      return;
  }
}

void Task::ServeSyscall() {
  const Registers& r = registers_;
  EXPLAIN_FIRST_N(3) << "thread " << tid_ << " executed `syscall` with rax=" << r.orig_rax << ", rdi=0x" << std::hex
                     << r.rdi << ", rsi=0x" << r.rsi << ", rdx=0x" << r.rdx
                     << "; PTRACE_SYSEMU stopped it before the host kernel looked at it";
  syscall_number_ = r.orig_rax;
  current_call_ = syscall_number_;
  const SyscallArguments arguments{{r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9}};
  const SyscallResult result = kernel_->dispatcher()(*this, syscall_number_, arguments);
  current_call_ = ~uint64_t{0};
  changed_ = std::max(changed_, Changed::kResult);
  syscall_restarts_ = false;
  if (result.ok()) {
    registers_.rax = *result;
    return;
  }
  const int error = result.error();
  if (error >= abi::kERestartSys) {
    syscall_restarts_ = true;
    restart_code_ = error;
    registers_.rax = static_cast<uint64_t>(-EINTR);
    if (!SignalPending()) FinishSyscall(nullptr);
    return;
  }
  registers_.rax = static_cast<uint64_t>(-static_cast<int64_t>(error));
}

void Task::FinishSyscall(const SignalAction* handler) {
  if (!std::exchange(syscall_restarts_, false)) return;
  bool again = true;
  if (handler != nullptr) {
    again = restart_code_ == abi::kERestartNoIntr ||
            (restart_code_ == abi::kERestartSys && (handler->flags & SA_RESTART) != 0);
  }
  if (!again) {
    registers_.rax = static_cast<uint64_t>(-EINTR);
    return;
  }
  const bool block = restart_code_ == abi::kERestartRestartBlock;
  if (block) restart_number = syscall_number_;
  registers_.rax = block ? uint64_t{SYS_restart_syscall} : syscall_number_;
  registers_.rip -= 2;  // the length of `syscall`
  changed_ = Changed::kAll;
}

// The vsyscall page of old static programs: three functions at fixed addresses. The host's own emulation is refused by
// the stub's filter; what the guest gets is answered here.
void Task::ServeVsyscall() {
  constexpr uint64_t kPage = 0xffffffffff600000;
  uint64_t number;
  switch (registers_.rip - kPage) {
    case 0:
      number = SYS_gettimeofday;
      break;
    case 1024:
      number = SYS_time;
      break;
    case 2048:
      number = SYS_getcpu;
      break;
    default: {
      siginfo_t info = KernelSignalInfo(SIGSEGV);
      info.si_code = SEGV_MAPERR;
      info.si_addr = reinterpret_cast<void*>(registers_.rip);
      ForceSignal(info);
      return;
    }
  }
  const Result<Addr> return_address = mm_->Read<Addr>(registers_.rsp);
  if (!return_address.ok()) {
    ForceSignal(KernelSignalInfo(SIGSEGV));
    return;
  }
  const SyscallArguments arguments{{registers_.rdi, registers_.rsi, registers_.rdx, 0, 0, 0}};
  const SyscallResult result = kernel_->dispatcher()(*this, number, arguments);
  registers_.rax = result.ok() ? *result : static_cast<uint64_t>(-static_cast<int64_t>(result.error()));
  registers_.rip = *return_address;
  registers_.rsp += sizeof(Addr);
  changed_ = Changed::kAll;
}

void Task::ServeException(const Trap& trap) {
  siginfo_t info = trap.info;
  if ((info.si_signo == SIGSEGV && info.si_code != SI_KERNEL && info.si_code > 0) || info.si_signo == SIGBUS) {
    const auto address = reinterpret_cast<Addr>(info.si_addr);
    const MemoryManager::FaultResult fault = mm_->HandleFault(address);
    TheStatistics().faults.Add();
    if (fault.mended) return;
    // Another thread may have mended it between the fault and now: once more before it counts.
    const bool again = last_fault_ == address && last_fault_rip_ == registers_.rip;
    last_fault_ = address;
    last_fault_rip_ = registers_.rip;
    if (!again && fault.signal == SIGSEGV && fault.code == SEGV_ACCERR) return;
    last_fault_ = last_fault_rip_ = 0;
    if (info.si_signo == SIGBUS && kernel_->memory_file()->Full()) {
      LOG(WARNING) << "out of memory (--memory): killing process " << thread_group_->id() << " (" << name_ << ")";
      thread_group_->Exit(SIGKILL);
      return;
    }
    if (info.si_signo == SIGSEGV) {
      info.si_signo = fault.signal;
      info.si_code = fault.code;
    }
  }
  ForceSignal(info);
}

CpuTimes Task::Times() const {
  CpuTimes times;
  if (host_tid_ == 0) return times;
  times.system = ClockNow(static_cast<clockid_t>(ThreadCpuClock(host_tid_))) - host_time_at_start_;
  const uint64_t now = __rdtsc();
  const uint64_t cycles = guest_cycles_ + (entered_guest_ != 0 && now > entered_guest_ ? now - entered_guest_ : 0);
  times.user = kernel_->CyclesToNanoseconds(cycles);
  const int64_t exact = ExactGuestTime();
  if (exact >= 0) times.user = std::min(times.user, exact);
  return times;
}

int64_t Task::ExactGuestTime() const {
  if (context_ == nullptr || mm_.use_count() != static_cast<long>(thread_group_->tasks().size())) return -1;
  return context_->GuestTime();
}

char Task::StateLetter() const {
  if (thread_group_->stopped) return 'T';
  return state_ == State::kBlocked ? 'S' : 'R';
}

}  // namespace sandbox
