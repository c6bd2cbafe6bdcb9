// A guest program: signals as programs see them. Prints what happened; the test compares with a native run.
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

volatile sig_atomic_t seen = 0;
sigjmp_buf back;
siginfo_t last;

void Count(int) { seen = seen + 1; }
void Info(int, siginfo_t* info, void*) { last = *info; }
void Fault(int signal, siginfo_t* info, void*) {
  last = *info;
  siglongjmp(back, signal);
}
void SkipInstruction(int, siginfo_t*, void* context) {
  auto* user = static_cast<ucontext_t*>(context);
  user->uc_mcontext.gregs[REG_RIP] += 2;  // ud2
  user->uc_mcontext.gregs[REG_RBX] = 77;
}

void Handle(int signal, void (*handler)(int, siginfo_t*, void*), int flags = 0) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigaction(signal, &action, nullptr);
}

void Basics() {
  signal(SIGUSR1, Count);
  raise(SIGUSR1);
  kill(getpid(), SIGUSR1);
  printf("handled %d\n", static_cast<int>(seen));
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  raise(SIGUSR1);
  raise(SIGUSR1);
  printf("blocked %d\n", static_cast<int>(seen));
  sigset_t pending;
  sigpending(&pending);
  printf("pending %d\n", sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_SETMASK, &old, nullptr);
  printf("merged %d\n", static_cast<int>(seen));
}

void RealTime() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  for (int i = 1; i <= 3; ++i) sigqueue(getpid(), SIGRTMIN, sigval{.sival_int = i});
  for (int i = 0; i < 3; ++i) {
    siginfo_t info;
    const int signal = sigwaitinfo(&set, &info);
    printf("queued %d %d %d\n", signal == SIGRTMIN, info.si_value.sival_int, info.si_code == SI_QUEUE);
  }
  const timespec none{0, 1000};
  printf("timed out %d %d\n", sigtimedwait(&set, nullptr, &none), errno == EAGAIN);
}

void Faults() {
  Handle(SIGSEGV, Fault, SA_NODEFER);
  Handle(SIGFPE, Fault, SA_NODEFER);
  Handle(SIGBUS, Fault, SA_NODEFER);
  if (const int signal = sigsetjmp(back, 1); signal == 0) {
    *reinterpret_cast<volatile int*>(16) = 1;
  } else {
    printf("null write: %d code %d address %p\n", signal, last.si_code, last.si_addr);
  }
  auto* page = static_cast<char*>(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (const int signal = sigsetjmp(back, 1); signal == 0) {
    *const_cast<volatile char*>(page) = 1;
  } else {
    printf("read-only write: %d code %d at page %d\n", signal, last.si_code, last.si_addr == page);
  }
  if (const int signal = sigsetjmp(back, 1); signal == 0) {
    reinterpret_cast<void (*)()>(page)();
  } else {
    printf("no-exec call: %d code %d\n", signal, last.si_code);
  }
  volatile int zero = 0;
  if (const int signal = sigsetjmp(back, 1); signal == 0) {
    printf("%d\n", 1 / zero);
  } else {
    printf("division: %d code %d\n", signal, last.si_code);
  }
  Handle(SIGILL, SkipInstruction);
  long value;
  asm volatile("ud2\nmov %%rbx, %0" : "=r"(value) : : "rbx");
  printf("context changed: %ld\n", value);
}

void AlternateStack() {
  static char memory[64 * 1024];
  stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = sizeof(memory)};
  sigaltstack(&stack, nullptr);
  Handle(
      SIGUSR2,
      [](int, siginfo_t*, void*) {
        char here;
        stack_t now;
        sigaltstack(nullptr, &now);
        printf("on the stack %d flag %d\n", &here >= memory && &here < memory + sizeof(memory),
               now.ss_flags == SS_ONSTACK);
      },
      SA_ONSTACK);
  raise(SIGUSR2);
}

void Restart(int flags, const char* name) {
  struct sigaction action {};
  action.sa_handler = Count;
  action.sa_flags = flags;
  sigaction(SIGALRM, &action, nullptr);
  int ends[2];
  if (pipe(ends) != 0) return;
  const pid_t child = fork();
  if (child == 0) {
    usleep(400000);
    (void)!write(ends[1], "x", 1);
    _exit(0);
  }
  ualarm(20000, 20000);  // again and again: one may come before the read
  char byte;
  const ssize_t n = read(ends[0], &byte, 1);
  const char* error = n < 0 ? strerror(errno) : "";
  ualarm(0, 0);
  printf("%s: read %zd %s\n", name, n, error);
  waitpid(child, nullptr, 0);
}

void FloatingPoint() {
  Handle(SIGUSR1, [](int, siginfo_t*, void*) {
    volatile double x = 1.0;
    for (int i = 0; i < 100; ++i) x = x * 1.5 / 1.4;
  });
  double a = 3.25, b;
  asm volatile("movsd %1, %%xmm7" : : "x"(a), "m"(a) : "xmm7");
  asm volatile("movsd %0, %%xmm7\n" : : "m"(a) : "xmm7");
  const long pid = getpid();
  long result;
  asm volatile("syscall\nmovsd %%xmm7, %1"
               : "=a"(result), "=m"(b)
               : "0"(62L), "D"(pid), "S"(10L)
               : "rcx", "r11", "memory");
  printf("vector registers survive a handler: %d\n", b == 3.25);
}

void Children() {
  Handle(SIGCHLD, Info);
  const pid_t child = fork();
  if (child == 0) _exit(5);
  while (last.si_pid != child) usleep(1000);
  printf("SIGCHLD code %d status %d\n", last.si_code == CLD_EXITED, last.si_status);
  int status;
  waitpid(child, &status, 0);
  // From here on no handler interrupts the waits, and the child ends only when it is told to.
  signal(SIGCHLD, SIG_DFL);
  int go[2];
  if (pipe(go) != 0) return;
  const pid_t stopped = fork();
  if (stopped == 0) {
    raise(SIGSTOP);
    char byte;
    (void)!read(go[0], &byte, 1);
    _exit(6);
  }
  waitpid(stopped, &status, WUNTRACED);
  printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
  kill(stopped, SIGCONT);
  waitpid(stopped, &status, WCONTINUED);
  printf("continued %d\n", WIFCONTINUED(status));
  (void)!write(go[1], "x", 1);
  waitpid(stopped, &status, 0);
  printf("exited %d\n", WEXITSTATUS(status));
  const pid_t killed = fork();
  if (killed == 0) abort();
  waitpid(killed, &status, 0);
  printf("aborted %d\n", WTERMSIG(status));
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  Basics();
  RealTime();
  Faults();
  AlternateStack();
  Restart(SA_RESTART, "with SA_RESTART");
  Restart(0, "without");
  FloatingPoint();
  Children();
  return 0;
}
