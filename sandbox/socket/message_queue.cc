#include "sandbox/socket/message_queue.h"

#include <algorithm>
#include <cerrno>

#include "sandbox/vfs/file.h"

namespace sandbox {
namespace {

constexpr size_t kSmallestStreamRecord = 4096;
constexpr size_t kLargestStreamRecord = 65536;

bool SameSender(const ucred& a, const ucred& b) { return a.pid == b.pid && a.uid == b.uid && a.gid == b.gid; }

}  // namespace

Result<size_t> MessageQueue::AppendRecord(OutgoingMessage& message, const SocketAddress& from) {
  Record record;
  record.capacity = message.data.remaining();
  record.bytes = std::make_unique_for_overwrite<char[]>(record.capacity);
  if (record.capacity > 0) {
    ASSIGN_OR_RETURN(record.end, message.data.CopyIn(record.bytes.get(), record.capacity));
    if (record.end < record.capacity) return Error(EFAULT);
  }
  record.from = from;
  record.ancillary = std::move(message.ancillary);
  bytes_ += record.size();
  records_.push_back(std::move(record));
  return records_.back().size();
}

MessageQueue::Record& MessageQueue::Tail(const OutgoingMessage& message, size_t wanted) {
  if (!records_.empty() && message.ancillary.files.empty()) {
    Record& last = records_.back();
    if (last.end < last.capacity && SameSender(last.ancillary.sender, message.ancillary.sender)) return last;
  }
  Record record;
  record.capacity = std::clamp(wanted, kSmallestStreamRecord, kLargestStreamRecord);
  record.bytes = std::make_unique_for_overwrite<char[]>(record.capacity);
  record.ancillary.sender = message.ancillary.sender;
  records_.push_back(std::move(record));
  return records_.back();
}

Result<size_t> MessageQueue::AppendStream(OutgoingMessage& message, size_t limit) {
  if (message.data.remaining() == 0) return size_t{0};
  if (bytes_ >= limit) return Error(EAGAIN);
  size_t total = 0;
  while (message.data.remaining() > 0 && bytes_ < limit) {
    const size_t wanted = std::min(message.data.remaining(), limit - bytes_);
    Record& record = Tail(message, wanted);
    Result<size_t> copied =
        message.data.CopyIn(record.bytes.get() + record.end, std::min(wanted, record.capacity - record.end));
    if (!copied.ok() || *copied == 0) {
      if (record.size() == 0) records_.pop_back();
      return total > 0 ? Result<size_t>(total) : Error(EFAULT);
    }
    record.end += *copied;
    bytes_ += *copied;
    total += *copied;
    // Descriptors travel with the first byte; what is appended to this record later must not seem to come with them.
    if (!message.ancillary.files.empty()) {
      record.ancillary.files = std::exchange(message.ancillary.files, {});
      record.capacity = record.end;
    }
  }
  return total;
}

void MessageQueue::PopFront() {
  bytes_ -= records_.front().size();
  records_.pop_front();
}

Result<size_t> MessageQueue::TakeRecord(IncomingMessage& message) {
  if (records_.empty()) return Error(EAGAIN);
  Record& record = records_.front();
  const bool peek = (message.flags & MSG_PEEK) != 0;
  message.from = record.from;
  message.full_length = record.size();
  if (record.size() > message.data.remaining()) message.result_flags |= MSG_TRUNC;
  size_t copied = std::min(record.size(), message.data.remaining());
  if (copied > 0) {
    Result<size_t> result = message.data.CopyOut(record.bytes.get() + record.begin, copied);
    // As on Linux the datagram is lost when the buffer is bad.
    if (!result.ok()) {
      if (!peek) PopFront();
      return result;
    }
    copied = *result;
  }
  if (peek) {
    message.ancillary = record.ancillary;
  } else {
    message.ancillary = std::move(record.ancillary);
    PopFront();
  }
  return copied;
}

Result<size_t> MessageQueue::TakeStream(IncomingMessage& message) {
  if (records_.empty()) return Error(EAGAIN);
  const bool peek = (message.flags & MSG_PEEK) != 0;
  message.ancillary.sender = records_.front().ancillary.sender;
  size_t total = 0;
  for (size_t at = 0; at < records_.size() && message.data.remaining() > 0;) {
    Record& record = records_[at];
    if (total > 0 &&
        (!record.ancillary.files.empty() || !SameSender(record.ancillary.sender, message.ancillary.sender)))
      break;
    Result<size_t> copied =
        message.data.CopyOut(record.bytes.get() + record.begin, std::min(record.size(), message.data.remaining()));
    if (!copied.ok() || *copied == 0) return total > 0 ? Result<size_t>(total) : Error(EFAULT);
    total += *copied;
    const bool had_files = !record.ancillary.files.empty();
    if (peek) {
      if (had_files) message.ancillary.files = record.ancillary.files;
      ++at;
    } else {
      if (had_files) message.ancillary.files = std::exchange(record.ancillary.files, {});
      record.begin += *copied;
      bytes_ -= *copied;
      if (record.size() == 0) records_.pop_front();
    }
    if (had_files) break;
  }
  message.full_length = total;
  return total;
}

}  // namespace sandbox
