// How one argument of a system call is shown. The letter comes from the call's row in the table:
//   d signed   u unsigned   x hexadecimal   o octal   z size   p address   f descriptor   D dirfd   s path or string
//   w bytes the call reads, their number in the next argument   r bytes it wrote, their number is the result
//   v iovec   V array of strings   S struct stat   i int[2]
//   O open flags   A access mode   a AT_ flags   W whence   K fcntl command   c ioctl command
//   P protection   M mmap flags   C clone flags   g signal
#ifndef SANDBOX_STRACE_FORMAT_H_
#define SANDBOX_STRACE_FORMAT_H_

#include <string>
#include <string_view>

#include "sandbox/mm/guest_memory.h"
#include "sandbox/syscalls/handler.h"

namespace sandbox::strace {

// Whether the argument can only be shown after the call.
bool IsOutput(char letter);

// `result` is meaningful for output letters only: bytes written, or negative when the call failed.
std::string FormatArgument(GuestMemory& memory, char letter, const SyscallArguments& arguments, int index,
                           int64_t result);

// "Hello\n", cut at `limit` with "...".
std::string Quote(std::string_view bytes, size_t limit, bool cut);

// 0x0001|0x0004 -> "A|C".
struct FlagName {
  uint64_t value;
  const char* name;
};
std::string FormatFlags(uint64_t value, const FlagName* names, size_t count);

}  // namespace sandbox::strace

#endif  // SANDBOX_STRACE_FORMAT_H_
