// A guest program: threads, futexes, processes made from threads, timers.
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
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

// Periods shorter than anyone can serve leave time for other work.
void ShortTimers() {
  signal(SIGRTMIN + 2, SIG_IGN);
  timer_t timers[8];
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGRTMIN + 2;
  const itimerspec every{{0, 1}, {0, 1}};
  for (timer_t& timer : timers) {
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &every, nullptr);
  }
  const int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  timerfd_settime(fd, 0, &every, nullptr);
  uint64_t count = 0;
  const bool counted = read(fd, &count, sizeof(count)) == sizeof(count) && count > 0;
  for (int i = 0; i < 20; ++i) usleep(1000);
  for (timer_t timer : timers) timer_delete(timer);
  close(fd);
  printf("short timers %d\n", counted);
}

// execve from a thread that is not the first: the others end, the process id stays.
void ExecFromThread(const char* self) {
  char pid[16];
  snprintf(pid, sizeof(pid), "%d", getpid());
  std::thread sleeper([] { sleep(100); });
  std::thread([&] { execl(self, self, "again", pid, nullptr); }).join();
}

long Futex(std::atomic<uint32_t>& word, int operation, uint32_t value, const void* third = nullptr,
           std::atomic<uint32_t>* second = nullptr, uint32_t last = 0) {
  const long result = syscall(SYS_futex, &word, operation, value, third, second, last);
  return result < 0 ? -errno : result;
}

// What condition variables of PI mutexes are made of.
void RequeueToInheritMutex() {
  static std::atomic<uint32_t> condition{7}, mutex{0};
  constexpr timespec kPast{1, 0};
  const void* const two = reinterpret_cast<void*>(2);
  printf("requeue: %ld %ld", Futex(condition, FUTEX_WAIT_REQUEUE_PI, 8, nullptr, &mutex),
         Futex(condition, FUTEX_WAIT_REQUEUE_PI, 7, &kPast, &mutex));
  printf(" %ld %ld %ld", Futex(condition, FUTEX_WAIT_REQUEUE_PI, 7, nullptr, &condition),
         Futex(condition, FUTEX_CMP_REQUEUE_PI, 2, two, &mutex, 7),
         Futex(condition, FUTEX_CMP_REQUEUE_PI, 1, two, &mutex, 8));
  std::atomic<int> owned{0}, waiting{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      ++waiting;
      const bool ok = Futex(condition, FUTEX_WAIT_REQUEUE_PI, 7, nullptr, &mutex) == 0;
      if (ok && (mutex & FUTEX_TID_MASK) == static_cast<uint32_t>(syscall(SYS_gettid))) ++owned;
      Futex(mutex, FUTEX_UNLOCK_PI, 0);
    });
  }
  while (waiting < 4) usleep(1000);
  usleep(50'000);
  printf(" wake %ld", Futex(condition, FUTEX_WAKE, 1));
  // With the mutex held, then free; until all have been moved.
  long moved = 0;
  Futex(mutex, FUTEX_LOCK_PI, 0);
  while (moved < 3) moved += Futex(condition, FUTEX_CMP_REQUEUE_PI, 1, reinterpret_cast<void*>(2 - moved), &mutex, 7);
  printf(" moved %ld owned %d", moved, owned.load());
  Futex(mutex, FUTEX_UNLOCK_PI, 0);
  while (moved < 4) moved += Futex(condition, FUTEX_CMP_REQUEUE_PI, 1, nullptr, &mutex, 7);
  for (std::thread& thread : threads) thread.join();
  printf(" %d word %u\n", owned.load(), mutex.load());
}

// Calls of Linux 6.7, which the host may lack: run inside only.
int LaterFutexCalls() {
  constexpr int kWake = 454, kWait = 455, kRequeue = 456;
  constexpr unsigned kPrivateWord = 2 | FUTEX_PRIVATE_FLAG;
  static std::atomic<uint32_t> first{1}, second{1};
  std::atomic<int> done{0};
  std::thread waiter([&] {
    if (syscall(kWait, &first, 1, ~0u, kPrivateWord, nullptr, CLOCK_MONOTONIC) == 0) ++done;
  });
  const futex_waitv words[] = {{1, reinterpret_cast<uintptr_t>(&first), kPrivateWord, 0},
                               {0, reinterpret_cast<uintptr_t>(&second), kPrivateWord, 0}};
  while (syscall(kRequeue, words, 0, 0, 1) == 0) usleep(100);
  printf("before %ld", syscall(kWake, &first, ~0u, 1, kPrivateWord));
  printf(" woken %ld", syscall(kWake, &second, ~0u, 1, kPrivateWord));
  waiter.join();
  constexpr timespec kPast{1, 0};
  printf(" done %d", done.load());
  printf(" %d", syscall(kWait, &first, 2, ~0u, kPrivateWord, nullptr, CLOCK_MONOTONIC) < 0 ? errno : 0);
  printf(" %d", syscall(kWait, &first, 1, ~0u, kPrivateWord, &kPast, CLOCK_MONOTONIC) < 0 ? errno : 0);
  printf(" %d\n", syscall(kWake, &first, ~0u, 1, 0) < 0 ? errno : 0);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc == 2) return LaterFutexCalls();
  if (argc == 3) {
    printf("same process after exec %d\n", atoi(argv[2]) == getpid());
    return 0;
  }
  Counting();
  PingPong();
  Timeouts();
  RobustMutex();
  InheritMutex();
  RequeueToInheritMutex();
  SignalsToThreads();
  Spawn();
  PosixTimer();
  ShortTimers();
  ExecFromThread(argv[0]);
  return 1;
}
