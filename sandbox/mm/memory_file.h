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

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"

namespace sandbox {

class MemoryFile {
 public:
  // `limit_bytes` 0: no limit but the host's.
  static absl::StatusOr<std::unique_ptr<MemoryFile>> Create(uint64_t limit_bytes);
  ~MemoryFile();

  int fd() const { return fd_; }

  // Reserves an extent of `length` bytes (rounded up to pages), zero-filled, with one reference. `hint` asks for that
  // very offset (so that neighbours in the guest are neighbours in the file) and is ignored if it is taken.
  Result<uint64_t> Allocate(uint64_t length, uint64_t hint = 0);
  void IncRef(uint64_t offset, uint64_t length);
  void DecRef(uint64_t offset, uint64_t length);
  // Whether every page of the extent has exactly one reference.
  bool Unshared(uint64_t offset, uint64_t length) const;

  // The sentry's address of byte `offset`, good for *contiguous more bytes (at least up to the page's end).
  // ENOMEM if the host refuses the mapping.
  Result<char*> Pointer(uint64_t offset, uint64_t* contiguous);

  // Bytes that the host really holds.
  uint64_t UsedBytes() const;
  uint64_t limit_bytes() const { return limit_bytes_; }

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

  const int fd_;
  const uint64_t limit_bytes_;
  uint64_t next_ = 0;                  // never handed out yet from here
  Extents extents_;                    // in use, by start
  std::map<uint64_t, uint64_t> free_;  // start -> end, below next_
  std::vector<char*> chunks_;          // the sentry's mapping of each chunk, or null
};

}  // namespace sandbox
#endif  // SANDBOX_MM_MEMORY_FILE_H_
