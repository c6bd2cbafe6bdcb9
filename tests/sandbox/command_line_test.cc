// Every flag of `sandbox do`, as a user meets it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

std::string NewDirectory() {
  std::string path = testing::TempDir() + "/command-line-XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  chmod(path.c_str(), 0755);
  return path;
}

Outcome Shell(const std::string& script, const std::vector<std::string>& flags) {
  return RunSandboxed({"sh", "-c", script}, {.flags = flags});
}

// A root of its own, with busybox as all its programs. Empty if there is no busybox.
std::string BusyboxRoot() {
  const std::string root = NewDirectory();
  const Outcome made = RunNative({"sh", "-c",
                                  "cd " + root +
                                      " && mkdir bin tmp proc dev etc && cp -L $(command -v busybox) bin/ && "
                                      "for a in sh cat ls echo mkdir mv rm; do ln -s busybox bin/$a; done"});
  return made.code == 0 ? root : "";
}

TEST(CommandLine, HelpNamesEveryFlag) {
  const Outcome help = RunSandbox({"help"});
  EXPECT_EQ(help.code, 0);
  for (const char* flag : {"--root=", "--cwd=", "--env=", "--user=", "--hostname=", "--overlay=", "--bind=",
                           "--network=", "--memory=", "--cpus=", "--pids=", "--timeout=", "--policy=", "--strace[=",
                           "--explain", "--metrics-address=", "--debug-unconfined"}) {
    EXPECT_THAT(help.out, HasSubstr(flag));
  }
  EXPECT_EQ(RunSandbox({"--help"}).out, help.out);
}

TEST(CommandLine, SyscallsListsEveryNumber) {
  const Outcome outcome = RunSandbox({"syscalls"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("0    read "));
  EXPECT_THAT(outcome.out, HasSubstr("469  file_setattr "));
}

TEST(CommandLine, CwdHostnameUserEnv) {
  EXPECT_EQ(Shell("pwd; hostname; id -u; id -g", {"--cwd=/usr/share", "--hostname=elsewhere", "--user=12:34"}).out,
            "/usr/share\nelsewhere\n12\n34\n");
  EXPECT_EQ(RunSandbox({"do", "--env=A=b c", "--env=D=", "--", "/usr/bin/env"}).out, "A=b c\nD=\n");
  EXPECT_EQ(RunSandbox({"do", "--env=TERM", "--env=NOT_SET_ANYWHERE", "--", "/usr/bin/env"}).out, "TERM=dumb\n");
}

TEST(CommandLine, BindShowsOrSharesADirectory) {
  const std::string shown = NewDirectory(), shared = NewDirectory();
  std::ofstream(shown + "/word") << "hello\n";
  const Outcome outcome = Shell(
      "cat /opt/shown/word; (echo x > /opt/shown/word) 2> /dev/null || echo refused; echo new > /opt/shared/file && ls "
      "/opt/shared",
      {"--bind=" + shown + ":/opt/shown:ro", "--bind=" + shared + ":/opt/shared:rw"});
  EXPECT_EQ(outcome.out, "hello\nrefused\nfile\n") << outcome.err;
  EXPECT_EQ(ReadFile(shown + "/word"), "hello\n");
  EXPECT_EQ(ReadFile(shared + "/file"), "new\n");
}

TEST(CommandLine, OverlayInADirectoryKeepsChanges) {
  const std::string kept = NewDirectory(), flag = "--overlay=" + kept;
  const Outcome first = Shell("echo one > /etc/new-file && rm /etc/hostname && echo two >> /etc/issue", {flag});
  EXPECT_EQ(first.code, 0) << first.err;
  const Outcome second = Shell("cat /etc/new-file; test -e /etc/hostname || echo gone; tail -n 1 /etc/issue", {flag});
  EXPECT_EQ(second.out, "one\ngone\ntwo\n") << second.err;
  EXPECT_NE(RunNative({"test", "-e", "/etc/new-file"}).code, 0);
  EXPECT_EQ(Shell("test -e /etc/hostname && echo there", {}).out, "there\n");
}

TEST(CommandLine, RootOfItsOwnWithAndWithoutOverlay) {
  const std::string root = BusyboxRoot();
  if (root.empty()) GTEST_SKIP() << "busybox is not installed: apt-get install it";
  EXPECT_EQ(Shell("echo one > /tmp/f; ls /", {"--root=" + root}).out, "bin\ndev\netc\nproc\nsys\ntmp\n");
  EXPECT_EQ(ReadFile(root + "/tmp/f"), "");
  const Outcome through = Shell("echo two > /tmp/f; mkdir /etc/d; mv /tmp/f /etc/d/g; cat /etc/d/g; ls /home",
                                {"--root=" + root, "--overlay=none"});
  EXPECT_EQ(through.out, "two\n") << through.err;
  EXPECT_EQ(ReadFile(root + "/etc/d/g"), "two\n");
}

TEST(CommandLine, NetworkIsItsOwnOrTheHosts) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(name);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  ASSERT_EQ(listen(listener, 4), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&name), &length), 0);
  std::thread server([&] {
    const int connection = accept(listener, nullptr, nullptr);
    if (connection < 0) return;
    EXPECT_EQ(write(connection, "from the host\n", 14), 14);
    close(connection);
  });
  const std::vector<std::string> client = {
      "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(ntohs(name.sin_port)) + " && cat <&3"};
  EXPECT_NE(RunSandboxed(client).code, 0);
  const Outcome outcome = RunSandboxed(client, {.flags = {"--network=host"}});
  EXPECT_EQ(outcome.out, "from the host\n") << outcome.err;
  shutdown(listener, SHUT_RDWR);  // ends a wait that nobody came to
  server.join();
  close(listener);
}

TEST(CommandLine, Limits) {
  EXPECT_EQ(Shell("nproc", {"--cpus=1"}).out, "1\n");
  const Outcome forks = Shell("for i in 1 2 3 4 5 6; do sleep 1 & done; wait; echo all", {"--pids=4"});
  EXPECT_THAT(forks.err, HasSubstr("Cannot fork"));
  EXPECT_THAT(forks.out, Not(HasSubstr("all")));
  const std::string hog = "dd if=/dev/zero of=/dev/null bs=200M count=1";
  EXPECT_EQ(Shell(hog, {"--memory=512M"}).code, 0);
  EXPECT_THAT(Shell(hog, {"--memory=64M"}).code, AnyOf(1, 137));
  EXPECT_EQ(Shell("ulimit -n 20; python3 -c 'f = [open(\"/dev/null\") for i in range(30)]' 2>&1 | tail -n 1", {}).out,
            "OSError: [Errno 24] Too many open files: '/dev/null'\n");
  // CPU time: SIGXCPU.
  EXPECT_EQ(Shell("ulimit -St 1; while :; do :; done", {}).code, 128 + SIGXCPU);
}

TEST(CommandLine, PolicyDeniesKillsLogs) {
  const std::string policy = WriteFile("policy", R"(
    rule { call: "mkdir" action: DENY error: "EROFS" }
    rule { call: "getpgid" action: KILL }
    rule { call: "kill" argument { index: 1 equal: 10 } action: DENY error: "EPERM" }
    path { path: "/etc/passwd" access: READ action: DENY error: "EACCES" }
    path { path: "/usr/bin/id" access: EXECUTE action: LOG }
  )");
  const std::vector<std::string> flags = {"--policy=" + policy};
  const Outcome denied =
      Shell("mkdir /tmp/d; cat /etc/passwd; trap : USR1; kill -USR1 $$ || echo no; kill -0 $$ && id -u", flags);
  EXPECT_EQ(denied.out, "no\n0\n");
  EXPECT_THAT(denied.err, HasSubstr("Read-only file system"));
  EXPECT_THAT(denied.err, HasSubstr("/etc/passwd: Permission denied"));
  EXPECT_THAT(denied.err, HasSubstr("/usr/bin/id"));  // the log
  EXPECT_EQ(RunSandboxed({"python3", "-c", "import os; os.getpgid(0)"}, {.flags = flags}).code, 128 + SIGSYS);
}

TEST(CommandLine, StraceTakesAFilter) {
  const Outcome some = RunSandboxed({"/bin/echo", "Hello"}, {.flags = {"--strace=write,%memory"}});
  EXPECT_EQ(some.out, "Hello\n");
  EXPECT_THAT(some.err, HasSubstr("write(1, \"Hello\\n\", 6)"));
  EXPECT_THAT(some.err, HasSubstr("mmap("));
  EXPECT_THAT(some.err, Not(HasSubstr("openat(")));
  const Outcome rest = RunSandboxed({"/bin/echo", "Hello"}, {.flags = {"--strace=!write,%memory"}});
  EXPECT_THAT(rest.err, Not(HasSubstr("write(")));
  EXPECT_THAT(rest.err, HasSubstr("openat("));
}

TEST(CommandLine, MetricsCountWhatTheSentryServed) {
  const std::string file = testing::TempDir() + "/metrics";
  const Outcome outcome =
      RunSandboxed({"sh", "-c", "for i in 1 2 3; do (exit 0); done; echo x"}, {.flags = {"--metrics_file=" + file}});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const std::string text = ReadFile(file);
  EXPECT_THAT(text, HasSubstr("sandbox_system_calls_total{call=\"write\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sandbox_threads_made_total 4\n"));
  EXPECT_THAT(text, HasSubstr("sandbox_threads 0\n"));
  // While it runs: one that asks for its own.
  const std::string address = "127.0.0.1:" + std::to_string(20000 + getpid() % 10000);
  const Outcome served =
      RunSandboxed({"curl", "-s", "http://" + address + "/metrics"},
                   {.flags = {"--metrics_address=" + address, "--network=host", "--log_level=error"}});
  EXPECT_THAT(served.out, HasSubstr("sandbox_system_calls_total{call=\"connect\"} ")) << served.err;
}

}  // namespace
}  // namespace sandbox::tests
