// Reads and writes that wait as the description's O_NONBLOCK flag says; for every family that moves bytes.
#ifndef SANDBOX_SYSCALLS_BLOCKING_IO_H_
#define SANDBOX_SYSCALLS_BLOCKING_IO_H_

#include "sandbox/abi/result.h"
#include "sandbox/mm/io_buffer.h"
#include "sandbox/vfs/file.h"

namespace sandbox {

// The caller holds `file` by a shared_ptr and has checked its access mode.
Result<size_t> ReadBlocking(Task& task, File& file, IoBuffer& to);
// RLIMIT_FSIZE (setrlimit(2)): of what is to be written to a regular file at `offset` nothing is left that would lie
// beyond; EFBIG and SIGXFSZ where that is all.
Result<void> LimitFileSize(Task& task, File& file, IoBuffer& from, uint64_t offset);
// The same for a new size.
Result<void> CheckFileSize(Task& task, uint64_t size);
// Goes on until all is written; a part if a signal or an error comes between. Raises SIGPIPE with EPIPE.
Result<size_t> WriteBlocking(Task& task, File& file, IoBuffer& from);
Result<size_t> WriteAtBlocking(Task& task, File& file, IoBuffer& from, uint64_t offset);
// At the end of a regular file.
Result<size_t> AppendBlocking(Task& task, File& file, IoBuffer& from);

}  // namespace sandbox

#endif  // SANDBOX_SYSCALLS_BLOCKING_IO_H_
