// POSIX message queues: mq_open and its family (mq_overview(7)). Queues have names of their own, outside any file
// system.
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sandbox/abi/restart.h"
#include "sandbox/fs/memory_inode.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/syscalls/handlers_ipc.h"
#include "sandbox/syscalls/paths.h"
#include "sandbox/vfs/fd_table.h"
#include "sandbox/vfs/fs_context.h"
#include "sandbox/vfs/permissions.h"

namespace sandbox {
namespace {

// /proc/sys/fs/mqueue and its ceilings.
constexpr long kDefaultMessages = 10, kMostMessages = 10, kMostMessagesOfRoot = 4096;
constexpr long kDefaultSize = 8192, kLargestSize = 8192, kLargestSizeOfRoot = 1 << 20;
constexpr size_t kMostQueues = 256;
constexpr unsigned kPriorities = 32768;

// What all queues may hold together at most; RLIMIT_MSGQUEUE may say less.
constexpr uint64_t kMostBytes = 16 << 20;
uint64_t g_reserved = 0;

struct Queue {
  ~Queue() { g_reserved -= reserved; }

  uint64_t reserved = 0;                                          // of g_reserved
  std::multimap<unsigned, std::string, std::greater<>> messages;  // by priority; equal ones in order of arrival
  long most = kDefaultMessages, largest = kDefaultSize;
  size_t bytes = 0;
  int receivers_waiting = 0;
  WaitQueue changed;
  // mq_notify: one process, once.
  std::weak_ptr<ThreadGroup> notified;
  sigevent event{};

  ReadyMask Readiness() const {
    ReadyMask ready = 0;
    if (!messages.empty()) ready |= EPOLLIN | EPOLLRDNORM;
    if (static_cast<long>(messages.size()) < most) ready |= EPOLLOUT | EPOLLWRNORM;
    return ready;
  }
};

// The inode of a queue: stat, chmod and permissions work on it.
class QueueInode : public MemoryInode {
 public:
  QueueInode(uint64_t number, uint32_t mode, const Credentials& credentials)
      : MemoryInode(Device(), number, S_IFREG | mode, credentials.fsuid, credentials.fsgid) {}
  Queue& queue() { return queue_; }

 private:
  static uint64_t Device() {
    static const uint64_t device = AllocateDevice();
    return device;
  }
  Queue queue_;
};

class QueueFile : public File {
 public:
  QueueFile(Path path, int flags, std::shared_ptr<QueueInode> node)
      : File(std::move(path), flags), node_(std::move(node)) {}
  ~QueueFile() override = default;

  Queue& queue() { return node_->queue(); }
  // As Linux shows the state of a queue.
  Result<size_t> Read(IoBuffer& to) override {
    const std::string text = absl::StrCat("QSIZE:", queue().bytes, " NOTIFY:0 SIGNO:0 NOTIFY_PID:0\n");
    const size_t rest = text.size() - std::min(text.size(), position_);
    ASSIGN_OR_RETURN(const size_t n, to.CopyOut(text.data() + text.size() - rest, std::min(rest, to.remaining())));
    position_ += n;
    return n;
  }
  Result<size_t> Write(IoBuffer&) override { return Error(EINVAL); }
  ReadyMask Readiness(ReadyMask mask) override { return mask & queue().Readiness(); }
  WaitQueue* wait_queue() override { return &queue().changed; }

 private:
  const std::shared_ptr<QueueInode> node_;
  size_t position_ = 0;
};

std::map<std::string, std::shared_ptr<QueueInode>>& Queues() {
  static auto& queues = *new std::map<std::string, std::shared_ptr<QueueInode>>();
  return queues;
}

// The C library takes the leading slash away.
Result<std::string> ReadName(Task& task, Addr address) {
  ASSIGN_OR_RETURN(std::string name, task.memory().CopyInString(address, 4096));
  if (name.empty()) return Error(ENOENT);
  if (name.size() > 255) return Error(ENAMETOOLONG);
  if (name.find('/') != std::string::npos) return Error(EACCES);
  return name;
}

Result<std::shared_ptr<QueueFile>> GetQueue(Task& task, int fd) {
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, GetFile(task, fd));
  auto queue = std::dynamic_pointer_cast<QueueFile>(file);
  if (queue == nullptr) return Error(EBADF);
  return queue;
}

Result<Deadline> ReadDeadline(Task& task, Addr address) {
  if (address == 0) return kNoDeadline;
  ASSIGN_OR_RETURN(const timespec time, task.memory().Read<timespec>(address));
  if (!IsValid(time)) return Error(EINVAL);
  return DeadlineIn(std::max<int64_t>(ToNanoseconds(time) - ClockNow(CLOCK_REALTIME), 0));
}

// Only when the queue was empty and nobody waits for the message.
void Notify(Task& sender, Queue& queue) {
  const std::shared_ptr<ThreadGroup> process = queue.notified.lock();
  queue.notified.reset();
  if (process == nullptr || process->zombie() || queue.event.sigev_notify != SIGEV_SIGNAL) return;
  siginfo_t info =
      MakeSignalInfo(queue.event.sigev_signo, SI_MESGQ, sender.thread_group().id(), sender.credentials().uid);
  info.si_value = queue.event.sigev_value;
  process->Send(info);
}

Result<std::shared_ptr<QueueInode>> MakeQueue(Task& task, uint32_t mode, Addr attributes) {
  static uint64_t next_number = 1;
  if (Queues().size() >= kMostQueues) return Error(ENOSPC);
  auto node = std::make_shared<QueueInode>(next_number, mode & 0777 & ~task.fs_context()->umask, task.credentials());
  if (attributes != 0) {
    ASSIGN_OR_RETURN(const mq_attr wanted, task.memory().Read<mq_attr>(attributes));
    const bool root = task.credentials().Has(CAP_SYS_RESOURCE);
    if (wanted.mq_maxmsg <= 0 || wanted.mq_maxmsg > (root ? kMostMessagesOfRoot : kMostMessages)) return Error(EINVAL);
    if (wanted.mq_msgsize <= 0 || wanted.mq_msgsize > (root ? kLargestSizeOfRoot : kLargestSize)) return Error(EINVAL);
    node->queue().most = wanted.mq_maxmsg;
    node->queue().largest = wanted.mq_msgsize;
  }
  const auto bytes = static_cast<uint64_t>(node->queue().most) * static_cast<uint64_t>(node->queue().largest);
  if (g_reserved + bytes > std::min(kMostBytes, task.thread_group().Limit(RLIMIT_MSGQUEUE))) return Error(EMFILE);
  node->queue().reserved = bytes;
  g_reserved += bytes;
  ++next_number;
  return node;
}

SyscallResult Finish(const Result<void>& ready) {
  if (ready.error() == abi::kERestartSys) return Error(abi::kERestartSys);
  return Error(ready.error());
}

}  // namespace

SyscallResult SysMqOpen(Task& task, const SyscallArguments& a) {
  const int flags = a.Int(1);
  ASSIGN_OR_RETURN(const std::string name, ReadName(task, a.Address(0)));
  std::shared_ptr<QueueInode> node;
  if (const auto it = Queues().find(name); it != Queues().end()) {
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return Error(EEXIST);
    node = it->second;
    const int access = (flags & O_ACCMODE) == O_RDONLY   ? kMayRead
                       : (flags & O_ACCMODE) == O_WRONLY ? kMayWrite
                                                         : kMayRead | kMayWrite;
    RETURN_IF_ERROR(CheckAccess(task.credentials(), node->mode(), node->uid(), node->gid(), access));
  } else {
    if ((flags & O_CREAT) == 0) return Error(ENOENT);
    ASSIGN_OR_RETURN(node, MakeQueue(task, a.Uint(2), a.Address(3)));
    Queues()[name] = node;
  }
  Path path = task.kernel().vfs().AnonymousPath(node, "/" + name);
  return InstallFile(task, std::make_shared<QueueFile>(std::move(path), flags & (O_ACCMODE | O_NONBLOCK), node),
                     (flags & O_CLOEXEC) != 0);
}

SyscallResult SysMqUnlink(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(task, a.Address(0)));
  const auto it = Queues().find(name);
  if (it == Queues().end()) return Error(ENOENT);
  if (task.credentials().fsuid != it->second->uid() && !task.credentials().Has(CAP_FOWNER)) return Error(EACCES);
  Queues().erase(it);
  return 0;
}

SyscallResult SysMqTimedsend(Task& task, const SyscallArguments& a) {
  if (a.Uint(3) >= kPriorities) return Error(EINVAL);
  ASSIGN_OR_RETURN(const Deadline deadline, ReadDeadline(task, a.Address(4)));
  ASSIGN_OR_RETURN(const std::shared_ptr<QueueFile> file, GetQueue(task, a.Int(0)));
  Queue& queue = file->queue();
  if (!file->writable()) return Error(EBADF);
  if (a[2] > static_cast<uint64_t>(queue.largest)) return Error(EMSGSIZE);
  std::string text(a[2], '\0');
  RETURN_IF_ERROR(task.memory().CopyIn(text.data(), a.Address(1), text.size()));
  const auto has_room = [&]() -> Result<void> {
    return static_cast<long>(queue.messages.size()) < queue.most ? Ok() : Result<void>(Error(EAGAIN));
  };
  const Result<void> ready =
      file->nonblocking() ? has_room() : BlockOn(task, queue.changed, EPOLLOUT, deadline, has_room);
  if (!ready.ok()) return Finish(ready);
  const bool was_empty = queue.messages.empty();
  queue.bytes += text.size();
  queue.messages.emplace(a.Uint(3), std::move(text));
  if (was_empty && queue.receivers_waiting == 0) Notify(task, queue);
  queue.changed.Notify(EPOLLIN | EPOLLRDNORM);
  return 0;
}

SyscallResult SysMqTimedreceive(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(const Deadline deadline, ReadDeadline(task, a.Address(4)));
  ASSIGN_OR_RETURN(const std::shared_ptr<QueueFile> file, GetQueue(task, a.Int(0)));
  Queue& queue = file->queue();
  if (!file->readable()) return Error(EBADF);
  if (a[2] < static_cast<uint64_t>(queue.largest)) return Error(EMSGSIZE);
  const auto has_message = [&]() -> Result<void> {
    return queue.messages.empty() ? Result<void>(Error(EAGAIN)) : Ok();
  };
  ++queue.receivers_waiting;
  const Result<void> ready =
      file->nonblocking() ? has_message() : BlockOn(task, queue.changed, EPOLLIN, deadline, has_message);
  --queue.receivers_waiting;
  if (!ready.ok()) return Finish(ready);
  const auto first = queue.messages.begin();
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(1), first->second.data(), first->second.size()));
  if (a.Address(3) != 0) RETURN_IF_ERROR(task.memory().Write<unsigned>(a.Address(3), first->first));
  const size_t length = first->second.size();
  queue.bytes -= length;
  queue.messages.erase(first);
  queue.changed.Notify(EPOLLOUT | EPOLLWRNORM);
  return uint64_t{length};
}

SyscallResult SysMqNotify(Task& task, const SyscallArguments& a) {
  sigevent event{};
  if (a.Address(1) != 0) {
    ASSIGN_OR_RETURN(event, task.memory().Read<sigevent>(a.Address(1)));
    if (event.sigev_notify != SIGEV_NONE && event.sigev_notify != SIGEV_SIGNAL) return Error(EINVAL);
    if (event.sigev_notify == SIGEV_SIGNAL && !IsValidSignal(event.sigev_signo)) return Error(EINVAL);
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<QueueFile> file, GetQueue(task, a.Int(0)));
  Queue& queue = file->queue();
  const std::shared_ptr<ThreadGroup> registered = queue.notified.lock();
  const bool taken = registered != nullptr && !registered->zombie();
  if (a.Address(1) == 0) {
    if (taken && registered.get() == &task.thread_group()) queue.notified.reset();
    return 0;
  }
  if (taken) return Error(EBUSY);
  queue.notified = task.thread_group().weak_from_this();
  queue.event = event;
  return 0;
}

SyscallResult SysMqGetsetattr(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(const std::shared_ptr<QueueFile> file, GetQueue(task, a.Int(0)));
  mq_attr before{};
  before.mq_flags = file->flags() & O_NONBLOCK;
  before.mq_maxmsg = file->queue().most;
  before.mq_msgsize = file->queue().largest;
  before.mq_curmsgs = static_cast<long>(file->queue().messages.size());
  if (a.Address(1) != 0) {
    ASSIGN_OR_RETURN(const mq_attr wanted, task.memory().Read<mq_attr>(a.Address(1)));
    if ((wanted.mq_flags & ~O_NONBLOCK) != 0) return Error(EINVAL);
    RETURN_IF_ERROR(file->SetStatusFlags((file->flags() & ~O_NONBLOCK) | static_cast<int>(wanted.mq_flags)));
  }
  if (a.Address(2) != 0) RETURN_IF_ERROR(task.memory().Write(a.Address(2), before));
  return 0;
}

}  // namespace sandbox
