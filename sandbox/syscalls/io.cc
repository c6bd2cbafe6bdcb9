// read, write and their relatives.
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sandbox/fs/pipe.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/blocking_io.h"
#include "sandbox/syscalls/handlers_files.h"
#include "sandbox/syscalls/paths.h"

namespace sandbox {
namespace {

Result<std::shared_ptr<File>> GetReadable(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  if (!file->readable()) return Error(EBADF);
  return file;
}

Result<std::shared_ptr<File>> GetWritable(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  if (!file->writable()) return Error(EBADF);
  return file;
}

Result<IoBuffer> VectorBuffer(Task& task, Addr address, uint64_t count) {
  ASSIGN_OR_RETURN(std::vector<GuestRange> ranges, task.memory().CopyInIovecs(address, count));
  return IoBuffer(&task.memory(), std::move(ranges));
}

// The flags of preadv2 and pwritev2: hints, sync and append. RWF_NOWAIT is taken for regular files, which never wait
// here.
Result<void> CheckRwFlags(uint64_t flags) {
  return (flags & ~uint64_t{RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND}) != 0
             ? Result<void>(Error(EOPNOTSUPP))
             : Ok();
}

}  // namespace

SyscallResult SysRead(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetReadable(task, a.Int(0)));
  IoBuffer buffer(&task.memory(), a.Address(1), a[2]);
  return ReadBlocking(task, *file, buffer);
}

SyscallResult SysWrite(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetWritable(task, a.Int(0)));
  IoBuffer buffer(&task.memory(), a.Address(1), a[2]);
  return WriteBlocking(task, *file, buffer);
}

SyscallResult SysReadv(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetReadable(task, a.Int(0)));
  ASSIGN_OR_RETURN(IoBuffer buffer, VectorBuffer(task, a.Address(1), a[2]));
  return ReadBlocking(task, *file, buffer);
}

SyscallResult SysWritev(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetWritable(task, a.Int(0)));
  ASSIGN_OR_RETURN(IoBuffer buffer, VectorBuffer(task, a.Address(1), a[2]));
  return WriteBlocking(task, *file, buffer);
}

SyscallResult SysPread64(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetReadable(task, a.Int(0)));
  if (a.Long(3) < 0) return Error(EINVAL);
  IoBuffer buffer(&task.memory(), a.Address(1), a[2]);
  return file->ReadAt(buffer, a[3]);
}

SyscallResult SysPwrite64(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetWritable(task, a.Int(0)));
  if (a.Long(3) < 0) return Error(EINVAL);
  IoBuffer buffer(&task.memory(), a.Address(1), a[2]);
  return WriteAtBlocking(task, *file, buffer, a[3]);
}

SyscallResult SysPreadv(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetReadable(task, a.Int(0)));
  if (a.Long(3) < 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(IoBuffer buffer, VectorBuffer(task, a.Address(1), a[2]));
  return file->ReadAt(buffer, a[3]);
}

SyscallResult SysPwritev(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetWritable(task, a.Int(0)));
  if (a.Long(3) < 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(IoBuffer buffer, VectorBuffer(task, a.Address(1), a[2]));
  return WriteAtBlocking(task, *file, buffer, a[3]);
}

SyscallResult SysPreadv2(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(CheckRwFlags(a[5]));
  return a.Long(3) == -1 ? SysReadv(task, a) : SysPreadv(task, a);
}

SyscallResult SysPwritev2(Task& task, const SyscallArguments& a) {
  RETURN_IF_ERROR(CheckRwFlags(a[5]));
  if ((a[5] & RWF_APPEND) != 0) {
    ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetWritable(task, a.Int(0)));
    ASSIGN_OR_RETURN(IoBuffer buffer, VectorBuffer(task, a.Address(1), a[2]));
    if (file->inode().type() == S_IFREG) {
      const Result<size_t> written = AppendBlocking(task, *file, buffer);
      if (written.ok() && a.Long(3) == -1) (void)file->Seek(0, SEEK_END);
      return written;
    }
  }
  return a.Long(3) == -1 ? SysWritev(task, a) : SysPwritev(task, a);
}

SyscallResult SysLseek(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  return file->Seek(a.Long(1), a.Int(2));
}

// -- copying between descriptors

namespace {

// A position argument: in guest memory, or the file's own.
struct Position {
  Addr address = 0;
  uint64_t value = 0;

  static Result<Position> Read(Task& task, Addr address) {
    if (address == 0) return Position{};
    ASSIGN_OR_RETURN(int64_t value, task.memory().Read<int64_t>(address));
    if (value < 0) return Error(EINVAL);
    return Position{address, static_cast<uint64_t>(value)};
  }
  Result<void> Store(Task& task) const {
    return address == 0 ? Ok() : task.memory().Write<int64_t>(address, static_cast<int64_t>(value));
  }
};

// Reads up to one buffer from `from`: at `in`, or from its own position or stream. A pipe is only looked at: what the
// target takes is removed afterwards, so that nothing is lost when the target takes less.
Result<size_t> ReadPiece(Task& task, File& from, const Position& in, std::vector<char>& bytes, size_t want, bool wait) {
  IoBuffer buffer(bytes.data(), want);
  if (in.address != 0) return from.ReadAt(buffer, in.value);
  auto* pipe = dynamic_cast<PipeFile*>(&from);
  if (pipe == nullptr) return wait ? ReadBlocking(task, from, buffer) : from.Read(buffer);
  auto look = [&]() -> Result<size_t> {
    size_t n = pipe->pipe().Peek(bytes.data(), want);
    if (n == 0 && pipe->pipe().writers > 0) return Error(EAGAIN);
    return n;
  };
  return wait ? BlockOn(task, *from.wait_queue(), EPOLLIN, kNoDeadline, look) : look();
}

// Takes what was moved out of the source.
void Consume(File& from, Position& in, size_t got, size_t moved) {
  if (in.address != 0) {
    in.value += moved;
  } else if (auto* pipe = dynamic_cast<PipeFile*>(&from)) {
    std::vector<char> gone(moved);
    IoBuffer buffer(gone.data(), gone.size());
    (void)pipe->pipe().Read(buffer);
  } else if (moved < got) {
    (void)from.Seek(static_cast<int64_t>(moved) - static_cast<int64_t>(got), SEEK_CUR);
  }
}

// Moves up to `count` bytes, stopping where the source has no more for now.
Result<uint64_t> CopyBetween(Task& task, File& from, Position& in, File& to, Position& out, uint64_t count,
                             bool nonblocking) {
  std::vector<char> bytes(std::min<uint64_t>(count, 64 * 1024));
  uint64_t total = 0;
  while (total < count) {
    size_t want = std::min<uint64_t>(bytes.size(), count - total);
    bool wait = total == 0 && !nonblocking && !from.nonblocking();
    Result<size_t> got = ReadPiece(task, from, in, bytes, want, wait);
    if (!got.ok()) return total > 0 ? Result<uint64_t>(total) : Error(got.error());
    if (*got == 0) break;
    IoBuffer write_buffer(bytes.data(), *got);
    Result<size_t> put = out.address != 0 ? WriteAtBlocking(task, to, write_buffer, out.value)
                         : nonblocking    ? to.Write(write_buffer)
                                          : WriteBlocking(task, to, write_buffer);
    size_t moved = put.ok() ? *put : 0;
    Consume(from, in, *got, moved);
    if (out.address != 0) out.value += moved;
    total += moved;
    if (!put.ok()) return total > 0 ? Result<uint64_t>(total) : Error(put.error());
    if (moved < want) break;
  }
  return total;
}

}  // namespace

SyscallResult SysSendfile(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> to, GetWritable(task, a.Int(0)));
  ASSIGN_OR_RETURN(std::shared_ptr<File> from, GetReadable(task, a.Int(1)));
  if ((to->flags() & O_APPEND) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(Position in, Position::Read(task, a.Address(2)));
  Position out;
  ASSIGN_OR_RETURN(uint64_t total,
                   CopyBetween(task, *from, in, *to, out, std::min<uint64_t>(a[3], kMaxReadWrite), false));
  RETURN_IF_ERROR(in.Store(task));
  return total;
}

constexpr uint64_t kSpliceFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;

SyscallResult SysSplice(Task& task, const SyscallArguments& a) {
  if (a[4] == 0) return uint64_t{0};
  if ((a[5] & ~kSpliceFlags) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::shared_ptr<File> from, GetReadable(task, a.Int(0)));
  ASSIGN_OR_RETURN(std::shared_ptr<File> to, GetWritable(task, a.Int(2)));
  bool from_pipe = from->inode().type() == S_IFIFO, to_pipe = to->inode().type() == S_IFIFO;
  if (!from_pipe && !to_pipe) return Error(EINVAL);
  if ((from_pipe && a[1] != 0) || (to_pipe && a[3] != 0)) return Error(ESPIPE);
  if (!to_pipe && (to->flags() & O_APPEND) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(Position in, Position::Read(task, a.Address(1)));
  ASSIGN_OR_RETURN(Position out, Position::Read(task, a.Address(3)));
  bool nonblocking = (a[5] & SPLICE_F_NONBLOCK) != 0;
  // No more than one pipe's worth: what is read must find room.
  uint64_t count = std::min<uint64_t>(a[4], 64 * 1024);
  ASSIGN_OR_RETURN(uint64_t total, CopyBetween(task, *from, in, *to, out, count, nonblocking));
  RETURN_IF_ERROR(in.Store(task));
  RETURN_IF_ERROR(out.Store(task));
  return total;
}

SyscallResult SysTee(Task& task, const SyscallArguments& a) {
  if ((a[3] & ~kSpliceFlags) != 0) return Error(EINVAL);
  if (a[2] == 0) return uint64_t{0};
  ASSIGN_OR_RETURN(std::shared_ptr<File> from, GetReadable(task, a.Int(0)));
  ASSIGN_OR_RETURN(std::shared_ptr<File> to, GetWritable(task, a.Int(1)));
  auto* source = dynamic_cast<PipeFile*>(from.get());
  auto* target = dynamic_cast<PipeFile*>(to.get());
  if (source == nullptr || target == nullptr || &source->pipe() == &target->pipe()) return Error(EINVAL);
  const bool wait = (a[3] & SPLICE_F_NONBLOCK) == 0;
  std::vector<char> bytes(std::min<uint64_t>(a[2], 64 * 1024));
  ASSIGN_OR_RETURN(size_t n, ReadPiece(task, *from, Position{}, bytes, bytes.size(), wait));
  if (n == 0) return uint64_t{0};
  IoBuffer buffer(bytes.data(), n);
  if (!wait) return to->Write(buffer);
  return WriteBlocking(task, *to, buffer);
}

SyscallResult SysVmsplice(Task& task, const SyscallArguments& a) {
  if ((a[3] & ~kSpliceFlags) != 0) return Error(EINVAL);
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, a.Int(0)));
  if (dynamic_cast<PipeFile*>(file.get()) == nullptr) return Error(EBADF);
  ASSIGN_OR_RETURN(IoBuffer buffer, VectorBuffer(task, a.Address(1), a[2]));
  const bool wait = (a[3] & SPLICE_F_NONBLOCK) == 0;
  if (file->writable()) return wait ? WriteBlocking(task, *file, buffer) : file->Write(buffer);
  return wait ? ReadBlocking(task, *file, buffer) : file->Read(buffer);
}

SyscallResult SysCopyFileRange(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> from, GetReadable(task, a.Int(0)));
  ASSIGN_OR_RETURN(std::shared_ptr<File> to, GetWritable(task, a.Int(2)));
  if (a[5] != 0 || from->inode().type() != S_IFREG || to->inode().type() != S_IFREG) return Error(EINVAL);
  if ((to->flags() & O_APPEND) != 0) return Error(EBADF);
  ASSIGN_OR_RETURN(Position in, Position::Read(task, a.Address(1)));
  ASSIGN_OR_RETURN(Position out, Position::Read(task, a.Address(3)));
  const uint64_t count = std::min<uint64_t>(a[4], kMaxReadWrite);
  const uint64_t source = in.address != 0 ? in.value : from->position();
  const uint64_t target = out.address != 0 ? out.value : to->position();
  if (&from->inode() == &to->inode() && source < target + count && target < source + count) return Error(EINVAL);
  ASSIGN_OR_RETURN(uint64_t total, CopyBetween(task, *from, in, *to, out, count, false));
  RETURN_IF_ERROR(in.Store(task));
  RETURN_IF_ERROR(out.Store(task));
  return total;
}

}  // namespace sandbox
