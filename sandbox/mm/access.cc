// The sentry's access to a guest's memory.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "sandbox/mm/memory_manager.h"

namespace sandbox {

MemoryManager::Pmas::iterator MemoryManager::Access(Addr address, size_t length, bool write) {
  auto vma = FindVma(address);
  if (vma == vmas_.end()) return pmas_.end();
  const int wanted = write ? PROT_WRITE : (PROT_READ | PROT_WRITE | PROT_EXEC);  // x86 cannot deny reading alone
  if ((vma->second.prot & wanted) == 0) return pmas_.end();
  auto pma = FindPma(address);
  if (pma == pmas_.end()) {
    const Addr page = PageFloor(address);
    if (!Populate({page, page + kPageSize}, /*urgent=*/true).ok()) return pmas_.end();
    pma = FindPma(address);
    if (pma == pmas_.end()) return pma;
  }
  if (write && pma->second.copy_on_write) {
    const AddrRange range = AddrRange{PageFloor(address), PageCeil(address + length)}
                                .Intersect({pma->first, pma->second.end})
                                .Intersect({vma->first, vma->second.end});
    if (!BreakCopyOnWrite(pma, range, vma->second).ok()) return pmas_.end();
    pma = FindPma(address);
  }
  return pma;
}

// Calls copy(pma, offset in its file, bytes done, length) for each piece; it answers how much it copied.
template <typename Copy>
size_t MemoryManager::ForEachPiece(Addr address, size_t length, bool write, Copy copy) {
  if (address >= kGuestAddressEnd) return 0;
  length = std::min<uint64_t>(length, kGuestAddressEnd - address);
  size_t done = 0;
  while (done < length) {
    const Addr at = address + done;
    // A PMA may reach over VMAs of different protection: never copy beyond the VMA.
    auto vma = FindVma(at);
    if (vma == vmas_.end()) break;
    auto pma = Access(at, std::min<uint64_t>(length - done, vma->second.end - at), write);
    if (pma == pmas_.end()) break;
    const uint64_t piece = std::min({length - done, pma->second.end - at, vma->second.end - at});
    const size_t copied = copy(pma->second, pma->second.offset + (at - pma->first), done, piece);
    done += copied;
    if (copied < piece) break;
  }
  return done;
}

size_t MemoryManager::CopyInPartly(void* to, Addr from, size_t length) {
  return ForEachPiece(from, length, /*write=*/false,
                      [&](const Pma& pma, uint64_t offset, size_t done, size_t n) -> size_t {
                        char* target = static_cast<char*>(to) + done;
                        if (!pma.in_memory_file) {
                          const ssize_t got = pread(pma.fd, target, n, offset);
                          if (got < 0) return 0;
                          const size_t end = static_cast<size_t>(got);
                          // The rest of the file's last page is zero; pages beyond it do not exist.
                          const size_t page_end = std::min<size_t>(n, PageCeil(offset + end) - offset);
                          if (end < page_end) std::memset(target + end, 0, page_end - end);
                          return page_end;
                        }
                        size_t copied = 0;
                        while (copied < n) {
                          uint64_t room = 0;
                          const Result<char*> bytes = memory_file_->Pointer(offset + copied, n - copied, &room);
                          if (!bytes.ok()) break;
                          const size_t step = std::min<uint64_t>(room, n - copied);
                          std::memcpy(target + copied, *bytes, step);
                          copied += step;
                        }
                        return copied;
                      });
}

size_t MemoryManager::CopyOutPartly(Addr to, const void* from, size_t length) {
  return ForEachPiece(to, length, /*write=*/true,
                      [&](const Pma& pma, uint64_t offset, size_t done, size_t n) -> size_t {
                        const char* source = static_cast<const char*>(from) + done;
                        if (!pma.in_memory_file) {
                          const ssize_t put = pwrite(pma.fd, source, n, offset);
                          return put < 0 ? 0 : static_cast<size_t>(put);
                        }
                        size_t copied = 0;
                        while (copied < n) {
                          uint64_t room = 0;
                          const Result<char*> bytes = memory_file_->Pointer(offset + copied, n - copied, &room);
                          if (!bytes.ok()) break;
                          const size_t step = std::min<uint64_t>(room, n - copied);
                          std::memcpy(*bytes, source + copied, step);
                          copied += step;
                        }
                        return copied;
                      });
}

size_t MemoryManager::HostVectors(Addr address, size_t length, bool write, std::vector<iovec>* out) {
  return ForEachPiece(address, length, write, [&](const Pma& pma, uint64_t offset, size_t, size_t n) -> size_t {
    if (!pma.in_memory_file) return 0;
    size_t found = 0;
    while (found < n) {
      uint64_t room = 0;
      const Result<char*> bytes = memory_file_->Pointer(offset + found, n - found, &room);
      if (!bytes.ok()) break;
      const size_t step = std::min<uint64_t>(room, n - found);
      out->push_back({*bytes, step});
      found += step;
    }
    return found;
  });
}

Result<MemoryManager::SharedKey> MemoryManager::KeyOf(Addr address) {
  auto vma = FindVma(address);
  if (vma == vmas_.end()) return Error(EFAULT);
  if (!vma->second.shared) return SharedKey{this, address};
  auto pma = Access(address, sizeof(uint32_t), /*write=*/false);
  if (pma == pmas_.end()) return Error(EFAULT);
  const uint64_t offset = pma->second.offset + (address - pma->first);
  if (pma->second.in_memory_file) return SharedKey{memory_file_.get(), offset};
  return SharedKey{pma->second.keep.get(), offset};
}

uint32_t* MemoryManager::WordPointer(Addr address, bool write) {
  if (address % sizeof(uint32_t) != 0 || address >= kGuestAddressEnd) return nullptr;
  auto pma = Access(address, sizeof(uint32_t), write);
  if (pma == pmas_.end() || !pma->second.in_memory_file) return nullptr;
  uint64_t room = 0;
  const Result<char*> bytes =
      memory_file_->Pointer(pma->second.offset + (address - pma->first), sizeof(uint32_t), &room);
  return bytes.ok() ? reinterpret_cast<uint32_t*>(*bytes) : nullptr;
}

}  // namespace sandbox
