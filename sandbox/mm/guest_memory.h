// Access to a guest's memory from the sentry.
//
// Every byte a system call reads from or writes to the guest passes through here. Addresses are checked against the
// guest's own mappings and protections (EFAULT otherwise); nothing else is dereferenced. Another guest thread may
// change the memory at any moment: read a structure once into a copy, check the copy, use the copy.
//
// Runs under the kernel lock.
#ifndef SANDBOX_MM_GUEST_MEMORY_H_
#define SANDBOX_MM_GUEST_MEMORY_H_

#include <sys/uio.h>

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/types/span.h"
#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"

namespace sandbox {

// A piece of guest memory named by a system call: one element of an iovec, checked to lie in the guest's half of the
// address space, not yet checked to be mapped.
struct GuestRange {
  Addr address;
  size_t length;
};

class GuestMemory {
 public:
  virtual ~GuestMemory() = default;

  // Copies as much as is accessible; returns the number of bytes (0: the first byte is not accessible).
  virtual size_t CopyInPartly(void* to, Addr from, size_t length) = 0;
  virtual size_t CopyOutPartly(Addr to, const void* from, size_t length) = 0;

  // Appends pieces of sentry memory that are the guest's own bytes [address, address + length), as far as accessible
  // and without crossing into memory that has no such pieces (host files mapped directly): the total length may be
  // shorter than asked, or 0; then use the copies above. Valid until the kernel lock is released.
  virtual size_t HostVectors(Addr address, size_t length, bool write, std::vector<iovec>* out) = 0;

  // All or EFAULT.
  Result<void> CopyIn(void* to, Addr from, size_t length) {
    return CopyInPartly(to, from, length) == length ? Ok() : Error(EFAULT);
  }
  Result<void> CopyOut(Addr to, const void* from, size_t length) {
    return CopyOutPartly(to, from, length) == length ? Ok() : Error(EFAULT);
  }

  template <typename T>
  requires std::is_trivially_copyable_v<T> Result<T> Read(Addr from) {
    T value;
    RETURN_IF_ERROR(CopyIn(&value, from, sizeof(T)));
    return value;
  }
  template <typename T>
  requires std::is_trivially_copyable_v<T> Result<void> Write(Addr to, const T& value) {
    return CopyOut(to, &value, sizeof(T));
  }
  template <typename T>
  Result<std::vector<T>> ReadArray(Addr from, size_t count) {
    std::vector<T> values(count);
    RETURN_IF_ERROR(CopyIn(values.data(), from, count * sizeof(T)));
    return values;
  }

  // The string up to its NUL. ENAMETOOLONG if there is none among the first `limit` bytes (paths: PATH_MAX).
  Result<std::string> CopyInString(Addr from, size_t limit);

  // A null-terminated array of strings (argv, envp). E2BIG beyond `limit` bytes in all, pointers included.
  Result<std::vector<std::string>> CopyInStrings(Addr from, size_t limit);

  // `count` struct iovec. EINVAL if count > IOV_MAX or a length or the sum does not fit in ssize_t, EFAULT for
  // addresses outside the guest's half. The sum is cut at MAX_RW_COUNT (0x7ffff000) as Linux does.
  Result<std::vector<GuestRange>> CopyInIovecs(Addr from, uint64_t count);
};

// Lengths of one read or write are cut to this.
inline constexpr size_t kMaxReadWrite = 0x7ffff000;
// The end of the guest's half of the address space (less than the host's: the platform keeps the top for itself).
inline constexpr Addr kGuestAddressEnd = 0x7fff'f000'0000;

}  // namespace sandbox
#endif  // SANDBOX_MM_GUEST_MEMORY_H_
