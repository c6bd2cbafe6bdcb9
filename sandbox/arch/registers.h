// The x86-64 user registers of a guest thread, in the layout of PTRACE_GETREGS
// (linux/arch/x86/include/uapi/asm/ptrace.h).
#ifndef SANDBOX_ARCH_REGISTERS_H_
#define SANDBOX_ARCH_REGISTERS_H_

#include <sys/user.h>

#include <cstdint>

namespace sandbox {

using Registers = user_regs_struct;

// Segment selectors of 64-bit user code; anything else is a guest that jumped into 32-bit mode.
inline constexpr uint64_t kUserCodeSegment = 0x33;
inline constexpr uint64_t kUserStackSegment = 0x2b;

// Which of the flags a signal handler's return may set (the kernel's FIX_EFLAGS); the others stay the platform's.
inline constexpr uint64_t kSettableFlags = 0x50dd5;

}  // namespace sandbox
#endif  // SANDBOX_ARCH_REGISTERS_H_
