#include "sandbox/strace/format.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <string.h>
#include <sys/mman.h>

namespace sandbox::strace {
namespace {

// Guest memory at addresses 0x1000..0x1fff.
class FakeMemory : public GuestMemory {
 public:
  size_t CopyInPartly(void* to, Addr from, size_t length) override {
    if (from < 0x1000 || from >= 0x2000) return 0;
    size_t n = std::min<size_t>(length, 0x2000 - from);
    memcpy(to, bytes + (from - 0x1000), n);
    return n;
  }
  size_t CopyOutPartly(Addr, const void*, size_t) override { return 0; }
  size_t HostVectors(Addr, size_t, bool, std::vector<iovec>*) override { return 0; }
  char bytes[0x1000] = {};
};

class FormatTest : public testing::Test {
 protected:
  std::string Format(char letter, uint64_t value, uint64_t next = 0, int64_t result = 0) {
    return FormatArgument(memory_, letter, SyscallArguments{{value, next}}, 0, result);
  }
  FakeMemory memory_;
};

TEST_F(FormatTest, NumbersAndFlags) {
  EXPECT_EQ(Format('d', ~uint64_t{0}), "-1");
  EXPECT_EQ(Format('D', static_cast<uint64_t>(AT_FDCWD)), "AT_FDCWD");
  EXPECT_EQ(Format('o', 0644), "0644");
  EXPECT_EQ(Format('O', O_RDWR | O_CREAT | O_CLOEXEC), "O_RDWR|O_CREAT|O_CLOEXEC");
  EXPECT_EQ(Format('O', O_TMPFILE | O_WRONLY), "O_WRONLY|O_TMPFILE");
  EXPECT_EQ(Format('P', PROT_READ | PROT_EXEC), "PROT_READ|PROT_EXEC");
  EXPECT_EQ(Format('M', MAP_PRIVATE | MAP_ANONYMOUS | 0x80000000), "MAP_PRIVATE|MAP_ANONYMOUS|0x80000000");
  EXPECT_EQ(Format('g', 9), "SIGKILL");
}

TEST_F(FormatTest, StringsAreEscapedAndCut) {
  strcpy(memory_.bytes, "Hello\n\x01\"");
  EXPECT_EQ(Format('s', 0x1000), "\"Hello\\n\\1\\\"\"");
  EXPECT_EQ(Format('w', 0x1000, 6), "\"Hello\\n\"");
  EXPECT_EQ(Format('r', 0x1000, 100, 2), "\"He\"");
  memset(memory_.bytes, 'x', sizeof(memory_.bytes));
  EXPECT_EQ(Format('w', 0x1000, 1000), "\"" + std::string(64, 'x') + "\"...");
}

// Addresses a guest made up are shown as numbers, and a string that runs into unmapped memory is shown as far as it
// goes.
TEST_F(FormatTest, BadAddresses) {
  EXPECT_EQ(Format('s', 0x5000), "0x5000");
  EXPECT_EQ(Format('r', 0x1000, 10, -1), "0x1000");
  EXPECT_EQ(Format('V', 0x7fff00000000), "0x7fff00000000");
  memory_.bytes[0xffe] = 'a', memory_.bytes[0xfff] = 'b';
  EXPECT_EQ(Format('s', 0x1ffe), "\"ab\"...");
}

}  // namespace
}  // namespace sandbox::strace
