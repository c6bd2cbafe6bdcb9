#include "sandbox/syscalls/blocking_io.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/vfs/watches.h"

namespace sandbox {
namespace {

Deadline DeadlineAfter(int64_t nanoseconds) { return nanoseconds <= 0 ? kNoDeadline : MonotonicNow() + nanoseconds; }

// A socket's own timeout ends in EAGAIN.
Result<size_t> TimeoutIsAgain(Result<size_t> result) {
  return !result.ok() && result.error() == ETIMEDOUT ? Error(EAGAIN) : result;
}

Result<uint64_t> SizeOf(File& file) {
  ASSIGN_OR_RETURN(const Attributes attributes, file.GetAttributes());
  return attributes.size;
}

}  // namespace

Result<size_t> ReadBlocking(Task& task, File& file, IoBuffer& to) {
  Result<size_t> result = file.Read(to);
  if (result.ok() && *result > 0) Happened(*file.path().dentry, IN_ACCESS);
  WaitQueue* queue = file.wait_queue();
  if (result.ok() || result.error() != EAGAIN || file.nonblocking() || queue == nullptr) return result;
  const Deadline deadline = DeadlineAfter(file.read_timeout());
  result = BlockOn(task, *queue, EPOLLIN | EPOLLRDNORM | EPOLLRDHUP, deadline, [&] { return file.Read(to); });
  if (!result.ok() && result.error() == ETIMEDOUT && file.timeout_is_end()) return size_t{0};
  return TimeoutIsAgain(result);
}

Result<void> CheckFileSize(Task& task, uint64_t size) {
  if (size <= task.thread_group().Limit(RLIMIT_FSIZE)) return Ok();
  task.SendSignal(SIGXFSZ);
  return Error(EFBIG);
}

Result<void> LimitFileSize(Task& task, File& file, IoBuffer& from, uint64_t offset) {
  const uint64_t limit = task.thread_group().Limit(RLIMIT_FSIZE);
  if (limit == RLIM_INFINITY || file.inode().type() != S_IFREG || from.remaining() == 0) return Ok();
  if ((file.flags() & O_APPEND) != 0) {
    ASSIGN_OR_RETURN(offset, SizeOf(file));
  }
  if (offset >= limit) return CheckFileSize(task, RLIM_INFINITY);
  from.Limit(limit - offset);
  return Ok();
}

Result<size_t> WriteBlocking(Task& task, File& file, IoBuffer& from) {
  RETURN_IF_ERROR(LimitFileSize(task, file, from, file.position()));
  WaitQueue* queue = file.wait_queue();
  Deadline deadline = DeadlineAfter(file.write_timeout());
  for (;;) {
    Result<size_t> result = file.Write(from);
    if (!result.ok() && result.error() == EAGAIN && !file.nonblocking() && queue != nullptr) {
      result =
          TimeoutIsAgain(BlockOn(task, *queue, EPOLLOUT | EPOLLWRNORM, deadline, [&] { return file.Write(from); }));
    }
    if (!result.ok()) {
      if (result.error() == EPIPE) task.SendSignal(SIGPIPE);
      return from.done() > 0 ? Result<size_t>(from.done()) : result;
    }
    if (*result > 0) Happened(*file.path().dentry, IN_MODIFY);
    if (from.remaining() == 0 || *result == 0 || file.nonblocking() || queue == nullptr) return from.done();
  }
}

Result<size_t> AppendBlocking(Task& task, File& file, IoBuffer& from) {
  ASSIGN_OR_RETURN(const uint64_t end, SizeOf(file));
  RETURN_IF_ERROR(LimitFileSize(task, file, from, end));
  const Result<size_t> result = file.WriteAt(from, end);
  if (result.ok() && *result > 0) Happened(*file.path().dentry, IN_MODIFY);
  return result;
}

Result<size_t> WriteAtBlocking(Task& task, File& file, IoBuffer& from, uint64_t offset) {
  // Whatever position is named (Linux, generic_write_checks; pwrite(2), "BUGS").
  if ((file.flags() & O_APPEND) != 0 && file.inode().type() == S_IFREG) return AppendBlocking(task, file, from);
  RETURN_IF_ERROR(LimitFileSize(task, file, from, offset));
  Result<size_t> result = file.WriteAt(from, offset);
  if (result.ok() && *result > 0) Happened(*file.path().dentry, IN_MODIFY);
  return result;
}

}  // namespace sandbox
