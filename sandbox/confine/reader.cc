#include "sandbox/confine/reader.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sandbox/confine/capabilities.h"

namespace sandbox {
namespace {

constexpr int kAllowedFlags = O_PATH | O_DIRECTORY;
constexpr int kAlwaysFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

struct Wish {
  int flags;
  char name[NAME_MAX + 1];
};

// One message with at most one descriptor.
class Message {
 public:
  Message(void* bytes, size_t length) : vector_{bytes, length} {
    header_.msg_iov = &vector_;
    header_.msg_iovlen = 1;
  }
  bool Send(int socket, int fd) {
    if (fd >= 0) {
      header_.msg_control = control_;
      header_.msg_controllen = sizeof(control_);
      cmsghdr* const item = CMSG_FIRSTHDR(&header_);
      item->cmsg_level = SOL_SOCKET;
      item->cmsg_type = SCM_RIGHTS;
      item->cmsg_len = CMSG_LEN(sizeof(fd));
      std::memcpy(CMSG_DATA(item), &fd, sizeof(fd));
    }
    return sendmsg(socket, &header_, MSG_NOSIGNAL) == static_cast<ssize_t>(vector_.iov_len);
  }
  // The descriptor goes to `fd`, -1 if there is none.
  bool Receive(int socket, int* fd) {
    header_.msg_control = control_;
    header_.msg_controllen = sizeof(control_);
    *fd = -1;
    ssize_t got;
    do {
      got = recvmsg(socket, &header_, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return false;
    const cmsghdr* const item = CMSG_FIRSTHDR(&header_);
    if (item != nullptr && item->cmsg_type == SCM_RIGHTS && item->cmsg_len == CMSG_LEN(sizeof(*fd)))
      std::memcpy(fd, CMSG_DATA(item), sizeof(*fd));
    return got == static_cast<ssize_t>(vector_.iov_len);
  }

 private:
  iovec vector_;
  msghdr header_{};
  alignas(cmsghdr) char control_[CMSG_SPACE(sizeof(int))]{};
};

bool IsOneComponent(const Wish& wish) {
  const size_t length = strnlen(wish.name, sizeof(wish.name));
  return length != 0 && length != sizeof(wish.name) && std::memchr(wish.name, '/', length) == nullptr &&
         std::strcmp(wish.name, "..") != 0;
}

// Serves until the sentry's end is closed.
void ServeWishes(int socket) {
  for (;;) {
    Wish wish;
    int directory;
    if (!Message(&wish, sizeof(wish)).Receive(socket, &directory)) return;
    int answer = EACCES, fd = -1;
    if (directory >= 0 && (wish.flags & ~kAllowedFlags) == 0 && IsOneComponent(wish)) {
      fd = openat(directory, wish.name, wish.flags | kAlwaysFlags);
      answer = fd < 0 ? errno : 0;
    }
    const bool sent = Message(&answer, sizeof(answer)).Send(socket, fd);
    if (fd >= 0) close(fd);
    if (directory >= 0) close(directory);
    if (!sent) return;
  }
}

bool LoadReaderFilter() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return false;
  constexpr uint64_t kRefusedFlags = static_cast<uint64_t>(~(kAllowedFlags | kAlwaysFlags) & 0xffffffff);
  bool ok = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, SCMP_A0(SCMP_CMP_MASKED_EQ, 0x80000000, 0),
                             SCMP_A2(SCMP_CMP_MASKED_EQ, kRefusedFlags, 0)) == 0;
  for (const int call : {SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(close), SCMP_SYS(exit_group)}) {
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
  }
  ok = ok && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return ok;
}

[[noreturn]] void RunReader(int socket, pid_t sentry) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  const int process = static_cast<int>(syscall(SYS_pidfd_open, sentry, 0));
  const bool ready = process >= 0 && setns(process, CLONE_NEWUSER | CLONE_NEWNS) == 0 && dup2(socket, 0) == 0 &&
                     close_range(1, ~0u, 0) == 0 && DropPrivileges(uint64_t{1} << CAP_DAC_READ_SEARCH).ok() &&
                     LoadReaderFilter();
  if (ready) ServeWishes(0);
  _exit(0);
}

}  // namespace

int OpenByReader(int directory, std::string_view name, int flags) {
  Wish wish{};
  wish.flags = flags & kAllowedFlags;
  errno = EACCES;
  if (name.size() >= sizeof(wish.name)) return -1;
  name.copy(wish.name, name.size());
  int answer = EACCES, fd = -1;
  if (!Message(&wish, sizeof(wish)).Send(kReaderDescriptor, directory) ||
      !Message(&answer, sizeof(answer)).Receive(kReaderDescriptor, &fd)) {
    errno = EACCES;
    return -1;
  }
  errno = answer;
  return fd;
}

Reader::Reader(bool wanted) {
  int sockets[2];
  if (!wanted || geteuid() != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) return;
  own_ = sockets[0];
  sentrys_ = sockets[1];
}

Reader::~Reader() {
  for (const int fd : {own_, sentrys_}) {
    if (fd >= 0) close(fd);
  }
  if (process_ < 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

void Reader::EnterSentry() {
  if (sentrys_ < 0) return;
  dup3(sentrys_, kReaderDescriptor, O_CLOEXEC);
  close(own_);
  close(sentrys_);
  own_ = sentrys_ = -1;
}

void Reader::EnterLauncher() {
  if (sentrys_ >= 0) close(sentrys_);
  sentrys_ = -1;
}

void Reader::Start(pid_t sentry) {
  process_ = fork();
  if (process_ == 0) RunReader(own_, sentry);
  Dismiss();
}

void Reader::Dismiss() {
  close(own_);
  own_ = -1;
}

}  // namespace sandbox
