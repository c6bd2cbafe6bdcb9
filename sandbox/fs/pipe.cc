#include "sandbox/fs/pipe.h"

#include <string.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "sandbox/fs/memory_inode.h"
#include "sandbox/kernel/task.h"

namespace sandbox {
namespace {

class PipeInode : public MemoryInode {
 public:
  PipeInode(uint64_t device, uint64_t number, std::shared_ptr<Pipe> pipe, const Credentials& credentials)
      : MemoryInode(device, number, S_IFIFO | 0600, credentials.fsuid, credentials.fsgid), pipe_(std::move(pipe)) {}
  // Through /proc/self/fd.
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override { return OpenFifo(pipe_, request); }

 private:
  const std::shared_ptr<Pipe> pipe_;
};

}  // namespace

Result<size_t> Pipe::Read(IoBuffer& to) {
  if (to.remaining() == 0) return size_t{0};
  if (used_ == 0) return writers == 0 ? Result<size_t>(0) : Error(EAGAIN);
  size_t total = 0;
  // Up to the next packet, or one packet.
  size_t left = packets_.empty() ? used_ : static_cast<size_t>(std::abs(packets_.front()));
  while (left > 0 && to.remaining() > 0) {
    size_t step = std::min({left, capacity_ - head_, to.remaining()});
    Result<size_t> copied = to.CopyOut(ring_.data() + head_, step);
    if (!copied.ok()) {
      if (total > 0) break;
      return copied;
    }
    head_ = (head_ + *copied) % capacity_;
    used_ -= *copied;
    left -= *copied;
    total += *copied;
    if (*copied < step) break;
  }
  if (!packets_.empty() && total > 0) {
    if (packets_.front() > 0) Drop(left);
    if (packets_.front() > 0 || left == 0) {
      packets_.pop_front();
    } else {
      packets_.front() = -static_cast<int64_t>(left);
    }
  }
  if (total > 0) wait_queue_.Notify(EPOLLOUT | EPOLLWRNORM);
  return total;
}

void Pipe::Drop(size_t n) {
  head_ = (head_ + n) % capacity_;
  used_ -= n;
}

Result<size_t> Pipe::WritePacket(IoBuffer& from) {
  if (packets_.empty() && used_ > 0) packets_.push_back(-static_cast<int64_t>(used_));
  size_t total = 0;
  while (from.remaining() > 0 || total == 0) {
    // Longer writes are several packets.
    const size_t before = used_;
    const Result<size_t> written = Write(from, std::min(from.remaining(), kPipeBuffer));
    if (used_ > before) packets_.push_back(static_cast<int64_t>(used_ - before));
    if (!written.ok()) return total > 0 ? Result<size_t>(total) : written;
    total += *written;
    if (*written == 0) break;
  }
  return total;
}

Result<size_t> Pipe::Write(IoBuffer& from) {
  const size_t before = used_;
  Result<size_t> written = Write(from, from.remaining());
  if (!packets_.empty() && used_ > before) {
    const auto added = static_cast<int64_t>(used_ - before);
    if (packets_.back() < 0) {
      packets_.back() -= added;
    } else {
      packets_.push_back(-added);
    }
  }
  return written;
}

Result<size_t> Pipe::Write(IoBuffer& from, size_t length) {
  if (readers == 0) return Error(EPIPE);
  if (length == 0) return size_t{0};
  size_t room = capacity_ - used_;
  if (room == 0 || (length <= kPipeBuffer && room < length)) return Error(EAGAIN);
  if (ring_.empty()) ring_.resize(capacity_);
  size_t total = 0;
  while (used_ < capacity_ && total < length) {
    size_t tail = (head_ + used_) % capacity_;
    size_t step = std::min({capacity_ - used_, capacity_ - tail, length - total});
    Result<size_t> copied = from.CopyIn(ring_.data() + tail, step);
    if (!copied.ok()) {
      if (total > 0) break;
      return copied;
    }
    used_ += *copied;
    total += *copied;
    if (*copied < step) break;
  }
  if (total > 0) wait_queue_.Notify(EPOLLIN | EPOLLRDNORM);
  return total;
}

size_t Pipe::Peek(char* to, size_t n) const {
  n = std::min(n, used_);
  size_t first = std::min(n, capacity_ - head_);
  if (n > 0) memcpy(to, ring_.data() + head_, first);
  if (n > first) memcpy(to + first, ring_.data(), n - first);
  return n;
}

Result<void> Pipe::Resize(size_t capacity) {
  if (capacity > kMaxPipeSize) return Error(EPERM);
  capacity = std::bit_ceil(std::max<size_t>(capacity, 4096));
  if (capacity < used_) return Error(EBUSY);
  std::vector<char> ring(capacity);
  size_t kept = ring_.empty() ? 0 : Peek(ring.data(), used_);
  ring_ = std::move(ring);
  head_ = 0;
  used_ = kept;
  capacity_ = capacity;
  wait_queue_.Notify(EPOLLOUT | EPOLLWRNORM);
  return Ok();
}

ReadyMask Pipe::Readiness(bool reader, bool writer) const {
  ReadyMask ready = 0;
  if (reader) {
    if (used_ > 0) ready |= EPOLLIN | EPOLLRDNORM;
    if (writers == 0 && writer_opens > 0) ready |= EPOLLHUP;
  }
  if (writer) {
    if (capacity_ - used_ >= kPipeBuffer) ready |= EPOLLOUT | EPOLLWRNORM;
    if (readers == 0) ready |= EPOLLERR;
  }
  return ready;
}

PipeFile::PipeFile(Path path, int flags, std::shared_ptr<Pipe> pipe)
    : File(std::move(path), flags), pipe_(std::move(pipe)) {
  peer_opens_ = readable() ? pipe_->writer_opens : pipe_->reader_opens;
  if (readable()) ++pipe_->readers, ++pipe_->reader_opens;
  if (writable()) ++pipe_->writers, ++pipe_->writer_opens;
  pipe_->wait_queue().Notify(kReadyAll);
}

PipeFile::~PipeFile() {
  if (readable()) --pipe_->readers;
  if (writable()) --pipe_->writers;
  pipe_->wait_queue().Notify(kReadyAll);
}

bool PipeFile::OpenPending() {
  // Without a name (opened again through /proc/self/fd) there is nobody to wait for: its ends are what they are.
  if (!path().mount || (readable() && writable())) return false;
  int peers = readable() ? pipe_->writers : pipe_->readers;
  uint64_t opens = readable() ? pipe_->writer_opens : pipe_->reader_opens;
  return peers == 0 && opens == peer_opens_;
}

Result<uint64_t> PipeFile::Ioctl(Task& task, uint64_t command, uint64_t argument) {
  if (command != FIONREAD) return Error(ENOTTY);
  RETURN_IF_ERROR(task.memory().Write<int>(argument, static_cast<int>(pipe_->used())));
  return uint64_t{0};
}

std::pair<std::shared_ptr<File>, std::shared_ptr<File>> MakePipe(Vfs& vfs, const Credentials& credentials, int flags) {
  static const uint64_t device = AllocateDevice();
  static uint64_t next_number = 1000;
  auto pipe = std::make_shared<Pipe>();
  uint64_t number = next_number++;
  auto inode = std::make_shared<PipeInode>(device, number, pipe, credentials);
  Path path = vfs.AnonymousPath(std::move(inode), "pipe:[" + std::to_string(number) + "]");
  flags &= O_NONBLOCK | O_DIRECT;
  auto reader = std::make_shared<PipeFile>(path, O_RDONLY | flags, pipe);
  auto writer = std::make_shared<PipeFile>(path, O_WRONLY | flags, pipe);
  return {std::move(reader), std::move(writer)};
}

Result<std::shared_ptr<File>> OpenFifo(std::shared_ptr<Pipe> pipe, const OpenRequest& request) {
  if (request.path->mount && (request.flags & O_ACCMODE) == O_WRONLY && (request.flags & O_NONBLOCK) != 0 &&
      pipe->readers == 0)
    return Error(ENXIO);
  return std::shared_ptr<File>(std::make_shared<PipeFile>(*request.path, request.flags, std::move(pipe)));
}

}  // namespace sandbox
