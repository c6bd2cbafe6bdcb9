#include "sandbox/platform/ptrace/stub.h"

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sandbox/platform/ptrace/clone_flags.h"

// Position independent; uses no stack and no memory but the orders.
asm(R"(
  .pushsection .rodata
  .balign 64
  .globl sandbox_stub_begin
sandbox_stub_begin:
  .globl sandbox_stub_list
sandbox_stub_list:
  mov (%rbx), %rax
  cmp $-1, %rax
  je 1f
  mov 8(%rbx), %rdi
  mov 16(%rbx), %rsi
  mov 24(%rbx), %rdx
  mov 32(%rbx), %r10
  mov 40(%rbx), %r8
  mov 48(%rbx), %r9
  syscall
  cmp $-4095, %rax
  jae 1f
  add $56, %rbx
  jmp sandbox_stub_list
1:
  int3
  .globl sandbox_stub_clone
sandbox_stub_clone:
  syscall
  test %rax, %rax
  jz sandbox_stub_park
  int3
  .globl sandbox_stub_park
sandbox_stub_park:
  mov $34, %eax    # pause
  syscall
  jmp sandbox_stub_park
  .globl sandbox_stub_end
sandbox_stub_end:
  .popsection
)");

extern "C" const char sandbox_stub_begin[], sandbox_stub_list[], sandbox_stub_clone[], sandbox_stub_park[],
    sandbox_stub_end[];

namespace sandbox {
namespace {

// What the sentry ever has a stub do. Guest calls do not come here: PTRACE_SYSEMU takes them first. Anything else,
// including what the host's vsyscall page would do for a guest, raises SIGSYS, which the sentry sees.
bool LoadStubFilter() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
  if (filter == nullptr) return false;
  bool ok = true;
  for (const int number : {SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(pause), SCMP_SYS(exit)}) {
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) == 0;
  }
  for (const uint64_t flags : {kCloneStubThread, kCloneStubProcess}) {
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_EQ, flags)) == 0;
  }
  ok = ok && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return ok;
}

// The C library registered an area for restartable sequences that the host would go on writing to; it is unmapped soon.
void LeaveRestartableSequences() {
  constexpr uint32_t kSignature = 0x53053053;
  constexpr int kUnregister = 1;
  if (__rseq_size == 0) return;
  auto* area = static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset;
  syscall(SYS_rseq, area, 32, kUnregister, kSignature);
}

// Maps the stub's code and orders, wherever this function's own stack is, and goes there. Never returns.
[[noreturn]] void EnterStub(int code_fd, int orders_fd) {
  register uint64_t r12 asm("r12") = orders_fd;
  register uint64_t r13 asm("r13") = kSlots * kSlotBytes;
  register uint64_t r14 asm("r14") = kStubOrders;
  register uint64_t r15 asm("r15") = StubPark();
  register uint64_t r10 asm("r10") = MAP_SHARED | MAP_FIXED;
  register uint64_t r8 asm("r8") = code_fd;
  register uint64_t r9 asm("r9") = 0;
  asm volatile(
      "syscall\n"
      "mov $9, %%eax\n"
      "mov %%r14, %%rdi\n"
      "mov %%r13, %%rsi\n"
      "mov $1, %%edx\n"
      "mov %%r12, %%r8\n"
      "syscall\n"
      "jmp *%%r15\n"
      :
      : "a"(SYS_mmap), "D"(kStubCode), "S"(kPageSize), "d"(PROT_READ | PROT_EXEC), "r"(r10), "r"(r8), "r"(r9), "r"(r12),
        "r"(r13), "r"(r14), "r"(r15)
      : "memory");
  __builtin_unreachable();
}

}  // namespace

Addr StubListEntry() { return kStubCode + (sandbox_stub_list - sandbox_stub_begin); }
Addr StubCloneEntry() { return kStubCode + (sandbox_stub_clone - sandbox_stub_begin); }
Addr StubPark() { return kStubCode + (sandbox_stub_park - sandbox_stub_begin); }

absl::StatusOr<StubMemory> StubMemory::Create() {
  StubMemory memory;
  memory.code_fd_ = memfd_create("stub-code", MFD_CLOEXEC);
  memory.orders_fd_ = memfd_create("stub-orders", MFD_CLOEXEC);
  const size_t code_size = sandbox_stub_end - sandbox_stub_begin;
  if (memory.code_fd_ < 0 || memory.orders_fd_ < 0 ||
      write(memory.code_fd_, sandbox_stub_begin, code_size) != static_cast<ssize_t>(code_size) ||
      ftruncate(memory.code_fd_, kPageSize) != 0 || ftruncate(memory.orders_fd_, kSlots * kSlotBytes) != 0) {
    return absl::ErrnoToStatus(errno, "making the stub's memory (memfd_create)");
  }
  void* orders = mmap(nullptr, kSlots * kSlotBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.orders_fd_, 0);
  if (orders == MAP_FAILED) return absl::ErrnoToStatus(errno, "mapping the stub's orders");
  memory.orders_ = static_cast<char*>(orders);
  return memory;
}

absl::StatusOr<pid_t> ForkFirstStub(const StubMemory& memory, const HostVdso& vdso) {
  const pid_t sentry = getpid();
  // Shares the descriptor table: whatever file the sentry opens later, a stub can map.
  const pid_t pid = static_cast<pid_t>(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0));
  if (pid < 0) return absl::ErrnoToStatus(errno, "forking the first stub process");
  if (pid == 0) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != sentry) _exit(1);
    setpgid(0, 0);  // Signals to the sentry's process group (Ctrl-C, timeout) are not for stubs.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    LeaveRestartableSequences();
    if (vdso.MoveTo(kStubVdso)) memory.SetVdsoMoved();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !LoadStubFilter()) _exit(1);
    EnterStub(memory.code_fd(), memory.orders_fd());
  }
  return pid;
}

}  // namespace sandbox
