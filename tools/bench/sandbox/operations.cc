// The guest's side of the benchmark: measures single operations from inside and prints "NAME MICROSECONDS" lines.
//
//   operations            all of them
//   operations run COMMAND [ARGUMENT...]   seconds that COMMAND takes, best of three
//
// Static, so that it runs in any root.
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <vector>

namespace {

double Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// The median of seven rounds, each long enough to time (20 ms), in microseconds an operation.
double Measure(const std::function<void(int)>& operate) {
  int count = 1;
  for (;; count *= 2) {
    const double begin = Now();
    operate(count);
    if (Now() - begin > 20e3 || count > (1 << 24)) break;
  }
  std::vector<double> rounds;
  for (int i = 0; i < 7; ++i) {
    const double begin = Now();
    operate(count);
    rounds.push_back((Now() - begin) / count);
  }
  std::nth_element(rounds.begin(), rounds.begin() + 3, rounds.end());
  return rounds[3];
}

void Print(const char* name, const std::function<void(int)>& operate) {
  printf("%s %.3f\n", name, Measure(operate));
  fflush(stdout);
}

void PipePingPong(int count) {
  int forth[2], back[2];
  if (pipe(forth) != 0 || pipe(back) != 0) return;
  const pid_t child = fork();
  char byte = 0;
  if (child == 0) {
    for (int i = 0; i < count; ++i) {
      if (read(forth[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1) _exit(1);
    }
    _exit(0);
  }
  for (int i = 0; i < count; ++i) {
    if (write(forth[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) break;
  }
  waitpid(child, nullptr, 0);
  for (int fd : {forth[0], forth[1], back[0], back[1]}) close(fd);
}

std::atomic<uint32_t> g_turn;

void WaitTurn(uint32_t turn) {
  uint32_t seen;
  while ((seen = g_turn.load()) != turn) syscall(SYS_futex, &g_turn, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
}

void GiveTurn(uint32_t turn) {
  g_turn.store(turn);
  syscall(SYS_futex, &g_turn, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

void* Pong(void* count) {
  for (long i = reinterpret_cast<long>(count); i > 0; --i) {
    WaitTurn(1);
    GiveTurn(0);
  }
  return nullptr;
}

void FutexPingPong(int count) {
  g_turn = 0;
  pthread_t thread;
  pthread_create(&thread, nullptr, Pong, reinterpret_cast<void*>(static_cast<long>(count)));
  for (int i = 0; i < count; ++i) {
    GiveTurn(1);
    WaitTurn(0);
  }
  pthread_join(thread, nullptr);
}

void MapTouchUnmap(int count) {
  for (int i = 0; i < count; ++i) {
    auto* page =
        static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    *page = 1;
    munmap(const_cast<char*>(page), 4096);
  }
}

void* Nothing(void*) { return nullptr; }

void Threads(int count) {
  for (int i = 0; i < count; ++i) {
    pthread_t thread;
    pthread_create(&thread, nullptr, Nothing, nullptr);
    pthread_join(thread, nullptr);
  }
}

void Fork(int count, const char* program) {
  for (int i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      if (program != nullptr) execl(program, program, nullptr);
      _exit(0);
    }
    waitpid(child, nullptr, 0);
  }
}

void ReadFile(int count) {
  static char buffer[65536];
  for (int i = 0; i < count; ++i) {
    const int fd = open("/tmp/bench-64M", O_RDONLY);
    while (read(fd, buffer, sizeof(buffer)) > 0) continue;
    close(fd);
  }
}

void MakeFile() {
  static char buffer[65536];
  const int fd = open("/tmp/bench-64M", O_CREAT | O_TRUNC | O_WRONLY, 0600);
  for (int i = 0; i < 1024; ++i) {
    if (write(fd, buffer, sizeof(buffer)) < 0) perror("/tmp/bench-64M");
  }
  close(fd);
}

void MeasureAll() {
  Print("getpid", [](int n) {
    for (int i = 0; i < n; ++i) syscall(SYS_getpid);
  });
  const int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
  char byte = 0;
  Print("read_zero", [&](int n) {
    for (int i = 0; i < n; ++i) (void)!read(zero, &byte, 1);
  });
  Print("write_null", [&](int n) {
    for (int i = 0; i < n; ++i) (void)!write(null, &byte, 1);
  });
  Print("open_close", [](int n) {
    for (int i = 0; i < n; ++i) close(open("/etc/passwd", O_RDONLY));
  });
  Print("stat", [](int n) {
    struct stat attributes;
    for (int i = 0; i < n; ++i) stat("/etc/passwd", &attributes);
  });
  Print("pipe_ping_pong", PipePingPong);
  Print("futex_ping_pong", FutexPingPong);
  Print("map_touch_unmap", MapTouchUnmap);
  Print("thread_create_join", Threads);
  Print("fork_wait", [](int n) { Fork(n, nullptr); });
  Print("fork_exec", [](int n) { Fork(n, "/bin/true"); });
  MakeFile();
  Print("read_64M", ReadFile);
  unlink("/tmp/bench-64M");
}

int RunCommand(char** command) {
  double best = 1e18;
  for (int i = 0; i < 3; ++i) {
    const double begin = Now();
    const pid_t child = fork();
    if (child == 0) {
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, 1);
      execvp(command[0], command);
      _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      fprintf(stderr, "%s failed\n", command[0]);
      return 1;
    }
    best = std::min(best, Now() - begin);
  }
  printf("run %.3f\n", best);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && strcmp(argv[1], "run") == 0) return RunCommand(argv + 2);
  MeasureAll();
  return 0;
}
