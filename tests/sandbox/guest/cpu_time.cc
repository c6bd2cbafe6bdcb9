// A guest program: CPU time, the timers that run by it, and its limits. Prints what happened; the test compares with a
// native run.
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <utility>

namespace {

volatile sig_atomic_t seen[65];
void Count(int signal) { seen[signal] = seen[signal] + 1; }

double Clock(clockid_t clock) {
  timespec now;
  return clock_gettime(clock, &now) == 0 ? now.tv_sec + now.tv_nsec * 1e-9 : -1;
}

// Until this process has used `seconds` more.
void Burn(double seconds) {
  const double end = Clock(CLOCK_PROCESS_CPUTIME_ID) + seconds;
  while (Clock(CLOCK_PROCESS_CPUTIME_ID) < end) {
    for (int i = 0; i < 100000; ++i) asm volatile("");
  }
}

void Clocks() {
  const double process = Clock(CLOCK_PROCESS_CPUTIME_ID), thread = Clock(CLOCK_THREAD_CPUTIME_ID);
  Burn(0.2);
  printf("process clock %d, thread clock %d\n", Clock(CLOCK_PROCESS_CPUTIME_ID) - process >= 0.2,
         Clock(CLOCK_THREAD_CPUTIME_ID) - thread > 0.1);
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("user time %d\n", usage.ru_utime.tv_sec + usage.ru_utime.tv_usec * 1e-6 > 0.05);
  const double asleep = Clock(CLOCK_PROCESS_CPUTIME_ID);
  usleep(300000);
  printf("sleep costs nothing %d\n", Clock(CLOCK_PROCESS_CPUTIME_ID) - asleep < 0.15);
  const pid_t child = fork();
  if (child == 0) {
    Burn(0.2);
    _exit(0);
  }
  clockid_t clock;
  printf("a child's clock %d", clock_getcpuclockid(child, &clock));
  int status;
  waitpid(child, &status, 0);
  getrusage(RUSAGE_CHILDREN, &usage);
  printf(", its time %d\n",
         usage.ru_utime.tv_sec + usage.ru_utime.tv_usec * 1e-6 + usage.ru_stime.tv_usec * 1e-6 > 0.1);
}

void IntervalTimers() {
  for (const auto& [which, signal] : {std::pair(ITIMER_VIRTUAL, SIGVTALRM), std::pair(ITIMER_PROF, SIGPROF)}) {
    ::signal(signal, Count);
    const itimerval every{{0, 20000}, {0, 20000}}, none{};
    setitimer(static_cast<__itimer_which>(which), &every, nullptr);
    Burn(0.3);
    itimerval left;
    getitimer(static_cast<__itimer_which>(which), &left);
    setitimer(static_cast<__itimer_which>(which), &none, nullptr);
    printf("timer %d: fires %d, interval %ld, left %d\n", which, seen[signal] >= 2, left.it_interval.tv_usec,
           left.it_value.tv_usec <= 20000);
    seen[signal] = 0;
    const itimerval once{{0, 0}, {10, 0}};
    setitimer(static_cast<__itimer_which>(which), &once, nullptr);
    usleep(50000);
    setitimer(static_cast<__itimer_which>(which), &none, &left);
    printf("asleep: %d, left %d\n", static_cast<int>(seen[signal]), left.it_value.tv_sec >= 9);
  }
}

void PosixTimers() {
  signal(SIGUSR1, Count);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  for (clockid_t clock : {CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID}) {
    timer_t timer;
    printf("timer_create %d", timer_create(clock, &event, &timer));
    const itimerspec once{{0, 0}, {0, 50000000}};
    timer_settime(timer, 0, &once, nullptr);
    seen[SIGUSR1] = 0;
    Burn(0.25);
    itimerspec left;
    timer_gettime(timer, &left);
    printf(" fired %d left %ld\n", static_cast<int>(seen[SIGUSR1]), left.it_value.tv_nsec);
    timer_delete(timer);
  }
}

void* BurnForAWhile(void* stop) {
  while (!__atomic_load_n(static_cast<bool*>(stop), __ATOMIC_RELAXED)) {
  }
  return nullptr;
}

// A sleep on the process's CPU clock ends by what another thread uses.
void SleepByCpuTime() {
  bool stop = false;
  pthread_t thread;
  pthread_create(&thread, nullptr, BurnForAWhile, &stop);
  const timespec time{0, 50000000};
  printf("clock_nanosleep %d\n", clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &time, nullptr));
  __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
  pthread_join(thread, nullptr);
  printf("on the own thread's clock: %d\n", clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &time, nullptr) == EINVAL);
}

void Limits() {
  signal(SIGXCPU, Count);
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{1, 2};
    setrlimit(RLIMIT_CPU, &limit);
    while (seen[SIGXCPU] == 0) Burn(0.01);
    (void)!write(1, "soft limit\n", 11);
    for (;;) Burn(1);
  }
  int status;
  waitpid(child, &status, 0);
  printf("hard limit: %d\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  const pid_t forks = fork();
  if (forks == 0) {
    if (setuid(65534) != 0) _exit(0);  // A user namespace with one user: root's processes are not counted.
    const rlimit few{3, 3};
    setrlimit(RLIMIT_NPROC, &few);
    pid_t made[50];
    int count = 0;
    for (; count < 50; ++count) {
      made[count] = fork();
      if (made[count] == 0) {
        pause();
        _exit(0);
      }
      if (made[count] < 0) break;
    }
    const int error = errno;
    for (int i = 0; i < count; ++i) kill(made[i], SIGKILL);
    _exit(count < 50 && error == EAGAIN ? 0 : 1);
  }
  waitpid(forks, &status, 0);
  printf("process limit: %d\n", WEXITSTATUS(status));
}

// A signal that is ignored by default is not lost while somebody waits for it.
void WaitForIgnored() {
  signal(SIGCHLD, SIG_DFL);
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, &old);
  const pid_t child = fork();
  if (child == 0) {
    usleep(100000);
    _exit(3);
  }
  const timespec patience{20, 0};
  siginfo_t info{};
  const int signal = sigtimedwait(&set, &info, &patience);
  printf("waited for %d: from the child %d, status %d\n", signal, info.si_pid == child, info.si_status);
  waitpid(child, nullptr, 0);
  sigprocmask(SIG_SETMASK, &old, nullptr);
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  Clocks();
  IntervalTimers();
  PosixTimers();
  SleepByCpuTime();
  WaitForIgnored();
  Limits();
  return 0;
}
