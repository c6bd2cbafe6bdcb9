// Each test starts a confined child, lets it try something, and looks at what came of it.
#include "sandbox/confine/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sandbox/confine/filter.h"
#include "sandbox/confine/reader.h"

namespace sandbox {
namespace {

// A host directory with file "inside", next to a file "outside".
class ConfineTest : public testing::Test {
 protected:
  ConfineTest() {
    std::string name = absl::StrCat(testing::TempDir(), "/confineXXXXXX");
    base_ = mkdtemp(name.data());
    mkdir(tree().c_str(), 0755);
    mkdir((tree() + "/proc").c_str(), 0755);
    std::ofstream(tree() + "/inside") << "in";
    std::ofstream(tree() + "/proc/secret") << "of the kernel";
    std::ofstream(base_ + "/outside") << "out";
  }
  ~ConfineTest() override {
    for (const char* name : {"/tree/inside", "/tree/new", "/tree/proc/secret", "/outside"})
      unlink((base_ + name).c_str());
    for (const char* name : {"/tree/proc", "/tree", ""}) rmdir((base_ + name).c_str());
  }
  std::string tree() const { return base_ + "/tree"; }

  // 0 if `attempt` holds in the child.
  int InNamespaces(const ConfineOptions& options, const std::function<bool(const Confined&)>& attempt) {
    absl::StatusOr<int> code =
        RunConfined(options, [&](const Confined& confined) { return attempt(confined) ? 0 : 1; });
    EXPECT_TRUE(code.ok()) << code.status();
    return code.value_or(-1);
  }
  int InNamespaces(const std::function<bool(const Confined&)>& attempt) {
    return InNamespaces({.trees = {{.path = tree()}}}, attempt);
  }
  // 0 or 1 as above; kFilterViolationExitCode if the filter stopped the attempt.
  int UnderFilter(const FilterOptions& filter, const std::function<bool(const Confined&)>& attempt) {
    return InNamespaces({.trees = {{.path = tree()}}}, [&](const Confined& confined) {
      absl::Status status = InstallSentryFilter(filter);
      if (!status.ok()) fprintf(stderr, "%s\n", std::string(status.message()).c_str());
      return status.ok() && attempt(confined);
    });
  }
  int UnderFilter(const std::function<bool(const Confined&)>& attempt) { return UnderFilter({}, attempt); }

  std::string base_;
};

bool Reads(int directory, const char* path, const char* text) {
  int fd = openat(directory, path, O_RDONLY);
  char buffer[16] = {};
  bool same = fd >= 0 && read(fd, buffer, sizeof(buffer) - 1) >= 0 && strcmp(buffer, text) == 0;
  if (fd >= 0) close(fd);
  return same;
}

TEST_F(ConfineTest, ReadsTheTreeItWasGiven) {
  EXPECT_EQ(0, InNamespaces([](const Confined& c) { return Reads(c.tree_fds[0], "inside", "in"); }));
}

TEST_F(ConfineTest, ParentOfTheTreeIsTheTree) {
  EXPECT_EQ(0, InNamespaces([](const Confined& c) {
              return Reads(c.tree_fds[0], "../inside", "in") && !Reads(c.tree_fds[0], "../outside", "out") &&
                     !Reads(c.tree_fds[0], "../../outside", "out");
            }));
}

TEST_F(ConfineTest, RootIsEmptyAndReadOnly) {
  const std::string outside = base_ + "/outside";
  EXPECT_EQ(0, InNamespaces([&](const Confined&) {
              return access("/etc", F_OK) != 0 && !Reads(AT_FDCWD, outside.c_str(), "out") &&
                     !Reads(AT_FDCWD, "../etc/passwd", "") && open("/file", O_CREAT | O_WRONLY, 0600) < 0 &&
                     errno == EROFS;
            }));
}

TEST_F(ConfineTest, ReadOnlyTreeCannotBeWritten) {
  EXPECT_EQ(0, InNamespaces([](const Confined& c) {
              return openat(c.tree_fds[0], "new", O_CREAT | O_WRONLY, 0600) < 0 && errno == EROFS &&
                     openat(c.tree_fds[0], "inside", O_WRONLY) < 0 && errno == EROFS;
            }));
  EXPECT_NE(0, access((tree() + "/new").c_str(), F_OK));
}

TEST_F(ConfineTest, WritableTreeIsWritten) {
  EXPECT_EQ(0, InNamespaces({.trees = {{.path = tree(), .writable = true}}}, [](const Confined& c) {
              return openat(c.tree_fds[0], "new", O_CREAT | O_WRONLY, 0600) >= 0;
            }));
  EXPECT_EQ(0, access((tree() + "/new").c_str(), F_OK));
}

TEST_F(ConfineTest, KernelFilesAreCovered) {
  EXPECT_EQ(0, InNamespaces([](const Confined& c) { return !Reads(c.tree_fds[0], "proc/secret", "of the kernel"); }));
  EXPECT_EQ(0, InNamespaces({.trees = {{.path = tree(), .hide_kernel_files = false}}},
                            [](const Confined& c) { return Reads(c.tree_fds[0], "proc/secret", "of the kernel"); }));
}

TEST_F(ConfineTest, HasNoCapabilitiesAndGetsNone) {
  EXPECT_EQ(0, InNamespaces([](const Confined&) {
              __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
              __user_cap_data_struct data[2];
              syscall(SYS_capget, &header, data);
              return (data[0].effective | data[0].permitted | data[0].inheritable | data[1].effective |
                      data[1].permitted | data[1].inheritable) == 0 &&
                     prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
                     mount("none", "/", "tmpfs", 0, nullptr) != 0;
            }));
}

TEST_F(ConfineTest, SeesNoProcessAndNoNetworkOfTheHost) {
  const pid_t self = getpid();
  EXPECT_EQ(0, InNamespaces([&](const Confined&) {
              int fd = socket(AF_INET, SOCK_DGRAM, 0);
              sockaddr address{.sa_family = AF_INET};
              bool unreachable = connect(fd, &address, sizeof(address)) != 0;
              return getpid() == 1 && getppid() == 0 && (self == 1 || kill(self, 0) != 0) && unreachable;
            }));
}

TEST_F(ConfineTest, ReturnsExitCodesAndSignals) {
  EXPECT_EQ(42, *RunConfined({}, [](const Confined&) { return 42; }));
  // PID 1 is immune to signals of its own namespace, faults excepted.
  EXPECT_EQ(128 + SIGSEGV, *RunConfined({}, [](const Confined&) {
              signal(SIGSEGV, SIG_DFL);
              volatile int* nowhere = nullptr;
              return *nowhere;
            }));
}

TEST_F(ConfineTest, LibcKnowsTheNewThreadId) {
  EXPECT_EQ(0, InNamespaces([](const Confined&) {
              int policy;
              sched_param parameters;
              return pthread_getschedparam(pthread_self(), &policy, &parameters) == 0;
            }));
}

TEST_F(ConfineTest, NamesTheTreeThatIsMissing) {
  absl::StatusOr<int> code = RunConfined({.trees = {{.path = "/does/not/exist"}}}, [](const Confined&) { return 0; });
  ASSERT_EQ(absl::StatusCode::kNotFound, code.status().code());
  EXPECT_EQ("cannot open /does/not/exist: No such file or directory", code.status().message());
}

TEST_F(ConfineTest, RefusesADirectoryAsStandardInput) {
  int saved = dup(0);
  int directory = open("/", O_RDONLY | O_DIRECTORY);
  dup2(directory, 0);
  absl::StatusOr<int> code = RunConfined({}, [](const Confined&) { return 0; });
  dup2(saved, 0);
  close(saved);
  close(directory);
  EXPECT_EQ(absl::StatusCode::kInvalidArgument, code.status().code());
}

// The launcher dies by SIGKILL, the confined child must follow.
TEST_F(ConfineTest, DiesWithTheLauncher) {
  int alive[2];
  ASSERT_EQ(0, pipe(alive));
  pid_t launcher = fork();
  if (launcher == 0) {
    close(alive[0]);
    (void)RunConfined({}, [&](const Confined&) {
      if (write(alive[1], "1", 1) != 1) return 1;
      for (;;) pause();
      return 0;
    });
    _exit(0);
  }
  close(alive[1]);
  char byte;
  ASSERT_EQ(1, read(alive[0], &byte, 1));
  kill(launcher, SIGKILL);
  waitpid(launcher, nullptr, 0);
  EXPECT_EQ(0, read(alive[0], &byte, 1));  // end of file: nobody holds the other end any more
  close(alive[0]);
}

TEST_F(ConfineTest, PassesSignalsOn) {
  int ready[2];
  ASSERT_EQ(0, pipe(ready));
  pid_t launcher = fork();
  if (launcher == 0) {
    absl::StatusOr<int> code = RunConfined({}, [&](const Confined&) {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGTERM);
      sigprocmask(SIG_BLOCK, &set, nullptr);
      if (write(ready[1], "1", 1) != 1) return 1;
      int signal = 0;
      sigwait(&set, &signal);
      return signal;
    });
    _exit(code.value_or(99));
  }
  char byte;
  ASSERT_EQ(1, read(ready[0], &byte, 1));
  kill(launcher, SIGTERM);
  int status;
  ASSERT_EQ(launcher, waitpid(launcher, &status, 0));
  EXPECT_EQ(SIGTERM, WEXITSTATUS(status));
}

TEST_F(ConfineTest, WorksAsAnOrdinaryUser) {
  if (getuid() != 0) GTEST_SKIP() << "this test runs as an ordinary user already";
  pid_t child = fork();
  if (child == 0) {
    if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0) _exit(77);
    prctl(PR_SET_DUMPABLE, 1);  // as after an exec by that user: /proc/PID belongs to it
    absl::StatusOr<int> code = RunConfined({.trees = {{.path = "/usr"}}}, [](const Confined& c) {
      return getuid() == 65534 && faccessat(c.tree_fds[0], "bin", F_OK, 0) == 0 && InstallSentryFilter({}).ok() ? 0 : 1;
    });
    if (!code.ok()) fprintf(stderr, "%s\n", code.status().ToString().c_str());
    _exit(code.value_or(99));
  }
  int status;
  waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this user namespace has one user only";
  EXPECT_EQ(0, WEXITSTATUS(status));
}

// What only root's privileges open.

TEST_F(ConfineTest, ReaderOpensFilesOfOthers) {
  if (getuid() != 0) GTEST_SKIP() << "only root can have a reader";
  const std::string room = tree() + "/private", file = room + "/file", link = room + "/link";
  mkdir(room.c_str(), 0700);
  std::ofstream(file) << "theirs";
  chmod(file.c_str(), 0600);
  if (symlink("/etc/passwd", link.c_str()) != 0) perror("symlink");
  const bool given = chown(file.c_str(), 65534, 65534) == 0 && chown(room.c_str(), 65534, 65534) == 0;
  const auto attempt = [](const Confined& c) {
    const int plain = openat(c.tree_fds[0], "private", O_RDONLY | O_DIRECTORY);
    const bool refused = plain < 0 && errno == EACCES;
    const int directory = OpenByReader(c.tree_fds[0], "private", O_RDONLY | O_DIRECTORY);
    const int theirs = OpenByReader(directory, "file", O_RDONLY);
    char text[16] = {};
    const bool read_it = theirs >= 0 && read(theirs, text, sizeof(text)) == 6 && strcmp(text, "theirs") == 0;
    const bool not_written = write(theirs, "x", 1) < 0;
    const auto fails = [](int fd, const char* name, int error) {
      return OpenByReader(fd, name, O_RDONLY) < 0 && errno == error;
    };
    return refused && directory >= 0 && read_it && not_written && fails(directory, "link", ELOOP) &&
           fails(directory, "..", EACCES) && fails(c.tree_fds[0], "private/file", EACCES) &&
           fails(directory, "none", ENOENT) && fails(-1, "file", EACCES) && fails(directory, "", EACCES);
  };
  if (given) {
    EXPECT_EQ(0, InNamespaces(attempt));
    EXPECT_EQ(0, UnderFilter(attempt));
  }
  for (const std::string& name : {file, link}) unlink(name.c_str());
  rmdir(room.c_str());
  if (!given) GTEST_SKIP() << "this user namespace has one user only";
}

// The filter.

TEST_F(ConfineTest, FilterLetsTheSentryWork) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "thread sanitizer cannot start threads in a process made by clone(2)";
#endif
  EXPECT_EQ(0, InNamespaces([](const Confined& c) {
              pid_t stub = fork();
              if (stub == 0) {
                ptrace(PTRACE_TRACEME, 0, 0, 0);
                raise(SIGSTOP);
                _exit(7);
              }
              if (!InstallSentryFilter({}).ok()) return false;
              bool thread_ran = false;
              std::thread([&] { thread_ran = true; }).join();
              int status;
              waitpid(stub, &status, 0);
              bool traced = WIFSTOPPED(status) && ptrace(PTRACE_SETOPTIONS, stub, 0, PTRACE_O_EXITKILL) == 0 &&
                            ptrace(PTRACE_SYSEMU, stub, 0, 0) == 0 && waitpid(stub, &status, 0) == stub &&
                            WIFSTOPPED(status);
              return thread_ran && traced && Reads(c.tree_fds[0], "inside", "in");
            }));
}

struct Attempt {
  const char* name;
  std::function<void()> run;
};

// Each of these must end the child.
TEST_F(ConfineTest, FilterStops) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "thread sanitizer's run-time library puts signals off, and so the filter's";
#endif
  const Attempt attempts[] = {
      {"execve", [] { execl("/bin/true", "true", nullptr); }},
      {"execveat", [] { syscall(SYS_execveat, 0, "", nullptr, nullptr, AT_EMPTY_PATH); }},
      {"socket", [] { socket(AF_INET, SOCK_STREAM, 0); }},
      {"socketpair",
       [] {
         int pair[2];
         socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
       }},
      {"unshare", [] { unshare(CLONE_NEWUSER); }},
      {"clone with a namespace", [] { syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); }},
      // Not fork(3): some libraries block all signals around it, then the kernel kills instead of telling.
      {"fork", [] { syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }},
      {"memory to execute", [] { mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
      {"setns", [] { setns(0, 0); }},
      {"mount", [] { mount("none", "/", "tmpfs", 0, nullptr); }},
      {"chroot",
       [] {
         if (chroot("/") != 0) return;
       }},
      {"fchdir",
       [] {
         if (fchdir(3) != 0) return;
       }},
      {"bpf", [] { syscall(SYS_bpf, 0, nullptr, 0); }},
      {"userfaultfd", [] { syscall(SYS_userfaultfd, 0); }},
      {"io_uring_setup", [] { syscall(SYS_io_uring_setup, 1, nullptr); }},
      {"perf_event_open", [] { syscall(SYS_perf_event_open, nullptr, 0, 0, 0, 0); }},
      {"keyctl", [] { syscall(SYS_keyctl, 0, 0, 0, 0, 0); }},
      {"process_vm_writev", [] { syscall(SYS_process_vm_writev, 1, nullptr, 0, nullptr, 0, 0); }},
      {"ptrace attach", [] { ptrace(PTRACE_ATTACH, 2, 0, 0); }},
      {"ptrace without seccomp", [] { ptrace(PTRACE_SETOPTIONS, 2, 0, PTRACE_O_SUSPEND_SECCOMP); }},
      {"TIOCSTI", [] { ioctl(0, TIOCSTI, "x"); }},
      {"TIOCLINUX", [] { ioctl(0, TIOCLINUX, "x"); }},
      // The kernel ignores the upper half; the filter must, too.
      {"TIOCSTI with high bits", [] { syscall(SYS_ioctl, 0, 0x100005412, "x"); }},
      {"mkdirat on a read-only sandbox", [] { mkdirat(3, "d", 0700); }},
      {"prctl PR_SET_MM", [] { prctl(PR_SET_MM, 0, 0, 0, 0); }},
      {"fcntl F_SETOWN", [] { fcntl(0, F_SETOWN, 1); }},
      {"open_by_handle_at", [] { syscall(SYS_open_by_handle_at, 3, nullptr, 0); }},
      {"name_to_handle_at", [] { syscall(SYS_name_to_handle_at, 3, "", nullptr, nullptr, 0); }},
      {"shmget", [] { syscall(SYS_shmget, 0, 4096, 0); }},
  };
  for (const Attempt& attempt : attempts) {
    EXPECT_EQ(kFilterViolationExitCode, UnderFilter([&](const Confined&) {
                attempt.run();
                return true;
              }))
        << attempt.name;
  }
}

TEST_F(ConfineTest, FilterKillsCallsOfOtherTables) {
  const int x32 = UnderFilter([](const Confined&) {
    syscall(0x40000000 | SYS_getpid);
    return true;
  });
  EXPECT_EQ(128 + SIGSYS, x32);
  const int i386 = UnderFilter([](const Confined&) {
    int result;
    asm volatile("int $0x80" : "=a"(result) : "a"(20 /*getpid*/) : "memory");
    return true;
  });
  EXPECT_EQ(128 + SIGSYS, i386);
}

TEST_F(ConfineTest, FilterRefusesPathsWithoutADescriptor) {
  EXPECT_EQ(0, UnderFilter([](const Confined&) {
              return open("/", O_RDONLY) < 0 && errno == EACCES &&
                     syscall(SYS_openat2, AT_FDCWD, "/", nullptr, 0) < 0 && errno == EACCES;
            }));
}

TEST_F(ConfineTest, HostNetworkMeansInternetSocketsOnly) {
  const FilterOptions filter{.host_network = true};
  EXPECT_EQ(0, UnderFilter(filter, [](const Confined&) { return socket(AF_INET6, SOCK_STREAM, 0) >= 0; }));
  for (int family : {AF_UNIX, AF_PACKET, AF_NETLINK, AF_VSOCK, AF_ALG}) {
    EXPECT_EQ(kFilterViolationExitCode,
              UnderFilter(filter, [&](const Confined&) { return socket(family, SOCK_RAW, 0) != -2; }));
  }
}

TEST_F(ConfineTest, HostWritesAllowDirectoryChanges) {
  EXPECT_EQ(0, UnderFilter({.host_writes = true}, [](const Confined& c) {
              return mkdirat(c.tree_fds[0], "d", 0700) != 0 && errno == EROFS;  // the mount still refuses
            }));
}

}  // namespace
}  // namespace sandbox
