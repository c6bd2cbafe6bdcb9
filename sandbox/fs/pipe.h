// Pipes, with and without a name (pipe(7), fifo(7)).
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_PIPE_H_
#define SANDBOX_FS_PIPE_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "sandbox/kernel/wait_queue.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

inline constexpr size_t kPipeBuffer = 4096;  // PIPE_BUF: writes up to this are all or nothing
inline constexpr size_t kDefaultPipeSize = 65536;
inline constexpr size_t kMaxPipeSize = 1 << 20;  // fs.pipe-max-size

// The bytes between the ends, and how many ends there are.
class Pipe {
 public:
  size_t used() const { return used_; }
  size_t capacity() const { return capacity_; }
  // EAGAIN when empty with writers left; 0 when empty without.
  Result<size_t> Read(IoBuffer& to);
  // EPIPE without readers, EAGAIN when full.
  Result<size_t> Write(IoBuffer& from);
  // For tee(2): copies up to n bytes without taking them.
  size_t Peek(char* to, size_t n) const;
  // With O_DIRECT (pipe(2)): writes of up to PIPE_BUF bytes are packets; a read takes one, and loses what it has no
  // room for.
  Result<size_t> WritePacket(IoBuffer& from);
  // EBUSY if it holds more than that; the size is rounded up to a power of two of pages.
  Result<void> Resize(size_t capacity);

  ReadyMask Readiness(bool reader, bool writer) const;
  WaitQueue& wait_queue() { return wait_queue_; }

  // Ends, and how many there ever were.
  int readers = 0, writers = 0;
  uint64_t reader_opens = 0, writer_opens = 0;

 private:
  Result<size_t> Write(IoBuffer& from, size_t length);
  // Takes bytes that nobody read.
  void Drop(size_t n);

  std::vector<char> ring_;  // empty until the first write
  // Lengths of what is in the ring, as soon as there was a packet; negative: bytes that are not one.
  std::deque<int64_t> packets_;
  size_t capacity_ = kDefaultPipeSize;
  size_t head_ = 0;  // where the oldest byte is
  size_t used_ = 0;
  WaitQueue wait_queue_;
};

class PipeFile : public File {
 public:
  PipeFile(Path path, int flags, std::shared_ptr<Pipe> pipe);
  ~PipeFile() override;

  Pipe& pipe() { return *pipe_; }
  Result<size_t> Read(IoBuffer& to) override { return pipe_->Read(to); }
  Result<size_t> Write(IoBuffer& from) override {
    return (flags() & O_DIRECT) != 0 ? pipe_->WritePacket(from) : pipe_->Write(from);
  }
  Result<uint64_t> Ioctl(Task& task, uint64_t command, uint64_t argument) override;
  ReadyMask Readiness(ReadyMask mask) override { return mask & pipe_->Readiness(readable(), writable()); }
  WaitQueue* wait_queue() override { return &pipe_->wait_queue(); }
  bool OpenPending() override;

 private:
  const std::shared_ptr<Pipe> pipe_;
  uint64_t peer_opens_;  // of the other side, when this one was opened
};

// pipe2(2): the reading and the writing end. `flags`: O_NONBLOCK, O_DIRECT.
std::pair<std::shared_ptr<File>, std::shared_ptr<File>> MakePipe(Vfs& vfs, const Credentials& credentials, int flags);

// Opens a named pipe: ENXIO for O_WRONLY | O_NONBLOCK without a reader; OpenPending tells whether open(2) has to wait.
Result<std::shared_ptr<File>> OpenFifo(std::shared_ptr<Pipe> pipe, const OpenRequest& request);

}  // namespace sandbox

#endif  // SANDBOX_FS_PIPE_H_
