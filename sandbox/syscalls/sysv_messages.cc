// System V message queues: msgget, msgsnd, msgrcv, msgctl.
#include <sys/msg.h>

#include <algorithm>
#include <list>
#include <string>

#include "absl/strings/str_format.h"
#include "sandbox/abi/restart.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/kernel/wait_queue.h"
#include "sandbox/syscalls/handlers_ipc.h"
#include "sandbox/syscalls/sysv_proc.h"
#include "sandbox/syscalls/sysv_registry.h"

namespace sandbox {
namespace {

constexpr size_t kMaxMessage = 8192;     // kernel.msgmax
constexpr size_t kDefaultBytes = 16384;  // kernel.msgmnb

struct MessageQueue : SysvObject {
  struct Message {
    int64_t type;
    std::string text;
  };
  std::list<Message> messages;
  size_t bytes = 0;
  size_t limit = kDefaultBytes;
  time_t send_time = 0, receive_time = 0;
  int32_t last_sender = 0, last_receiver = 0;
  WaitQueue changed;
};

SysvRegistry<MessageQueue>& Queues() {
  static auto& queues = *new SysvRegistry<MessageQueue>(256);
  return queues;
}

// Which message msgrcv(2) takes.
std::list<MessageQueue::Message>::iterator Choose(MessageQueue& queue, int64_t type, int flags) {
  auto& messages = queue.messages;
  if (type == 0) return messages.begin();
  if (type > 0) {
    bool except = (flags & MSG_EXCEPT) != 0;
    return std::find_if(messages.begin(), messages.end(),
                        [=](const auto& message) { return (message.type == type) != except; });
  }
  auto best = messages.end();
  for (auto it = messages.begin(); it != messages.end(); ++it) {
    if (it->type <= -type && (best == messages.end() || it->type < best->type)) best = it;
  }
  return best;
}

Result<uint64_t> Describe(Task& task, Addr to, bool used) {
  msginfo info = {};
  info.msgmax = static_cast<int>(kMaxMessage);
  info.msgmnb = static_cast<int>(kDefaultBytes);
  info.msgmni = 256;
  if (used) {
    info.msgpool = static_cast<int>(Queues().objects().size());
    for (const auto& [id, queue] : Queues().objects()) {
      info.msgmap += static_cast<int>(queue->messages.size());
      info.msgtql += static_cast<int>(queue->bytes);
    }
  }
  RETURN_IF_ERROR(task.memory().Write(to, info));
  return Queues().LastIndex();
}

Error Interrupted(int error) { return Error(error == abi::kERestartSys ? EINTR : error); }

}  // namespace

std::string MessageQueuesText() {
  std::string text =
      "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime    "
      "  "
      "ctime\n";
  for (const auto& [id, queue] : Queues().objects()) {
    absl::StrAppendFormat(&text, "%10d %10d  %4o  %10d %10d %5d %5d %5d %5d %5d %5d %10d %10d %10d\n", queue->key, id,
                          queue->mode, queue->bytes, queue->messages.size(), queue->last_sender, queue->last_receiver,
                          queue->uid, queue->gid, queue->creator_uid, queue->creator_gid, queue->send_time,
                          queue->receive_time, queue->change_time);
  }
  return text;
}

SyscallResult SysMsgget(Task& task, const SyscallArguments& a) {
  ASSIGN_OR_RETURN(int id,
                   Queues().Get(
                       a.Int(0), a.Int(1), task.credentials(),
                       []() -> Result<std::shared_ptr<MessageQueue>> { return std::make_shared<MessageQueue>(); },
                       [](const MessageQueue&) { return Ok(); }));
  return static_cast<uint64_t>(id);
}

SyscallResult SysMsgsnd(Task& task, const SyscallArguments& a) {
  if (a[2] > kMaxMessage) return Error(EINVAL);
  MessageQueue::Message message;
  ASSIGN_OR_RETURN(message.type, task.memory().Read<int64_t>(a.Address(1)));
  if (message.type < 1) return Error(EINVAL);
  message.text.resize(a[2]);
  RETURN_IF_ERROR(task.memory().CopyIn(message.text.data(), a.Address(1) + 8, message.text.size()));
  ASSIGN_OR_RETURN(std::shared_ptr<MessageQueue> queue, Queues().Find(a.Int(0), task.credentials(), 2));
  auto room = [&]() -> Result<void> {
    if (queue->removed) return Error(EIDRM);
    return queue->bytes + message.text.size() > queue->limit || queue->messages.size() >= queue->limit
               ? Result<void>(Error(EAGAIN))
               : Ok();
  };
  Result<void> ready =
      (a.Int(3) & IPC_NOWAIT) != 0 ? room() : BlockOn(task, queue->changed, kReadyAll, kNoDeadline, room);
  if (!ready.ok()) return Interrupted(ready.error());
  queue->bytes += message.text.size();
  queue->messages.push_back(std::move(message));
  queue->send_time = time(nullptr);
  queue->last_sender = task.thread_group().id();
  queue->changed.Notify(kReadyAll);
  return uint64_t{0};
}

SyscallResult SysMsgrcv(Task& task, const SyscallArguments& a) {
  if (a.Long(2) < 0) return Error(EINVAL);
  int flags = a.Int(4);
  if ((flags & MSG_COPY) != 0) return Error(ENOSYS);
  ASSIGN_OR_RETURN(std::shared_ptr<MessageQueue> queue, Queues().Find(a.Int(0), task.credentials(), 4));
  auto found = queue->messages.end();
  auto look = [&]() -> Result<void> {
    if (queue->removed) return Error(EIDRM);
    found = Choose(*queue, a.Long(3), flags);
    if (found == queue->messages.end()) return Error(EAGAIN);
    return Ok();
  };
  Result<void> ready = (flags & IPC_NOWAIT) != 0 ? look() : BlockOn(task, queue->changed, kReadyAll, kNoDeadline, look);
  if (!ready.ok()) return ready.error() == EAGAIN ? Error(ENOMSG) : Interrupted(ready.error());
  if (found->text.size() > a[2] && (flags & MSG_NOERROR) == 0) return Error(E2BIG);
  size_t n = std::min<size_t>(found->text.size(), a[2]);
  RETURN_IF_ERROR(task.memory().Write(a.Address(1), found->type));
  RETURN_IF_ERROR(task.memory().CopyOut(a.Address(1) + 8, found->text.data(), n));
  queue->bytes -= found->text.size();
  queue->messages.erase(found);
  queue->receive_time = time(nullptr);
  queue->last_receiver = task.thread_group().id();
  queue->changed.Notify(kReadyAll);
  return uint64_t{n};
}

SyscallResult SysMsgctl(Task& task, const SyscallArguments& a) {
  const int command = a.Int(1) & 0xff;
  if (command == IPC_INFO || command == MSG_INFO) return Describe(task, a.Address(2), command == MSG_INFO);
  const bool by_index = command == MSG_STAT || command == MSG_STAT_ANY;
  ASSIGN_OR_RETURN(std::shared_ptr<MessageQueue> queue, by_index ? Queues().At(a.Int(0)) : Queues().Find(a.Int(0)));
  switch (command) {
    case IPC_RMID:
      if (!queue->OwnedBy(task.credentials())) return Error(EPERM);
      queue->removed = true;
      Queues().Remove(queue->id);
      queue->changed.Notify(kReadyAll);
      return uint64_t{0};
    case IPC_SET: {
      ASSIGN_OR_RETURN(msqid_ds wanted, task.memory().Read<msqid_ds>(a.Address(2)));
      if (wanted.msg_qbytes > kDefaultBytes && !task.credentials().Has(CAP_SYS_RESOURCE)) return Error(EPERM);
      RETURN_IF_ERROR(SysvSet(*queue, task.credentials(), wanted.msg_perm));
      queue->limit = std::min<size_t>(wanted.msg_qbytes, 1 << 20);
      queue->changed.Notify(kReadyAll);
      return uint64_t{0};
    }
    case MSG_STAT:
    case MSG_STAT_ANY:
    case IPC_STAT: {
      if (command != MSG_STAT_ANY && !queue->Allows(task.credentials(), 4)) return Error(EACCES);
      msqid_ds status = {};
      status.msg_perm = queue->Describe();
      status.msg_stime = queue->send_time;
      status.msg_rtime = queue->receive_time;
      status.msg_ctime = queue->change_time;
      status.__msg_cbytes = queue->bytes;
      status.msg_qnum = queue->messages.size();
      status.msg_qbytes = queue->limit;
      status.msg_lspid = queue->last_sender;
      status.msg_lrpid = queue->last_receiver;
      RETURN_IF_ERROR(task.memory().Write(a.Address(2), status));
      return static_cast<uint64_t>(by_index ? queue->id : 0);
    }
    default:
      return Error(EINVAL);
  }
}

}  // namespace sandbox
