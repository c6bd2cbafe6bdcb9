// What a system call's handler looks like.
//
//   SyscallResult SysGetpid(Task& task, const SyscallArguments& a) { return task.thread_group().id(); }
//
// Arguments arrive as the six registers; a handler narrows them itself, as the kernel does: `static_cast<int>(a[0])`
// for a descriptor, `a.Address(1)` for a pointer. Handlers run under the kernel lock.
#ifndef SANDBOX_SYSCALLS_HANDLER_H_
#define SANDBOX_SYSCALLS_HANDLER_H_

#include <array>
#include <cstdint>

#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"

namespace sandbox {

class Task;

struct SyscallArguments {
  std::array<uint64_t, 6> value{};

  uint64_t operator[](int i) const { return value[i]; }
  int Int(int i) const { return static_cast<int>(value[i]); }
  uint32_t Uint(int i) const { return static_cast<uint32_t>(value[i]); }
  int64_t Long(int i) const { return static_cast<int64_t>(value[i]); }
  Addr Address(int i) const { return value[i]; }
};

// The value for rax, or an errno.
using SyscallResult = Result<uint64_t>;
using SyscallHandler = SyscallResult (*)(Task& task, const SyscallArguments& arguments);

}  // namespace sandbox
#endif  // SANDBOX_SYSCALLS_HANDLER_H_
