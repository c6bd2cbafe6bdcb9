#include "sandbox/vfs/file.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <limits>

#include "sandbox/vfs/locks.h"
#include "sandbox/vfs/watches.h"

namespace sandbox {

// What open(2) keeps of its flags; O_LARGEFILE is always shown on x86-64, as Linux does.
File::File(Path path, int flags)
    : flags_((flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)) | 0100000), path_(std::move(path)) {}

File::~File() {
  if (LockList* locks = inode().locks()) locks->ReleaseAll(this);
  if ((flags_ & O_PATH) == 0) Happened(*path_.dentry, writable() ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
}

Result<void> File::SetStatusFlags(int flags) {
  constexpr int kChangeable = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK;
  flags_ = (flags_ & ~kChangeable) | (flags & kChangeable);
  return Ok();
}

Result<size_t> File::Read(IoBuffer&) { return Error(EINVAL); }
Result<size_t> File::Write(IoBuffer&) { return Error(EINVAL); }
Result<size_t> File::ReadAt(IoBuffer&, uint64_t) { return Error(ESPIPE); }
Result<size_t> File::WriteAt(IoBuffer&, uint64_t) { return Error(ESPIPE); }
Result<uint64_t> File::Seek(int64_t, int) { return Error(ESPIPE); }
Result<void> File::ListDirectory(DirectorySink&) { return Error(ENOTDIR); }
Result<Attributes> File::GetAttributes() { return inode().GetAttributes(); }
Result<void> File::SetAttributes(const AttributeChange& change) { return inode().SetAttributes(change); }
Result<uint64_t> File::Ioctl(Task&, uint64_t, uint64_t) { return Error(ENOTTY); }
Result<void> File::Sync(bool) { return Error(EINVAL); }
Result<void> File::Allocate(int, uint64_t, uint64_t) { return Error(ENODEV); }
ReadyMask File::Readiness(ReadyMask mask) { return mask & (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM); }
WaitQueue* File::wait_queue() { return nullptr; }
Result<std::shared_ptr<Mappable>> File::GetMappable() { return Error(ENODEV); }

Result<size_t> SeekableFile::Read(IoBuffer& to) {
  ASSIGN_OR_RETURN(size_t done, ReadAt(to, position_));
  position_ += done;
  return done;
}

Result<size_t> SeekableFile::Write(IoBuffer& from) {
  if ((flags() & O_APPEND) != 0) {
    ASSIGN_OR_RETURN(position_, End());
  }
  ASSIGN_OR_RETURN(size_t done, WriteAt(from, position_));
  position_ += done;
  return done;
}

Result<uint64_t> SeekableFile::End() {
  ASSIGN_OR_RETURN(Attributes attributes, GetAttributes());
  return attributes.size;
}

Result<uint64_t> SeekableFile::Seek(int64_t offset, int whence) {
  int64_t base = 0;
  switch (whence) {
    case SEEK_SET:
      break;
    case SEEK_CUR:
      base = static_cast<int64_t>(position_);
      break;
    case SEEK_END: {
      ASSIGN_OR_RETURN(base, End());
      break;
    }
    case SEEK_DATA:
    case SEEK_HOLE: {
      ASSIGN_OR_RETURN(uint64_t end, End());
      if (offset < 0 || static_cast<uint64_t>(offset) >= end) return Error(ENXIO);
      position_ = whence == SEEK_DATA ? static_cast<uint64_t>(offset) : end;
      return position_;
    }
    default:
      return Error(EINVAL);
  }
  int64_t target;
  if (__builtin_add_overflow(base, offset, &target)) return Error(EOVERFLOW);
  if (target < 0) return Error(EINVAL);
  position_ = static_cast<uint64_t>(target);
  return position_;
}

}  // namespace sandbox
