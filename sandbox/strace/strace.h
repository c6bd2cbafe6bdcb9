// One line per guest system call, as strace(1) would show it.
//
//   strace::Start(filter, /*fd=*/2);             // of --strace[=FILTER]
//   ...
//   strace::Call call(task, entry, arguments);   // before the call: strings are read now
//   SyscallResult result = entry.handler(task, arguments);
//   call.Finish(result);                          // writes "[pid 1] openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3
//   <0.000012>"
//
// Costs one branch a call when off. Runs under the kernel lock.
#ifndef SANDBOX_STRACE_STRACE_H_
#define SANDBOX_STRACE_STRACE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sandbox/syscalls/handler.h"
#include "sandbox/syscalls/table.h"

namespace sandbox::strace {

// `filter`: names of calls and classes (%file, %desc, %memory, %network, %process, %signal), separated by commas; "all"
// is all. A leading "!" turns it around. Lines go to `fd`. Fails on a name that is no call.
absl::Status Start(std::string_view filter, int fd);

extern bool active;

class Call {
 public:
  Call(Task& task, const SyscallEntry& entry, const SyscallArguments& arguments);
  void Finish(const SyscallResult& result);

 private:
  Task& task_;
  const SyscallEntry& entry_;
  const SyscallArguments arguments_;
  bool wanted_;
  int64_t begin_ = 0;
  int pid_ = 0;
  std::string text_;  // decoded so far
  int decoded_ = 0;   // arguments in text_
};

}  // namespace sandbox::strace

#endif  // SANDBOX_STRACE_STRACE_H_
