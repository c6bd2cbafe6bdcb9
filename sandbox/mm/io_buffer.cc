#include "sandbox/mm/io_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sandbox {

IoBuffer::IoBuffer(GuestMemory* memory, Addr address, size_t length)
    : memory_(memory), remaining_(std::min(length, kMaxReadWrite)) {
  ranges_.push_back({address, remaining_});
}

IoBuffer::IoBuffer(GuestMemory* memory, std::vector<GuestRange> ranges) : memory_(memory), ranges_(std::move(ranges)) {
  for (const GuestRange& range : ranges_) remaining_ += range.length;
}

IoBuffer::IoBuffer(void* data, size_t length) : remaining_(length) {
  ranges_.push_back({reinterpret_cast<Addr>(data), length});
}

void IoBuffer::Advance(size_t n) {
  remaining_ -= n;
  done_ += n;
  while (n != 0) {
    const size_t step = std::min(n, ranges_[index_].length - offset_);
    offset_ += step;
    n -= step;
    if (offset_ == ranges_[index_].length) {
      ++index_;
      offset_ = 0;
    }
  }
}

template <typename Copy>
Result<size_t> IoBuffer::ForEachPiece(size_t n, Copy copy) {
  n = std::min(n, remaining_);
  size_t total = 0;
  while (total < n) {
    const GuestRange& range = ranges_[index_];
    const size_t want = std::min(n - total, range.length - offset_);
    const size_t got = want == 0 ? 0 : copy(range.address + offset_, total, want);
    Advance(got);
    total += got;
    if (got < want) break;
    if (want == 0) ++index_, offset_ = 0;
  }
  if (total == 0 && n != 0) return Error(EFAULT);
  return total;
}

Result<size_t> IoBuffer::CopyOut(const void* from, size_t n) {
  return ForEachPiece(n, [&](Addr to, size_t done, size_t length) -> size_t {
    const char* source = static_cast<const char*>(from) + done;
    if (memory_ != nullptr) return memory_->CopyOutPartly(to, source, length);
    std::memcpy(reinterpret_cast<void*>(to), source, length);
    return length;
  });
}

Result<size_t> IoBuffer::ZeroOut(size_t n) {
  static const char zeroes[4 * kPageSize] = {};
  return ForEachPiece(n, [&](Addr to, size_t, size_t length) -> size_t {
    if (memory_ == nullptr) {
      std::memset(reinterpret_cast<void*>(to), 0, length);
      return length;
    }
    size_t total = 0;
    while (total < length) {
      const size_t want = std::min(length - total, sizeof(zeroes));
      const size_t got = memory_->CopyOutPartly(to + total, zeroes, want);
      total += got;
      if (got < want) break;
    }
    return total;
  });
}

Result<size_t> IoBuffer::CopyIn(void* to, size_t n) {
  return ForEachPiece(n, [&](Addr from, size_t done, size_t length) -> size_t {
    char* target = static_cast<char*>(to) + done;
    if (memory_ != nullptr) return memory_->CopyInPartly(target, from, length);
    std::memcpy(target, reinterpret_cast<const void*>(from), length);
    return length;
  });
}

Result<std::vector<iovec>> IoBuffer::HostVectors(size_t n, bool write, bool* bounce) {
  *bounce = false;
  n = std::min(n, remaining_);
  std::vector<iovec> vectors;
  size_t total = 0;
  for (size_t i = index_, offset = offset_; total < n && i < ranges_.size(); ++i, offset = 0) {
    const size_t want = std::min(n - total, ranges_[i].length - offset);
    if (want == 0) continue;
    const Addr address = ranges_[i].address + offset;
    if (memory_ == nullptr) {
      vectors.push_back({reinterpret_cast<void*>(address), want});
      total += want;
      continue;
    }
    const size_t got = memory_->HostVectors(address, want, write, &vectors);
    total += got;
    if (got < want) break;
  }
  if (total == 0 && n != 0) *bounce = true;
  return vectors;
}

}  // namespace sandbox
