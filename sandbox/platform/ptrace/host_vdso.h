// The host's vDSO, lent to guests.
//
// The vDSO is a page or two of code that the kernel maps into every process; with the data pages before it ([vvar]) it
// tells the time and the CPU without a system call. A stub process starts as a copy of the sentry and so has both; it
// moves them above everything a guest can name (kStubVdso), and the loader tells programs where (AT_SYSINFO_EHDR). A
// guest thus reads the same clocks as its host, steps of CLOCK_REALTIME included, in tens of nanoseconds. Where the
// code cannot answer (another clock source, a per-process clock) it executes `syscall`, which stops the guest like any
// other.
#ifndef SANDBOX_PLATFORM_PTRACE_HOST_VDSO_H_
#define SANDBOX_PLATFORM_PTRACE_HOST_VDSO_H_

#include <array>
#include <cstddef>

#include "sandbox/abi/address.h"

namespace sandbox {

struct HostVdso {
  static constexpr size_t kMaxPieces = 4;
  // Data pages and code as they lie in this process, ascending and without gaps; count 0: none that could be lent.
  std::array<AddrRange, kMaxPieces> pieces{};
  size_t count = 0;
  Addr code = 0;  // where the ELF image begins

  Addr start() const { return pieces[0].start; }
  uint64_t length() const { return count == 0 ? 0 : pieces[count - 1].end - start(); }
  // Where `code` lies once the first piece is at `target`.
  Addr CodeAt(Addr target) const { return target + (code - start()); }

  // Moves all pieces of the calling process; for a stub that has not entered its own code yet. False: nothing is lent.
  bool MoveTo(Addr target) const;
};

// From /proc/self/maps, so before the sentry gives up the host's files. None if that cannot be read.
HostVdso FindHostVdso();

}  // namespace sandbox
#endif  // SANDBOX_PLATFORM_PTRACE_HOST_VDSO_H_
