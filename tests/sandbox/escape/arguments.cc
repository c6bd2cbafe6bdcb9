// Calls with arguments that no honest program has: huge, negative, misaligned, somebody else's addresses, changing
// under way. What they answer matters little; what matters is that the sandbox still stands, and has given nothing
// away.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "tests/sandbox/escape/attack.h"

namespace attack {
namespace {

constexpr int kLastCall = 470;

// Calls that would end or stop this process, or wait for ever.
bool IsSkipped(int number) {
  switch (number) {
    case SYS_exit:
    case SYS_exit_group:
    case SYS_rt_sigreturn:
    case SYS_pause:
    case SYS_rt_sigsuspend:
    case SYS_vfork:
    case SYS_fork:
    case SYS_clone:
    case SYS_clone3:
    case SYS_kill:
    case SYS_tkill:
    case SYS_tgkill:
    case SYS_munmap:
    case SYS_mremap:
    case SYS_brk:
    case SYS_mprotect:
    case SYS_pkey_mprotect:
    case SYS_mmap:
    case SYS_shmat:
    case SYS_arch_prctl:
    case SYS_seccomp:
    case SYS_prctl:
    case SYS_alarm:
    case SYS_setitimer:
    case SYS_timer_settime:
    case SYS_timer_delete:
    case SYS_reboot:
    case SYS_rt_sigaction:
    case SYS_rt_sigprocmask:
    case SYS_sigaltstack:
    case SYS_setrlimit:
    case SYS_prlimit64:
    case SYS_rseq:
    case SYS_madvise:
    case SYS_process_madvise:
    case SYS_remap_file_pages:
    case SYS_close:
    case SYS_close_range:
    case SYS_dup2:
    case SYS_dup3:
    case SYS_chroot:
    case SYS_ptrace:
    case SYS_rt_sigqueueinfo:
    case SYS_rt_tgsigqueueinfo:
    case SYS_sethostname:  // the canary is the host name
      return true;
    default:
      return false;
  }
}

// Waits are ended by a timer.
void Interrupt(int) {}

void EndWaits() {
  struct sigaction action {};
  action.sa_handler = Interrupt;
  sigaction(SIGALRM, &action, nullptr);
  const itimerspec every{.it_interval = {0, 2'000'000}, .it_value = {0, 2'000'000}};
  timer_t timer;
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGALRM;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &every, nullptr) != 0)
    Broken("timer");
}

const uint64_t kOddValues[] = {0,
                               static_cast<uint64_t>(-1),
                               0x7fffffff,
                               0x80000000,
                               0x7fffffffffffffff,
                               0x8000000000000000,
                               0xffffffff81000000,
                               0x7fffffffe000,
                               static_cast<uint64_t>(AT_FDCWD)};

// Every call with every odd value in every argument, the others sensible.
void OddArguments(const Arguments&) {
  EndWaits();
  static char buffer[65536];
  for (int number = 0; number < kLastCall; ++number) {
    if (IsSkipped(number)) continue;
    for (int position = 0; position < 6; ++position) {
      // A third of the values for each, in turn: all of them take a minute on a busy machine.
      for (size_t i = (number + position) % 3; i < std::size(kOddValues); i += 3) {
        const uint64_t odd = kOddValues[i];
        uint64_t a[6] = {0, reinterpret_cast<uint64_t>(buffer), 64, 0, 0, 0};
        a[position] = odd;
        syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
      }
    }
  }
  CheckStillInside();
}

void OddNumbers(const Arguments&) {
  for (uint64_t number : {static_cast<uint64_t>(-1), 512ul, 547ul, 1000ul, 0x40000000ul | SYS_getpid,
                          0x100000000ul | SYS_getpid, 0x80000000ul, 0x7ffffffffffffffful, 0xffffffffffffff00ul}) {
    const long result = syscall(static_cast<long>(number));
    if (result > 0 && result != getpid())
      Escaped("call " + std::to_string(number) + " answered " + std::to_string(result));
  }
  CheckStillInside();
}

// Random calls until somebody kills us.
[[noreturn]] void CallAtRandom(uint64_t seed) {
  EndWaits();
  std::mt19937_64 random(seed);
  static char buffer[1 << 20];
  const auto value = [&]() -> uint64_t {
    switch (random() % 6) {
      case 0:
        return kOddValues[random() % std::size(kOddValues)];
      case 1:
        return random();
      case 2:
        return random() % 16;
      case 3:
        return reinterpret_cast<uint64_t>(buffer + random() % sizeof(buffer));
      case 4:
        return random() % 8192;
      default:
        return 1ul << (random() % 64);
    }
  };
  for (;;) {
    const int number = static_cast<int>(random() % kLastCall);
    if (!IsSkipped(number)) syscall(number, value(), value(), value(), value(), value(), value());
  }
}

// random_calls SEED SECONDS. A child makes the calls, for a while: sooner or later it blocks for good, or has given up
// what it needs to go on.
void RandomCalls(const Arguments& arguments) {
  const uint64_t seed = std::stoul(arguments.at(0));
  const time_t end = time(nullptr) + std::stol(arguments.at(1));
  int children = 0;
  for (; time(nullptr) < end; ++children) {
    const pid_t child = fork();
    if (child < 0) Broken("fork");
    if (child == 0) CallAtRandom(seed + children);
    const timespec while_it_calls{0, 300'000'000};
    nanosleep(&while_it_calls, nullptr);
    kill(child, SIGKILL);
    int status;
    if (waitpid(child, &status, 0) != child) Broken("waitpid");
    CheckStillInside();
  }
  printf("%d children made random calls\n", children);
}

// Vectors whose lengths overflow, whose pointers lie, that are too many.
void Vectors(const Arguments&) {
  const int fd = open("/dev/zero", O_RDWR);
  char byte = 0;
  const size_t lengths[] = {0, 1, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 2 + 1, 0x7ffff000, 0x80000000, 1ul << 47};
  void* const bases[] = {&byte, nullptr, reinterpret_cast<void*>(0xffffffff81000000),
                         reinterpret_cast<void*>(kUserEnd - 1)};
  for (size_t first : lengths) {
    for (size_t second : lengths) {
      for (void* base : bases) {
        // Lengths beyond our one byte only with addresses that cannot be written.
        if (base == &byte && (first > 1 || second > 1)) continue;
        iovec vectors[2] = {{base, first}, {base, second}};
        for (int count : {0, 1, 2, -1}) {
          readv(fd, vectors, count);
          writev(fd, vectors, count);
          preadv(fd, vectors, count, -1);
          syscall(SYS_preadv2, fd, vectors, count, -1, -1, -1);
        }
      }
    }
  }
  static iovec many[2000];
  readv(fd, many, 2000);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) Broken("socketpair");
  for (size_t length : lengths) {
    msghdr message{.msg_name = &byte,
                   .msg_namelen = static_cast<socklen_t>(length),
                   .msg_iov = many,
                   .msg_iovlen = length,
                   .msg_control = &byte,
                   .msg_controllen = length};
    sendmsg(pair[0], &message, MSG_DONTWAIT);
    recvmsg(pair[1], &message, MSG_DONTWAIT);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVBUF, &byte, static_cast<socklen_t>(length));
    bind(pair[0], reinterpret_cast<sockaddr*>(&byte), static_cast<socklen_t>(length));
    poll(reinterpret_cast<pollfd*>(&byte), length, 0);
    syscall(SYS_getgroups, static_cast<int>(length), &byte);
    syscall(SYS_setgroups, length, &byte);
    syscall(SYS_sched_setaffinity, 0, length, &byte);
    epoll_wait(pair[0], reinterpret_cast<epoll_event*>(&byte), static_cast<int>(length), 0);
  }
}

// A second thread rewrites vectors and message headers while calls use them.
struct Shared {
  std::atomic<bool> stop{false};
  iovec vector{};
  msghdr message{};
};

void* Rewrite(void* argument) {
  auto* shared = static_cast<Shared*>(argument);
  static char small[16];
  volatile size_t* length = &shared->vector.iov_len;
  void* volatile* base = &shared->vector.iov_base;
  volatile size_t* count = reinterpret_cast<volatile size_t*>(&shared->message.msg_iovlen);
  volatile size_t* control = reinterpret_cast<volatile size_t*>(&shared->message.msg_controllen);
  while (!shared->stop) {
    *length = 1ul << 40;
    *base = reinterpret_cast<void*>(0xffffffff81000000);
    *count = 1ul << 30;
    *control = 1ul << 40;
    *base = small;
    *length = 8;
    *count = 1;
    *control = 0;
  }
  return nullptr;
}

void ChangedVectors(const Arguments&) {
  Shared shared;
  shared.message.msg_iov = &shared.vector;
  pthread_t thread;
  pthread_create(&thread, nullptr, Rewrite, &shared);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) Broken("socketpair");
  const int zero = open("/dev/zero", O_RDWR);
  const time_t end = time(nullptr) + 2;
  while (time(nullptr) < end) {
    for (int i = 0; i < 100; ++i) {
      // Reads into the small buffer: as long as the length was checked with the address it belongs to.
      writev(zero, &shared.vector, 1);
      sendmsg(pair[0], &shared.message, MSG_DONTWAIT);
      char drain[64];
      (void)!recv(pair[1], drain, sizeof(drain), MSG_DONTWAIT);
    }
  }
  shared.stop = true;
  pthread_join(thread, nullptr);
}

// Memory of the kernel or of the sentry as a buffer: nothing may be read from there or written to it.
void ForeignAddresses(const Arguments&) {
  const int fd = open("/dev/zero", O_RDWR);
  int pipes[2];
  if (pipe(pipes) != 0) Broken("pipe");
  for (uint64_t address : {0xffffffff81000000ul, 0xffff888000000000ul, 0xffffffffff600000ul, 0x8000000000000000ul,
                           kUserEnd, kUserEnd - 1, ~0ul, ~0ul - 4095}) {
    void* at = reinterpret_cast<void*>(address);
    if (read(fd, at, 8) > 0) Escaped("read(2) wrote to a foreign address");
    if (write(pipes[1], at, 8) > 0) Escaped("write(2) read from a foreign address");
    open(static_cast<const char*>(at), O_RDONLY);
    syscall(SYS_futex, at, 1, 1, nullptr, nullptr, 0);
    syscall(SYS_set_robust_list, at, 24);
    syscall(SYS_rt_sigprocmask, 0, at, at, 8);
    syscall(SYS_clock_gettime, 0, at);
    if (syscall(SYS_getrandom, at, 8, 0) > 0) Escaped("getrandom(2) wrote to a foreign address");
    void* mapped = mmap(at, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (mapped != MAP_FAILED && address >= kUserEnd) {
      Escaped("mapped a foreign address");
    }
  }
  // Segment bases that are not ours to set.
  syscall(SYS_arch_prctl, 0x1001 /*ARCH_SET_GS*/, 0xffffffff81000000);
  syscall(SYS_arch_prctl, 0x1001 /*ARCH_SET_GS*/, 0x8000000000000000);
}

}  // namespace

const std::vector<Attack> kArgumentAttacks = {
    {"odd_arguments", OddArguments},     {"odd_numbers", OddNumbers},
    {"random_calls", RandomCalls},       {"vectors", Vectors},
    {"changed_vectors", ChangedVectors}, {"foreign_addresses", ForeignAddresses},
};

}  // namespace attack
