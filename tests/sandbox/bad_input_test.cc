// What users get wrong: one clear line that names it, the right exit code, nothing left behind.
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>

#include "gtest/gtest.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

int LinesOf(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string WriteProgram(const std::string& name, const std::string& bytes, mode_t mode = 0755) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  chmod(path.c_str(), mode);
  return path;
}

struct BadInput {
  const char* what;
  std::vector<std::string> arguments;
  int code;
  std::string says;  // part of the line
};

void ExpectRefused(const BadInput& bad) {
  SCOPED_TRACE(bad.what);
  const Outcome outcome = RunSandbox(bad.arguments);
  EXPECT_EQ(outcome.code, bad.code) << outcome.err;
  EXPECT_NE(outcome.err.find(bad.says), std::string::npos) << outcome.err;
  EXPECT_EQ(LinesOf(outcome.err), 1) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(BadInput, CommandLine) {
  const std::vector<BadInput> table = {
      {"no command", {}, 2, "nothing to do"},
      {"unknown command", {"run", "ls"}, 2, "unknown command \"run\""},
      {"nothing to run", {"do"}, 2, "nothing to run"},
      {"unknown flag", {"do", "--bogus", "--", "ls"}, 2, "--bogus"},
      {"bad size", {"do", "--memory=much", "--", "ls"}, 2, "--memory"},
      {"bad user", {"do", "--user=me", "--", "ls"}, 2, "--user=me"},
      {"bad bind", {"do", "--bind=/tmp", "--", "ls"}, 2, "--bind=/tmp"},
      {"bad network", {"do", "--network=moon", "--", "ls"}, 2, "moon"},
      {"bad timeout", {"do", "--timeout=soon", "--", "ls"}, 2, "soon"},
      {"relative cwd", {"do", "--cwd=here", "--", "ls"}, 2, "--cwd=here"},
      {"missing config", {"do", "--config=/no/such.cfg", "--", "ls"}, 2, "/no/such.cfg"},
      {"missing policy", {"do", "--policy=/no/such.policy", "--", "ls"}, 2, "/no/such.policy"},
      {"unknown call in the strace filter", {"do", "--strace=nosuch", "--", "ls"}, 2, "nosuch"},
  };
  for (const BadInput& bad : table) ExpectRefused(bad);
}

TEST(BadInput, Root) {
  ExpectRefused({"missing root", {"do", "--root=/no/such/root", "--", "ls"}, 125, "/no/such/root"});
  ExpectRefused({"root is a file", {"do", "--root=/etc/passwd", "--", "ls"}, 125, "/etc/passwd"});
  ExpectRefused({"missing bind source", {"do", "--bind=/no/such:/mnt", "--", "ls"}, 125, "/no/such"});
  ExpectRefused({"missing overlay", {"do", "--overlay=/no/such/dir", "--", "ls"}, 125, "/no/such/dir"});
  ExpectRefused({"missing working directory", {"do", "--cwd=/no/such", "--", "ls"}, 125, "/no/such"});
}

// -- what the host refuses

// System call `number` answers `error` if its first argument has any of the bits `mask` (all if 0).
void Forbid(int number, uint32_t mask, int error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, mask == 0 ? 0xffffffff : mask, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    _exit(99);
}

// Sanitizers' own runtimes need descriptors, address space and ptrace.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NEEDS_A_PLAIN_BUILD() GTEST_SKIP() << "the sanitizer's runtime itself needs what is taken away here"
#else
#define NEEDS_A_PLAIN_BUILD() static_cast<void>(0)
#endif

void ExpectFailure(const char* what, const std::function<void()>& prepare, const std::string& says,
                   const std::vector<std::string>& flags = {}) {
  SCOPED_TRACE(what);
  const Outcome outcome = RunSandboxed({"/bin/echo", "hello"}, {.flags = flags, .prepare = prepare});
  EXPECT_EQ(outcome.code, 125) << outcome.err;
  EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
  EXPECT_EQ(LinesOf(outcome.err), 1) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(BadInput, HostWithoutPtrace) {
  NEEDS_A_PLAIN_BUILD();
  ExpectFailure(
      "seccomp forbids ptrace", [] { Forbid(SYS_ptrace, 0, EPERM); }, "forbids ptrace: a seccomp filter");
}

TEST(BadInput, HostWithoutUserNamespaces) {
  ExpectFailure(
      "seccomp forbids them", [] { Forbid(SYS_clone, CLONE_NEWUSER, EPERM); },
      "the host does not allow user namespaces");
  ExpectFailure(
      "there are too many", [] { Forbid(SYS_clone, CLONE_NEWUSER, ENOSPC); }, "max_user_namespaces");
}

TEST(BadInput, OrdinaryUserMayNotReadTheRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const std::string root = testing::TempDir() + "/closed";
  mkdir(root.c_str(), 0700);
  // The binary under test may lie where only root looks.
  const Outcome copied = RunNative({"sh", "-c",
                                    "cp -L " + DataFile("sandbox/sandbox") +
                                        " /tmp/sandbox-for-all.$$ && "
                                        "chmod 755 /tmp/sandbox-for-all.$$ && echo /tmp/sandbox-for-all.$$"});
  const std::string path = copied.out.substr(0, copied.out.find('\n'));
  const auto become_nobody = [] {
    if (setgid(65534) != 0 || setuid(65534) != 0 || chdir("/") != 0) _exit(99);
  };
  const Outcome outcome = RunNative({path, "do", "--root=" + root, "--", "/bin/true"}, {.prepare = become_nobody});
  if (outcome.code == 99) {
    unlink(path.c_str());
    GTEST_SKIP() << "this user namespace has one user only";
  }
  EXPECT_EQ(outcome.code, 125) << outcome.err;
  EXPECT_NE(outcome.err.find(root + ": Permission denied"), std::string::npos) << outcome.err;
  // And what such a user may do, works.
  const Outcome works = RunNative({path, "do", "--", "/usr/bin/id", "-u"}, {.prepare = become_nobody});
  EXPECT_EQ(works.code, 0) << works.err;
  unlink(path.c_str());
}

TEST(BadInput, OutOfDescriptorsOrMemory) {
  NEEDS_A_PLAIN_BUILD();
  for (const rlim_t limit : {4, 6, 8, 10, 12, 14, 16, 20}) {
    const auto few = [limit] {
      const rlimit value{limit, limit};
      setrlimit(RLIMIT_NOFILE, &value);
    };
    const Outcome outcome = RunSandboxed({"/bin/echo", "hello"}, {.prepare = few});
    SCOPED_TRACE(limit);
    if (outcome.code == 0) {
      EXPECT_EQ(outcome.out, "hello\n");
      continue;
    }
    EXPECT_TRUE(outcome.code >= 125 && outcome.code <= 127) << outcome.code;
    EXPECT_EQ(LinesOf(outcome.err), 1) << outcome.err;
    EXPECT_NE(outcome.err.find("Too many open files"), std::string::npos) << outcome.err;
  }
  const auto little = [] {
    const rlimit value{32 << 20, 32 << 20};
    setrlimit(RLIMIT_AS, &value);
  };
  const Outcome outcome = RunSandboxed({"/bin/echo", "hello"}, {.prepare = little});
  EXPECT_TRUE(outcome.code >= 125 && outcome.code <= 127) << outcome.code;
  EXPECT_EQ(LinesOf(outcome.err), 1) << outcome.err;
}

// Nothing of a run stays behind, however it ends: no process, no mount, no file. The copy's name tells its processes
// from those of tests beside this one.
TEST(BadInput, NothingIsLeftBehind) {
  const std::string name = "left" + std::to_string(getpid());
  const std::string path = testing::TempDir() + "/" + name, file = "/tmp/" + name;
  ASSERT_EQ(RunNative({"cp", "-L", DataFile("sandbox/sandbox"), path}).code, 0);
  const auto traces = [&] {
    return RunNative(
               {"sh", "-c", "cat /proc/self/mounts; ls -d " + file + "* 2>&1; ps -e -o comm= | grep '^" + name + "'"})
        .out;
  };
  const auto run = [&](std::vector<std::string> command, const std::string& flag, int timeout_seconds) {
    command.insert(command.begin(), {path, "do", flag, "--"});
    return RunNative(command, {.timeout_seconds = timeout_seconds}).code;
  };
  const std::string before = traces();
  EXPECT_EQ(run({"sh", "-c", "sleep 100 & echo x > " + file + "; kill -9 $$"}, "--cwd=/", 60), 137);
  EXPECT_EQ(run({"sh", "-c", "sleep 100 & exit 3"}, "--cwd=/", 60), 3);
  EXPECT_EQ(run({"/no/such"}, "--cwd=/", 60), 127);
  run({"sleep", "100"}, "--timeout=500ms", 60);
  // Killed by its user.
  EXPECT_EQ(run({"sh", "-c", "mkdir " + file + "d; mount -t tmpfs none " + file + "d; sleep 100"}, "--cwd=/", 2), 137);
  std::string after = traces();
  // Who is killed takes its children along, but does not wait for them.
  for (int i = 0; i < 200 && after != before; ++i) {
    usleep(50'000);
    after = traces();
  }
  EXPECT_EQ(after, before);
  unlink(path.c_str());
}

TEST(BadInput, Program) {
  const std::string program = ReadFile("/bin/true");
  ASSERT_GT(program.size(), sizeof(Elf64_Ehdr));
  std::string arm = program;
  arm[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_AARCH64);
  std::string damaged = program;
  damaged[offsetof(Elf64_Ehdr, e_phnum) + 1] = static_cast<char>(0xff);
  std::string orphan = program;
  const std::string linker = "/lib64/ld-linux";
  const size_t at = orphan.find(linker);
  ASSERT_NE(at, std::string::npos);
  orphan.replace(at, linker.size(), "/nolib/ld-linux");
  const auto run = [](const std::string& path) { return std::vector<std::string>{"do", "--", path}; };
  const std::vector<BadInput> table = {
      {"not found in PATH", run("no-such-program"), 127, "no-such-program"},
      {"path not found", run("/no/such/program"), 127, "/no/such/program"},
      {"a directory", run("/etc"), 126, "/etc"},
      {"not executable", run(WriteProgram("plain", "hello", 0644)), 126, "Permission denied"},
      {"empty", run(WriteProgram("empty", "")), 126, "empty"},
      {"text", run(WriteProgram("text", "hello\n")), 126, "neither an ELF program nor a script"},
      {"another machine", run(WriteProgram("arm", arm)), 126, "aarch64"},
      {"damaged", run(WriteProgram("damaged", damaged)), 126, "damaged"},
      {"cut off", run(WriteProgram("cut", program.substr(0, 40))), 126, "cut off"},
      {"missing dynamic linker", run(WriteProgram("orphan", orphan)), 127, "/nolib/ld-linux"},
      {"missing script interpreter", run(WriteProgram("script", "#!/no/such/shell\n")), 127, "/no/such/shell"},
  };
  for (const BadInput& bad : table) ExpectRefused(bad);
}

}  // namespace
}  // namespace sandbox::tests
