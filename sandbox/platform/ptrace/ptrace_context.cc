#include "sandbox/platform/ptrace/ptrace_context.h"

#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/log/log.h"
#include "sandbox/mm/guest_memory.h"
#include "sandbox/platform/ptrace/clone_flags.h"

namespace sandbox {
namespace {

// The signal that stops a stub on Interrupt. The tracer sees it before it could do anything and drops it.
constexpr int kInterruptSignal = SIGURG;
constexpr int kSyscallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD
constexpr Addr kVsyscallStart = 0xffffffffff600000, kVsyscallEnd = kVsyscallStart + kPageSize;
// Large enough for every extended state there is so far (AMX: 11 KiB).
constexpr size_t kMaxExtendedState = 16384;

long Ptrace(int request, pid_t tid, uint64_t address, uint64_t data) {
  return syscall(SYS_ptrace, request, tid, address, data);
}

}  // namespace

PtraceContext::PtraceContext(PtracePlatform* platform, std::shared_ptr<PtraceAddressSpace> space, pid_t tid, int slot,
                             int cpu)
    : platform_(platform), space_(std::move(space)), tid_(tid), slot_(slot), first_cpu_(cpu) {
  ++this->space().contexts;
}

PtraceContext::~PtraceContext() {
  EndThread();
  --space().contexts;
  platform_->ReturnSlot(slot_);
  if (pair_.cpu >= 0) platform_->placement_.Leave(&pair_);
}

void PtraceContext::EndThread() {
  const pid_t tid = tid_.exchange(-1);
  if (tid < 0 || lost_ || !bound_) return;
  if (space().contexts == 1) {
    // The whole process goes; ~PtraceAddressSpace reaps it, which needs its other threads to be reaped before.
    kill(space().pid(), SIGKILL);
    int status;
    while (tid != space().pid() && waitpid(tid, &status, __WALL) >= 0 && WIFSTOPPED(status)) {
    }
    return;
  }
  Registers registers{};
  registers.cs = kUserCodeSegment;
  registers.ss = kUserStackSegment;
  registers.orig_rax = ~uint64_t{0};
  registers.rip = StubPark();
  // A process's first thread cannot be reaped before the others: it stays parked, untraced, and dies with the process.
  const bool parks = tid == space().pid();
  if (!parks) {
    registers.rax = SYS_exit;
    registers.rip = StubCloneEntry();
  }
  if (Ptrace(PTRACE_SETREGS, tid, 0, reinterpret_cast<uint64_t>(&registers)) != 0) {
    // It must never run guest code untraced.
    kill(space().pid(), SIGKILL);
    return;
  }
  if (parks) {
    Ptrace(PTRACE_DETACH, tid, 0, 0);
    return;
  }
  Ptrace(PTRACE_CONT, tid, 0, 0);
  int status;
  while (waitpid(tid, &status, __WALL) >= 0 && WIFSTOPPED(status)) Ptrace(PTRACE_CONT, tid, 0, 0);
}

Result<void> PtraceContext::Seize() {
  const uint64_t options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
  if (Ptrace(PTRACE_SEIZE, tid_, 0, options) != 0) return Error(errno);
  if (Ptrace(PTRACE_INTERRUPT, tid_, 0, 0) != 0) return Error(errno);
  int status;
  if (!WaitForStop(&status)) return Error(ESRCH);
  // The first stub may still be on its way from the sentry's code into the stub's.
  Registers registers;
  while (GetRegisters(&registers) && PageFloor(registers.rip) != kStubCode) {
    if (Ptrace(PTRACE_CONT, tid_, 0, 0) != 0) return Error(ESRCH);
    usleep(20);
    Ptrace(PTRACE_INTERRUPT, tid_, 0, 0);
    if (!WaitForStop(&status)) return Error(ESRCH);
  }
  return Ok();
}

Result<void> PtraceContext::Bind() {
  if (bound_) return Ok();
  pair_.guest = tid_.load();
  pair_.sentry = static_cast<pid_t>(syscall(SYS_gettid));
  platform_->placement_.Enter(&pair_, first_cpu_);
  RETURN_IF_ERROR(Seize());
  bound_ = true;
  registers_moved_ = true;
  return Ok();
}

bool PtraceContext::WaitForStop(int* status) {
  for (;;) {
    const pid_t result = waitpid(tid_, status, __WALL);
    if (result < 0 && errno == EINTR) continue;
    if (result == tid_ && WIFSTOPPED(*status)) return true;
    lost_ = true;
    return false;
  }
}

bool PtraceContext::GetRegisters(Registers* registers) const {
  return Ptrace(PTRACE_GETREGS, tid_, 0, reinterpret_cast<uint64_t>(registers)) == 0;
}

bool PtraceContext::SetRegisters(const Registers& registers) const {
  return Ptrace(PTRACE_SETREGS, tid_, 0, reinterpret_cast<uint64_t>(&registers)) == 0;
}

bool PtraceContext::RunStub(Addr entry, Registers* registers) {
  registers->rip = entry;
  registers->orig_rax = ~uint64_t{0};
  registers->cs = kUserCodeSegment;
  registers->ss = kUserStackSegment;
  registers->eflags = 0x202;
  registers_moved_ = true;
  if (!SetRegisters(*registers) || Ptrace(PTRACE_CONT, tid_, 0, 0) != 0) return false;
  int status;
  while (WaitForStop(&status)) {
    const int signal = WSTOPSIG(status);
    if (status >> 16 == 0 && signal == SIGTRAP) return GetRegisters(registers);
    if (status >> 16 == 0 && signal == kInterruptSignal) {
      interrupted_ = true;
    } else if (status >> 16 == 0 && signal != SIGCHLD && signal != SIGCONT) {
      GetRegisters(registers);
      LOG(ERROR) << "The stub stopped by signal " << signal << " in its own code, rax " << registers->rax << ", at "
                 << std::hex << registers->rip;
      return false;
    }
    if (Ptrace(PTRACE_CONT, tid_, 0, 0) != 0) return false;
  }
  return false;
}

bool PtraceContext::RunOrders(const std::vector<Order>& orders) {
  Order* const slot = platform_->memory_.slot(slot_);
  for (size_t done = 0; done < orders.size();) {
    const size_t count = std::min(orders.size() - done, kOrdersPerSlot - 1);
    std::copy_n(orders.begin() + done, count, slot);
    slot[count].number = kEndOfOrders;
    for (size_t next = 0; next < count;) {
      Registers registers{};
      registers.rbx = StubMemory::SlotAddress(slot_) + next * sizeof(Order);
      if (!RunStub(StubListEntry(), &registers)) return false;
      next = (registers.rbx - StubMemory::SlotAddress(slot_)) / sizeof(Order);
      if (next >= count) break;
      // A mapping that the host refuses stays away: the guest gets a fault where it touches it.
      const Order& failed = slot[next];
      LOG(WARNING) << "The host refused call " << failed.number << " on guest memory at 0x" << std::hex
                   << failed.arguments[0] << " +0x" << failed.arguments[1] << std::dec << ": "
                   << strerror(-static_cast<int>(registers.rax));
      ++next;
    }
    done += count;
  }
  return true;
}

bool PtraceContext::Prepare() {
  if (!space().urgent()) return true;
  if (space().contexts > 1) return false;
  taken_ = space().TakeOrders();
  taken_number_ = space().queued();
  return true;
}

void PtraceContext::Apply() {
  taken_ = space().TakeOrders();
  taken_number_ = space().queued();
  if (!taken_.empty()) RunOrders(taken_);
  space().Applied(taken_number_);
  taken_.clear();
}

Trap PtraceContext::Run(Registers* registers, Changed changed) {
  if (!taken_.empty()) {
    RunOrders(taken_);
    space().Applied(taken_number_);
    taken_.clear();
  }
  if (std::exchange(registers_moved_, false)) changed = Changed::kAll;
  if (lost_) return Trap{Trap::Kind::kLost, {}};
  if (std::exchange(interrupted_, false)) {
    registers_moved_ = true;
    return Trap{Trap::Kind::kInterrupted, {}};
  }
  bool ok = true;
  if (changed == Changed::kAll) {
    // No system call to restart: the host kernel must not reinterpret rax.
    Registers outgoing = *registers;
    outgoing.orig_rax = ~uint64_t{0};
    ok = SetRegisters(outgoing);
  } else if (changed == Changed::kResult) {
    ok = Ptrace(PTRACE_POKEUSER, tid_, offsetof(user_regs_struct, rax), registers->rax) == 0;
  }
  int status;
  for (;;) {
    if (!ok || Ptrace(PTRACE_SYSEMU, tid_, 0, 0) != 0 || !WaitForStop(&status)) return Trap{Trap::Kind::kLost, {}};
    // Group stops and the like: not the guest's affair.
    if (status >> 16 != 0 || WSTOPSIG(status) == SIGCHLD || WSTOPSIG(status) == SIGCONT) continue;
    return Classify(status, registers);
  }
}

Trap PtraceContext::Classify(int status, Registers* registers) {
  Trap trap{};
  if (!GetRegisters(registers)) return Trap{Trap::Kind::kLost, {}};
  const int signal = WSTOPSIG(status);
  if (signal == kSyscallStop) {
    // `syscall` leaves its return address in rcx; `int 0x80` and 32-bit code do not.
    const bool native = registers->cs == kUserCodeSegment && registers->rcx == registers->rip;
    trap.kind = native ? Trap::Kind::kSyscall : Trap::Kind::kForeignCall;
    return trap;
  }
  if (signal == kInterruptSignal) {
    trap.kind = Trap::Kind::kInterrupted;
    return trap;
  }
  if (Ptrace(PTRACE_GETSIGINFO, tid_, 0, reinterpret_cast<uint64_t>(&trap.info)) != 0)
    return Trap{Trap::Kind::kLost, {}};
  const auto fault = reinterpret_cast<uint64_t>(trap.info.si_addr);
  const bool vsyscall_fault =
      signal == SIGSEGV && fault >= kVsyscallStart && fault < kVsyscallEnd && registers->rip == fault;
  trap.kind = signal == SIGSYS || vsyscall_fault ? Trap::Kind::kVsyscall : Trap::Kind::kException;
  return trap;
}

void PtraceContext::Interrupt() {
  const pid_t tid = tid_;
  if (tid > 0) syscall(SYS_tgkill, space().pid(), tid, kInterruptSignal);
}

std::vector<uint8_t> PtraceContext::GetExtendedState() {
  std::vector<uint8_t> state(kMaxExtendedState);
  iovec vector{state.data(), state.size()};
  if (Ptrace(PTRACE_GETREGSET, tid_, NT_X86_XSTATE, reinterpret_cast<uint64_t>(&vector)) != 0) return {};
  state.resize(vector.iov_len);
  return state;
}

bool PtraceContext::SetExtendedState(const std::vector<uint8_t>& state) {
  iovec vector{const_cast<uint8_t*>(state.data()), state.size()};
  return Ptrace(PTRACE_SETREGSET, tid_, NT_X86_XSTATE, reinterpret_cast<uint64_t>(&vector)) == 0;
}

void PtraceContext::ResetExtendedState() {
  std::vector<uint8_t> state = GetExtendedState();
  if (state.size() < 576) return;
  std::fill(state.begin(), state.end(), 0);
  state[0] = 0x7f, state[1] = 0x03;    // x87 control word
  state[24] = 0x80, state[25] = 0x1f;  // MXCSR
  SetExtendedState(state);
}

Result<pid_t> PtraceContext::CloneStub(uint64_t flags) {
  Registers registers{};
  // The child takes these over from its parent, and Run may find nothing changed.
  Registers current;
  if (!GetRegisters(&current)) return Error(ENOMEM);
  registers.fs_base = current.fs_base;
  registers.gs_base = current.gs_base;
  registers.rax = SYS_clone;
  registers.rdi = flags;
  if (!RunStub(StubCloneEntry(), &registers)) return Error(ENOMEM);
  const auto result = static_cast<int64_t>(registers.rax);
  if (result < 0) return Error(static_cast<int>(-result));
  return static_cast<pid_t>(result);
}

Result<std::unique_ptr<Context>> PtraceContext::NewThread() {
  const int slot = platform_->TakeSlot();
  if (slot < 0) return Error(EAGAIN);
  const Result<pid_t> tid = CloneStub(kCloneStubThread);
  if (!tid.ok()) {
    platform_->ReturnSlot(slot);
    return Error(tid.error());
  }
  return std::unique_ptr<Context>(
      new PtraceContext(platform_, std::static_pointer_cast<PtraceAddressSpace>(space_), *tid, slot, pair_.cpu));
}

Result<std::unique_ptr<Context>> PtraceContext::Fork() {
  Apply();
  const int slot = platform_->TakeSlot();
  if (slot < 0) return Error(EAGAIN);
  const Result<pid_t> pid = CloneStub(kCloneStubProcess);
  if (!pid.ok()) {
    platform_->ReturnSlot(slot);
    return Error(pid.error());
  }
  return std::unique_ptr<Context>(
      new PtraceContext(platform_, std::make_shared<PtraceAddressSpace>(*pid), *pid, slot, pair_.cpu));
}

Result<void> PtraceContext::NewAddressSpace() {
  if (space().contexts > 1) {
    ASSIGN_OR_RETURN(const pid_t pid, CloneStub(kCloneStubProcess));
    auto fresh = std::make_shared<PtraceAddressSpace>(pid);
    EndThread();
    --space().contexts;
    space_ = std::move(fresh);
    ++space().contexts;
    tid_ = pid;
    pair_.guest = pid;
    platform_->placement_.PinAgain(pair_);
    if (const Result<void> seized = Seize(); !seized.ok()) {
      lost_ = true;
      return seized;
    }
    registers_moved_ = true;
  }
  space().Unmap({0, kGuestAddressEnd}, /*urgent=*/true);
  return Ok();
}

int64_t PtraceContext::GuestTime() const {
  // The CPU clock of another process (clock_getcpuclockid(3)); there is none of another process's thread.
  const auto clock = static_cast<clockid_t>(~static_cast<uint32_t>(space().pid()) << 3 | 2);
  timespec time;
  return clock_gettime(clock, &time) == 0 ? time.tv_sec * 1'000'000'000 + time.tv_nsec : 0;
}

void PtraceContext::WillBlock() { platform_->placement_.Block(&pair_); }
void PtraceContext::DidBlock() { platform_->placement_.Resume(&pair_); }
bool PtraceContext::MaySpin() const { return platform_->placement_.OnlyOthersBusy(pair_); }

}  // namespace sandbox
