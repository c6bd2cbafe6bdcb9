// Where a read puts its bytes and a write takes them from: guest memory (one range or an iovec) or memory of the
// sentry.
//
// Every copy moves on, so a file that delivers in pieces just keeps copying:
//
//   Result<size_t> Pipe::Read(IoBuffer& to) {
//     size_t n = std::min(to.remaining(), data_.size());
//     ASSIGN_OR_RETURN(size_t copied, to.CopyOut(data_.data(), n));   // EFAULT only if nothing could be copied
//     data_.erase(0, copied);
//     return copied;
//   }
#ifndef SANDBOX_MM_IO_BUFFER_H_
#define SANDBOX_MM_IO_BUFFER_H_

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sandbox/abi/result.h"
#include "sandbox/mm/guest_memory.h"

namespace sandbox {

class IoBuffer {
 public:
  // One range of guest memory; `length` is cut at kMaxReadWrite.
  IoBuffer(GuestMemory* memory, Addr address, size_t length);
  IoBuffer(GuestMemory* memory, std::vector<GuestRange> ranges);
  // Memory of the sentry (the ELF loader, sendfile). The caller keeps it alive; CopyIn never writes to it.
  IoBuffer(void* data, size_t length);

  size_t remaining() const { return remaining_; }
  // Bytes moved so far.
  size_t done() const { return done_; }
  // No more than `n` bytes are left.
  void Limit(size_t n) { remaining_ = std::min(remaining_, n); }

  // Into the buffer (a file's read). Returns how many bytes fit and were accessible; EFAULT if n > 0 and none were.
  Result<size_t> CopyOut(const void* from, size_t n);
  // Zeroes into the buffer.
  Result<size_t> ZeroOut(size_t n);
  // Out of the buffer (a file's write).
  Result<size_t> CopyIn(void* to, size_t n);

  // Sentry addresses of the next bytes, at most `n` of them, for preadv/pwritev on a host descriptor; `write` when the
  // memory will be written. May be shorter than `n`; EFAULT if empty because of a bad address. Call Advance with what
  // was used. If the memory has no such addresses, a bounce buffer is needed: `bounce` is set and no vector returned.
  Result<std::vector<iovec>> HostVectors(size_t n, bool write, bool* bounce);
  void Advance(size_t n);

 private:
  template <typename Copy>
  Result<size_t> ForEachPiece(size_t n, Copy copy);

  GuestMemory* memory_ = nullptr;  // null: the ranges are addresses of our own
  std::vector<GuestRange> ranges_;
  size_t index_ = 0;
  size_t offset_ = 0;  // in ranges_[index_]
  size_t remaining_ = 0;
  size_t done_ = 0;
};

}  // namespace sandbox
#endif  // SANDBOX_MM_IO_BUFFER_H_
