#include "sandbox/policy/guest_seccomp.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <random>

#include "gtest/gtest.h"

namespace sandbox {
namespace {

using Action = Verdict::Action;

seccomp_data Call(int number, uint64_t first_argument = 0) {
  return {.nr = number, .arch = SCMP_ARCH_X86_64, .instruction_pointer = 0, .args = {first_argument}};
}

std::vector<sock_filter> Return(uint32_t value) { return {BPF_STMT(BPF_RET | BPF_K, value)}; }

// `value` for `number`, ALLOW for others.
std::vector<sock_filter> ReturnFor(int number, uint32_t value) {
  return {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1), BPF_STMT(BPF_RET | BPF_K, value),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
}

TEST(GuestSeccompTest, StrictModeLeavesFourCalls) {
  SeccompState state;
  EXPECT_FALSE(state.active());
  ASSERT_TRUE(state.SetStrict().ok());
  EXPECT_TRUE(state.active());
  for (int number : {SYS_read, SYS_write, SYS_exit, SYS_rt_sigreturn}) EXPECT_EQ(Verdict{}, state.Check(Call(number)));
  for (int number : {SYS_open, SYS_exit_group, SYS_getpid})
    EXPECT_EQ(Action::kKillThread, state.Check(Call(number)).action);
  EXPECT_EQ(EINVAL, state.AddFilter(Return(SECCOMP_RET_ALLOW)).error());
}

TEST(GuestSeccompTest, StrictestFilterDecidesAndTheNewestGivesTheData) {
  SeccompState state;
  ASSERT_TRUE(state.AddFilter(ReturnFor(SYS_getpid, SECCOMP_RET_ERRNO | EIO)).ok());
  ASSERT_TRUE(state.AddFilter(ReturnFor(SYS_getpid, SECCOMP_RET_ERRNO | EPERM)).ok());
  EXPECT_EQ((Verdict{Action::kError, EPERM}), state.Check(Call(SYS_getpid)));
  ASSERT_TRUE(state.AddFilter(Return(SECCOMP_RET_LOG)).ok());
  EXPECT_EQ((Verdict{Action::kError, EPERM}), state.Check(Call(SYS_getpid)));
  EXPECT_EQ(Action::kLog, state.Check(Call(SYS_read)).action);
  ASSERT_TRUE(state.AddFilter(ReturnFor(SYS_read, SECCOMP_RET_KILL_THREAD)).ok());
  ASSERT_TRUE(state.AddFilter(ReturnFor(SYS_read, SECCOMP_RET_KILL_PROCESS)).ok());
  ASSERT_TRUE(state.AddFilter(ReturnFor(SYS_read, SECCOMP_RET_TRAP)).ok());
  EXPECT_EQ(Action::kKillProcess, state.Check(Call(SYS_read)).action);
  EXPECT_EQ(6, state.filter_count());
}

TEST(GuestSeccompTest, ReturnValues) {
  EXPECT_EQ((Verdict{Action::kTrap, 7}), VerdictOf(SECCOMP_RET_TRAP | 7));
  EXPECT_EQ((Verdict{Action::kError, 4095}), VerdictOf(SECCOMP_RET_ERRNO | 0xffff));
  EXPECT_EQ((Verdict{Action::kError, ENOSYS}), VerdictOf(SECCOMP_RET_TRACE));
  EXPECT_EQ(Action::kKillProcess, VerdictOf(0x12340000).action);  // unknown
}

TEST(GuestSeccompTest, TsyncNeedsAncestors) {
  SeccompState mine, thread;
  EXPECT_TRUE(thread.IsAncestorOf(mine));
  ASSERT_TRUE(mine.AddFilter(Return(SECCOMP_RET_ALLOW)).ok());
  EXPECT_TRUE(thread.IsAncestorOf(mine));
  thread = mine;
  ASSERT_TRUE(mine.AddFilter(Return(SECCOMP_RET_ALLOW)).ok());
  EXPECT_TRUE(thread.IsAncestorOf(mine));
  ASSERT_TRUE(thread.AddFilter(Return(SECCOMP_RET_ALLOW)).ok());
  EXPECT_FALSE(thread.IsAncestorOf(mine));
}

TEST(GuestSeccompTest, RefusesBadPrograms) {
  const std::vector<std::vector<sock_filter>> bad = {
      {},
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)},                                                   // no return
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), BPF_STMT(BPF_RET | BPF_A, 0)},                     // not aligned
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(seccomp_data)), BPF_STMT(BPF_RET | BPF_A, 0)},  // behind the data
      {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_A, 0)},                     // bytes
      {BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), BPF_STMT(BPF_RET | BPF_A, 0)},                     // indirect
      {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_RET | BPF_A, 0)},              // out of the end
      {BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), BPF_STMT(BPF_RET | BPF_A, 0)},                    // backwards
      {BPF_STMT(BPF_ST, BPF_MEMWORDS), BPF_STMT(BPF_RET | BPF_A, 0)},                            // no such scratch word
      {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), BPF_STMT(BPF_RET | BPF_A, 0)},                    // by zero
      {BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), BPF_STMT(BPF_RET | BPF_A, 0)},                    // not in seccomp
      std::vector<sock_filter>(BPF_MAXINSNS + 1, BPF_STMT(BPF_RET | BPF_K, 0)),
  };
  for (size_t i = 0; i < bad.size(); ++i) EXPECT_EQ(EINVAL, SeccompProgram::Create(bad[i]).error()) << i;
}

TEST(GuestSeccompTest, LengthOfAllFiltersIsLimited) {
  SeccompState state;
  const std::vector<sock_filter> longest(BPF_MAXINSNS, BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  int filters = 0;
  Result<void> added = state.AddFilter(longest);
  for (; added.ok() && filters < 100; added = state.AddFilter(longest)) ++filters;
  EXPECT_EQ(ENOMEM, added.error());
  EXPECT_EQ(7, filters);  // 8 * 4096 + 7 * 4 > 32768
}

TEST(GuestSeccompTest, Arithmetic) {
  const sock_filter program[] = {BPF_STMT(BPF_LD | BPF_IMM, 10),
                                 BPF_STMT(BPF_ST, 3),
                                 BPF_STMT(BPF_LDX | BPF_IMM, 3),
                                 BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),  // 30
                                 BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 4),  // 26
                                 BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 4),  // 416
                                 BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 1),   // 417
                                 BPF_STMT(BPF_LDX | BPF_MEM, 3),          // X = 10
                                 BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),  // 41
                                 BPF_STMT(BPF_MISC | BPF_TAX, 0),
                                 BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),   // A = 64, X = 41
                                 BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),  // 105
                                 BPF_STMT(BPF_ALU | BPF_NEG, 0),
                                 BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),  // 151
                                 BPF_STMT(BPF_RET | BPF_A, 0)};
  Result<SeccompProgram> compiled = SeccompProgram::Create({std::begin(program), std::end(program)});
  ASSERT_TRUE(compiled.ok());
  EXPECT_EQ(151u, compiled->Run(Call(0)));
}

// A program that libseccomp writes means here what it says.
TEST(GuestSeccompTest, RunsWhatLibseccompCompiles) {
  scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EACCES));
  seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(read), 0);
  seccomp_rule_add(context, SCMP_ACT_KILL_PROCESS, SCMP_SYS(ioctl), 1, SCMP_A0(SCMP_CMP_GT, 0x100000002));
  seccomp_rule_add(context, SCMP_ACT_TRAP, SCMP_SYS(close), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, 0xf0, 0x10));
  const int fd = memfd_create("program", 0);
  ASSERT_EQ(0, seccomp_export_bpf(context, fd));
  std::vector<sock_filter> program(lseek(fd, 0, SEEK_END) / sizeof(sock_filter));
  ASSERT_LT(0, pread(fd, program.data(), program.size() * sizeof(sock_filter), 0));
  close(fd);
  seccomp_release(context);
  SeccompState state;
  ASSERT_TRUE(state.AddFilter(program).ok());
  EXPECT_EQ(Verdict{}, state.Check(Call(SYS_read)));
  EXPECT_EQ((Verdict{Action::kError, EACCES}), state.Check(Call(SYS_write)));
  EXPECT_EQ((Verdict{Action::kError, EACCES}), state.Check(Call(SYS_ioctl, 0x100000002)));
  EXPECT_EQ(Action::kKillProcess, state.Check(Call(SYS_ioctl, 0x100000003)).action);
  EXPECT_EQ(Action::kTrap, state.Check(Call(SYS_close, 0x1f)).action);
  EXPECT_EQ((Verdict{Action::kError, EACCES}), state.Check(Call(SYS_close, 0x2f)));
  seccomp_data wrong_table = Call(SYS_read);
  wrong_table.arch = SCMP_ARCH_X86;
  EXPECT_EQ(Action::kKillThread, state.Check(wrong_table).action);
}

// Whatever Create takes, Run ends on it without touching anything else (asan, ubsan).
TEST(GuestSeccompTest, RandomProgramsAreSafe) {
  std::mt19937 random(1);
  int accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    std::vector<sock_filter> program(1 + random() % 6);
    for (sock_filter& i : program) {
      i = {.code = static_cast<uint16_t>(random() % 0xb8),
           .jt = static_cast<uint8_t>(random() % 4),
           .jf = static_cast<uint8_t>(random() % 4),
           .k = random() % 3 == 0 ? static_cast<uint32_t>(random()) : static_cast<uint32_t>(random() % 64)};
    }
    program.back().code = BPF_RET | BPF_A;
    Result<SeccompProgram> compiled = SeccompProgram::Create(program);
    if (!compiled.ok()) continue;
    ++accepted;
    (void)compiled->Run(Call(static_cast<int>(random())));
  }
  EXPECT_LT(1000, accepted);
}

}  // namespace
}  // namespace sandbox
