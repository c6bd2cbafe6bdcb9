#include "sandbox/mm/memory_manager.h"

#include <linux/mman.h>

#include <algorithm>
#include <utility>

namespace sandbox {
namespace {

// Where the search for free addresses starts, downwards: below the stack's largest size.
constexpr Addr kMapTop = kGuestAddressEnd - (uint64_t{16} << 30);
constexpr Addr kMapBottom = 0x10000;
// The host's own default limit (vm.max_map_count), which the stub would meet.
constexpr size_t kMaxVmas = 65530;
// A file mapped where there is room and no larger than this is data (a locale, a cache), touched at once; a library's
// first piece is larger or followed by others.
constexpr uint64_t kAloneLimit = 12 * kPageSize;
// Unmapping this little is put off until other changes are applied.
constexpr uint64_t kLazyUnmapLimit = uint64_t{1} << 20;
// What is mapped again at the same place before that and no larger than this is cleared rather than mapped anew.
constexpr uint64_t kTakeBackLimit = 4 * kPageSize;

bool SameKind(const Vma& a, const Vma& b) {
  return a.prot == b.prot && a.shared == b.shared && a.may_write == b.may_write && a.grows_down == b.grows_down &&
         a.dont_fork == b.dont_fork && a.wipe_on_fork == b.wipe_on_fork && a.locked == b.locked && a.file == b.file &&
         a.name == b.name;
}

}  // namespace

MemoryManager::MemoryManager(std::shared_ptr<MemoryFile> memory_file, std::shared_ptr<AddressSpace> address_space)
    : memory_file_(std::move(memory_file)), address_space_(std::move(address_space)) {}

MemoryManager::~MemoryManager() {
  address_space_.reset();  // Kills the stub, if it is the last use: only then are its pages free.
  for (const auto& [start, pma] : pmas_) {
    if (pma.in_memory_file) memory_file_->DecRef(pma.offset, pma.end - start);
  }
  for (const Deferred& deferred : deferred_) {
    if (deferred.length != 0) memory_file_->DecRef(deferred.offset, deferred.length);
  }
}

MemoryManager::Vmas::iterator MemoryManager::FindVma(Addr address) {
  auto it = vmas_.upper_bound(address);
  if (it == vmas_.begin()) return vmas_.end();
  --it;
  return address < it->second.end ? it : vmas_.end();
}

MemoryManager::Pmas::iterator MemoryManager::FindPma(Addr address) {
  auto it = pmas_.upper_bound(address);
  if (it == pmas_.begin()) return pmas_.end();
  --it;
  return address < it->second.end ? it : pmas_.end();
}

void MemoryManager::SplitVmaAt(Addr address) {
  auto it = FindVma(address);
  if (it == vmas_.end() || it->first == address) return;
  Vma upper = it->second;
  if (upper.file != nullptr) upper.file_offset += address - it->first;
  it->second.end = address;
  vmas_.emplace_hint(std::next(it), address, std::move(upper));
}

void MemoryManager::SplitPmaAt(Addr address) {
  auto it = FindPma(address);
  if (it == pmas_.end() || it->first == address) return;
  Pma upper = it->second;
  upper.offset += address - it->first;
  it->second.end = address;
  pmas_.emplace_hint(std::next(it), address, std::move(upper));
}

void MemoryManager::MergeVmaBackward(Vmas::iterator it) {
  if (it == vmas_.begin() || it == vmas_.end()) return;
  auto previous = std::prev(it);
  if (previous->second.end != it->first || !SameKind(previous->second, it->second)) return;
  if (it->second.file != nullptr &&
      previous->second.file_offset + (it->first - previous->first) != it->second.file_offset) {
    return;
  }
  previous->second.end = it->second.end;
  vmas_.erase(it);
}

std::optional<Addr> MemoryManager::FindGap(uint64_t length, Addr low, Addr high) const {
  // From the top down; the gap below each VMA in turn.
  Addr end = high;
  auto it = vmas_.lower_bound(high);
  if (it != vmas_.begin() && std::prev(it)->second.end > high) end = std::prev(it)->first;
  while (true) {
    while (it != vmas_.begin() && std::prev(it)->first >= end) --it;
    const Addr start = it == vmas_.begin() ? low : std::max(low, std::prev(it)->second.end);
    if (end >= start && end - start >= length) return end - length;
    if (it == vmas_.begin() || std::prev(it)->second.end <= low) return std::nullopt;
    --it;
    end = it->first;
    if (end <= low) return std::nullopt;
  }
}

std::optional<Addr> MemoryManager::FindGapBelowLast(uint64_t length) {
  const bool go_on = length >= searched_length_;
  const Addr high = go_on ? std::min(kMapTop, searched_to_) : kMapTop;
  const std::optional<Addr> found = FindGap(length, kMapBottom, high);
  if (!found.has_value()) return found;
  // Right below where the search began, no smaller gap was passed over.
  if (!go_on || *found + length != high) searched_length_ = length;
  searched_to_ = *found;
  return found;
}

void MemoryManager::NoteGap(AddrRange range) {
  const auto above = vmas_.lower_bound(range.end);
  searched_to_ = std::max(searched_to_, above == vmas_.end() ? kMapTop : above->first);
}

Result<Addr> MemoryManager::ChooseAddress(const MapOptions& options) {
  const uint64_t length = options.length;
  if (options.fixed) {
    if (!IsPageAligned(options.address)) return Error(EINVAL);
    if (options.address > kGuestAddressEnd || length > kGuestAddressEnd - options.address) return Error(ENOMEM);
    if (options.address < kMapBottom) return Error(EPERM);
    if (options.no_replace) {
      auto it = vmas_.lower_bound(options.address);
      const bool below = it != vmas_.begin() && std::prev(it)->second.end > options.address;
      if (below || (it != vmas_.end() && it->first < options.address + length)) return Error(EEXIST);
    }
    return options.address;
  }
  const Addr hint = PageFloor(options.address);
  if (hint >= kMapBottom && hint < kGuestAddressEnd && length <= kGuestAddressEnd - hint) {
    auto it = vmas_.lower_bound(hint);
    const bool below = it != vmas_.begin() && std::prev(it)->second.end > hint;
    if (!below && (it == vmas_.end() || it->first >= hint + length)) return hint;
  }
  std::optional<Addr> gap;
  if (options.below_4g) {
    gap = FindGap(length, 0x40000000, 0x80000000);
  } else {
    gap = FindGapBelowLast(length);
  }
  if (!gap.has_value()) return Error(ENOMEM);
  return *gap;
}

Result<Addr> MemoryManager::Map(MapOptions options) {
  if (options.length == 0) return Error(EINVAL);
  if (options.length > kGuestAddressEnd) return Error(ENOMEM);
  options.length = PageCeil(options.length);
  if (!IsPageAligned(options.file_offset)) return Error(EINVAL);
  if (options.file_offset + options.length < options.file_offset) return Error(EOVERFLOW);
  if (options.length > address_limit || mapped_bytes_ > address_limit - options.length) return Error(ENOMEM);
  if (vmas_.size() >= kMaxVmas || pmas_.size() >= kMaxVmas) return Error(ENOMEM);
  ASSIGN_OR_RETURN(const Addr start, ChooseAddress(options));
  const AddrRange range{start, start + options.length};
  const Stale stale = RemoveRange(range);

  Vma vma;
  vma.end = range.end;
  vma.prot = options.prot;
  vma.shared = options.shared;
  vma.may_write = options.may_write;
  vma.grows_down = options.grows_down;
  vma.file = std::move(options.file);
  vma.file_offset = options.file_offset;
  vma.name = std::move(options.name);
  // A mapping of a file over nothing may wait: the guest gets a fault if it touches it before other changes are
  // applied, and a dynamic linker maps several pieces before it touches the first.
  const bool alone = !options.fixed && options.length <= kAloneLimit;
  const bool urgent = stale == Stale::kApplied || vma.file == nullptr || alone;
  if (stale != Stale::kNothing) address_space_->Unmap(range, stale == Stale::kApplied);
  auto it = vmas_.emplace(start, std::move(vma)).first;
  mapped_bytes_ += range.length();
  if (const Result<void> populated = Populate(range, urgent); !populated.ok()) {
    RemoveRange(range);
    return Error(populated.error());
  }
  MergeVmaBackward(std::next(it));
  MergeVmaBackward(it);
  return start;
}

MemoryManager::Stale MemoryManager::RemovePmas(AddrRange range) {
  SplitPmaAt(range.start);
  SplitPmaAt(range.end);
  Stale stale = Stale::kNothing;
  auto it = pmas_.lower_bound(range.start);
  while (it != pmas_.end() && it->first < range.end) {
    Pma& pma = it->second;
    if (stale != Stale::kApplied) {
      stale = pma.queued_number <= address_space_->applied() ? Stale::kApplied : Stale::kQueued;
    }
    if (pma.in_memory_file) Defer(pma.offset, pma.end - it->first, nullptr);
    if (pma.keep != nullptr) Defer(0, 0, std::move(pma.keep));
    it = pmas_.erase(it);
  }
  return stale;
}

MemoryManager::Stale MemoryManager::RemoveRange(AddrRange range) {
  auto it = vmas_.lower_bound(range.start);
  if ((it == vmas_.end() || it->first >= range.end) &&
      (it == vmas_.begin() || std::prev(it)->second.end <= range.start)) {
    return Stale::kNothing;
  }
  SplitVmaAt(range.start);
  SplitVmaAt(range.end);
  it = vmas_.lower_bound(range.start);
  while (it != vmas_.end() && it->first < range.end) {
    mapped_bytes_ -= it->second.end - it->first;
    it = vmas_.erase(it);
  }
  NoteGap(range);
  return RemovePmas(range);
}

Result<void> MemoryManager::Unmap(Addr start, uint64_t length) {
  if (!IsPageAligned(start) || length == 0 || start > kGuestAddressEnd || length > kGuestAddressEnd - start) {
    return Error(EINVAL);
  }
  const AddrRange range{start, start + PageCeil(length)};
  const auto vma = vmas_.find(start);
  const bool whole = vma != vmas_.end() && vma->second.end == range.end && vma->second.file == nullptr;
  const auto pma = pmas_.find(start);
  const bool may_come_back = whole && range.length() <= kTakeBackLimit && pma != pmas_.end() &&
                             pma->second.end == range.end && pma->second.in_memory_file && !pma->second.copy_on_write;
  const int prot = may_come_back ? vma->second.prot : 0;
  const uint64_t mapped_number = may_come_back ? pma->second.queued_number : 0;
  if (RemoveRange(range) == Stale::kNothing) return Ok();
  if (may_come_back) {
    deferred_.back().range = range;
    deferred_.back().prot = prot;
    deferred_.back().mapped_number = mapped_number;
  }
  address_space_->Unmap(range, /*urgent=*/range.length() > kLazyUnmapLimit);
  return Ok();
}

Result<void> MemoryManager::CheckMapped(Addr start, uint64_t length) const {
  Addr next = start;
  const Addr end = start + length;
  auto it = vmas_.upper_bound(start);
  if (it != vmas_.begin()) --it;
  for (; it != vmas_.end() && next < end; ++it) {
    if (it->second.end <= next) continue;
    if (it->first > next) return Error(ENOMEM);
    next = it->second.end;
  }
  return next >= end ? Ok() : Error(ENOMEM);
}

Result<void> MemoryManager::Protect(Addr start, uint64_t length, int prot) {
  if (!IsPageAligned(start)) return Error(EINVAL);
  length = PageCeil(length);
  if (length == 0) return Ok();
  if (start > kGuestAddressEnd || length > kGuestAddressEnd - start) return Error(ENOMEM);
  const AddrRange range{start, start + length};
  RETURN_IF_ERROR(CheckMapped(start, length));
  if (vmas_.size() >= kMaxVmas || pmas_.size() >= kMaxVmas) return Error(ENOMEM);
  SplitVmaAt(range.start);
  SplitVmaAt(range.end);
  SplitPmaAt(range.start);
  SplitPmaAt(range.end);
  for (auto it = vmas_.lower_bound(start); it != vmas_.end() && it->first < range.end; ++it) {
    Vma& vma = it->second;
    if ((prot & PROT_WRITE) != 0 && vma.shared && !vma.may_write) return Error(EACCES);
    const int before = std::exchange(vma.prot, prot);
    if (before == prot) continue;
    for (auto pma = pmas_.lower_bound(it->first); pma != pmas_.end() && pma->first < vma.end; ++pma) {
      QueueProtect(pma->first, pma->second, vma);
    }
  }
  RETURN_IF_ERROR(Populate(range, /*urgent=*/true));
  for (auto it = vmas_.lower_bound(start); it != vmas_.end() && it->first <= range.end;) {
    auto next = std::next(it);
    MergeVmaBackward(it);
    it = next;
  }
  return Ok();
}

Addr MemoryManager::Brk(Addr wanted, uint64_t data_limit) {
  if (wanted < brk_start_ || wanted >= kGuestAddressEnd || wanted - brk_start_ > data_limit) return brk_;
  const Addr old_end = PageCeil(brk_);
  const Addr new_end = PageCeil(wanted);
  if (new_end < old_end) {
    if (!Unmap(new_end, old_end - new_end).ok()) return brk_;
  } else if (new_end > old_end) {
    MapOptions options;
    options.address = old_end;
    options.length = new_end - old_end;
    options.prot = PROT_READ | PROT_WRITE;
    options.fixed = true;
    options.no_replace = true;
    options.name = "[heap]";
    if (!Map(options).ok()) return brk_;
  }
  brk_ = wanted;
  return brk_;
}

void MemoryManager::SetLocked(Addr start, uint64_t length, bool locked) {
  const AddrRange range{PageFloor(start), PageCeil(start + length)};
  SplitVmaAt(range.start);
  SplitVmaAt(range.end);
  for (auto it = vmas_.lower_bound(range.start); it != vmas_.end() && it->first < range.end; ++it) {
    it->second.locked = locked;
  }
}

}  // namespace sandbox
