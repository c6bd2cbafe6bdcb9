#include "sandbox/fs/host_file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

namespace sandbox {
namespace {

constexpr size_t kBounce = 64 * 1024;

// One step of a read: some bytes, 0 at the end of the file.
Result<size_t> ReadStep(int fd, IoBuffer& to, uint64_t offset) {
  bool bounce = false;
  ASSIGN_OR_RETURN(std::vector<iovec> vectors, to.HostVectors(to.remaining(), /*write=*/true, &bounce));
  if (bounce) {
    char buffer[kBounce];
    ssize_t n = pread(fd, buffer, std::min(to.remaining(), sizeof(buffer)), static_cast<off_t>(offset));
    if (n < 0) return Error(errno);
    return to.CopyOut(buffer, static_cast<size_t>(n));
  }
  int count = static_cast<int>(std::min<size_t>(vectors.size(), IOV_MAX));
  ssize_t n = preadv(fd, vectors.data(), count, static_cast<off_t>(offset));
  if (n < 0) return Error(errno);
  to.Advance(static_cast<size_t>(n));
  return static_cast<size_t>(n);
}

Result<size_t> WriteStep(int fd, IoBuffer& from, uint64_t offset) {
  bool bounce = false;
  ASSIGN_OR_RETURN(std::vector<iovec> vectors, from.HostVectors(from.remaining(), /*write=*/false, &bounce));
  if (bounce) {
    char buffer[kBounce];
    ASSIGN_OR_RETURN(size_t taken, from.CopyIn(buffer, std::min(from.remaining(), sizeof(buffer))));
    ssize_t n = pwrite(fd, buffer, taken, static_cast<off_t>(offset));
    if (n < 0) return Error(errno);
    return static_cast<size_t>(n);
  }
  int count = static_cast<int>(std::min<size_t>(vectors.size(), IOV_MAX));
  ssize_t n = pwritev(fd, vectors.data(), count, static_cast<off_t>(offset));
  if (n < 0) return Error(errno);
  from.Advance(static_cast<size_t>(n));
  return static_cast<size_t>(n);
}

template <typename Step>
Result<size_t> Repeat(int fd, IoBuffer& buffer, uint64_t offset, Step step) {
  if (offset > static_cast<uint64_t>(LLONG_MAX)) return Error(EINVAL);
  size_t total = 0;
  while (buffer.remaining() > 0) {
    Result<size_t> done = step(fd, buffer, offset + total);
    if (!done.ok()) return total > 0 ? Result<size_t>(total) : done;
    if (*done == 0) break;
    total += *done;
  }
  return total;
}

}  // namespace

HostFile::HostFile(Path path, int flags, UniqueFd fd, std::shared_ptr<HostTree> tree)
    : SeekableFile(std::move(path), flags), fd_(std::move(fd)), tree_(std::move(tree)) {}

Result<size_t> HostFile::ReadAt(IoBuffer& to, uint64_t offset) { return Repeat(fd_.get(), to, offset, ReadStep); }

Result<size_t> HostFile::WriteAt(IoBuffer& from, uint64_t offset) { return Repeat(fd_.get(), from, offset, WriteStep); }

Result<uint64_t> HostFile::Seek(int64_t offset, int whence) {
  if (whence != SEEK_DATA && whence != SEEK_HOLE) return SeekableFile::Seek(offset, whence);
  off_t found = lseek(fd_.get(), offset, whence);
  if (found < 0) return Error(errno);
  return position_ = static_cast<uint64_t>(found);
}

Result<uint64_t> HostFile::End() {
  struct stat status;
  if (fstat(fd_.get(), &status) != 0) return Error(errno);
  return static_cast<uint64_t>(status.st_size);
}

Result<Attributes> HostFile::GetAttributes() {
  Result<Attributes> named = inode().GetAttributes();
  if (named.ok() && !path().dentry->deleted()) return named;
  struct stat status;
  if (fstat(fd_.get(), &status) != 0) return Error(errno);
  return tree_->Translate(status);
}

Result<void> HostFile::SetAttributes(const AttributeChange& change) {
  if (!path().dentry->deleted()) return inode().SetAttributes(change);
  if (tree_->options().read_only) return Error(EROFS);
  if (change.size && ftruncate(fd_.get(), static_cast<off_t>(*change.size)) != 0) return Error(errno);
  if (change.permissions && fchmod(fd_.get(), *change.permissions & 07777) != 0) return Error(errno);
  return Ok();
}

Result<void> HostFile::Sync(bool data_only) {
  if ((data_only ? fdatasync(fd_.get()) : fsync(fd_.get())) != 0) return Error(errno);
  return Ok();
}

Result<void> HostFile::Allocate(int mode, uint64_t offset, uint64_t length) {
  if (fallocate(fd_.get(), mode, static_cast<off_t>(offset), static_cast<off_t>(length)) != 0) return Error(errno);
  return Ok();
}

Result<std::shared_ptr<Mappable>> HostFile::GetMappable() {
  auto self = std::static_pointer_cast<HostFile>(shared_from_this());
  return std::shared_ptr<Mappable>(self, static_cast<Mappable*>(self.get()));
}

Result<Mappable::Extent> HostFile::Translate(uint64_t offset, uint64_t length, bool shared_write) {
  if (shared_write && !(readable() && writable())) return Error(EACCES);
  ASSIGN_OR_RETURN(uint64_t end, End());
  end = (end + 4095) & ~uint64_t{4095};
  if (offset >= end) return Error(ENXIO);
  return Extent{fd_.get(), offset, std::min(length, end - offset), /*in_memory_file=*/false};
}

std::string HostFile::MappedName() const { return path().dentry->name(); }

uint64_t HostFile::MappedDevice() const {
  Result<Attributes> attributes = path().inode().GetAttributes();
  return attributes.ok() ? attributes->device : 0;
}

uint64_t HostFile::MappedInode() const {
  Result<Attributes> attributes = path().inode().GetAttributes();
  return attributes.ok() ? attributes->inode : 0;
}

Result<void> HostDirectoryFile::ListDirectory(DirectorySink& sink) {
  if (fd_.get() < 0) return Ok();
  // struct linux_dirent64: ino, next position, record length, type, name.
  struct Record {
    uint64_t inode;
    int64_t next;
    uint16_t length;
    unsigned char type;
    char name[1];
  };
  alignas(8) char buffer[32768];
  if (position_ != host_position_ && lseek(fd_.get(), position_, SEEK_SET) < 0) return Error(errno);
  host_position_ = position_;
  long n = syscall(SYS_getdents64, fd_.get(), buffer, std::min(sizeof(buffer), sink.room()));
  if (n < 0) return Error(errno);
  for (long at = 0; at < n;) {
    const auto* record = reinterpret_cast<const Record*>(buffer + at);
    if (!sink.Add(record->name, record->inode, record->type, record->next)) {
      host_position_ = -1;  // the host's descriptor is ahead of us
      return Ok();
    }
    position_ = host_position_ = record->next;
    at += record->length;
  }
  return Ok();
}

Result<uint64_t> HostDirectoryFile::Seek(int64_t offset, int whence) {
  if (whence == SEEK_CUR) offset += position_;
  if ((whence != SEEK_SET && whence != SEEK_CUR) || offset < 0) return Error(EINVAL);
  position_ = offset;
  host_position_ = -1;  // also makes a rewind see new entries
  return static_cast<uint64_t>(offset);
}

}  // namespace sandbox
