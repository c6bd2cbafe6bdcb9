// mremap, madvise, msync.
#include <fcntl.h>
#include <linux/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sandbox/mm/memory_manager.h"

namespace sandbox {

Result<Addr> MemoryManager::Remap(Addr old_start, uint64_t old_length, uint64_t new_length, int flags,
                                  Addr new_address) {
  const bool fixed = (flags & MREMAP_FIXED) != 0;
  const bool may_move = (flags & MREMAP_MAYMOVE) != 0;
  const bool keep_old = (flags & MREMAP_DONTUNMAP) != 0;
  if ((flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP)) != 0 || !IsPageAligned(old_start))
    return Error(EINVAL);
  if ((fixed && !may_move) || (keep_old && (!may_move || old_length != new_length))) return Error(EINVAL);
  if (new_length == 0 || new_length > kGuestAddressEnd || old_length > kGuestAddressEnd) return Error(EINVAL);
  old_length = PageCeil(old_length);
  new_length = PageCeil(new_length);
  auto found = FindVma(old_start);
  if (found == vmas_.end()) return Error(EFAULT);
  if (old_length == 0) return Error(EINVAL);  // Duplicating a shared mapping is not supported.
  if (old_length > found->second.end - old_start) return Error(EFAULT);
  const AddrRange old{old_start, old_start + old_length};

  if (!fixed && !keep_old) {
    if (new_length <= old_length) {
      if (new_length < old_length) RETURN_IF_ERROR(Unmap(old_start + new_length, old_length - new_length));
      return old_start;
    }
    // Grow where it is, if the VMA ends there and nothing follows.
    auto next = vmas_.lower_bound(old.end);
    const Addr grown_end = old_start + new_length;
    if (found->second.end == old.end && grown_end <= kGuestAddressEnd &&
        (next == vmas_.end() || next->first >= grown_end)) {
      found->second.end = grown_end;
      mapped_bytes_ += new_length - old_length;
      RETURN_IF_ERROR(Populate({old.end, grown_end}, /*urgent=*/true));
      return old_start;
    }
    if (!may_move) return Error(ENOMEM);
  }

  SplitVmaAt(old.start);
  SplitVmaAt(old.end);
  SplitPmaAt(old.start);
  SplitPmaAt(old.end);
  Vma vma = FindVma(old_start)->second;
  MapOptions place;
  place.length = new_length;
  place.fixed = fixed;
  place.address = new_address;
  if (fixed && (!IsPageAligned(new_address) || AddrRange{new_address, new_address + new_length}.Overlaps(old))) {
    return Error(EINVAL);
  }
  ASSIGN_OR_RETURN(const Addr target, ChooseAddress(place));
  const AddrRange range{target, target + new_length};
  if (const Stale stale = RemoveRange(range); stale != Stale::kNothing) address_space_->Unmap(range, /*urgent=*/true);

  // The pages move with their references; the stub maps them at the new place.
  vma.end = range.end;
  vmas_.insert_or_assign(target, vma);
  mapped_bytes_ += new_length;
  const uint64_t moved = std::min(old_length, new_length);
  auto it = pmas_.lower_bound(old.start);
  while (it != pmas_.end() && it->first < old.start + moved) {
    const Addr start = it->first;
    Pma pma = std::move(it->second);
    it = pmas_.erase(it);
    const AddrRange to{target + (start - old.start), target + (pma.end - old.start)};
    InsertPma(to, std::move(pma), vma, /*urgent=*/true);
  }
  const Stale rest = RemovePmas(old);
  (void)rest;
  address_space_->Unmap(old, /*urgent=*/true);
  if (keep_old) {
    RETURN_IF_ERROR(Populate(old, /*urgent=*/true));
  } else {
    auto gone = vmas_.find(old_start);
    mapped_bytes_ -= gone->second.end - gone->first;
    vmas_.erase(gone);
    NoteGap(old);
  }
  RETURN_IF_ERROR(Populate(range, /*urgent=*/true));
  return target;
}

// Private anonymous pages become zero again; private pages of files become the file's again.
Result<void> MemoryManager::DropPages(AddrRange range) {
  SplitPmaAt(range.start);
  SplitPmaAt(range.end);
  bool removed = false;
  for (auto it = pmas_.lower_bound(range.start); it != pmas_.end() && it->first < range.end;) {
    const Addr start = it->first;
    const AddrRange piece{start, it->second.end};
    const Vma& vma = FindVma(start)->second;
    const bool own = it->second.in_memory_file && it->second.keep == nullptr;
    if (own && vma.file == nullptr && memory_file_->Unshared(it->second.offset, piece.length())) {
      // Mapped everywhere as it is: the host drops the pages under the mapping.
      if (fallocate(memory_file_->fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, it->second.offset,
                    piece.length()) == 0) {
        ++it;
        continue;
      }
    }
    if (!own) {
      ++it;
      continue;
    }
    RemovePmas(piece);
    removed = true;
    it = pmas_.lower_bound(piece.end);
  }
  return removed ? Populate(range, /*urgent=*/true) : Ok();
}

Result<void> MemoryManager::Advise(Addr start, uint64_t length, int advice) {
  if (!IsPageAligned(start)) return Error(EINVAL);
  length = PageCeil(length);
  if (start > kGuestAddressEnd || length > kGuestAddressEnd - start) return Error(EINVAL);
  if (length == 0) return Ok();
  const AddrRange range{start, start + length};
  switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
      return CheckMapped(start, length);
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
      RETURN_IF_ERROR(CheckMapped(start, length));
      SplitVmaAt(range.start);
      SplitVmaAt(range.end);
      for (auto it = vmas_.lower_bound(start); it != vmas_.end() && it->first < range.end; ++it) {
        if (advice == MADV_DONTFORK || advice == MADV_DOFORK) it->second.dont_fork = advice == MADV_DONTFORK;
        if (advice == MADV_WIPEONFORK || advice == MADV_KEEPONFORK) {
          if (it->second.file != nullptr || it->second.shared) return Error(EINVAL);
          it->second.wipe_on_fork = advice == MADV_WIPEONFORK;
        }
      }
      return Ok();
    case MADV_DONTNEED:
    case MADV_FREE:
      for (auto it = vmas_.upper_bound(start) == vmas_.begin() ? vmas_.begin() : std::prev(vmas_.upper_bound(start));
           it != vmas_.end() && it->first < range.end; ++it) {
        const AddrRange part = range.Intersect({it->first, it->second.end});
        if (part.empty() || it->second.shared) continue;
        RETURN_IF_ERROR(DropPages(part));
      }
      return CheckMapped(start, length);
    case MADV_REMOVE:
      for (auto pma = pmas_.lower_bound(start); pma != pmas_.end() && pma->first < range.end; ++pma) {
        const AddrRange part = range.Intersect({pma->first, pma->second.end});
        if (!pma->second.in_memory_file || pma->second.copy_on_write) continue;
        fallocate(memory_file_->fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  pma->second.offset + (part.start - pma->first), part.length());
      }
      return CheckMapped(start, length);
    default:
      return Error(EINVAL);
  }
}

Result<void> MemoryManager::Sync(Addr start, uint64_t length, int flags) {
  if (!IsPageAligned(start) || (flags & ~(MS_ASYNC | MS_SYNC | MS_INVALIDATE)) != 0) return Error(EINVAL);
  if ((flags & MS_ASYNC) != 0 && (flags & MS_SYNC) != 0) return Error(EINVAL);
  length = PageCeil(length);
  if (length == 0) return Ok();
  if (start > kGuestAddressEnd || length > kGuestAddressEnd - start) return Error(ENOMEM);
  RETURN_IF_ERROR(CheckMapped(start, length));
  if ((flags & MS_SYNC) == 0) return Ok();
  for (auto pma = pmas_.lower_bound(start); pma != pmas_.end() && pma->first < start + length; ++pma) {
    const Pma& piece = pma->second;
    if (!piece.in_memory_file && piece.shared_host_mapping && !piece.copy_on_write) fdatasync(piece.fd);
  }
  return Ok();
}

}  // namespace sandbox
