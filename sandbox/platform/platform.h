// Running guest code until it traps.
//
// Three things: a Platform makes the first address space; an AddressSpace is what one guest process (or several, with
// CLONE_VM) sees as memory; a Context runs one guest thread in one address space. Everything above this room sees
// guests only through these, so a platform may stop its guests by ptrace, by traps inside their own process, or by
// virtualisation.
//
//   Trap trap = context->Run(&registers, Changed::kAll);
//   if (trap.kind == Trap::Kind::kSyscall) { ... registers.orig_rax is the number ... }
//
// Threads: one sentry thread drives one context: it calls Bind first, then everything else. Interrupt may come from any
// thread. AddressSpace's functions and Prepare run under the kernel lock; Run does not.
#ifndef SANDBOX_PLATFORM_PLATFORM_H_
#define SANDBOX_PLATFORM_PLATFORM_H_

#include <signal.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"
#include "sandbox/arch/registers.h"

namespace sandbox {

// Host mappings of one guest address space. Changes are collected and applied together, at the latest before a context
// of this address space runs again if one of them is urgent, else at the next fault.
class AddressSpace {
 public:
  virtual ~AddressSpace() = default;

  struct Mapping {
    AddrRange range;  // page aligned, below kGuestAddressEnd
    int prot;         // PROT_*
    int fd;           // of the sentry; stays open until the change is applied
    uint64_t offset;
    bool shared;  // MAP_SHARED rather than MAP_PRIVATE
  };
  // Replaces whatever is mapped in the range.
  virtual void Map(const Mapping& mapping, bool urgent) = 0;
  virtual void Unmap(AddrRange range, bool urgent) = 0;
  virtual void Protect(AddrRange range, int prot, bool urgent) = 0;

  // Withdraws an unmapping of exactly this range that has not been applied, if nothing was changed there since: what is
  // mapped stays. False if there is none.
  virtual bool TakeBackUnmap(AddrRange range) = 0;

  // Every change so far has a number at most queued(); those up to applied() have taken place. Memory that an unmapping
  // freed must not be used for anything else before.
  virtual uint64_t queued() const = 0;
  virtual uint64_t applied() const = 0;
  // Applies what is queued, urgent or not, before the next Run.
  virtual void MakeUrgent() = 0;
};

// Why the guest stopped.
struct Trap {
  enum class Kind {
    kSyscall,      // a `syscall` instruction; rip is behind it
    kForeignCall,  // an `int 0x80` or a call from 32-bit code: never served
    kVsyscall,     // a call into the vsyscall page; rip is where it would return to
    kException,    // info is the signal the instruction raised, as the host kernel would fill it
    kInterrupted,  // Interrupt was called
    kLost,         // the host killed the guest's process
  };
  Kind kind;
  siginfo_t info;
};

// What of the registers differs from how Run left them.
enum class Changed { kNothing, kResult /* rax only */, kAll };

class Context {
 public:
  virtual ~Context() = default;

  // Makes the calling thread the one that drives this context. Once, before anything else.
  virtual Result<void> Bind() = 0;

  // Takes the address space's changes if they must be applied now. Returns whether Run may go on without the kernel
  // lock (no: another context shares the address space and changes are to be applied; then call Apply under the lock).
  virtual bool Prepare() = 0;
  virtual void Apply() = 0;
  virtual Trap Run(Registers* registers, Changed changed) = 0;
  virtual void Interrupt() = 0;

  // XSAVE image of the floating-point and vector state; only between Runs.
  virtual std::vector<uint8_t> GetExtendedState() = 0;
  virtual bool SetExtendedState(const std::vector<uint8_t>& state) = 0;
  virtual void ResetExtendedState() = 0;

  // A context for another thread in this address space, with this one's extended state.
  virtual Result<std::unique_ptr<Context>> NewThread() = 0;
  // A context in a copy of this address space as it is once what is queued has been applied.
  virtual Result<std::unique_ptr<Context>> Fork() = 0;
  // Leaves the address space for an empty one (execve).
  virtual Result<void> NewAddressSpace() = 0;
  virtual const std::shared_ptr<AddressSpace>& address_space() const = 0;

  // CPU time in nanoseconds that the guests of this address space have used so far, all threads together.
  virtual int64_t GuestTime() const = 0;

  // Around a wait of the thread that drives the context, for choosing its CPU.
  virtual void WillBlock() = 0;
  virtual void DidBlock() = 0;
  // Between the two: whether the waker may come from another CPU while nobody wants this one, so that looking out for
  // it is cheaper than to sleep.
  virtual bool MaySpin() const = 0;
};

class Platform {
 public:
  virtual ~Platform() = default;
  // A context in an empty address space.
  virtual absl::StatusOr<std::unique_ptr<Context>> FirstContext() = 0;
  // Where every address space has the ELF image of a vDSO, above what guests can map; 0: nowhere. Known from
  // FirstContext on.
  virtual Addr vdso() const = 0;
  // Gives a guest a CPU of its own if it shares one while another is idle. False: there is nothing to watch for now;
  // true: ask again in some milliseconds. Any thread.
  virtual bool Balance() = 0;
};

}  // namespace sandbox
#endif  // SANDBOX_PLATFORM_PLATFORM_H_
