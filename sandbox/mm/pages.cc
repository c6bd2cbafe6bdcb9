// Where a guest's bytes live: populating mappings, copy-on-write, fork.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "sandbox/mm/memory_manager.h"

namespace sandbox {
namespace {

// A private writable mapping of a file up to this size (a library's data segment) is copied when it is mapped: its
// pages are nearly all written during relocation, and a fault costs more than copying several pages.
constexpr uint64_t kCopyAheadLimit = 64 * 1024;
// A copy-on-write fault copies this many bytes around the address.
constexpr uint64_t kFaultAround = 4 * kPageSize;
constexpr size_t kMaxHotPages = 48;

int StubProtection(int prot, bool copy_on_write) { return copy_on_write ? prot & ~PROT_WRITE : prot; }

}  // namespace

void MemoryManager::QueueMap(Addr start, const Pma& pma, const Vma& vma, bool urgent) {
  const int prot = StubProtection(vma.prot, pma.copy_on_write);
  address_space_->Map({{start, pma.end}, prot, pma.fd, pma.offset, pma.shared_host_mapping}, urgent);
}

void MemoryManager::QueueProtect(Addr start, const Pma& pma, const Vma& vma) {
  address_space_->Protect({start, pma.end}, StubProtection(vma.prot, pma.copy_on_write), /*urgent=*/true);
}

void MemoryManager::InsertPma(AddrRange range, Pma pma, const Vma& vma, bool urgent) {
  pma.end = range.end;
  QueueMap(range.start, pma, vma, urgent);
  pma.queued_number = address_space_->queued();
  // Growing extents (the heap) stay one piece.
  if (auto it = pmas_.lower_bound(range.start); it != pmas_.begin()) {
    Pma& previous = std::prev(it)->second;
    const Addr previous_start = std::prev(it)->first;
    if (previous.end == range.start && previous.fd == pma.fd && previous.keep == pma.keep &&
        previous.copy_on_write == pma.copy_on_write && previous.offset + (range.start - previous_start) == pma.offset &&
        previous.in_memory_file == pma.in_memory_file && previous.shared_host_mapping == pma.shared_host_mapping) {
      previous.end = range.end;
      previous.queued_number = std::min(previous.queued_number, pma.queued_number);
      return;
    }
  }
  pmas_.insert_or_assign(range.start, std::move(pma));
}

Result<void> MemoryManager::Populate(AddrRange range, bool urgent) {
  auto vma = vmas_.upper_bound(range.start);
  if (vma != vmas_.begin()) --vma;
  for (; vma != vmas_.end() && vma->first < range.end; ++vma) {
    AddrRange part = range.Intersect({vma->first, vma->second.end});
    if (part.empty() || vma->second.prot == PROT_NONE) continue;
    for (Addr next = part.start; next < part.end;) {
      auto pma = FindPma(next);
      if (pma != pmas_.end()) {
        next = pma->second.end;
        continue;
      }
      auto following = pmas_.upper_bound(next);
      const Addr gap_end = following == pmas_.end() ? part.end : std::min(part.end, following->first);
      ASSIGN_OR_RETURN(next, PopulatePiece(vma->second, vma->first, {next, gap_end}, urgent));
    }
  }
  return Ok();
}

Result<Addr> MemoryManager::PopulatePiece(const Vma& vma, Addr vma_start, AddrRange piece, bool urgent) {
  if (vma.file != nullptr) return PopulateFile(vma, vma_start, piece, urgent);
  if (!deferred_.empty() && TakeBack(vma, piece)) return piece.end;
  const uint64_t limit = memory_file_->limit_bytes();
  if (limit != 0 && memory_file_->UsedBytes() >= limit) return Error(ENOMEM);
  uint64_t hint = 0;
  if (auto before = pmas_.lower_bound(piece.start); before != pmas_.begin()) {
    const auto& [start, pma] = *std::prev(before);
    if (pma.end == piece.start && pma.in_memory_file) hint = pma.offset + (pma.end - start);
  }
  Pma pma;
  ASSIGN_OR_RETURN(pma.offset, memory_file_->Allocate(piece.length(), hint));
  pma.fd = memory_file_->fd();
  InsertPma(piece, std::move(pma), vma, urgent);
  return piece.end;
}

Result<Addr> MemoryManager::PopulateFile(const Vma& vma, Addr vma_start, AddrRange piece, bool urgent) {
  const uint64_t file_offset = vma.file_offset + (piece.start - vma_start);
  const bool shared_write = vma.shared && (vma.prot & PROT_WRITE) != 0;
  const Result<Mappable::Extent> extent = vma.file->Translate(file_offset, piece.length(), shared_write);
  if (!extent.ok()) {
    // Beyond the end of the file: left without a PMA, SIGBUS when touched.
    if (extent.error() == ENXIO) return piece.end;
    return Error(extent.error());
  }
  piece.end = piece.start + std::min(PageCeil(extent->length), piece.length());
  const bool private_write = !vma.shared && (vma.prot & PROT_WRITE) != 0;
  // Files in memory change while they are mapped, and a page that was not written yet must show it.
  if (private_write && !extent->in_memory_file && piece.length() <= kCopyAheadLimit &&
      CopyFileAhead(vma, *extent, piece, urgent))
    return piece.end;
  Pma pma;
  pma.fd = extent->host_fd;
  pma.offset = extent->host_offset;
  pma.in_memory_file = extent->in_memory_file;
  pma.copy_on_write = !vma.shared;
  // A private mapping of the host's file is never written by the stub; but the host must not let it change underneath
  // more than Linux would, so it is private there too.
  pma.shared_host_mapping = vma.shared || extent->in_memory_file;
  pma.keep = vma.file;
  if (pma.in_memory_file) memory_file_->IncRef(pma.offset, piece.length());
  InsertPma(piece, std::move(pma), vma, urgent);
  return piece.end;
}

bool MemoryManager::CopyFileAhead(const Vma& vma, const Mappable::Extent& extent, AddrRange piece, bool urgent) {
  const Result<uint64_t> offset = memory_file_->Allocate(piece.length());
  if (!offset.ok()) return false;
  Pma source;
  source.fd = extent.host_fd;
  source.offset = extent.host_offset;
  source.in_memory_file = extent.in_memory_file;
  if (!CopyPages(source, piece.start, piece, *offset).ok()) {
    memory_file_->DecRef(*offset, piece.length());
    return false;
  }
  Pma pma;
  pma.fd = memory_file_->fd();
  pma.offset = *offset;
  InsertPma(piece, std::move(pma), vma, urgent);
  return true;
}

Result<void> MemoryManager::CopyPages(const Pma& from, Addr pma_start, AddrRange range, uint64_t target) {
  const uint64_t source = from.offset + (range.start - pma_start);
  for (uint64_t done = 0; done < range.length();) {
    uint64_t room = 0;
    ASSIGN_OR_RETURN(char* to, memory_file_->Pointer(target + done, range.length() - done, &room));
    uint64_t want = std::min(room, range.length() - done);
    if (from.in_memory_file) {
      uint64_t available = 0;
      ASSIGN_OR_RETURN(const char* bytes, memory_file_->Pointer(source + done, want, &available));
      want = std::min(want, available);
      std::memcpy(to, bytes, want);
    } else {
      // Short at the end of the file: the rest of the page is zero, as it is already.
      const ssize_t got = pread(from.fd, to, want, source + done);
      if (got < 0) return Error(errno);
      if (static_cast<uint64_t>(got) < want) return Ok();
    }
    done += want;
  }
  return Ok();
}

Result<void> MemoryManager::BreakCopyOnWrite(Pmas::iterator pma, AddrRange range, const Vma& vma) {
  const Addr start = pma->first;
  const uint64_t source = pma->second.offset + (range.start - start);
  if (pma->second.in_memory_file && pma->second.keep == nullptr && memory_file_->Unshared(source, range.length())) {
    // Every other process has let go of it.
    SplitPmaAt(range.start);
    SplitPmaAt(range.end);
    auto mine = FindPma(range.start);
    mine->second.copy_on_write = false;
    QueueProtect(mine->first, mine->second, vma);
    return Ok();
  }
  const uint64_t limit = memory_file_->limit_bytes();
  if (limit != 0 && memory_file_->UsedBytes() >= limit) return Error(ENOMEM);
  uint64_t hint = 0;
  if (auto before = pmas_.lower_bound(range.start); before != pmas_.begin()) {
    const auto& [before_start, previous] = *std::prev(before);
    if (previous.end == range.start && previous.in_memory_file) hint = previous.offset + (previous.end - before_start);
  }
  ASSIGN_OR_RETURN(const uint64_t target, memory_file_->Allocate(range.length(), hint));
  if (const Result<void> copied = CopyPages(pma->second, start, range, target); !copied.ok()) {
    memory_file_->DecRef(target, range.length());
    return copied;
  }
  RemovePmas(range);
  Pma fresh;
  fresh.fd = memory_file_->fd();
  fresh.offset = target;
  InsertPma(range, std::move(fresh), vma, /*urgent=*/true);
  return Ok();
}

void MemoryManager::NoteHotPage(Addr page) {
  std::vector<Addr>& hot = *hot_pages_;
  if (hot.size() < kMaxHotPages && std::find(hot.begin(), hot.end(), page) == hot.end()) hot.push_back(page);
}

MemoryManager::FaultResult MemoryManager::HandleFault(Addr address) {
  auto vma = FindVma(address);
  if (vma == vmas_.end()) {
    // Perhaps an unmapping has yet to be applied; the signal is the same.
    return {false, SIGSEGV, SEGV_MAPERR};
  }
  if (address_space_->queued() != address_space_->applied()) {
    address_space_->MakeUrgent();
    auto pending = FindPma(address);
    if (pending != pmas_.end() && pending->second.queued_number > address_space_->applied()) return {true, 0, 0};
  }
  if (vma->second.prot == PROT_NONE) return {false, SIGSEGV, SEGV_ACCERR};
  auto pma = FindPma(address);
  if (pma == pmas_.end()) {
    const Addr page = PageFloor(address);
    const Result<void> populated = Populate({page, page + kPageSize}, /*urgent=*/true);
    if (!populated.ok() || FindPma(address) == pmas_.end()) return {false, SIGBUS, BUS_ADRERR};
    return {true, 0, 0};
  }
  if (pma->second.copy_on_write && (vma->second.prot & PROT_WRITE) != 0) {
    const Addr window = address & ~(kFaultAround - 1);
    const AddrRange all = AddrRange{pma->first, pma->second.end}.Intersect({vma->first, vma->second.end});
    const bool alone = pma->second.in_memory_file && pma->second.keep == nullptr &&
                       memory_file_->Unshared(pma->second.offset, pma->second.end - pma->first);
    const AddrRange range = alone ? all : all.Intersect({window, window + kFaultAround});
    if (!BreakCopyOnWrite(pma, range, vma->second).ok()) return {false, SIGBUS, BUS_ADRERR};
    NoteHotPage(PageFloor(address));
    return {true, 0, 0};
  }
  return {false, SIGSEGV, SEGV_ACCERR};
}

void MemoryManager::PrepareFork(Addr stack_pointer) {
  // What both sides are about to write: the stack they stand on, and what was written after forks before.
  ahead_ = *hot_pages_;
  for (int i = -2; i <= 1; ++i) ahead_.push_back(PageFloor(stack_pointer) + i * static_cast<int64_t>(kPageSize));
  std::sort(ahead_.begin(), ahead_.end());
  ahead_.erase(std::unique(ahead_.begin(), ahead_.end()), ahead_.end());
  std::erase_if(ahead_, [this](Addr page) {
    auto vma = FindVma(page);
    auto pma = FindPma(page);
    return vma == vmas_.end() || pma == pmas_.end() || vma->second.shared || vma->second.dont_fork ||
           (vma->second.prot & PROT_WRITE) == 0 || pma->second.copy_on_write || !pma->second.in_memory_file;
  });
  for (const Addr page : ahead_) {
    SplitPmaAt(page);
    SplitPmaAt(page + kPageSize);
  }
  for (auto& [start, vma] : vmas_) {
    if (vma.shared || vma.dont_fork) continue;
    for (auto pma = pmas_.lower_bound(start); pma != pmas_.end() && pma->first < vma.end; ++pma) {
      if (pma->second.copy_on_write || std::binary_search(ahead_.begin(), ahead_.end(), pma->first)) continue;
      pma->second.copy_on_write = true;
      if ((vma.prot & PROT_WRITE) != 0) QueueProtect(pma->first, pma->second, vma);
    }
  }
}

std::shared_ptr<MemoryManager> MemoryManager::Fork(std::shared_ptr<AddressSpace> copy) {
  auto child = std::make_shared<MemoryManager>(memory_file_, std::move(copy));
  child->brk_start_ = brk_start_;
  child->brk_ = brk_;
  child->layout = layout;
  child->address_limit = address_limit;
  child->hot_pages_ = hot_pages_;
  for (const auto& [start, vma] : vmas_) {
    if (vma.dont_fork) {
      child->address_space_->Unmap({start, vma.end}, /*urgent=*/true);
      continue;
    }
    child->vmas_.emplace_hint(child->vmas_.end(), start, vma);
    child->mapped_bytes_ += vma.end - start;
    if (vma.wipe_on_fork) {
      child->address_space_->Unmap({start, vma.end}, /*urgent=*/true);
      (void)child->Populate({start, vma.end}, /*urgent=*/true);
      continue;
    }
    for (auto it = pmas_.lower_bound(start); it != pmas_.end() && it->first < vma.end;) {
      if (!vma.shared && !it->second.copy_on_write) {
        const Result<Pmas::iterator> next = CopyAhead(it, vma, child.get());
        if (!next.ok()) return nullptr;
        it = *next;
        continue;
      }
      Pma pma = it->second;
      pma.queued_number = 0;
      if (pma.in_memory_file) memory_file_->IncRef(pma.offset, pma.end - it->first);
      child->pmas_.emplace_hint(child->pmas_.end(), it->first, std::move(pma));
      ++it;
    }
  }
  ahead_.clear();
  return child;
}

Result<MemoryManager::Pmas::iterator> MemoryManager::CopyAhead(Pmas::iterator first, const Vma& vma,
                                                               MemoryManager* child) {
  AddrRange range{first->first, first->second.end};
  auto last = std::next(first);
  for (; last != pmas_.end() && last->first == range.end && range.end < vma.end; ++last) {
    if (last->second.copy_on_write) break;
    range.end = last->second.end;
  }
  Pma fresh;
  fresh.fd = memory_file_->fd();
  ASSIGN_OR_RETURN(fresh.offset, memory_file_->Allocate(range.length()));
  for (auto it = first; it != last; ++it) {
    const AddrRange piece{it->first, it->second.end};
    const Result<void> copied = CopyPages(it->second, piece.start, piece, fresh.offset + (piece.start - range.start));
    if (!copied.ok()) {
      memory_file_->DecRef(fresh.offset, range.length());
      return Error(copied.error());
    }
  }
  child->InsertPma(range, std::move(fresh), vma, /*urgent=*/true);
  return last;
}

void MemoryManager::Defer(uint64_t offset, uint64_t length, std::shared_ptr<Mappable> keep) {
  // The change that unmaps it is queued right after.
  deferred_.push_back({address_space_->queued() + 1, offset, length, std::move(keep)});
}

bool MemoryManager::TakeBack(const Vma& vma, AddrRange range) {
  const auto found = std::find_if(deferred_.rbegin(), deferred_.rend(), [&](const Deferred& deferred) {
    return deferred.range.start == range.start && deferred.range.end == range.end;
  });
  if (found == deferred_.rend() || found->number <= address_space_->applied() || found->prot != vma.prot ||
      !memory_file_->Unshared(found->offset, found->length))
    return false;
  uint64_t room = 0;
  const Result<char*> bytes = memory_file_->Pointer(found->offset, range.length(), &room);
  if (!bytes.ok() || room < range.length() || !address_space_->TakeBackUnmap(range)) return false;
  std::memset(*bytes, 0, range.length());
  Pma pma;
  pma.end = range.end;
  pma.fd = memory_file_->fd();
  pma.offset = found->offset;
  pma.queued_number = found->mapped_number;
  pmas_.insert_or_assign(range.start, std::move(pma));
  deferred_.erase(std::next(found).base());
  return true;
}

void MemoryManager::ReleaseDeferred() {
  const uint64_t applied = address_space_->applied();
  size_t kept = 0;
  for (Deferred& deferred : deferred_) {
    if (deferred.number > applied) {
      if (&deferred_[kept] != &deferred) deferred_[kept] = std::move(deferred);
      ++kept;
      continue;
    }
    if (deferred.length != 0) memory_file_->DecRef(deferred.offset, deferred.length);
  }
  deferred_.resize(kept);
}

void MemoryManager::ReleaseWhenApplied(MemoryManager* old) {
  const uint64_t number = address_space_->queued();
  for (auto& [start, pma] : old->pmas_) {
    if (pma.in_memory_file) deferred_.push_back({number, pma.offset, pma.end - start, nullptr});
    if (pma.keep != nullptr) deferred_.push_back({number, 0, 0, std::move(pma.keep)});
  }
  for (Deferred& deferred : old->deferred_) deferred_.push_back(std::move(deferred));
  old->pmas_.clear();
  old->vmas_.clear();
  old->deferred_.clear();
}

}  // namespace sandbox
