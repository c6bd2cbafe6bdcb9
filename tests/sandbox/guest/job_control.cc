// A guest program: process groups, sessions and their terminal, also after those who led them have gone. Prints what
// happened; the test compares with a native run.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

// What a call answered, or -errno.
int Or(long result) { return result < 0 ? -errno : static_cast<int>(result); }

int report[2];  // what descendants say

void Say(const char* text) { (void)!write(report[1], text, strlen(text)); }

volatile sig_atomic_t hung_up = 0;

void SayHangup(int) {
  Say("HUP ");
  hung_up = 1;
}
void SayContinue(int) { Say("CONT "); }

void AwaitHangup() {
  for (int i = 0; i < 5000 && hung_up == 0; ++i) usleep(1000);
}

// All that was said, once `descendants` have ended.
void Hear(const char* name, int descendants) {
  for (int i = 0; i < descendants; ++i) {
    while (wait(nullptr) < 0 && errno == EINTR) continue;
  }
  char text[1000];
  fcntl(report[0], F_SETFL, O_NONBLOCK);
  const ssize_t n = read(report[0], text, sizeof(text));
  printf("%s: %.*s\n", name, static_cast<int>(n > 0 ? n : 0), text);
}

void AwaitStop(pid_t pid) {
  siginfo_t info;
  waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT);
}

void SayAbout(const char* format, int a, int b = 0, int c = 0) {
  char text[200];
  snprintf(text, sizeof(text), format, a, b, c);
  Say(text);
}

void Groups() {
  printf("setpgid of nobody %d\n", Or(setpgid(999'999, 0)));
  printf("negative group %d\n", Or(setpgid(0, -1)));
  printf("getpgid of nobody %d\n", Or(getpgid(999'999)));
  int gate[2];
  (void)!pipe(gate);
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    SayAbout("leader %d %d; ", getsid(0) == getpid(), getpgrp() == getpid());
    SayAbout("again %d; ", Or(setsid()));
    SayAbout("leader's group %d; ", Or(setpgid(0, 0)));
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      char byte;
      (void)!read(gate[0], &byte, 1);
      _exit(0);
    }
    SayAbout("a group of another session %d; ", Or(setpgid(grandchild, getpgid(getppid()))));
    const int own = Or(setpgid(grandchild, 0));
    SayAbout("own %d %d; ", own, getpgid(grandchild) == grandchild);
    SayAbout("an empty group %d; ", Or(setpgid(grandchild, grandchild + 1000)));
    SayAbout("kill group %d; ", kill(-grandchild, 0));
    (void)!write(gate[1], "x", 1);
    wait(nullptr);
    SayAbout("kill empty group %d", Or(kill(-grandchild, 0)));
    _exit(0);
  }
  Hear("session", 1);
  const pid_t changed = fork();
  if (changed == 0) {
    execl("/bin/sleep", "sleep", "100", nullptr);
    _exit(1);
  }
  // Until it has executed the program.
  for (int i = 0; i < 5000; ++i) {
    char path[64], name[64] = "";
    snprintf(path, sizeof(path), "/proc/%d/comm", changed);
    const int fd = open(path, O_RDONLY);
    (void)!read(fd, name, sizeof(name) - 1);
    close(fd);
    if (strncmp(name, "sleep", 5) == 0) break;
    usleep(1000);
  }
  printf("after exec %d\n", Or(setpgid(changed, changed)));
  kill(changed, SIGKILL);
  wait(nullptr);
}

// A stopped job whose last parent in the session goes away is hung up and continued.
void OrphanedGroup() {
  const pid_t leader = fork();
  if (leader == 0) {
    setsid();
    const pid_t parent = fork();
    if (parent == 0) {
      const pid_t job = fork();
      if (job == 0) {
        setpgid(0, 0);
        signal(SIGHUP, SayHangup);
        signal(SIGCONT, SayContinue);
        raise(SIGSTOP);
        Say("goes on");
        _exit(0);
      }
      setpgid(job, job);
      AwaitStop(job);
      _exit(0);
    }
    waitpid(parent, nullptr, 0);
    // The job is a subreaper's now, which is of another session.
    _exit(0);
  }
  Hear("orphaned while stopped", 2);
}

// The keys' stop signals do not stop an orphaned group.
void NoStopForOrphans() {
  const pid_t leader = fork();
  if (leader == 0) {
    setsid();
    const pid_t child = fork();
    if (child == 0) {
      for (int i = 0; i < 5000 && getppid() == getsid(0); ++i) usleep(1000);
      for (const int signal : {SIGTSTP, SIGTTIN, SIGTTOU}) raise(signal);
      Say("not stopped");
      _exit(0);
    }
    _exit(0);
  }
  Hear("orphans", 2);
}

void SetController(int terminal) {
  setsid();
  ioctl(terminal, TIOCSCTTY, 0);
  signal(SIGTTOU, SIG_IGN);
}

// The end of a session leader takes the terminal from its session and hangs up the group in the foreground.
void LeaderEnds() {
  int master, terminal;
  openpty(&master, &terminal, nullptr, nullptr, nullptr);
  const pid_t leader = fork();
  if (leader == 0) {
    SetController(terminal);
    int gate[2];
    (void)!pipe(gate);
    const pid_t job = fork();
    if (job == 0) {
      signal(SIGHUP, SayHangup);
      signal(SIGCONT, SayContinue);
      setpgid(0, 0);
      tcsetpgrp(terminal, getpid());
      (void)!write(gate[1], "x", 1);
      AwaitHangup();
      SayAbout("write %d; ", Or(write(terminal, "x", 1)));
      SayAbout("/dev/tty %d; ", Or(open("/dev/tty", O_RDWR)));
      SayAbout("group %d", Or(tcgetpgrp(terminal)));
      _exit(0);
    }
    char byte;
    (void)!read(gate[0], &byte, 1);
    _exit(0);
  }
  Hear("the leader ended", 2);
  close(terminal);
  close(master);
}

// Reading in the background stops, and writing with TOSTOP.
void Background() {
  int master, terminal;
  openpty(&master, &terminal, nullptr, nullptr, nullptr);
  const pid_t leader = fork();
  if (leader == 0) {
    setsid();
    ioctl(terminal, TIOCSCTTY, 0);
    for (const bool writes : {false, true}) {
      if (writes) {
        termios settings;
        tcgetattr(terminal, &settings);
        settings.c_lflag |= TOSTOP;
        tcsetattr(terminal, TCSANOW, &settings);
      }
      const pid_t job = fork();
      if (job == 0) {
        setpgid(0, 0);
        char byte = 'x';
        (void)!(writes ? write(terminal, &byte, 1) : read(terminal, &byte, 1));
        _exit(0);
      }
      int status;
      waitpid(job, &status, WUNTRACED);
      SayAbout("stopped %d by %d; ", WIFSTOPPED(status), WSTOPSIG(status));
      kill(job, SIGKILL);
      waitpid(job, nullptr, 0);
    }
    const pid_t ignoring = fork();
    if (ignoring == 0) {
      setpgid(0, 0);
      signal(SIGTTIN, SIG_IGN);
      char byte;
      SayAbout("ignoring %d", Or(read(terminal, &byte, 1)));
      _exit(0);
    }
    waitpid(ignoring, nullptr, 0);
    _exit(0);
  }
  Hear("background", 1);
  close(terminal);
  close(master);
}

// The master's end hangs up the whole session: its leader.
void MasterEnds() {
  int master, terminal;
  openpty(&master, &terminal, nullptr, nullptr, nullptr);
  int gate[2];
  (void)!pipe(gate);
  const pid_t leader = fork();
  if (leader == 0) {
    close(master);
    SetController(terminal);
    signal(SIGHUP, SayHangup);
    signal(SIGCONT, SayContinue);
    (void)!write(gate[1], "x", 1);
    AwaitHangup();
    char byte;
    SayAbout("read %d; ", Or(read(terminal, &byte, 1)));
    SayAbout("write %d", Or(write(terminal, "x", 1)));
    _exit(0);
  }
  char byte;
  (void)!read(gate[0], &byte, 1);
  close(terminal);
  close(master);
  Hear("the master ended", 1);
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  (void)!pipe(report);
  Groups();
  OrphanedGroup();
  NoStopForOrphans();
  LeaderEnds();
  Background();
  MasterEnds();
  return 0;
}
