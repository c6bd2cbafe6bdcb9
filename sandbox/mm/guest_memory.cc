#include "sandbox/mm/guest_memory.h"

#include <algorithm>
#include <climits>
#include <cstring>

namespace sandbox {

Result<std::string> GuestMemory::CopyInString(Addr from, size_t limit) {
  std::string text;
  char piece[256];
  while (text.size() < limit) {
    // Never beyond the page: the next one may not be mapped.
    const size_t to_page_end = kPageSize - (from & (kPageSize - 1));
    const size_t want = std::min({sizeof(piece), limit - text.size(), to_page_end});
    RETURN_IF_ERROR(CopyIn(piece, from, want));
    if (const void* nul = std::memchr(piece, 0, want)) {
      text.append(piece, static_cast<const char*>(nul) - piece);
      return text;
    }
    text.append(piece, want);
    from += want;
  }
  return Error(ENAMETOOLONG);
}

Result<std::vector<std::string>> GuestMemory::CopyInStrings(Addr from, size_t limit) {
  std::vector<std::string> strings;
  if (from == 0) return strings;
  size_t used = 0;
  for (;; from += sizeof(Addr)) {
    ASSIGN_OR_RETURN(const Addr address, Read<Addr>(from));
    if (address == 0) return strings;
    used += sizeof(Addr);
    if (used >= limit) return Error(E2BIG);
    Result<std::string> text = CopyInString(address, std::min<size_t>(limit - used, 32 * kPageSize));
    if (!text.ok()) return Error(text.error() == ENAMETOOLONG ? E2BIG : text.error());
    used += text->size() + 1;
    if (used > limit) return Error(E2BIG);
    strings.push_back(*std::move(text));
  }
}

Result<std::vector<GuestRange>> GuestMemory::CopyInIovecs(Addr from, uint64_t count) {
  if (count > IOV_MAX) return Error(EINVAL);
  ASSIGN_OR_RETURN(const std::vector<iovec> raw, ReadArray<iovec>(from, count));
  std::vector<GuestRange> ranges;
  ranges.reserve(count);
  size_t total = 0;
  for (const iovec& piece : raw) {
    const Addr address = reinterpret_cast<Addr>(piece.iov_base);
    if (piece.iov_len > SSIZE_MAX) return Error(EINVAL);
    if (piece.iov_len != 0 && (address >= kGuestAddressEnd || piece.iov_len > kGuestAddressEnd - address))
      return Error(EFAULT);
    const size_t length = std::min(piece.iov_len, kMaxReadWrite - total);
    total += length;
    if (length != 0) ranges.push_back({address, length});
  }
  return ranges;
}

}  // namespace sandbox
