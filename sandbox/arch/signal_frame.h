// The frame that the kernel puts on a thread's stack before a signal handler runs, and what rt_sigreturn takes from it.
//
// Layout: linux/arch/x86/include/uapi/asm/{sigcontext,ucontext}.h and arch/x86/include/asm/sigframe.h. The host's own
// headers define the same names differently (glibc's ucontext_t is longer), hence these.
#ifndef SANDBOX_ARCH_SIGNAL_FRAME_H_
#define SANDBOX_ARCH_SIGNAL_FRAME_H_

#include <signal.h>

#include <cstdint>
#include <vector>

#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"
#include "sandbox/arch/registers.h"
#include "sandbox/mm/guest_memory.h"

namespace sandbox {

struct SignalContext {  // struct sigcontext_64
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
  uint16_t cs, gs, fs, ss;
  uint64_t error, trap_number, old_mask, cr2, fpstate;
  uint64_t reserved[8];
};
struct SignalStack {  // stack_t
  uint64_t address;
  int32_t flags;
  uint32_t padding;
  uint64_t size;
};
struct UserContext {  // struct ucontext
  uint64_t flags, link;
  SignalStack stack;
  SignalContext context;
  uint64_t mask;
};
struct SignalFrame {  // struct rt_sigframe
  uint64_t return_address;
  UserContext user;
  siginfo_t info;
};
static_assert(sizeof(SignalContext) == 256 && sizeof(SignalFrame) == 8 + 304 + 128);

struct SignalFrameOptions {
  Addr stack_pointer;  // where to build downwards from; the red zone already skipped
  siginfo_t info;
  uint64_t mask;
  SignalStack stack;
  uint64_t restorer;
  uint64_t trap_number, error, fault_address;
};

// Writes frame and extended state below options.stack_pointer and makes `registers` those of the handler's first
// instruction. EFAULT if the stack cannot be written.
Result<void> PushSignalFrame(GuestMemory& memory, const SignalFrameOptions& options, Addr handler,
                             const std::vector<uint8_t>& extended_state, Registers* registers);

// The other way: `registers->rsp` is as rt_sigreturn finds it. `extended_state` has the size of the machine's; it
// becomes empty if the frame has none.
struct RestoredFrame {
  uint64_t mask;
  SignalStack stack;
};
Result<RestoredFrame> PopSignalFrame(GuestMemory& memory, Registers* registers, std::vector<uint8_t>* extended_state);

}  // namespace sandbox
#endif  // SANDBOX_ARCH_SIGNAL_FRAME_H_
