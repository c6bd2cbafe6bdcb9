#include "sandbox/mm/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"

namespace sandbox {
namespace {

// The sentry maps the file in pieces of this size, each when first looked at.
constexpr uint64_t kChunk = uint64_t{64} << 20;
// Offsets beyond this are not handed out: 64 TiB of reservations, and a bound for the table of chunks.
constexpr uint64_t kMaxOffset = uint64_t{1} << 46;

}  // namespace

absl::StatusOr<std::unique_ptr<MemoryFile>> MemoryFile::Create(uint64_t limit_bytes, int limited_fd) {
  const int fd = limited_fd >= 0 ? limited_fd : memfd_create("guest-memory", MFD_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, "creating the guests' memory file (memfd_create)");
  // The whole range at once: the file is sparse, and growing it later would be a call per mapping.
  if (ftruncate(fd, kMaxOffset) != 0) {
    const int error = errno;
    close(fd);
    return absl::ErrnoToStatus(error, "sizing the guests' memory file (is a file size limit set? see ulimit -f)");
  }
  return std::unique_ptr<MemoryFile>(new MemoryFile(fd, limit_bytes));
}

MemoryFile::~MemoryFile() {
  for (char* chunk : chunks_) {
    if (chunk != nullptr) munmap(chunk, kChunk);
  }
  close(fd_);
}

Result<uint64_t> MemoryFile::Allocate(uint64_t length, uint64_t hint) {
  length = PageCeil(length);
  if (length == 0 || length > kMaxOffset) return Error(ENOMEM);
  // What is really held, not what is reserved: reservations are free, and files grow by small pieces.
  if (limit_bytes_ != 0 && UsedBytes() >= limit_bytes_) return Error(ENOMEM);
  std::optional<uint64_t> offset =
      hint != 0 && IsPageAligned(hint) && hint < next_ ? TakeFree(length, hint) : std::nullopt;
  if (!offset) offset = TakeKept(length);
  if (!offset && length <= kChunk) offset = TakeFree(length, 0);
  if (!offset) {
    if (length > kMaxOffset - next_) return Error(ENOMEM);
    offset = next_;
    next_ += length;
  }
  extents_.emplace(*offset, Extent{*offset + length, 1});
  return *offset;
}

// At `hint`, or if that is 0 the first fit among the first few holes; long searches cost more than fresh offsets.
std::optional<uint64_t> MemoryFile::TakeFree(uint64_t length, uint64_t hint) {
  constexpr int kHoles = 16;
  auto it = free_.begin();
  uint64_t offset = 0;
  if (hint != 0) {
    it = free_.upper_bound(hint);
    if (it == free_.begin() || (--it)->second < hint + length) return std::nullopt;
    offset = hint;
  } else {
    int looked = 0;
    while (it != free_.end() && looked < kHoles && it->second - it->first < length) ++it, ++looked;
    if (it == free_.end() || looked == kHoles) return std::nullopt;
    offset = it->first;
  }
  const uint64_t end = it->second;
  if (it->first == offset) {
    free_.erase(it);
  } else {
    it->second = offset;
  }
  if (end > offset + length) free_[offset + length] = end;
  return offset;
}

bool MemoryFile::Keep(uint64_t offset, uint64_t length) {
  const uint64_t pages = length / kPageSize;
  if (limit_bytes_ != 0 || pages > kKeptPages || kept_[pages].size() >= kMaxKept) return false;
  kept_[pages].push_back(offset);
  return true;
}

std::optional<uint64_t> MemoryFile::TakeKept(uint64_t length) {
  const uint64_t pages = length / kPageSize;
  if (pages > kKeptPages || kept_[pages].empty()) return std::nullopt;
  const uint64_t offset = kept_[pages].back();
  uint64_t room = 0;
  const Result<char*> bytes = Pointer(offset, length, &room);
  if (!bytes.ok() || room < length) return std::nullopt;
  std::memset(*bytes, 0, length);
  kept_[pages].pop_back();
  return offset;
}

void MemoryFile::SplitAt(uint64_t offset) {
  auto it = extents_.upper_bound(offset);
  if (it == extents_.begin()) return;
  --it;
  if (it->first >= offset || it->second.end <= offset) return;
  extents_.emplace(offset, Extent{it->second.end, it->second.references});
  it->second.end = offset;
}

void MemoryFile::IncRef(uint64_t offset, uint64_t length) {
  SplitAt(offset);
  SplitAt(offset + length);
  for (auto it = extents_.lower_bound(offset); it != extents_.end() && it->first < offset + length; ++it) {
    ++it->second.references;
  }
}

void MemoryFile::DecRef(uint64_t offset, uint64_t length) {
  SplitAt(offset);
  SplitAt(offset + length);
  auto it = extents_.lower_bound(offset);
  uint64_t free_start = 0, free_end = 0;
  while (it != extents_.end() && it->first < offset + length) {
    if (--it->second.references != 0) {
      ++it;
      continue;
    }
    // Neighbours that die together are punched out together.
    if (it->first != free_end) {
      if (free_end != 0) Release(free_start, free_end - free_start);
      free_start = it->first;
    }
    free_end = it->second.end;
    it = extents_.erase(it);
  }
  if (free_end != 0) Release(free_start, free_end - free_start);
}

void MemoryFile::Release(uint64_t offset, uint64_t length) {
  if (Keep(offset, length)) return;
  // On failure the pages stay allocated but zeroing matters: never hand out an offset that may hold another guest's
  // bytes.
  if (fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length) != 0) return;
  auto [it, inserted] = free_.emplace(offset, offset + length);
  if (auto next = std::next(it); next != free_.end() && next->first == it->second) {
    it->second = next->second;
    free_.erase(next);
  }
  if (it != free_.begin()) {
    auto previous = std::prev(it);
    if (previous->second == it->first) {
      previous->second = it->second;
      free_.erase(it);
      it = previous;
    }
  }
  if (it->second == next_) {
    next_ = it->first;
    free_.erase(it);
  }
}

bool MemoryFile::Unshared(uint64_t offset, uint64_t length) const {
  auto it = extents_.upper_bound(offset);
  if (it == extents_.begin()) return false;
  for (--it; it != extents_.end() && it->first < offset + length; ++it) {
    if (it->second.references != 1) return false;
  }
  return true;
}

Result<char*> MemoryFile::Pointer(uint64_t offset, uint64_t length, uint64_t* contiguous) {
  const uint64_t index = offset / kChunk;
  if (offset >= kMaxOffset) return Error(EFAULT);
  if (index >= chunks_.size()) chunks_.resize(index + 1, nullptr);
  char*& chunk = chunks_[index];
  if (chunk == nullptr) {
    void* address = mmap(nullptr, kChunk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_, index * kChunk);
    if (address == MAP_FAILED) return Error(ENOMEM);
    chunk = static_cast<char*>(address);
  }
  char* const bytes = chunk + offset % kChunk;
  *contiguous = std::min(length, kChunk - offset % kChunk);
  if (limit_bytes_ != 0) {
    // The host answers SIGBUS to a touch beyond the limit; asked this way it says no.
    char* const first = bytes - offset % kPageSize;
    if (madvise(first, PageCeil(bytes + *contiguous - first), MADV_POPULATE_WRITE) != 0) return Error(ENOMEM);
  }
  return bytes;
}

uint64_t MemoryFile::UsedBytes() const {
  struct stat attributes;
  return fstat(fd_, &attributes) == 0 ? static_cast<uint64_t>(attributes.st_blocks) * 512 : 0;
}

}  // namespace sandbox
