// One guest address space: what the guest asked for, where it lives, and the copies that keep processes apart.
//
// Two maps, both ordered by address. A *VMA* is what the guest asked for with mmap: protection, sharing, file. A *PMA*
// says where the bytes of a part of a VMA live: in the MemoryFile, or in a file of the host that is mapped as it is.
// The stub's host mappings follow the PMAs: every change here queues the matching change in the AddressSpace.
//
// Memory is mapped when it is asked for, not when it is touched: a sparse extent of the MemoryFile costs nothing, and
// the host fills its pages without the sentry. Faults reach us only for copy-on-write (after a fork, or in a private
// mapping of a file), which is why such PMAs are mapped without PROT_WRITE.
//
// Runs under the kernel lock.
#ifndef SANDBOX_MM_MEMORY_MANAGER_H_
#define SANDBOX_MM_MEMORY_MANAGER_H_

#include <sys/mman.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"
#include "sandbox/mm/guest_memory.h"
#include "sandbox/mm/mappable.h"
#include "sandbox/mm/memory_file.h"
#include "sandbox/platform/platform.h"

namespace sandbox {

// A mapping as the guest asked for it.
struct Vma {
  Addr end = 0;
  int prot = 0;
  bool shared = false;
  bool may_write = true;  // false: a shared mapping of a file that was not opened for writing
  bool grows_down = false;
  bool dont_fork = false;
  bool wipe_on_fork = false;
  bool locked = false;
  std::shared_ptr<Mappable> file;  // null: anonymous
  uint64_t file_offset = 0;        // of the VMA's first byte
  std::string name;                // "[heap]", "[stack]"; else the file's
};

class MemoryManager : public GuestMemory {
 public:
  MemoryManager(std::shared_ptr<MemoryFile> memory_file, std::shared_ptr<AddressSpace> address_space);
  ~MemoryManager() override;

  struct MapOptions {
    Addr address = 0;  // a hint, or with `fixed` the place
    uint64_t length = 0;
    int prot = 0;
    bool shared = false;
    bool fixed = false;
    bool no_replace = false;  // MAP_FIXED_NOREPLACE
    bool grows_down = false;
    bool below_4g = false;  // MAP_32BIT
    bool may_write = true;
    std::shared_ptr<Mappable> file;
    uint64_t file_offset = 0;
    std::string name;
  };
  Result<Addr> Map(MapOptions options);
  Result<void> Unmap(Addr start, uint64_t length);
  Result<void> Protect(Addr start, uint64_t length, int prot);
  // mremap(2); `flags` are MREMAP_*.
  Result<Addr> Remap(Addr old_start, uint64_t old_length, uint64_t new_length, int flags, Addr new_address);
  Result<void> Advise(Addr start, uint64_t length, int advice);
  Result<void> Sync(Addr start, uint64_t length, int flags);
  // ENOMEM if part of the range is not mapped.
  Result<void> CheckMapped(Addr start, uint64_t length) const;
  void SetLocked(Addr start, uint64_t length, bool locked);

  // brk(2): returns the break, unchanged if it cannot be what was asked.
  Addr Brk(Addr wanted, uint64_t data_limit);
  void SetBrkStart(Addr start) { brk_start_ = brk_ = start; }

  // A fault of the guest at `address`. True: mended (or nothing to mend: try again). Else the signal it deserves.
  struct FaultResult {
    bool mended;
    int signal;
    int code;  // si_code
  };
  FaultResult HandleFault(Addr address);

  // fork: write-protects what becomes shared, in the parent's queue of changes. Then the platform forks, and `Fork`
  // builds the child's half on the copied address space. Pages of `hot_stack` and those written soon after earlier
  // forks are copied ahead and stay writable on both sides.
  void PrepareFork(Addr stack_pointer);
  // Null if memory ran out.
  std::shared_ptr<MemoryManager> Fork(std::shared_ptr<AddressSpace> copy);

  // execve: this manager takes over the address space of `old`, which it has queued to be emptied; the pages of `old`
  // are freed when that has happened.
  void ReleaseWhenApplied(MemoryManager* old);
  // Frees what unmappings that have taken place by now gave up.
  void ReleaseApplied() {
    if (!deferred_.empty()) ReleaseDeferred();
  }

  // GuestMemory.
  size_t CopyInPartly(void* to, Addr from, size_t length) override;
  size_t CopyOutPartly(Addr to, const void* from, size_t length) override;
  size_t HostVectors(Addr address, size_t length, bool write, std::vector<iovec>* out) override;

  // Identity of the memory behind an address, for futexes shared between processes: an object and an offset. Private
  // memory answers {this, address}.
  struct SharedKey {
    const void* object;
    uint64_t offset;
    friend bool operator==(const SharedKey&, const SharedKey&) = default;
  };
  Result<SharedKey> KeyOf(Addr address);
  // A pointer to an aligned word, for atomic operations on it; null if the guest may not write it.
  uint32_t* WordPointer(Addr address, bool write);

  const std::map<Addr, Vma>& vmas() const { return vmas_; }
  const std::shared_ptr<AddressSpace>& address_space() const { return address_space_; }
  const std::shared_ptr<MemoryFile>& memory_file() const { return memory_file_; }
  uint64_t mapped_bytes() const { return mapped_bytes_; }
  uint64_t address_limit = ~uint64_t{0};  // RLIMIT_AS

  // What exec leaves for /proc: where arguments, environment and stack lie.
  struct Layout {
    Addr arg_start = 0, arg_end = 0, env_start = 0, env_end = 0, stack_start = 0, code_start = 0, code_end = 0;
    std::vector<uint64_t> auxv;
  };
  Layout layout;
  Addr brk_start() const { return brk_start_; }
  Addr brk() const { return brk_; }

 private:
  // Where bytes live: `fd` is the MemoryFile's or a host file's.
  struct Pma {
    Addr end = 0;
    bool in_memory_file = true;
    int fd = -1;
    uint64_t offset = 0;
    bool copy_on_write = false;
    bool shared_host_mapping = true;  // how the stub maps it
    std::shared_ptr<Mappable> keep;   // holds fd open
    uint64_t queued_number = 0;       // the change that maps it
  };
  using Vmas = std::map<Addr, Vma>;
  using Pmas = std::map<Addr, Pma>;

  Vmas::iterator FindVma(Addr address);
  Pmas::iterator FindPma(Addr address);
  void SplitVmaAt(Addr address);
  void SplitPmaAt(Addr address);
  void MergeVmaBackward(Vmas::iterator it);

  Result<Addr> ChooseAddress(const MapOptions& options);
  std::optional<Addr> FindGap(uint64_t length, Addr low, Addr high) const;
  // The same in the area for mappings without an address, going on where the last search ended.
  std::optional<Addr> FindGapBelowLast(uint64_t length);
  // The VMAs of the range have gone.
  void NoteGap(AddrRange range);
  // What the stub has, or is about to have, mapped in a range.
  enum class Stale { kNothing, kQueued, kApplied };
  // Forget VMAs and PMAs of the range; what they say is stale must be unmapped, at once if it has been applied.
  Stale RemoveRange(AddrRange range);
  Stale RemovePmas(AddrRange range);
  // Gives every accessible part of the range a PMA, as far as the file reaches.
  Result<void> Populate(AddrRange range, bool urgent);
  Result<Addr> PopulatePiece(const Vma& vma, Addr vma_start, AddrRange piece, bool urgent);
  Result<Addr> PopulateFile(const Vma& vma, Addr vma_start, AddrRange piece, bool urgent);
  bool CopyFileAhead(const Vma& vma, const Mappable::Extent& extent, AddrRange piece, bool urgent);
  void InsertPma(AddrRange range, Pma pma, const Vma& vma, bool urgent);
  void QueueMap(Addr start, const Pma& pma, const Vma& vma, bool urgent);
  void QueueProtect(Addr start, const Pma& pma, const Vma& vma);
  // Makes the pages of `range`, within one copy-on-write PMA, private to this address space.
  Result<void> BreakCopyOnWrite(Pmas::iterator pma, AddrRange range, const Vma& vma);
  Result<void> CopyPages(const Pma& from, Addr pma_start, AddrRange range, uint64_t target);
  // fork: gives `child` its own copy of the pages of neighbouring PMAs that both sides keep writable, from `first` on.
  // The PMA after them.
  Result<Pmas::iterator> CopyAhead(Pmas::iterator first, const Vma& vma, MemoryManager* child);
  void Defer(uint64_t offset, uint64_t length, std::shared_ptr<Mappable> keep);
  void ReleaseDeferred();
  // A small anonymous mapping that was unmapped, but not in the stub yet, is wanted again: gives it back, cleared,
  // which costs the stub nothing.
  bool TakeBack(const Vma& vma, AddrRange range);
  void NoteHotPage(Addr page);
  Result<void> DropPages(AddrRange range);

  // The PMA that holds `address` if the guest may access it so; makes it present and, to write, private as far as
  // `length` goes. pmas_.end() if it may not.
  Pmas::iterator Access(Addr address, size_t length, bool write);
  template <typename Copy>
  size_t ForEachPiece(Addr address, size_t length, bool write, Copy copy);

  std::shared_ptr<MemoryFile> memory_file_;
  std::shared_ptr<AddressSpace> address_space_;
  Vmas vmas_;
  Pmas pmas_;
  Addr brk_start_ = 0;
  Addr brk_ = 0;
  uint64_t mapped_bytes_ = 0;
  // No gap of `searched_length_` bytes or more lies above `searched_to_`: thousands of small VMAs are not looked at
  // again for each new one.
  Addr searched_to_ = ~Addr{0};
  uint64_t searched_length_ = 0;

  struct Deferred {
    uint64_t number;
    uint64_t offset;
    uint64_t length;  // 0: only `keep`
    std::shared_ptr<Mappable> keep;
    // Of a whole private anonymous mapping, which may come back (TakeBack); else empty.
    AddrRange range{0, 0};
    int prot = 0;
    uint64_t mapped_number = 0;  // the change that mapped it
  };
  std::vector<Deferred> deferred_;

  // Written soon after a fork, by either side: one list for a program and what it forks, until exec.
  std::shared_ptr<std::vector<Addr>> hot_pages_ = std::make_shared<std::vector<Addr>>();
  std::vector<Addr> ahead_;  // between PrepareFork and Fork: pages to copy now
};

}  // namespace sandbox
#endif  // SANDBOX_MM_MEMORY_MANAGER_H_
