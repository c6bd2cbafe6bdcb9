// The first process inside during a soak: runs rounds of load, and between them says that all is well.
//
//   guest calls|trinity|stress SECONDS SEED
//
// On standard output: "pulse" every second, "quiet N COUNT" after each round, when everything else inside has ended and
// only this process is left; COUNT is how many calls, runs or stressors there were so far. As process 1 it reaps
// everything. It is not an init that the kernel shields: it becomes a user of its own, and its root workers give up
// CAP_KILL, so that no signal of a worker ends or stops it. Ends with 0, or says what went wrong.
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/sandbox/soak/random_calls.h"

namespace soak {
namespace {

constexpr int kRoundSeconds = 15;
constexpr int kProcessSeconds = 2;  // then a caller is replaced: it has blocked, or given up what it needs to go on
constexpr int kCallers = 4;
constexpr uid_t kNobody = 65534;
constexpr uid_t kWatcher = 4242;

// All capabilities but those of the mask, from now on and over execve.
bool SetCapabilities(uint64_t without) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return false;
  for (int i = 0; i < 2; ++i) {
    data[i].permitted &= ~static_cast<uint32_t>(without >> (32 * i));
    data[i].effective = data[i].permitted;
    data[i].inheritable = 0;
  }
  return syscall(SYS_capset, &header, data) == 0;
}

bool BecomeWatcher() {
  return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setresuid(kWatcher, kWatcher, kWatcher) == 0 && SetCapabilities(0);
}

bool BecomeWorker(bool as_root) {
  // From one ordinary user to another the watcher's capabilities would stay.
  if (!as_root) return setgid(kNobody) == 0 && setuid(kNobody) == 0 && SetCapabilities(~uint64_t{0});
  return prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0) == 0 && setresuid(0, 0, 0) == 0 &&
         SetCapabilities(uint64_t{1} << CAP_KILL);
}

const char* const kTrinityDomains[] = {"-PPF_INET", "-PPF_INET6", "-PPF_NETLINK", "--disable-fds=sockets"};

int64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

void Sleep(int milliseconds) {
  const timespec time{milliseconds / 1000, milliseconds % 1000 * 1'000'000l};
  nanosleep(&time, nullptr);
}

// Starts processes of one kind over and over, until it is killed.
class Load {
 public:
  Load(std::string kind, uint64_t seed, Shared* shared) : kind_(std::move(kind)), seed_(seed), shared_(shared) {}

  [[noreturn]] void Run(int which) {
    for (uint64_t run = 0;; ++run) {
      const uint64_t seed = seed_ * 1000003 + static_cast<uint64_t>(which) * 1009 + run;
      const pid_t child = fork();
      if (child == 0) Child(which, seed);
      if (child < 0) {
        Sleep(100);
        continue;
      }
      Await(child, kind_ == "calls" ? kProcessSeconds * 1000 : kRoundSeconds * 1000);
    }
  }

 private:
  static void Await(pid_t child, int milliseconds) {
    const int64_t end = Now() + milliseconds;
    while (waitpid(child, nullptr, WNOHANG) == 0) {
      if (Now() > end) {
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        return;
      }
      Sleep(20);
    }
  }

  [[noreturn]] void Child(int which, uint64_t seed) {
    setpgid(0, 0);
    const std::string directory = "/tmp/soak/" + std::to_string(seed);
    mkdir(directory.c_str(), 0777);
    chmod(directory.c_str(), 0777);
    if (chdir(directory.c_str()) != 0) _exit(1);
    const rlimit file_size{16 << 20, 16 << 20};
    setrlimit(RLIMIT_FSIZE, &file_size);
    const bool as_root = which == 0;
    const int null = open("/dev/null", O_RDWR);
    for (int fd : {0, 1, 2}) dup2(null, fd);
    if (kind_ == "calls") {
      if (!BecomeWorker(as_root)) _exit(1);
      MakeRandomCalls(seed, as_root, shared_);
    }
    __atomic_fetch_add(&shared_->calls, kind_ == "stress" ? 3 : 1, __ATOMIC_RELAXED);
    if (kind_ == "trinity" && !BecomeWorker(/*as_root=*/true)) _exit(1);
    if (kind_ == "trinity") Trinity(seed);
    Stress(as_root, seed);
  }

  [[noreturn]] static void Trinity(uint64_t seed) {
    const std::string number = std::to_string(static_cast<uint32_t>(seed));
    execlp("trinity", "trinity", "--dropprivs", "-q", "-loff", "-C3", "-s", number.c_str(), "-N200000",
           "--disable-fds=perf", "--disable-fds=drm", kTrinityDomains[seed % std::size(kTrinityDomains)], nullptr);
    _exit(1);
  }

  [[noreturn]] static void Stress(bool as_root, uint64_t seed) {
    if (!BecomeWorker(as_root)) _exit(1);
    const std::string number = std::to_string(static_cast<uint32_t>(seed));
    // Three of all its stressors at a time.
    execl("/bin/sh", "sh", "-c",
          "exec stress-ng -t 3 --seed $1 --vm-bytes 16m --temp-path . $(stress-ng --stressors | tr ' ' '\\n' |"
          " awk -v seed=$1 'BEGIN { srand(seed) } { print rand(), $0 }' | sort | head -3 | sed 's/.* /--/; s/$/ 1/')",
          "sh", number.c_str(), nullptr);
    _exit(1);
  }

  const std::string kind_;
  const uint64_t seed_;
  Shared* const shared_;
};

// Ends everything but this process. False if something does not end within ten seconds.
bool EndAll() {
  const int64_t end = Now() + 10'000;
  for (;;) {
    kill(-1, SIGKILL);
    const pid_t pid = waitpid(-1, nullptr, WNOHANG);
    if (pid < 0) return true;
    if (pid == 0) Sleep(10);
    if (Now() > end) return false;
  }
}

void CleanUp() {
  const pid_t child = fork();
  if (child == 0) {
    const int null = open("/dev/null", O_RDWR);
    dup2(null, 2);
    if (setresuid(0, 0, 0) != 0) _exit(1);
    execl("/bin/sh", "sh", "-c",
          "for m in $(sed -n 's|^[^ ]* \\(/tmp[^ ]*\\) .*|\\1|p' /proc/mounts); do umount -l $m; done;"
          "rm -rf /tmp/soak /tmp/* /dev/shm/* /dev/mqueue/*;"
          "ipcrm --all",
          nullptr);
    _exit(127);
  }
  waitpid(child, nullptr, 0);
}

// A root worker may have renamed it, put a file there, or taken away its permissions.
void RestoreDirectory(const char* path) {
  struct stat status;
  if (lstat(path, &status) == 0 && !S_ISDIR(status.st_mode)) unlink(path);
  mkdir(path, 0777);
  chmod(path, 0777);
}

int Run(const std::string& kind, int seconds, uint64_t seed) {
  if (!BecomeWatcher()) {
    printf("cannot become a user of its own\n");
    return 1;
  }
  auto* shared = static_cast<Shared*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  setvbuf(stdout, nullptr, _IOLBF, 0);
  const int64_t end = Now() + seconds * 1000;
  for (int round = 0; Now() < end; ++round) {
    mount(nullptr, "/", nullptr, MS_REMOUNT, nullptr);  // a root worker may have made it read-only
    for (const char* directory : {"/tmp", "/tmp/soak"}) RestoreDirectory(directory);
    for (int which = 0; which < (kind == "trinity" ? 1 : kCallers); ++which) {
      const pid_t worker = fork();
      if (worker == 0) Load(kind, seed + round, shared).Run(which);
      if (worker < 0) {
        printf("cannot fork: %s\n", strerror(errno));
        return 1;
      }
    }
    for (int i = 0; i < kRoundSeconds && Now() < end; ++i) {
      Sleep(1000);
      printf("pulse\n");
      while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
    }
    if (!EndAll()) {
      printf("processes do not end on SIGKILL\n");
      return 1;
    }
    CleanUp();
    Sleep(300);
    printf("quiet %d %lu\n", round, __atomic_load_n(&shared->calls, __ATOMIC_RELAXED));
    Sleep(700);
  }
  return 0;
}

}  // namespace
}  // namespace soak

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return soak::Run(argv[1], atoi(argv[2]), strtoull(argv[3], nullptr, 10));
}
