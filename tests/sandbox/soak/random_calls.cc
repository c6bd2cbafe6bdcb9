#include "tests/sandbox/soak/random_calls.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <iterator>
#include <random>

#include "tests/sandbox/soak/call_table.h"

namespace soak {
namespace {

constexpr int kLastCall = 470;
constexpr size_t kArena = 1 << 20;
constexpr size_t kPlayground = 64 * 4096;  // behind it, for mmap and its like: so they do not hit the counter of calls

constexpr uint64_t kOddValues[] = {0,
                                   1,
                                   static_cast<uint64_t>(-1),
                                   static_cast<uint64_t>(-100),
                                   0x7fffffff,
                                   0x80000000,
                                   0xffffffff,
                                   0x7fffffffffffffff,
                                   0x8000000000000000,
                                   0x7ffffffff000,
                                   0xffffffff81000000,
                                   4095,
                                   4097};

const char* const kPaths[] = {"file",
                              "dir",
                              "dir/file",
                              "link",
                              "loop",
                              "fifo",
                              "socket",
                              "new",
                              "dir/new",
                              ".",
                              "..",
                              "/",
                              "/tmp",
                              "/etc/passwd",
                              "/proc/self/fd/3",
                              "/dev/null",
                              "/dev/zero",
                              "/dev/ptmx",
                              "/dev/tty",
                              "/proc/self/maps",
                              "/proc/stat",
                              "/dev/shm/a",
                              "/proc/1/cwd",
                              "/sys",
                              "/usr/bin/true",
                              "user.name",
                              "tmpfs",
                              "dir/../../file",
                              "",
                              "/proc/self/exe",
                              "/dev/full",
                              "/dev/urandom",
                              "/proc/self/task"};

class Caller {
 public:
  Caller(uint64_t seed, bool as_root, Shared* shared) : random_(seed), as_root_(as_root), shared_(shared) {}

  [[noreturn]] void Run() {
    MapArena();
    MakeFiles();
    OpenDescriptors();
    StartScribbler();
    EndWaits();
    for (;;) Step();
  }

 private:
  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  uint64_t Odd() { return OneIn(3) ? random_() : kOddValues[Below(std::size(kOddValues))]; }

  // A third private, a third shared, a third without access, so that structures run into walls.
  void MapArena() {
    arena_ = static_cast<char*>(
        mmap(nullptr, kArena + kPlayground, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (arena_ == MAP_FAILED) _exit(3);
    mmap(arena_ + kArena / 3 / 4096 * 4096, kArena / 3 / 4096 * 4096, PROT_READ | PROT_WRITE,
         MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    mprotect(arena_ + kArena - 65536, 65536, PROT_NONE);
    for (size_t i = 0; i < kArena - 65536; i += 8) {
      const uint64_t word = OneIn(4) ? Odd() : Below(64);
      memcpy(arena_ + i, &word, 8);
    }
  }

  static void MakeFiles() {
    mkdir("dir", 0777);
    for (const char* name : {"file", "dir/file"}) {
      const int fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
      if (fd >= 0) (void)!write(fd, name, 4);
      close(fd);
    }
    (void)!symlink("file", "link");
    (void)!symlink("loop", "loop");
    mkfifo("fifo", 0666);
  }

  static void OpenDescriptors() {
    int pair[2];
    open("file", O_RDWR | O_APPEND);
    open("dir/file", O_RDWR | O_NONBLOCK);
    open("dir", O_RDONLY | O_DIRECTORY);
    open("fifo", O_RDWR | O_NONBLOCK);
    (void)!pipe2(pair, O_NONBLOCK);
    (void)!pipe(pair);
    for (int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) socketpair(AF_UNIX, type, 0, pair);
    for (int family : {AF_INET, AF_INET6, AF_UNIX}) {
      socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
      socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    }
    socket(AF_NETLINK, SOCK_RAW, 0);
    eventfd(1, EFD_NONBLOCK);
    epoll_create1(0);
    timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    inotify_init1(IN_NONBLOCK);
    sigset_t all;
    sigfillset(&all);
    signalfd(-1, &all, SFD_NONBLOCK);
    memfd_create("memory", MFD_ALLOW_SEALING);
    posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    open("/proc/self/maps", O_RDONLY);
    open("/dev/zero", O_RDWR);
    open("/dev/null", O_RDWR);
    open("/tmp", O_RDONLY | O_DIRECTORY);
  }

  // A thread that changes what calls are about to read.
  static void* Scribble(void* self) {
    auto& caller = *static_cast<Caller*>(self);
    std::minstd_rand random(caller.scribbler_seed_);
    for (;;) {
      const uint32_t word = random();
      memcpy(caller.arena_ + random() % (kArena - 65536 - 8), &word, sizeof(word));
      if (random() % 64 == 0) sched_yield();
    }
  }
  void StartScribbler() {
    if (!OneIn(3)) return;
    scribbler_seed_ = static_cast<uint32_t>(random_());
    pthread_t thread;
    pthread_create(&thread, nullptr, Scribble, this);
  }

  char* Memory() { return arena_ + Below(kArena - 65536) / 8 * 8; }

  uint64_t Path() {
    char* at = Memory();
    const char* path = kPaths[Below(std::size(kPaths))];
    strncpy(at, path, 64);
    return reinterpret_cast<uint64_t>(at);
  }

  uint64_t Vectors() {
    auto* vectors = reinterpret_cast<iovec*>(Memory());
    for (int i = 0; i < 4; ++i) vectors[i] = {Memory(), Below(5000)};
    if (OneIn(8)) vectors[Below(4)] = {reinterpret_cast<void*>(Odd()), Odd()};
    return reinterpret_cast<uint64_t>(vectors);
  }

  uint64_t SocketAddress() {
    char* at = Memory();
    switch (Below(4)) {
      case 0: {
        sockaddr_un name{AF_UNIX, "socket"};
        memcpy(at, &name, sizeof(name));
        break;
      }
      case 1: {
        sockaddr_in6 name{};
        name.sin6_family = AF_INET6;
        name.sin6_port = htons(static_cast<uint16_t>(9000 + Below(4)));
        name.sin6_addr = in6addr_loopback;
        memcpy(at, &name, sizeof(name));
        break;
      }
      default: {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(static_cast<uint16_t>(9000 + Below(4)));
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        memcpy(at, &name, sizeof(name));
      }
    }
    return reinterpret_cast<uint64_t>(at);
  }

  uint64_t Message() {
    auto* message = reinterpret_cast<msghdr*>(Memory());
    memset(message, 0, sizeof(*message));
    message->msg_iov = reinterpret_cast<iovec*>(Vectors());
    message->msg_iovlen = Below(5);
    if (OneIn(2)) {
      auto* control = reinterpret_cast<cmsghdr*>(Memory());
      control->cmsg_len = CMSG_LEN(sizeof(int) * (1 + Below(3)));
      control->cmsg_level = OneIn(4) ? static_cast<int>(Below(60)) : SOL_SOCKET;
      control->cmsg_type = static_cast<int>(Below(4));
      reinterpret_cast<int*>(CMSG_DATA(control))[0] = static_cast<int>(Descriptor());
      message->msg_control = control;
      message->msg_controllen = control->cmsg_len + Below(16);
    }
    if (OneIn(4)) {
      message->msg_name = reinterpret_cast<void*>(SocketAddress());
      message->msg_namelen = 28;
    }
    return reinterpret_cast<uint64_t>(message);
  }

  // Short times: calls that wait come back.
  uint64_t Time(int words) {
    auto* time = reinterpret_cast<uint64_t*>(Memory());
    for (int i = 0; i < words; i += 2) {
      time[i] = 0;
      time[i + 1] = Below(2000);
    }
    return reinterpret_cast<uint64_t>(time);
  }

  uint64_t Descriptor() { return OneIn(10) ? Below(1200) : Below(48); }

  uint64_t Process() {
    if (as_root_) return OneIn(3) ? 0 : static_cast<uint64_t>(getpid());
    return OneIn(3) ? Below(64) : OneIn(2) ? static_cast<uint64_t>(getpid()) : Odd();
  }

  // Mostly harmless ones.
  uint64_t Signal() { return OneIn(6) ? Below(66) : OneIn(2) ? SIGCHLD : SIGURG; }

  uint64_t PutLength() {
    char* at = Memory();
    const auto length = static_cast<uint32_t>(Below(200));
    memcpy(at, &length, sizeof(length));
    return reinterpret_cast<uint64_t>(at);
  }

  uint64_t SignalMask() {
    char* at = Memory();
    // Never all: SIGALRM and the like must still be able to end a wait.
    const uint64_t mask = random_() & random_() & ~(1ul << (SIGALRM - 1));
    memcpy(at, &mask, sizeof(mask));
    return reinterpret_cast<uint64_t>(at);
  }

  uint64_t Flags() { return OneIn(3) ? 0 : OneIn(2) ? 1ul << Below(32) : (1ul << Below(32)) | (1ul << Below(12)); }

  uint64_t Argument(char kind) {
    switch (kind) {
      case 'f':
        return Descriptor();
      case 'd':
        return OneIn(2) ? static_cast<uint64_t>(AT_FDCWD) : Descriptor();
      case 'p':
        return Path();
      case 'i':
      case 'b':
        return reinterpret_cast<uint64_t>(Memory());
      case 'a':
        return reinterpret_cast<uint64_t>(arena_ + kArena + Below(kPlayground / 4096) * 4096);
      case 'n':
        return OneIn(2) ? Below(5000) : Below(8) * 4096;
      case 'o':
        return OneIn(8) ? Odd() : Below(1 << 16);
      case 'v':
        return Vectors();
      case 'c':
        return Below(5);
      case 'k':
        return SocketAddress();
      case 'l':
        return OneIn(4) ? Below(200) : OneIn(2) ? 16 : 28;
      case 'L':
        return PutLength();
      case 'm':
        return Message();
      case 't':
        return Time(2);
      case 'T':
        return Time(4);
      case 'x':
        return Flags();
      case 'h':
        return Below(8);
      case 'w':
        return reinterpret_cast<uint64_t>(arena_ + Below(16) * 4);
      case 'P':
        return Process();
      case 's':
        return Signal();
      case 'u':
        return OneIn(2) ? 65534 : Below(4) - 1;
      case 'S':
        return SignalMask();
      case 'z':
        return 8;
      case 'e':
        return OneIn(4) ? Below(4096) : Below(40);
      case 'O':
        return Below(3) | (OneIn(2) ? O_CREAT : 0) | O_NONBLOCK | (OneIn(3) ? Flags() : 0);
      case 'M':
        return OneIn(3) ? random_() & 0177777 : 0666;
      case 'r':
        return OneIn(2) ? reinterpret_cast<uint64_t>(Memory()) : Odd();
      default:
        return 0;
    }
  }

  // Calls that wait are interrupted soon. The calls themselves take this away now and then.
  static void EndWaits() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, nullptr);
    const itimerval every{{0, 5000}, {0, 5000}};
    setitimer(ITIMER_REAL, &every, nullptr);
  }

  // What would end or park the caller itself, or would let a root inside hit its watchers.
  bool IsUnwanted(int number) {
    switch (number) {
      case SYS_exit:
      case SYS_exit_group:
      case SYS_pause:
      case SYS_rt_sigsuspend:
      case SYS_rt_sigreturn:
        return !OneIn(200);
      case SYS_kill:
      case SYS_tkill:
      case SYS_tgkill:
      case SYS_rt_sigqueueinfo:
      case SYS_rt_tgsigqueueinfo:
      case SYS_pidfd_send_signal:
        return as_root_ || !OneIn(3);
      case SYS_fork:
      case SYS_vfork:
      case SYS_clone:
      case SYS_clone3:
        return !OneIn(20);
      case SYS_close_range:
      case SYS_munmap:
      case SYS_chroot:
      case SYS_setrlimit:
      case SYS_prlimit64:
      case SYS_seccomp:
        return !OneIn(10);
      default:
        return false;
    }
  }

  void Step() {
    uint64_t arguments[6] = {};
    int number;
    if (OneIn(40)) {
      number = static_cast<int>(Below(kLastCall));
      for (uint64_t& argument : arguments) argument = OneIn(2) ? reinterpret_cast<uint64_t>(Memory()) : Odd();
    } else {
      const Call& call = kCalls[Below(std::size(kCalls))];
      number = call.number;
      for (int i = 0; call.arguments[i] != 0; ++i) arguments[i] = Argument(call.arguments[i]);
      if (OneIn(8)) arguments[Below(6)] = Odd();
    }
    if (IsUnwanted(number)) return;
    if (OneIn(64)) EndWaits();
    __atomic_fetch_add(&shared_->calls, 1, __ATOMIC_RELAXED);
    syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  }

  std::mt19937_64 random_;
  const bool as_root_;
  Shared* const shared_;
  char* arena_ = nullptr;
  uint32_t scribbler_seed_ = 0;
};

}  // namespace

void MakeRandomCalls(uint64_t seed, bool as_root, Shared* shared) {
  for (int signal = 1; signal < 32; ++signal) {
    if (signal != SIGSEGV && signal != SIGBUS && signal != SIGILL) ::signal(signal, SIG_IGN);
  }
  Caller(seed, as_root, shared).Run();
}

}  // namespace soak
