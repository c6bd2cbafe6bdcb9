#include "sandbox/policy/policy.h"

#include <sys/syscall.h>

#include <cerrno>
#include <fstream>

#include "gtest/gtest.h"

namespace sandbox {
namespace {

using Action = Verdict::Action;
using Arguments = std::array<uint64_t, 6>;

int NumberOf(std::string_view name) {
  if (name == "execve") return SYS_execve;
  if (name == "socket") return SYS_socket;
  if (name == "read") return SYS_read;
  return -1;
}

Policy Parsed(const std::string& text) {
  absl::StatusOr<Policy> policy = Policy::Parse(text, NumberOf);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *std::move(policy) : Policy();
}

std::string ErrorOf(const std::string& text) { return std::string(Policy::Parse(text, NumberOf).status().message()); }

TEST(PolicyTest, EmptyAllowsAndCostsNothing) {
  Policy policy = Parsed("");
  EXPECT_FALSE(policy.has_call_rules());
  EXPECT_FALSE(policy.has_path_rules());
  EXPECT_EQ(Action::kAllow, policy.CheckCall(SYS_execve, {}).action);
}

TEST(PolicyTest, FirstMatchDecides) {
  Policy policy = Parsed(R"(
    rule { call: "socket" argument { index: 0 equal: 1 } }
    rule { call: "socket" action: DENY error: "EAFNOSUPPORT" }
    rule { call: "execve" action: KILL })");
  EXPECT_EQ(Verdict{}, policy.CheckCall(SYS_socket, Arguments{1}));
  EXPECT_EQ((Verdict{Action::kError, EAFNOSUPPORT}), policy.CheckCall(SYS_socket, Arguments{2}));
  EXPECT_EQ(Action::kKillProcess, policy.CheckCall(SYS_execve, {}).action);
  EXPECT_EQ(Verdict{}, policy.CheckCall(SYS_read, {}));
}

TEST(PolicyTest, DefaultActionMakesAnAllowList) {
  Policy policy = Parsed(R"(default_action: DENY default_error: "ENOSYS" rule { call: "read" })");
  EXPECT_EQ(Verdict{}, policy.CheckCall(SYS_read, {}));
  EXPECT_EQ((Verdict{Action::kError, ENOSYS}), policy.CheckCall(SYS_execve, {}));
  EXPECT_EQ((Verdict{Action::kError, ENOSYS}), policy.CheckCall(100000, {}));
  EXPECT_EQ((Verdict{Action::kError, ENOSYS}), policy.CheckCall(-1, {}));
}

TEST(PolicyTest, ArgumentTests) {
  Policy policy = Parsed(R"(
    rule { call: "read" argument { index: 2 greater: 10 } argument { index: 2 less: 20 } action: DENY error: "EIO" }
    rule { call: "read" argument { index: 1 masked { mask: 0xf0 value: 0x30 } } action: LOG }
    rule { call: "read" argument { index: 0 not_equal: 3 } action: DENY })");
  EXPECT_EQ((Verdict{Action::kError, EIO}), policy.CheckCall(SYS_read, Arguments{3, 0, 15}));
  EXPECT_EQ(Action::kLog, policy.CheckCall(SYS_read, Arguments{4, 0x131, 10}).action);
  EXPECT_EQ((Verdict{Action::kError, EPERM}), policy.CheckCall(SYS_read, Arguments{4, 0, 20}));
  EXPECT_EQ(Verdict{}, policy.CheckCall(SYS_read, Arguments{3, 0, 20}));
}

TEST(PolicyTest, PathRules) {
  Policy policy = Parsed(R"(
    path { path: "/home/me/project/*" }
    path { path: "/home/*" action: DENY error: "ENOENT" }
    path { path: "/etc/*" access: WRITE action: DENY }
    path { path: "/usr/bin/sudo" access: EXECUTE action: KILL })");
  EXPECT_TRUE(policy.has_path_rules());
  EXPECT_EQ(Verdict{}, policy.CheckPath("/home/me/project/a/b", PathAccess::kWrite));
  EXPECT_EQ((Verdict{Action::kError, ENOENT}), policy.CheckPath("/home/you/.ssh/id", PathAccess::kRead));
  EXPECT_EQ(Verdict{}, policy.CheckPath("/etc/passwd", PathAccess::kRead));
  EXPECT_EQ((Verdict{Action::kError, EACCES}), policy.CheckPath("/etc/passwd", PathAccess::kWrite));
  EXPECT_EQ(Action::kKillProcess, policy.CheckPath("/usr/bin/sudo", PathAccess::kExecute).action);
  EXPECT_EQ(Verdict{}, policy.CheckPath("/usr/bin/sudo", PathAccess::kRead));
}

TEST(PolicyTest, SaysWhatIsWrong) {
  EXPECT_EQ("unknown system call \"opn\"", ErrorOf(R"(rule { call: "opn" })"));
  EXPECT_EQ("unknown error \"EWHAT\"; expected a name like EACCES",
            ErrorOf(R"(rule { call: "read" action: DENY error: "EWHAT" })"));
  EXPECT_EQ("argument index 6 is not 0 to 5", ErrorOf(R"(rule { call: "read" argument { index: 6 equal: 0 } })"));
  EXPECT_EQ("an argument has no test", ErrorOf(R"(rule { call: "read" argument { index: 1 } })"));
  EXPECT_EQ("a rule names no call", ErrorOf("rule { action: KILL }"));
  EXPECT_EQ("path \"etc\" must begin with /", ErrorOf(R"(path { path: "etc" })"));
  EXPECT_EQ(0, ErrorOf("rule {\n  coll: \"read\"\n}").find("line 2 column 7:"));
}

TEST(PolicyTest, LoadNamesTheFile) {
  absl::StatusOr<Policy> missing = Policy::Load("/no/such.policy", NumberOf);
  EXPECT_EQ("cannot read policy /no/such.policy: No such file or directory", missing.status().message());
  const std::string file = testing::TempDir() + "/bad.policy";
  std::ofstream(file) << "rule { call: \"x\" }";
  EXPECT_EQ("policy " + file + ": unknown system call \"x\"", Policy::Load(file, NumberOf).status().message());
}

}  // namespace
}  // namespace sandbox
