// The table of system calls: every x86-64 number that Linux has given out, what the sentry makes of it, and who serves
// it.
//
// `sandbox syscalls` prints it; table_test holds that no number is missing. A call that is not here, and one whose
// handler is null, answers ENOSYS: programs that probe for newer calls then fall back as they do on an older kernel.
#ifndef SANDBOX_SYSCALLS_TABLE_H_
#define SANDBOX_SYSCALLS_TABLE_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "sandbox/syscalls/handler.h"

namespace sandbox {

enum class Support {
  kFull,     // as Linux does it, as far as programs can tell
  kPartial,  // serves real programs; `missing` says what does not work
  kErrno,    // answers an errno, and `missing` says which and why
};

struct SyscallEntry {
  uint16_t number;
  const char* name;
  Support support;
  const char* missing;     // one line; empty for kFull
  SyscallHandler handler;  // null: ENOSYS
  // How strace shows the arguments, one letter each (strace/format.h).
  const char* arguments;
};

// Numbers end here; larger ones answer ENOSYS.
inline constexpr uint64_t kSyscallEnd = 512;

// Never fails: unknown numbers give an entry named "unknown" without a handler.
const SyscallEntry& FindSyscall(uint64_t number);
// Null if there is no call of that name; for policies and strace filters.
const SyscallEntry* FindSyscallByName(std::string_view name);

// The table as `sandbox syscalls` prints it, a line a call, and the counts.
std::string DescribeSyscalls();

// The rows, by who serves them.
absl::Span<const SyscallEntry> FileSyscalls();
absl::Span<const SyscallEntry> KernelSyscalls();
absl::Span<const SyscallEntry> IpcSyscalls();
absl::Span<const SyscallEntry> SocketSyscalls();

}  // namespace sandbox

#endif  // SANDBOX_SYSCALLS_TABLE_H_
