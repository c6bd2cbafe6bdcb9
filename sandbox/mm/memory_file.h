// All memory of all guests: one memfd.
//
// Offsets are handed out in page-aligned extents. An extent costs nothing until a page of it is touched, so a caller
// may reserve as much as a guest maps. Every page has a reference count; the last DecRef punches the page out of the
// file and the offset may be handed out again. Stubs map pieces of the descriptor; the sentry sees the same bytes
// through Pointer.
//
// Runs under the kernel lock.
#ifndef SANDBOX_MM_MEMORY_FILE_H_
#define SANDBOX_MM_MEMORY_FILE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"

namespace sandbox {

class MemoryFile {
 public:
  // `limit_bytes` 0: no limit but the host's. Else `limited_fd`, which it takes over, is an empty file that the host
  // lets hold no more: a guest that touches more of what it reserved gets SIGBUS from the host. -1: only checked when
  // memory is reserved.
  static absl::StatusOr<std::unique_ptr<MemoryFile>> Create(uint64_t limit_bytes, int limited_fd = -1);
  ~MemoryFile();

  int fd() const { return fd_; }

  // Reserves an extent of `length` bytes (rounded up to pages), zero-filled, with one reference. `hint` asks for that
  // very offset (so that neighbours in the guest are neighbours in the file) and is ignored if it is taken.
  Result<uint64_t> Allocate(uint64_t length, uint64_t hint = 0);
  void IncRef(uint64_t offset, uint64_t length);
  void DecRef(uint64_t offset, uint64_t length);
  // Whether every page of the extent has exactly one reference.
  bool Unshared(uint64_t offset, uint64_t length) const;

  // The sentry's address of byte `offset`, good for *contiguous more bytes: `length`, or up to the end of the chunk.
  // ENOMEM if the host refuses the mapping, or the memory because of the limit.
  Result<char*> Pointer(uint64_t offset, uint64_t length, uint64_t* contiguous);

  // Bytes that the host really holds.
  uint64_t UsedBytes() const;
  uint64_t limit_bytes() const { return limit_bytes_; }
  // Whether there is a limit and not another page below it.
  bool Full() const { return limit_bytes_ != 0 && UsedBytes() + kPageSize > limit_bytes_; }

 private:
  struct Extent {
    uint64_t end;
    uint32_t references;
  };
  using Extents = std::map<uint64_t, Extent>;

  MemoryFile(int fd, uint64_t limit_bytes) : fd_(fd), limit_bytes_(limit_bytes) {}
  // Makes `offset` the beginning of an extent if one crosses it.
  void SplitAt(uint64_t offset);
  // Back to the host, and to the free offsets.
  void Release(uint64_t offset, uint64_t length);
  // Small extents that were freed are kept with their pages for the next of the same size: to clear a page costs a
  // tenth of giving it back and getting another.
  bool Keep(uint64_t offset, uint64_t length);
  std::optional<uint64_t> TakeKept(uint64_t length);
  std::optional<uint64_t> TakeFree(uint64_t length, uint64_t hint);

  const int fd_;
  const uint64_t limit_bytes_;
  uint64_t next_ = 0;                                       // never handed out yet from here
  Extents extents_;                                         // in use, by start
  std::map<uint64_t, uint64_t> free_;                       // start -> end, below next_
  std::vector<char*> chunks_;                               // the sentry's mapping of each chunk, or null
  static constexpr uint64_t kKeptPages = 4;                 // the largest extent that is kept
  static constexpr size_t kMaxKept = 32;                    // of each size
  std::array<std::vector<uint64_t>, kKeptPages + 1> kept_;  // by length in pages
};

}  // namespace sandbox
#endif  // SANDBOX_MM_MEMORY_FILE_H_
