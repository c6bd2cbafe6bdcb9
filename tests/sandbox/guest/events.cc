// A guest program: epoll, poll, select, eventfd, timerfd and signalfd at their edges. Prints what happened; the test
// compares with a native run.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {

// What a call answered, or -errno.
int Or(long result) { return result < 0 ? -errno : static_cast<int>(result); }

int Add(int epoll, int fd, uint32_t events, uint64_t data) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = data;
  return Or(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

void Wait(const char* name, int epoll, int timeout = 0) {
  epoll_event events[8];
  const int n = Or(epoll_wait(epoll, events, 8, timeout));
  printf("%s: %d", name, n);
  for (int i = 0; i < n; ++i) printf(" %d:%x", static_cast<int>(events[i].data.u64), events[i].events);
  printf("\n");
}

void EpollBasics() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  int ends[2];
  (void)!pipe(ends);
  printf("add %d", Add(epoll, ends[0], EPOLLIN, 1));
  printf(" again %d", Add(epoll, ends[0], EPOLLIN, 1));
  printf(" itself %d", Add(epoll, epoll, EPOLLIN, 9));
  const int file = open("/etc/passwd", O_RDONLY);
  printf(" a file %d", Add(epoll, file, EPOLLIN, 9));
  printf(" closed %d\n", Add(epoll, 999, EPOLLIN, 9));
  epoll_event event{};
  printf("mod %d del %d bad operation %d\n", Or(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[1], &event)),
         Or(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[1], nullptr)), Or(epoll_ctl(epoll, 77, ends[0], &event)));
  printf("no room %d not epoll %d\n", Or(epoll_wait(epoll, &event, 0, 0)), Or(epoll_wait(ends[0], &event, 1, 0)));
  Wait("empty", epoll);
  (void)!write(ends[1], "ab", 2);
  Wait("level", epoll);
  Wait("level again", epoll);
  char byte;
  (void)!read(ends[0], &byte, 1);
  Wait("a byte is left", epoll);
  close(ends[1]);
  Wait("writer gone", epoll);
  (void)!read(ends[0], &byte, 1);
  Wait("drained", epoll);
  // A description that has another descriptor stays watched.
  const int copy = dup(ends[0]);
  close(ends[0]);
  Wait("closed but for a copy", epoll);
  close(copy);
  Wait("closed", epoll);
  close(file);
  close(epoll);
}

void EpollModes() {
  const int epoll = epoll_create1(0), inner = epoll_create1(0);
  const int edge = eventfd(0, EFD_NONBLOCK), once = eventfd(0, EFD_NONBLOCK);
  Add(epoll, edge, EPOLLIN | EPOLLET, 1);
  Add(epoll, once, EPOLLIN | EPOLLONESHOT, 2);
  const uint64_t number = 1;
  (void)!write(edge, &number, 8);
  (void)!write(once, &number, 8);
  Wait("both", epoll);
  Wait("neither", epoll);
  (void)!write(edge, &number, 8);
  (void)!write(once, &number, 8);
  Wait("the edge", epoll);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.u64 = 3;
  epoll_ctl(epoll, EPOLL_CTL_MOD, once, &event);
  Wait("armed again", epoll);
  Add(inner, edge, EPOLLIN, 4);
  printf("nested %d, ", Add(epoll, inner, EPOLLIN, 5));
  printf("a circle %d\n", Add(inner, epoll, EPOLLIN, 6));
  Wait("nested", epoll);
  pollfd ready{epoll, POLLIN, 0};
  uint64_t taken;
  (void)!read(edge, &taken, 8);
  printf("taken %d, then poll %d\n", static_cast<int>(taken), poll(&ready, 1, 0));
  Wait("quiet", epoll);
  close(inner), close(epoll), close(edge), close(once);
}

void Hangups() {
  const int epoll = epoll_create1(0);
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  Add(epoll, pair[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP, 1);
  Wait("connected", epoll);
  shutdown(pair[1], SHUT_WR);
  Wait("peer shut down", epoll);
  shutdown(pair[0], SHUT_WR);
  Wait("both", epoll);
  close(pair[1]);
  Wait("peer gone", epoll);
  int ends[2];
  (void)!pipe(ends);
  close(ends[0]);
  pollfd ready[] = {{ends[1], POLLOUT, 0}, {-1, POLLIN, 5}, {998, POLLIN, 0}};
  const int n = poll(ready, 3, 0);
  printf("poll %d: %x %x %x\n", n, ready[0].revents, ready[1].revents, ready[2].revents);
  close(ends[1]), close(pair[0]), close(epoll);
}

void EventFds() {
  const int counter = eventfd(5, EFD_NONBLOCK), semaphore = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
  uint64_t value = 0, most = UINT64_MAX - 1, none = UINT64_MAX;
  printf("short %d", Or(read(counter, &value, 4)));
  (void)!read(counter, &value, 8);
  printf(" value %d", static_cast<int>(value));
  printf(" then %d\n", Or(read(counter, &value, 8)));
  const int first = Or(read(semaphore, &value, 8)), one = static_cast<int>(value);
  const int second = Or(read(semaphore, &value, 8)), third = Or(read(semaphore, &value, 8));
  printf("semaphore %d:%d %d %d\n", first, one, second, third);
  printf("invalid %d", Or(write(counter, &none, 8)));
  printf(" full %d", Or(write(counter, &most, 8)));
  value = 1;
  printf(" more %d", Or(write(counter, &value, 8)));
  pollfd ready{counter, POLLIN | POLLOUT, 0};
  const int n = poll(&ready, 1, 0);
  printf(" poll %d %x\n", n, ready.revents);
  close(counter), close(semaphore);
}

void Timers() {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  itimerspec set{{0, 0}, {0, 1}}, old;
  uint64_t ticks = 0;
  printf("disarmed %d ", Or(read(timer, &ticks, 8)));
  printf("bad %d ", Or(timerfd_settime(timer, 0, nullptr, nullptr)));
  itimerspec wrong{{0, 0}, {0, 1'000'000'000}};
  printf("nanoseconds %d ", Or(timerfd_settime(timer, 0, &wrong, nullptr)));
  printf("flags %d\n", Or(timerfd_settime(timer, 1 << 10, &set, nullptr)));
  timerfd_settime(timer, 0, &set, nullptr);
  pollfd ready{timer, POLLIN, 0};
  printf("poll %d ", poll(&ready, 1, 1000));
  (void)!read(timer, &ticks, 8);
  printf("ticks %d ", static_cast<int>(ticks));
  printf("again %d\n", Or(read(timer, &ticks, 8)));
  set = {{1000, 0}, {2000, 0}};
  timerfd_settime(timer, 0, &set, nullptr);
  timerfd_gettime(timer, &old);
  printf("left %d every %d\n", old.it_value.tv_sec >= 1999, static_cast<int>(old.it_interval.tv_sec));
  set = {{0, 0}, {1, 0}};  // long past
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &set, &old);
  printf("old %d past %d\n", old.it_value.tv_sec >= 1999, poll(&ready, 1, 1000));
  printf("clock %d\n", Or(timerfd_create(CLOCK_THREAD_CPUTIME_ID, 0)));
  close(timer);
}

void SignalFd() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  const int fd = signalfd(-1, &set, SFD_NONBLOCK);
  signalfd_siginfo info[3];
  printf("none %d short %d ", Or(read(fd, info, sizeof(info))), Or(read(fd, info, 4)));
  kill(getpid(), SIGUSR1);
  sigqueue(getpid(), SIGRTMIN, sigval{.sival_int = 7});
  sigqueue(getpid(), SIGRTMIN, sigval{.sival_int = 8});
  pollfd ready{fd, POLLIN, 0};
  printf("poll %d ", poll(&ready, 1, 0));
  const int n = Or(read(fd, info, sizeof(info)));
  printf("read %d:", n / static_cast<int>(sizeof(info[0])));
  for (const signalfd_siginfo& one : info) {
    printf(" %d/%d/%d", one.ssi_signo == SIGUSR1 ? 1 : 0, one.ssi_code, one.ssi_int);
  }
  printf("\n");
  close(fd);
}

void Interrupted() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  const auto soon = [] {
    const itimerval time{{0, 0}, {0, 20'000}};
    setitimer(ITIMER_REAL, &time, nullptr);
  };
  soon();
  printf("poll %d ", Or(poll(nullptr, 0, 5000)));
  soon();
  timeval time{5, 0};
  printf("select %d ", Or(select(0, nullptr, nullptr, nullptr, &time)));
  printf("left %d ", time.tv_sec == 4);
  soon();
  epoll_event event;
  const int epoll = epoll_create1(0);
  printf("epoll %d ", Or(epoll_wait(epoll, &event, 1, 5000)));
  soon();
  timespec left{};
  const timespec long_time{5, 0};
  printf("nanosleep %d ", Or(nanosleep(&long_time, &left)));
  printf("left %d\n", static_cast<int>(left.tv_sec));
  // The mask of ppoll: a pending signal is delivered at once, and what was blocked is blocked again.
  sigset_t blocked, none;
  sigemptyset(&none);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGALRM);
  sigprocmask(SIG_BLOCK, &blocked, nullptr);
  raise(SIGALRM);
  printf("ppoll %d ", Or(ppoll(nullptr, 0, &long_time, &none)));
  sigset_t now;
  sigprocmask(SIG_SETMASK, nullptr, &now);
  printf("blocked again %d ", sigismember(&now, SIGALRM));
  raise(SIGALRM);
  printf("epoll_pwait %d ", Or(epoll_pwait(epoll, &event, 1, 5000, &none)));
  raise(SIGALRM);
  fd_set set;
  FD_ZERO(&set);
  printf("pselect %d\n", Or(pselect(0, &set, nullptr, nullptr, &long_time, &none)));
  sigprocmask(SIG_UNBLOCK, &blocked, nullptr);
  close(epoll);
}

void Select() {
  int ends[2];
  (void)!pipe(ends);
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(ends[0], &in);
  FD_SET(ends[1], &out);
  timeval now{0, 0};
  const int n = select(ends[1] + 1, &in, &out, nullptr, &now);
  printf("select %d in %d out %d ", n, FD_ISSET(ends[0], &in), FD_ISSET(ends[1], &out));
  close(ends[0]);
  FD_ZERO(&in);
  FD_SET(ends[0], &in);
  printf("closed %d ", Or(select(ends[1] + 1, &in, nullptr, nullptr, &now)));
  printf("negative %d\n", Or(select(-1, nullptr, nullptr, nullptr, &now)));
  close(ends[1]);
}

// Asynchronous notice: F_SETOWN, F_SETSIG, O_ASYNC.
void Notices() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  sigaddset(&set, SIGIO);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  printf("owner %d ", Or(fcntl(pair[0], F_GETOWN)));
  printf("set %d ", Or(fcntl(pair[0], F_SETOWN, getpid())));
  printf("is me %d ", fcntl(pair[0], F_GETOWN) == getpid());
  fcntl(pair[0], F_SETFL, O_ASYNC | O_NONBLOCK);
  (void)!write(pair[1], "x", 1);
  siginfo_t info{};
  const timespec time{2, 0};
  printf("signal %d ", Or(sigtimedwait(&set, &info, &time)) == SIGIO);
  char byte;
  (void)!read(pair[0], &byte, 1);
  fcntl(pair[0], F_SETSIG, SIGRTMIN + 1);
  (void)!write(pair[1], "x", 1);
  const int signal = Or(sigtimedwait(&set, &info, &time));
  printf("other %d fd %d band %x\n", signal == SIGRTMIN + 1, info.si_fd == pair[0],
         static_cast<unsigned>(info.si_band) & (POLLIN | POLLHUP));
  close(pair[0]), close(pair[1]);
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  EpollBasics();
  EpollModes();
  Hangups();
  EventFds();
  Timers();
  SignalFd();
  Interrupted();
  Select();
  Notices();
  return 0;
}
