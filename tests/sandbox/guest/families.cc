// A guest program: how processes are related: who is told of whose end, by which signal, and what execve(2) leaves.
// Prints what happened; the test compares with a native run.
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

volatile sig_atomic_t counts[65];
siginfo_t last;

void Count(int signal, siginfo_t* info, void*) {
  counts[signal] = counts[signal] + 1;
  last = *info;
}

void Handle(int signal, int flags = 0) {
  struct sigaction action {};
  action.sa_sigaction = Count;
  action.sa_flags = SA_SIGINFO | flags;
  sigaction(signal, &action, nullptr);
  counts[signal] = 0;
}

// What a call answered, or -errno.
int Or(long result) { return result < 0 ? -errno : static_cast<int>(result); }

pid_t Clone(unsigned long flags) { return static_cast<pid_t>(syscall(SYS_clone, flags, 0, 0, 0, 0)); }

// Runs `body` in a child and prints how that ended.
template <typename Body>
void InChild(const char* name, Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  printf("%s: %s %d\n", name, WIFEXITED(status) ? "exit" : "signal",
         WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

int WaitAny(int options = 0) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, options)) < 0 && errno == EINTR) continue;
  return pid < 0 ? -errno : WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// Waits until `signal` was seen `count` times.
void Await(int signal, int count) {
  for (int i = 0; i < 5000 && counts[signal] < count; ++i) usleep(1000);
}

void ExitSignals() {
  Handle(SIGUSR1);
  Handle(SIGCHLD);
  const pid_t child = Clone(SIGUSR1);
  if (child == 0) _exit(3);
  Await(SIGUSR1, 1);
  printf("USR1 %d CHLD %d from child %d code %d status %d\n", static_cast<int>(counts[SIGUSR1]),
         static_cast<int>(counts[SIGCHLD]), last.si_pid == child, last.si_code, last.si_status);
  printf("plain wait %d\n", WaitAny());
  printf("__WCLONE %d\n", WaitAny(__WCLONE));
  if (Clone(0) == 0) _exit(4);
  printf("no signal: __WALL %d\n", WaitAny(__WALL));
  // After execve the end is told by SIGCHLD.
  if (Clone(SIGUSR1) == 0) execl("/bin/true", "true", nullptr);
  Await(SIGCHLD, 1);
  printf("after exec: USR1 %d CHLD %d wait %d\n", static_cast<int>(counts[SIGUSR1]), static_cast<int>(counts[SIGCHLD]),
         WaitAny());
}

// A grandchild with an exit signal of its own becomes ours: no signal but SIGCHLD.
void Adopted() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  Handle(SIGUSR1);
  Handle(SIGCHLD);
  int gate[2];
  (void)!pipe(gate);
  const pid_t self = getpid(), child = fork();
  if (child == 0) {
    if (Clone(SIGUSR1) == 0) {
      char byte;
      close(gate[1]);
      (void)!read(gate[0], &byte, 1);
      _exit(getppid() == self ? 7 : 1);
    }
    _exit(5);
  }
  printf("child %d\n", WaitAny());
  Await(SIGCHLD, 1);
  close(gate[1]);
  Await(SIGCHLD, 2);
  printf("adopted %d USR1 %d CHLD %d\n", WaitAny(), static_cast<int>(counts[SIGUSR1]),
         static_cast<int>(counts[SIGCHLD]));
  // A zombie is adopted, too.
  Handle(SIGCHLD);
  if (fork() == 0) {
    if (Clone(SIGUSR1) == 0) _exit(8);
    siginfo_t info;
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | __WALL);
    _exit(9);
  }
  const int one = WaitAny(), two = WaitAny();
  printf("zombie adopted %d, then none: %d\n", one + two, WaitAny());
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

// A zombie whose new parent ignores SIGCHLD vanishes.
void AdoptedByTheIndifferent() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  signal(SIGCHLD, SIG_IGN);
  int alive[2];
  (void)!pipe(alive);
  if (fork() == 0) {
    signal(SIGCHLD, SIG_DFL);
    if (fork() == 0) _exit(8);
    siginfo_t info;
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
    _exit(9);
  }
  printf("all vanish: %d\n", WaitAny());
  signal(SIGCHLD, SIG_DFL);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

void DeathSignal() {
  int gate[2], result[2];
  (void)!pipe(gate);
  (void)!pipe(result);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t child = fork();
  if (child == 0) {
    if (fork() == 0) {
      Handle(SIGUSR2);
      prctl(PR_SET_PDEATHSIG, SIGUSR2);
      int signal = 0;
      prctl(PR_GET_PDEATHSIG, &signal);
      const pid_t before = getppid();
      (void)!write(gate[1], "x", 1);
      Await(SIGUSR2, 1);
      char text[100];
      snprintf(text, sizeof(text), "asked %d got %d code %d sender %d, another parent %d\n", signal == SIGUSR2,
               static_cast<int>(counts[SIGUSR2]), last.si_code, last.si_pid == before, getppid() != before);
      (void)!write(result[1], text, strlen(text));
      if (fork() == 0) {
        prctl(PR_GET_PDEATHSIG, &signal);
        _exit(signal);
      }
      _exit(10 + WaitAny());
    }
    char byte;
    (void)!read(gate[0], &byte, 1);
    _exit(0);
  }
  printf("parent %d ", WaitAny());
  printf("child %d\n", WaitAny());
  char text[100] = "";
  (void)!read(result[0], text, sizeof(text) - 1);
  printf("%s", text);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

void CloneParent() {
  InChild("CLONE_PARENT", [] {
    if (fork() == 0) {
      const pid_t above = getppid();
      if (Clone(CLONE_PARENT | SIGUSR1) == 0) _exit(getppid() == above ? 21 : 22);
      _exit(0);
    }
    const int one = WaitAny(), two = WaitAny();
    printf("ours are %d, and %d\n", one + two, WaitAny());
    fflush(stdout);
  });
}

void WaitId() {
  siginfo_t info{};
  const pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    _exit(6);
  }
  const auto show = [&](const char* name, int result) {
    printf("%s: %d child %d signal %d code %d status %d\n", name, result, info.si_pid == child, info.si_signo,
           info.si_code, info.si_status);
    info = siginfo_t{};
  };
  show("stopped", waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
  show("again", waitid(P_PID, child, &info, WSTOPPED));
  show("no more", waitid(P_PID, child, &info, WSTOPPED | WNOHANG));
  kill(child, SIGCONT);
  show("continued", waitid(P_PID, child, &info, WCONTINUED));
  show("ended", waitid(P_PID, child, &info, WEXITED | WNOWAIT));
  printf("kill of a zombie %d\n", kill(child, SIGTERM));
  show("reaped", waitid(P_PID, child, &info, WEXITED));
  printf("gone %d\n", Or(waitid(P_PID, child, &info, WEXITED)));
  printf("no options %d\n", Or(waitid(P_ALL, 0, &info, 0)));
  printf("bad options %d\n", Or(waitpid(-1, nullptr, 0x1000)));
  printf("no child %d\n", Or(waitpid(-1, nullptr, 0)));
  printf("kill %d\n", Or(kill(child, 0)));
}

void ChildFlags() {
  Handle(SIGCHLD, SA_NOCLDSTOP);
  const pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    _exit(0);
  }
  int status;
  waitpid(child, &status, WUNTRACED);
  printf("stops are not told %d\n", static_cast<int>(counts[SIGCHLD]));
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  Await(SIGCHLD, 1);
  printf("ends are %d\n", static_cast<int>(counts[SIGCHLD]));
  Handle(SIGCHLD, SA_NOCLDWAIT);
  if (fork() == 0) _exit(1);
  printf("no zombie %d\n", WaitAny());
  Await(SIGCHLD, 1);
  printf("but a signal %d\n", static_cast<int>(counts[SIGCHLD]));
  signal(SIGCHLD, SIG_DFL);
}

void* ExitOther(void* gate) {
  char byte;
  (void)!read(*static_cast<int*>(gate), &byte, 1);
  usleep(20'000);
  syscall(SYS_exit, 7);
  return nullptr;
}

void* ExecOther(void*) {
  char text[32];
  snprintf(text, sizeof(text), "%d", getpid());
  execl("/bin/sh", "sh", "-c", "test $$ = $0", text, nullptr);
  return nullptr;
}

void Threads() {
  InChild("the leader's code", [] {
    int gate[2];
    (void)!pipe(gate);
    pthread_t thread;
    pthread_create(&thread, nullptr, ExitOther, &gate[0]);
    (void)!write(gate[1], "x", 1);
    syscall(SYS_exit, 5);
  });
  InChild("exit_group of a thread", [] {
    pthread_t thread;
    pthread_create(
        &thread, nullptr, [](void*) -> void* { _exit(11); }, nullptr);
    for (;;) pause();
  });
  InChild("exec of a thread keeps the process id", [] {
    pthread_t thread;
    pthread_create(&thread, nullptr, ExecOther, nullptr);
    for (;;) pause();
  });
}

// What of signals outlives execve(2), seen through /proc/self/status.
void Exec() {
  InChild("exec", [] {
    struct sigaction handler {};
    handler.sa_sigaction = Count;
    sigaction(SIGUSR1, &handler, nullptr);
    signal(SIGUSR2, SIG_IGN);
    // Those of the C library, which whoever started us may ignore.
    for (const int own : {32, 33}) {
      const unsigned long default_action[4] = {};
      syscall(SYS_rt_sigaction, own, default_action, nullptr, 8);
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    raise(SIGHUP);
    prctl(PR_SET_NAME, "before");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_TIMERSLACK, 70'000);
    fflush(stdout);
    execl("/bin/grep", "grep", "-E", "^(Name|SigBlk|SigIgn|SigCgt|SigPnd|ShdPnd|NoNewPrivs|Threads)",
          "/proc/self/status", nullptr);
  });
}

void VFork() {
  volatile int value = 1;
  const pid_t child = vfork();
  if (child == 0) {
    value = 2;
    _exit(4);
  }
  printf("vfork %d, wait %d\n", static_cast<int>(value), WaitAny());
}

void PidFd() {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  pollfd ready{fd, POLLIN, 0};
  printf("pidfd %d flags %d quiet %d\n", fd >= 0, fcntl(fd, F_GETFD), poll(&ready, 1, 0));
  printf("signal %ld\n", syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0));
  printf("ready %d\n", poll(&ready, 1, 5000));
  siginfo_t info{};
  const int result = waitid(P_PIDFD, fd, &info, WEXITED);
  printf("wait %d code %d status %d events %d\n", result, info.si_code, info.si_status, ready.revents);
  printf("then %d\n", Or(syscall(SYS_pidfd_send_signal, fd, 0, nullptr, 0)));
  close(fd);
}

void Limits() {
  InChild("file size", [] {
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    Handle(SIGXFSZ);
    char name[] = "/tmp/familiesXXXXXX";
    const int fd = mkstemp(name);
    char bytes[700] = {};
    const int one = Or(write(fd, bytes, sizeof(bytes))), two = Or(write(fd, bytes, sizeof(bytes)));
    const int three = Or(write(fd, bytes, sizeof(bytes)));
    const int four = Or(ftruncate(fd, 2000));
    unlink(name);
    printf("%d %d %d, truncate %d, XFSZ %d\n", one, two, three, four, static_cast<int>(counts[SIGXFSZ]));
    fflush(stdout);
  });
  InChild("descriptors", [] {
    const rlim_t next = static_cast<rlim_t>(dup(0));
    const rlimit limit{next + 2, next + 2};
    setrlimit(RLIMIT_NOFILE, &limit);
    const int one = dup(0) >= 0, two = Or(dup(0));
    const int three = Or(dup2(0, static_cast<int>(next) + 2)), four = Or(fcntl(0, F_DUPFD, next + 2));
    printf("%d %d, dup2 %d, F_DUPFD %d\n", one, two, three, four);
    fflush(stdout);
  });
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  ExitSignals();
  Adopted();
  AdoptedByTheIndifferent();
  DeathSignal();
  CloneParent();
  WaitId();
  ChildFlags();
  Threads();
  Exec();
  VFork();
  PidFd();
  Limits();
  return 0;
}
