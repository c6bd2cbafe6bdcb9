// The first things anyone tries, and how they end.
#include "gtest/gtest.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

TEST(Echo, WritesHello) {
  const Outcome outcome = RunSandboxed({"/bin/echo", "Hello"});
  EXPECT_EQ(outcome.out, "Hello\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.code, 0);
}

TEST(Echo, ShellPipelineIsLikeNative) { ExpectLikeNative("ls /usr | head -3; cat /etc/debian_version"); }

TEST(Echo, StraceShowsDecodedCalls) {
  const Outcome outcome = RunSandboxed({"/bin/echo", "Hello"}, {.flags = {"--strace"}});
  EXPECT_EQ(outcome.out, "Hello\n");
  EXPECT_NE(outcome.err.find("write(1, \"Hello\\n\", 6)"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("/etc/ld.so.cache\", O_RDONLY|O_CLOEXEC"), std::string::npos) << outcome.err;
}

TEST(Echo, ExplainTellsTheWayWithSourceLines) {
  const Outcome outcome = RunSandboxed({"/bin/echo", "Hello"}, {.flags = {"--explain"}});
  EXPECT_EQ(outcome.out, "Hello\n");
  EXPECT_NE(outcome.err.find("sandbox/kernel/task.cc:"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("PTRACE_SYSEMU"), std::string::npos) << outcome.err;
}

TEST(ExitCode, IsTheProgramsOwn) {
  EXPECT_EQ(RunSandboxed({"sh", "-c", "exit 42"}).code, 42);
  EXPECT_EQ(RunSandboxed({"sh", "-c", "kill -9 $$"}).code, 137);
  EXPECT_EQ(RunSandboxed({"sh", "-c", "kill -TERM $$"}).code, 143);
}

TEST(Input, ReachesTheProgram) {
  const std::string text(300000, 'x');
  const Outcome outcome = RunSandboxed({"cat"}, {.input = text});
  EXPECT_EQ(outcome.out, text);
}

TEST(Timeout, EndsEverything) {
  const Outcome outcome = RunSandboxed({"sh", "-c", "sleep 50 & sleep 50"}, {.flags = {"--timeout=500ms"}});
  EXPECT_EQ(outcome.code, 124);
  EXPECT_NE(outcome.err.find("--timeout"), std::string::npos);
}

TEST(User, IsWhoWasAskedFor) {
  EXPECT_EQ(RunSandboxed({"id", "-u"}, {.flags = {"--user=1234:99"}}).out, "1234\n");
  EXPECT_EQ(RunSandboxed({"id", "-g"}, {.flags = {"--user=1234:99"}}).out, "99\n");
}

TEST(Overlay, KeepsTheHostClean) {
  const Outcome outcome = RunSandboxed({"sh", "-c", "echo secret > /etc/hostname && cat /etc/hostname"});
  EXPECT_EQ(outcome.out, "secret\n");
  EXPECT_NE(RunNative({"cat", "/etc/hostname"}).out, "secret\n");
}

}  // namespace
}  // namespace sandbox::tests
