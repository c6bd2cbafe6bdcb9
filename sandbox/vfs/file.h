// A file description: what open(2) makes and what file descriptors, in one process or several, refer to.
//
// Files never block: an operation that would have to wait answers EAGAIN, and the system-call layer waits on
// `wait_queue()` and tries again unless the description is O_NONBLOCK.
//
// Runs under the kernel lock.
#ifndef SANDBOX_VFS_FILE_H_
#define SANDBOX_VFS_FILE_H_

#include <fcntl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sandbox/abi/result.h"
#include "sandbox/kernel/wait_queue.h"
#include "sandbox/mm/io_buffer.h"
#include "sandbox/mm/mappable.h"
#include "sandbox/vfs/path.h"

namespace sandbox {

class Task;

// Takes the entries of a directory one by one.
class DirectorySink {
 public:
  virtual ~DirectorySink() = default;
  // `type` is a DT_*; `next` is the position behind this entry, for lseek. False: no room, the entry was not taken.
  virtual bool Add(std::string_view name, uint64_t inode, unsigned char type, int64_t next) = 0;
  // Room left, in bytes of struct linux_dirent64.
  virtual size_t room() const { return 32768; }
};

class File : public std::enable_shared_from_this<File> {
 public:
  // `flags` as given to open(2).
  File(Path path, int flags);
  File(const File&) = delete;
  virtual ~File();

  const Path& path() const { return path_; }
  Inode& inode() const { return path_.inode(); }
  // Access mode and status flags, as F_GETFL shows them.
  int flags() const { return flags_; }
  // Only O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME and O_NONBLOCK change.
  virtual Result<void> SetStatusFlags(int flags);
  bool readable() const { return (flags_ & O_PATH) == 0 && (flags_ & O_ACCMODE) != O_WRONLY; }
  bool writable() const { return (flags_ & O_PATH) == 0 && (flags_ & O_ACCMODE) != O_RDONLY; }
  bool nonblocking() const { return (flags_ & O_NONBLOCK) != 0; }

  // The caller has checked readable() / writable(). Both use and move the file position where there is one.
  virtual Result<size_t> Read(IoBuffer& to);
  virtual Result<size_t> Write(IoBuffer& from);
  // ESPIPE for streams.
  virtual Result<size_t> ReadAt(IoBuffer& to, uint64_t offset);
  virtual Result<size_t> WriteAt(IoBuffer& from, uint64_t offset);
  virtual Result<uint64_t> Seek(int64_t offset, int whence);

  // From the current position; moves it. ENOTDIR.
  virtual Result<void> ListDirectory(DirectorySink& sink);

  virtual Result<Attributes> GetAttributes();
  virtual Result<void> SetAttributes(const AttributeChange& change);
  virtual Result<uint64_t> Ioctl(Task& task, uint64_t command, uint64_t argument);
  virtual Result<void> Sync(bool data_only);
  // fallocate(2).
  virtual Result<void> Allocate(int mode, uint64_t offset, uint64_t length);

  // Which of `mask` hold now (poll bits). Files and directories are always ready.
  virtual ReadyMask Readiness(ReadyMask mask);
  // Notified when Readiness may have changed; null: always ready.
  virtual WaitQueue* wait_queue();

  // SO_RCVTIMEO and SO_SNDTIMEO of sockets, in nanoseconds; 0: wait for ever.
  virtual int64_t read_timeout() const { return 0; }
  virtual int64_t write_timeout() const { return 0; }
  // A read that timed out answers 0 (terminals) rather than EAGAIN.
  virtual bool timeout_is_end() const { return false; }

  // ENODEV for what cannot be mapped. The mapping keeps the description (and so the file) alive.
  virtual Result<std::shared_ptr<Mappable>> GetMappable();

  // open(2) of a named pipe waits for the other side: true until it came. Readiness and wait_queue tell when to look
  // again.
  virtual bool OpenPending() { return false; }

  // One descriptor that refers to this description is closed (flush(2) of a file system). The last one destroys it.
  virtual void DescriptorClosed() {}

  // As /proc/PID/fdinfo/N shows beyond pos and flags; lines.
  virtual std::string FdInfo() { return ""; }
  virtual uint64_t position() const { return 0; }

  // O_ASYNC, F_SETOWN, F_SETSIG: syscalls/async_notice.h, which alone sets and reads it; null until then.
  std::unique_ptr<WaitEntry> async_notice;

 protected:
  int flags_;

 private:
  const Path path_;
};

// A file with a position: regular files, and devices that behave like them. Subclasses implement ReadAt and WriteAt.
class SeekableFile : public File {
 public:
  using File::File;
  Result<size_t> Read(IoBuffer& to) override;
  // Appends at the end with O_APPEND.
  Result<size_t> Write(IoBuffer& from) override;
  // SEEK_DATA and SEEK_HOLE see the file as all data.
  Result<uint64_t> Seek(int64_t offset, int whence) override;
  uint64_t position() const override { return position_; }

 protected:
  // Where SEEK_END counts from.
  virtual Result<uint64_t> End();

  uint64_t position_ = 0;
};

// O_PATH: a name to start walks from, nothing else.
class PathFile : public File {
 public:
  using File::File;
};

}  // namespace sandbox

#endif  // SANDBOX_VFS_FILE_H_
