// Attempts to get out of the sandbox, each of which must fail. attack.h says how a guest knows that it got out.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/sandbox/run_sandbox.h"

namespace sandbox_test {
namespace {

constexpr int kHeld = 0;
constexpr char kBookText[] = "a file of the host that is not to be changed\n";

std::string Contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A root directory with the attacker in it, and a treasure beside it.
class EscapeTest : public testing::Test {
 protected:
  EscapeTest() {
    std::string name = testing::TempDir() + "/escapeXXXXXX";
    base_ = mkdtemp(name.data());
    std::filesystem::create_directories(root() + "/tmp");
    std::filesystem::copy_file(Runfile("tests/sandbox/escape/attacker"), root() + "/attacker");
    std::ofstream(treasure()) << "treasure\n";
    std::ofstream(root() + "/book") << kBookText;
    std::ofstream(root() + "/allows") << "allowed\n";
    std::ofstream(root() + "/denied") << "treasure\n";
  }
  ~EscapeTest() override {
    EXPECT_EQ("treasure\n", Contents(treasure()));
    EXPECT_EQ(kBookText, Contents(root() + "/book"));
    EXPECT_TRUE(std::filesystem::is_empty(root() + "/tmp"));
    std::filesystem::remove_all(base_);
  }

  std::string root() const { return base_ + "/root"; }
  std::string treasure() const { return base_ + "/treasure"; }

  RunResult Attack(std::vector<std::string> attack, std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"--root=" + root(), "--hostname=canary"});
    attack.insert(attack.begin(), "/attacker");
    RunResult result = RunSandbox(flags, attack, "", 150);
    EXPECT_FALSE(result.timed_out);
    // 42 is an escape; 125 is the sentry's filter stopping the sentry, which means that it was made to misbehave.
    EXPECT_NE(42, result.code);
    EXPECT_NE(125, result.code);
    EXPECT_EQ(std::string::npos, result.err.find("forbids")) << result.err;
    return result;
  }
  void ExpectHeld(const std::vector<std::string>& attack, const std::vector<std::string>& flags = {}) {
    RunResult result = Attack(attack, flags);
    EXPECT_EQ(kHeld, result.code) << result.out << result.err;
  }

  std::string base_;
};

TEST_F(EscapeTest, TheCanaryTellsSandboxAndHostApart) {
  RunResult native = RunCommand({Runfile("tests/sandbox/escape/attacker"), "odd_numbers"});
  EXPECT_EQ(42, native.code) << native.out;
}

TEST_F(EscapeTest, Int80) { ExpectHeld({"int80"}); }
TEST_F(EscapeTest, Sysenter) { ExpectHeld({"sysenter"}); }
TEST_F(EscapeTest, CompatibilityMode) { ExpectHeld({"compatibility_mode"}); }
TEST_F(EscapeTest, Vsyscall) { ExpectHeld({"vsyscall"}); }
TEST_F(EscapeTest, UnalignedSyscall) { ExpectHeld({"unaligned_syscall"}); }
TEST_F(EscapeTest, SyscallAcrossPages) { ExpectHeld({"syscall_across_pages"}); }
TEST_F(EscapeTest, SelfModifyingCode) { ExpectHeld({"self_modifying_code"}); }
TEST_F(EscapeTest, StubCode) { ExpectHeld({"stub_code"}); }
TEST_F(EscapeTest, TrapFlag) { ExpectHeld({"trap_flag"}); }
TEST_F(EscapeTest, ForgedSignalFrames) { ExpectHeld({"forged_signal_frames"}); }

TEST_F(EscapeTest, WriteOverStub) { ExpectHeld({"write_over_stub"}); }
TEST_F(EscapeTest, UnmapStub) { ExpectHeld({"unmap_stub"}); }
TEST_F(EscapeTest, MapOverStub) { ExpectHeld({"map_over_stub"}); }
TEST_F(EscapeTest, UnmapEverything) {
  RunResult result = Attack({"unmap_everything"});
  EXPECT_EQ(128 + 11 /*SIGSEGV*/, result.code) << result.err;
}
TEST_F(EscapeTest, WriteHostFile) {
  ExpectHeld({"write_host_file", "/book"});
  EXPECT_EQ(kBookText, Contents(root() + "/book"));
}
TEST_F(EscapeTest, MapBomb) {
  RunResult result = Attack({"map_bomb", "67108864"}, {"--memory=64M"});
  EXPECT_TRUE(result.code == kHeld || result.code == 137) << result.code << result.out << result.err;
}
TEST_F(EscapeTest, TouchBomb) {
  RunResult result = Attack({"touch_bomb", "67108864"}, {"--memory=64M"});
  EXPECT_EQ(result.code, 137) << result.out << result.err;
}
TEST_F(EscapeTest, TouchBombByTheKernel) {
  RunResult result = Attack({"touch_bomb", "67108864", "read"}, {"--memory=64M"});
  EXPECT_TRUE(result.code == kHeld || result.code == 137) << result.code << result.out << result.err;
}
TEST_F(EscapeTest, FileBomb) {
  RunResult result = Attack({"file_bomb", "67108864"}, {"--memory=64M"});
  EXPECT_TRUE(result.code == kHeld || result.code == 137) << result.code << result.out << result.err;
}
TEST_F(EscapeTest, MappingBomb) { ExpectHeld({"mapping_bomb"}); }

TEST_F(EscapeTest, DotDot) { ExpectHeld({"dot_dot", treasure()}); }
TEST_F(EscapeTest, SymbolicLinks) { ExpectHeld({"symbolic_links", treasure()}); }
TEST_F(EscapeTest, ProcLinks) { ExpectHeld({"proc_links", treasure()}); }
TEST_F(EscapeTest, ProcFiles) {
  const std::string before = Contents("/proc/sys/kernel/core_pattern");
  ExpectHeld({"proc_files"});
  EXPECT_EQ(before, Contents("/proc/sys/kernel/core_pattern"));
}
TEST_F(EscapeTest, RenameRace) { ExpectHeld({"rename_race", treasure()}); }
// The host's own directories are renamed here, under a walk that goes to the host for every component.
TEST_F(EscapeTest, RenameRaceOnTheHost) {
  ExpectHeld({"rename_race", treasure()}, {"--overlay=none"});
  std::filesystem::remove_all(root() + "/tmp");
  std::filesystem::create_directory(root() + "/tmp");
}
TEST_F(EscapeTest, SymlinkRace) { ExpectHeld({"symlink_race", treasure()}); }
TEST_F(EscapeTest, SymlinkRaceOnTheHost) {
  ExpectHeld({"symlink_race", treasure()}, {"--overlay=none"});
  std::filesystem::remove_all(root() + "/tmp");
  std::filesystem::create_directory(root() + "/tmp");
}
// What several links make on the host, they all make.
TEST_F(EscapeTest, SeveralSymbolicLinksOnTheHost) {
  ExpectHeld({"several_links"}, {"--overlay=none"});
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(std::filesystem::is_symlink(root() + "/tmp/link" + std::to_string(i))) << i;
  }
  std::filesystem::remove_all(root() + "/tmp");
  std::filesystem::create_directory(root() + "/tmp");
}
TEST_F(EscapeTest, SymbolicLinksOnTheHost) {
  ExpectHeld({"symbolic_links", treasure()}, {"--overlay=none"});
  std::filesystem::remove_all(root() + "/tmp");
  std::filesystem::create_directory(root() + "/tmp");
}
TEST_F(EscapeTest, Chroot) { ExpectHeld({"chroot", treasure()}); }
TEST_F(EscapeTest, DescriptorPassing) { ExpectHeld({"descriptor_passing", treasure()}); }
TEST_F(EscapeTest, Handles) { ExpectHeld({"handles", treasure()}); }
TEST_F(EscapeTest, Mounts) { ExpectHeld({"mounts", treasure()}); }
TEST_F(EscapeTest, ChangedPathArgument) {
  const std::string policy = base_ + "/policy";
  std::ofstream(policy) << "path { path: \"/denied\" action: DENY }\n";
  ExpectHeld({"changed_path_argument"}, {"--policy=" + policy});
}

TEST_F(EscapeTest, SignalEverybody) { ExpectHeld({"signal_everybody"}); }
TEST_F(EscapeTest, TraceEverybody) { ExpectHeld({"trace_everybody"}); }
TEST_F(EscapeTest, OwnMemoryFile) { ExpectHeld({"own_memory_file"}); }
TEST_F(EscapeTest, ForkBomb) {
  RunResult result = Attack({"fork_bomb", "50"}, {"--pids=50"});
  EXPECT_TRUE(result.code == kHeld || result.code == 137) << result.code << result.out << result.err;
  EXPECT_NE(std::string::npos, result.out.find("fork failed")) << result.out << result.err;
}
TEST_F(EscapeTest, ThreadBomb) { ExpectHeld({"thread_bomb", "50"}, {"--pids=50"}); }
TEST_F(EscapeTest, DescriptorBomb) { ExpectHeld({"descriptor_bomb"}); }
TEST_F(EscapeTest, BadPrograms) { ExpectHeld({"bad_programs"}); }

TEST_F(EscapeTest, OddNumbers) { ExpectHeld({"odd_numbers"}); }
TEST_F(EscapeTest, OddArguments) { ExpectHeld({"odd_arguments"}); }
TEST_F(EscapeTest, RandomCalls) { ExpectHeld({"random_calls", "1", "3"}); }
TEST_F(EscapeTest, Vectors) { ExpectHeld({"vectors"}); }
TEST_F(EscapeTest, ChangedVectors) { ExpectHeld({"changed_vectors"}); }
TEST_F(EscapeTest, ForeignAddresses) { ExpectHeld({"foreign_addresses"}); }

}  // namespace
}  // namespace sandbox_test
