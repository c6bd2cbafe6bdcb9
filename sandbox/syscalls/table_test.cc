#include "sandbox/syscalls/table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sandbox {
namespace {

// asm/unistd_64.h up to Linux 6.18: 0..336 without a gap, then 424..469.
bool LinuxHas(uint64_t number) { return number <= 336 || (number >= 424 && number <= 469); }

TEST(SyscallTableTest, EveryNumberOfLinuxIsThere) {
  for (uint64_t number = 0; number < kSyscallEnd; ++number) {
    const SyscallEntry& entry = FindSyscall(number);
    if (LinuxHas(number)) {
      EXPECT_EQ(entry.number, number) << "no row";
    } else {
      EXPECT_STREQ(entry.name, "unknown") << number;
    }
  }
  EXPECT_EQ(FindSyscall(~uint64_t{0}).handler, nullptr);
}

TEST(SyscallTableTest, RowsAreHonest) {
  std::set<std::string> names;
  size_t rows = 0;
  for (absl::Span<const SyscallEntry> part : {FileSyscalls(), KernelSyscalls(), IpcSyscalls(), SocketSyscalls()}) {
    for (const SyscallEntry& entry : part) {
      ++rows;
      EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " twice";
      EXPECT_EQ(&FindSyscall(entry.number), &entry) << entry.name << ": number used twice";
      EXPECT_EQ(FindSyscallByName(entry.name), &entry);
      if (entry.support == Support::kFull) {
        EXPECT_STREQ(entry.missing, "") << entry.name;
      } else {
        EXPECT_STRNE(entry.missing, "") << entry.name << " must say what is missing";
      }
      if (entry.support != Support::kErrno) {
        EXPECT_NE(entry.handler, nullptr) << entry.name;
      }
    }
  }
  EXPECT_EQ(rows, 337 + 46);
}

}  // namespace
}  // namespace sandbox
