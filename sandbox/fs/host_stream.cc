// Descriptors that the operator gave: stdin, stdout, stderr.
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sandbox/fs/devices.h"
#include "sandbox/fs/host_tree.h"
#include "sandbox/fs/memory_inode.h"
#include "sandbox/kernel/host_poller.h"
#include "sandbox/kernel/task.h"

namespace sandbox {
namespace {

// Its attributes are the host's, its owner and device are not.
class HostStreamInode : public Inode {
 public:
  HostStreamInode(UniqueFd fd, uint32_t mode) : Inode(mode), fd_(std::move(fd)) {}
  Result<Attributes> GetAttributes() override {
    struct stat status;
    if (fstat(fd_.get(), &status) != 0) return Error(errno);
    Attributes result = FromHostStat(status);
    static const uint64_t device = AllocateDevice();
    result.device = device;
    return result;
  }
  Result<void> SetAttributes(const AttributeChange& change) override {
    if (!change.size) return Ok();
    if (ftruncate(fd_.get(), static_cast<off_t>(*change.size)) != 0) return Error(errno);
    return Ok();
  }
  // Through /proc/self/fd and /dev/stdout.
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override;
  int host_fd() const { return fd_.get(); }

 private:
  const UniqueFd fd_;
};

class HostStream : public File {
 public:
  HostStream(Path path, int flags, std::shared_ptr<HostStreamInode> node)
      : File(std::move(path), flags), node_(std::move(node)) {
    regular_ = node_->type() == S_IFREG;
  }
  ~HostStream() override {
    if (watched_) HostPoller::Get().Unwatch(node_->host_fd());
  }

  Result<size_t> Read(IoBuffer& to) override {
    if (to.remaining() == 0) return size_t{0};
    if (!regular_ && (Poll(POLLIN) & (POLLIN | POLLHUP | POLLERR)) == 0) return Error(EAGAIN);
    char buffer[65536];
    ssize_t n = read(node_->host_fd(), buffer, std::min(to.remaining(), sizeof(buffer)));
    if (n < 0) return Error(errno);
    return n == 0 ? Result<size_t>(0) : to.CopyOut(buffer, static_cast<size_t>(n));
  }

  Result<size_t> Write(IoBuffer& from) override {
    if (from.remaining() == 0) return size_t{0};
    // A pipe that polls writable takes at least PIPE_BUF bytes without blocking; more might block the sentry.
    size_t limit = regular_ ? 65536 : PIPE_BUF;
    if (!regular_ && (Poll(POLLOUT) & (POLLOUT | POLLERR | POLLHUP)) == 0) return Error(EAGAIN);
    char buffer[65536];
    ASSIGN_OR_RETURN(size_t taken, from.CopyIn(buffer, std::min(from.remaining(), limit)));
    ssize_t n = write(node_->host_fd(), buffer, taken);
    if (n < 0) return Error(errno);
    return static_cast<size_t>(n);
  }

  Result<size_t> ReadAt(IoBuffer& to, uint64_t offset) override {
    if (!regular_) return Error(ESPIPE);
    char buffer[65536];
    ssize_t n = pread(node_->host_fd(), buffer, std::min(to.remaining(), sizeof(buffer)), static_cast<off_t>(offset));
    if (n < 0) return Error(errno);
    return n == 0 ? Result<size_t>(0) : to.CopyOut(buffer, static_cast<size_t>(n));
  }

  Result<size_t> WriteAt(IoBuffer& from, uint64_t offset) override {
    if (!regular_) return Error(ESPIPE);
    char buffer[65536];
    ASSIGN_OR_RETURN(size_t taken, from.CopyIn(buffer, std::min(from.remaining(), sizeof(buffer))));
    ssize_t n = pwrite(node_->host_fd(), buffer, taken, static_cast<off_t>(offset));
    if (n < 0) return Error(errno);
    return static_cast<size_t>(n);
  }

  Result<uint64_t> Seek(int64_t offset, int whence) override {
    off_t at = lseek(node_->host_fd(), offset, whence);
    if (at < 0) return Error(errno);
    return static_cast<uint64_t>(at);
  }

  Result<void> Sync(bool data_only) override {
    if ((data_only ? fdatasync(node_->host_fd()) : fsync(node_->host_fd())) != 0) return Error(errno);
    return Ok();
  }

  Result<uint64_t> Ioctl(Task& task, uint64_t command, uint64_t argument) override {
    if (command != FIONREAD) return Error(ENOTTY);
    int available = 0;
    if (ioctl(node_->host_fd(), FIONREAD, &available) != 0) return Error(errno);
    RETURN_IF_ERROR(task.memory().Write<int>(argument, available));
    return uint64_t{0};
  }

  ReadyMask Readiness(ReadyMask mask) override {
    if (regular_) return File::Readiness(mask);
    short events = static_cast<short>((readable() ? POLLIN | POLLRDHUP : 0) | (writable() ? POLLOUT : 0));
    return mask & static_cast<ReadyMask>(Poll(events));
  }

  WaitQueue* wait_queue() override {
    if (regular_) return nullptr;
    if (!watched_) watched_ = HostPoller::Get().Watch(node_->host_fd(), &queue_).ok();
    return watched_ ? &queue_ : nullptr;
  }

 private:
  // poll's bits are epoll's.
  int Poll(short events) const {
    pollfd poll_fd = {node_->host_fd(), events, 0};
    return poll(&poll_fd, 1, 0) > 0 ? poll_fd.revents : 0;
  }

  const std::shared_ptr<HostStreamInode> node_;
  bool regular_;
  bool watched_ = false;
  WaitQueue queue_;
};

Result<std::shared_ptr<File>> HostStreamInode::Open(const OpenRequest& request) {
  // A second description of the same host descriptor: what the host allows is what fcntl says.
  UniqueFd copy(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 3));
  if (copy.get() < 0) return Error(errno);
  auto node = std::make_shared<HostStreamInode>(std::move(copy), mode());
  return std::shared_ptr<File>(std::make_shared<HostStream>(*request.path, request.flags, std::move(node)));
}

}  // namespace

Result<std::shared_ptr<File>> MakeHostStream(Vfs& vfs, int host_fd, int flags) {
  UniqueFd copy(fcntl(host_fd, F_DUPFD_CLOEXEC, 3));
  if (copy.get() < 0) return Error(errno);
  struct stat status;
  if (fstat(copy.get(), &status) != 0) return Error(errno);
  if (S_ISDIR(status.st_mode)) return Error(EISDIR);
  auto inode = std::make_shared<HostStreamInode>(std::move(copy), status.st_mode);
  Path path = vfs.AnonymousPath(inode, absl::StrCat("host:[", host_fd, "]"));
  return std::shared_ptr<File>(std::make_shared<HostStream>(std::move(path), flags, std::move(inode)));
}

}  // namespace sandbox
