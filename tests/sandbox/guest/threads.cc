// A guest program: threads, futexes, processes made from threads, timers.
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

extern char** environ;

namespace {

void Counting() {
  std::mutex mutex;
  std::atomic<int> atomic{0};
  int plain = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 2000; ++n) {
        const std::lock_guard lock(mutex);
        ++plain;
        ++atomic;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  printf("counted %d %d\n", plain, atomic.load());
}

void PingPong() {
  std::mutex mutex;
  std::condition_variable changed;
  int turn = 0;
  const auto play = [&](int me) {
    for (int i = 0; i < 500; ++i) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return turn == me; });
      turn = 1 - me;
      changed.notify_one();
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  printf("ping-pong done %d\n", turn);
}

void Timeouts() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t never = PTHREAD_COND_INITIALIZER;
  timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) ++until.tv_sec, until.tv_nsec -= 1000000000;
  pthread_mutex_lock(&mutex);
  printf("timed wait %d\n", pthread_cond_timedwait(&never, &mutex, &until) == ETIMEDOUT);
}

void RobustMutex() {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  static pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attributes);
  std::thread([] { pthread_mutex_lock(&mutex); }).join();
  printf("owner died %d\n", pthread_mutex_lock(&mutex) == EOWNERDEAD);
  pthread_mutex_consistent(&mutex);
  pthread_mutex_unlock(&mutex);
}

void InheritMutex() {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  static pthread_mutex_t mutex;
  static int count = 0;
  pthread_mutex_init(&mutex, &attributes);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < 200; ++n) {
        pthread_mutex_lock(&mutex);
        ++count;
        pthread_mutex_unlock(&mutex);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  printf("priority inheritance %d\n", count);
}

void SignalsToThreads() {
  static std::atomic<int> hit{0};
  signal(SIGUSR1, [](int) { hit = static_cast<int>(syscall(SYS_gettid)); });
  std::atomic<int> tid{0};
  std::atomic<bool> stop{false};
  std::thread spinner([&] {
    tid = static_cast<int>(syscall(SYS_gettid));
    while (!stop) {
    }
  });
  while (tid == 0) usleep(100);
  pthread_kill(spinner.native_handle(), SIGUSR1);
  while (hit == 0) usleep(100);
  stop = true;
  spinner.join();
  printf("signal met the spinning thread %d\n", hit == tid);
}

void Spawn() {
  pid_t child;
  const char* arguments[] = {"sh", "-c", "exit 23", nullptr};
  posix_spawnp(&child, "sh", nullptr, nullptr, const_cast<char**>(arguments), environ);
  int status;
  waitpid(child, &status, 0);
  printf("spawned %d\n", WEXITSTATUS(status));
  const char* missing[] = {"nosuch", nullptr};
  printf("missing %d\n",
         posix_spawnp(&child, "no-such-program", nullptr, nullptr, const_cast<char**>(missing), environ));
}

void PosixTimer() {
  static std::atomic<int> ticks{0};
  signal(SIGRTMIN + 1, [](int) { ++ticks; });
  timer_t timer;
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGRTMIN + 1;
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  const itimerspec every{{0, 2000000}, {0, 2000000}};
  timer_settime(timer, 0, &every, nullptr);
  while (ticks < 3) pause();
  timer_delete(timer);
  printf("timer ticks\n");
}

// execve from a thread that is not the first: the others end, the process id stays.
void ExecFromThread(const char* self) {
  char pid[16];
  snprintf(pid, sizeof(pid), "%d", getpid());
  std::thread sleeper([] { sleep(100); });
  std::thread([&] { execl(self, self, "again", pid, nullptr); }).join();
}

}  // namespace

int main(int argc, char** argv) {
  setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc == 3) {
    printf("same process after exec %d\n", atoi(argv[2]) == getpid());
    return 0;
  }
  Counting();
  PingPong();
  Timeouts();
  RobustMutex();
  InheritMutex();
  SignalsToThreads();
  Spawn();
  PosixTimer();
  ExecFromThread(argv[0]);
  return 1;
}
