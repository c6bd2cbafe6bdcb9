#include "sandbox/arch/signal_frame.h"

#include <cstring>
#include <random>

#include "gtest/gtest.h"

namespace sandbox {
namespace {

constexpr size_t kStateSize = 2696;  // AVX-512
constexpr size_t kSoftwareBytes = 464;

// One stretch of memory; nothing else is mapped.
class FlatMemory : public GuestMemory {
 public:
  FlatMemory(Addr start, size_t length) : start_(start), bytes_(length) {}
  size_t CopyInPartly(void* to, Addr from, size_t length) override {
    const size_t n = Accessible(from, length);
    if (n != 0) std::memcpy(to, &bytes_[from - start_], n);
    return n;
  }
  size_t CopyOutPartly(Addr to, const void* from, size_t length) override {
    const size_t n = Accessible(to, length);
    if (n != 0) std::memcpy(&bytes_[to - start_], from, n);
    return n;
  }
  size_t HostVectors(Addr, size_t, bool, std::vector<iovec>*) override { return 0; }

 private:
  size_t Accessible(Addr address, size_t length) const {
    if (address < start_ || address - start_ >= bytes_.size()) return 0;
    return std::min<size_t>(length, bytes_.size() - (address - start_));
  }
  const Addr start_;
  std::vector<uint8_t> bytes_;
};

constexpr Addr kStack = 0x7ffe'0000'0000;
constexpr size_t kStackLength = 64 * 1024;

class SignalFrameTest : public testing::Test {
 protected:
  void SetUp() override {
    for (uint64_t* word = reinterpret_cast<uint64_t*>(&registers_); word < reinterpret_cast<uint64_t*>(&registers_ + 1);
         ++word) {
      *word = random_();
    }
    registers_.cs = kUserCodeSegment;
    registers_.ss = kUserStackSegment;
    registers_.eflags = 0x202;
    state_.resize(kStateSize);
    for (uint8_t& byte : state_) byte = static_cast<uint8_t>(random_());
    // What ptrace leaves in the words that the frame uses for itself: the feature mask.
    std::memset(&state_[kSoftwareBytes], 0, 48);
    state_[kSoftwareBytes] = 0xe7;
    options_ = SignalFrameOptions{};
    options_.stack_pointer = kStack + kStackLength - 128 - random_() % 256;
    options_.info.si_signo = SIGUSR1;
    options_.info.si_code = SI_USER;
    options_.mask = random_();
    options_.stack = {random_(), 2, 0, random_()};
    options_.restorer = 0x401000;
  }

  std::mt19937_64 random_{7};
  FlatMemory memory_{kStack, kStackLength};
  Registers registers_{};
  std::vector<uint8_t> state_;
  SignalFrameOptions options_{};
};

TEST_F(SignalFrameTest, ReturnRestoresWhatTheSignalInterrupted) {
  for (int round = 0; round < 200; ++round) {
    SetUp();
    Registers handler = registers_;
    ASSERT_TRUE(PushSignalFrame(memory_, options_, 0x402000, state_, &handler).ok());
    Registers at_return = handler;
    at_return.rsp += 8;  // the handler's `ret`
    at_return.rax = at_return.rbx = 1;
    std::vector<uint8_t> state(kStateSize);
    const Result<RestoredFrame> restored = PopSignalFrame(memory_, &at_return, &state);
    ASSERT_TRUE(restored.ok());
    EXPECT_EQ(restored->mask, options_.mask);
    EXPECT_EQ(0, std::memcmp(&restored->stack, &options_.stack, sizeof(SignalStack)));
    // Segments, fs_base and orig_rax are not the frame's.
    at_return.orig_rax = registers_.orig_rax;
    EXPECT_EQ(0, std::memcmp(&at_return, &registers_, sizeof(registers_)));
    std::vector<uint8_t> expected = state_;
    std::memset(&expected[kSoftwareBytes], 0, 48);
    EXPECT_EQ(state, expected);
  }
}

TEST_F(SignalFrameTest, HandlerStartsAsTheAbiSays) {
  Registers handler = registers_;
  handler.eflags |= 0x400 | 0x100;  // direction and trap flag
  ASSERT_TRUE(PushSignalFrame(memory_, options_, 0x402000, state_, &handler).ok());
  EXPECT_EQ(handler.rip, 0x402000u);
  EXPECT_EQ(handler.rdi, uint64_t{SIGUSR1});
  EXPECT_EQ((handler.rsp + 8) % 16, 0u);
  EXPECT_LT(handler.rsp, options_.stack_pointer);
  EXPECT_EQ(handler.eflags & (0x400 | 0x100), 0u);
  const SignalFrame frame = *memory_.Read<SignalFrame>(handler.rsp);
  EXPECT_EQ(frame.return_address, options_.restorer);
  EXPECT_EQ(frame.user.context.rip, registers_.rip);
  EXPECT_EQ(frame.user.context.fpstate % 64, 0u);
  EXPECT_EQ(handler.rsi, handler.rsp + offsetof(SignalFrame, info));
  EXPECT_EQ(handler.rdx, handler.rsp + offsetof(SignalFrame, user));
  EXPECT_EQ((*memory_.Read<siginfo_t>(handler.rsi)).si_signo, SIGUSR1);
}

TEST_F(SignalFrameTest, FrameWithoutItsMarkRestoresTheLegacyPartOnly) {
  Registers handler = registers_;
  ASSERT_TRUE(PushSignalFrame(memory_, options_, 0x402000, state_, &handler).ok());
  const SignalFrame frame = *memory_.Read<SignalFrame>(handler.rsp);
  ASSERT_TRUE(memory_.Write<uint32_t>(frame.user.context.fpstate + kSoftwareBytes, 0).ok());
  Registers at_return = handler;
  at_return.rsp += 8;
  std::vector<uint8_t> state(kStateSize, 0xaa);
  ASSERT_TRUE(PopSignalFrame(memory_, &at_return, &state).ok());
  EXPECT_EQ(0, std::memcmp(state.data(), state_.data(), kSoftwareBytes));
  EXPECT_EQ(state[512], 3);  // only x87 and SSE are said to be there
  for (size_t i = 520; i < kStateSize; ++i) ASSERT_EQ(state[i], 0) << i;
}

TEST_F(SignalFrameTest, FrameCannotLeave64BitUserMode) {
  Registers handler = registers_;
  ASSERT_TRUE(PushSignalFrame(memory_, options_, 0x402000, state_, &handler).ok());
  SignalFrame frame = *memory_.Read<SignalFrame>(handler.rsp);
  frame.user.context.cs = 0x23;              // 32-bit code
  frame.user.context.eflags = ~uint64_t{0};  // interrupt flag, I/O privilege level and all
  frame.user.context.fpstate = 0;
  ASSERT_TRUE(memory_.Write(handler.rsp, frame).ok());
  Registers at_return = handler;
  at_return.rsp += 8;
  std::vector<uint8_t> state(kStateSize);
  ASSERT_TRUE(PopSignalFrame(memory_, &at_return, &state).ok());
  EXPECT_TRUE(state.empty());
  EXPECT_EQ(at_return.cs, kUserCodeSegment);
  EXPECT_EQ(at_return.eflags & 0x3000, 0u);
  EXPECT_EQ(at_return.eflags & ~kSettableFlags, handler.eflags & ~kSettableFlags);
}

TEST_F(SignalFrameTest, StackThatCannotHoldTheFrameIsAFault) {
  Registers handler = registers_;
  options_.stack_pointer = kStack + 600;
  EXPECT_EQ(PushSignalFrame(memory_, options_, 0x402000, state_, &handler).error(), EFAULT);
  EXPECT_EQ(0, std::memcmp(&handler, &registers_, sizeof(registers_)));
  Registers at_return = registers_;
  at_return.rsp = kStack + kStackLength - 16;
  std::vector<uint8_t> state(kStateSize);
  EXPECT_EQ(PopSignalFrame(memory_, &at_return, &state).error(), EFAULT);
}

}  // namespace
}  // namespace sandbox
