#include "sandbox/fs/terminal.h"

#include <gtest/gtest.h>

#include <string>

namespace sandbox {
namespace {

class TerminalTest : public testing::Test {
 protected:
  // What a read(2) of up to n bytes gives; "EAGAIN" if it would wait.
  std::string Read(size_t n = 100) {
    std::string bytes(n, '\0');
    IoBuffer buffer(bytes.data(), bytes.size());
    Result<size_t> result = terminal_->Read(buffer);
    if (!result.ok()) return result.error() == EAGAIN ? "EAGAIN" : "error";
    return bytes.substr(0, *result);
  }
  void Write(std::string text) {
    IoBuffer buffer(text.data(), text.size());
    ASSERT_TRUE(terminal_->Write(buffer).ok());
  }
  std::string Shown() { return terminal_->TakeOutput(100000); }
  void Change(tcflag_t local_off, tcflag_t local_on = 0) {
    termios2 modes = terminal_->modes();
    modes.c_lflag = (modes.c_lflag & ~local_off) | local_on;
    terminal_->SetTermios(modes);
  }

  std::shared_ptr<Terminal> terminal_ = std::make_shared<Terminal>(0);
};

TEST_F(TerminalTest, LinesAreReadWhenTheyEnd) {
  terminal_->Input("hel");
  EXPECT_EQ(Read(), "EAGAIN");
  EXPECT_EQ(terminal_->Readiness() & EPOLLIN, 0u);
  terminal_->Input("lo\rnext\r");
  EXPECT_NE(terminal_->Readiness() & EPOLLIN, 0u);
  EXPECT_EQ(Read(3), "hel");
  EXPECT_EQ(Read(), "lo\n");
  EXPECT_EQ(Read(), "next\n");
  EXPECT_EQ(Read(), "EAGAIN");
  EXPECT_EQ(Shown(), "hello\r\nnext\r\n");
}

TEST_F(TerminalTest, EditingKeys) {
  terminal_->Input(
      "abX\x7f"
      "c\r");
  EXPECT_EQ(Read(), "abc\n");
  EXPECT_EQ(Shown(), "abX\b \bc\r\n");
  terminal_->Input(
      "gone\x15"
      "kept\r");
  EXPECT_EQ(Read(), "kept\n");
  terminal_->Input(
      "one two\x17"
      "three\r");
  EXPECT_EQ(Read(), "one three\n");
  terminal_->Input("\x16\x03\r");  // ^V takes the next key as it is
  EXPECT_EQ(Read(), "\x03\n");
}

TEST_F(TerminalTest, EndOfFileIsAnEmptyLine) {
  terminal_->Input("\x04");
  EXPECT_EQ(Read(), "");
  EXPECT_EQ(Read(), "EAGAIN");
  terminal_->Input("no newline\x04");
  EXPECT_EQ(Read(), "no newline");
  EXPECT_EQ(Read(), "EAGAIN");
}

TEST_F(TerminalTest, InterruptThrowsTheLineAway) {
  terminal_->Input("half\x03whole\r");
  EXPECT_EQ(Read(), "whole\n");
}

TEST_F(TerminalTest, RawModeGivesEveryKey) {
  Change(ICANON | ECHO | ISIG);
  terminal_->Input("a\x03\x7f");
  EXPECT_EQ(Read(), "a\x03\x7f");
  EXPECT_EQ(Shown(), "");
  EXPECT_EQ(Read(), "EAGAIN");
  termios2 modes = terminal_->modes();
  modes.c_cc[VMIN] = 0;
  terminal_->SetTermios(modes);
  EXPECT_EQ(Read(), "");  // a poll: nothing there
  modes.c_cc[VMIN] = 3;
  terminal_->SetTermios(modes);
  terminal_->Input("12");
  EXPECT_EQ(Read(), "EAGAIN");
  terminal_->Input("3");
  EXPECT_EQ(Read(), "123");
}

TEST_F(TerminalTest, InputSurvivesAChangeOfMode) {
  terminal_->Input("line\rhalf");
  Change(ICANON);
  EXPECT_EQ(Read(), "line\nhalf");
}

TEST_F(TerminalTest, StopHoldsOutputBack) {
  terminal_->Input("\x13");
  std::string text = "held";
  IoBuffer buffer(text.data(), text.size());
  EXPECT_EQ(terminal_->Write(buffer).error(), EAGAIN);
  terminal_->Input("\x11");
  Write("shown\n");
  EXPECT_EQ(Shown(), "shown\r\n");
}

TEST_F(TerminalTest, HangUp) {
  terminal_->MasterClosed();
  EXPECT_EQ(Read(), "");
  std::string text = "x";
  IoBuffer buffer(text.data(), 1);
  EXPECT_EQ(terminal_->Write(buffer).error(), EIO);
  EXPECT_NE(terminal_->Readiness() & EPOLLHUP, 0u);
}

// Whatever is typed, what waits to be read stays bounded.
TEST_F(TerminalTest, InputIsBounded) {
  std::string line(1000, 'x');
  for (int i = 0; i < 1000; ++i) terminal_->Input(line + "\r");
  size_t total = 0;
  for (std::string got = Read(5000); got != "EAGAIN"; got = Read(5000)) total += got.size();
  EXPECT_LE(total, 70000u);
}

}  // namespace
}  // namespace sandbox
