// Programs that own the terminal: what they draw when one types, and that they leave it as it was.
#include "gtest/gtest.h"
#include "tests/sandbox/programs.h"
#include "tests/sandbox/pty.h"

namespace sandbox::tests {
namespace {

#define EXPECT_SEEN(terminal, text) ASSERT_TRUE((terminal).Expect(text)) << text << " in:\n" << (terminal).seen()

TEST(TerminalPrograms, BashJobControl) {
  NEEDS("bash");
  Terminal terminal(SandboxCommand({"bash", "--norc", "--noprofile"}));
  EXPECT_SEEN(terminal, "# ");
  terminal.Type("sh -c 'echo $((4 + 5)); exec sleep 100'\r");
  EXPECT_SEEN(terminal, "9\r\n");  // a key that signals discards what was typed and not read yet
  terminal.Type("\x1a");           // ^Z
  EXPECT_SEEN(terminal, "Stopped");
  terminal.Type("jobs; bg; fg\r");
  EXPECT_SEEN(terminal, "sleep 100' &");
  terminal.Type("\x03");  // ^C
  EXPECT_SEEN(terminal, "^C");
  terminal.Type("echo code $?\r");
  EXPECT_SEEN(terminal, "code 130");
  terminal.Type("stty -echo; tty; stty size\r");
  EXPECT_SEEN(terminal, "/dev/");
  EXPECT_SEEN(terminal, "24 80");
  terminal.Resize(30, 100);
  terminal.Type("sleep 0.2; stty size; exit 7\r");
  EXPECT_SEEN(terminal, "30 100");
  EXPECT_EQ(7, terminal.Wait());
}

TEST(TerminalPrograms, Less) {
  NEEDS("less");
  Terminal terminal(SandboxCommand({"sh", "-c", "seq 1 500 > /tmp/numbers; less -S /tmp/numbers; stty -a"}));
  EXPECT_SEEN(terminal, "23");
  terminal.Type("G");
  EXPECT_SEEN(terminal, "500");
  terminal.Type("/^123\r");
  terminal.Type("?^77$\r");
  EXPECT_SEEN(terminal, "77");
  terminal.Type("q");
  EXPECT_SEEN(terminal, " icanon ");
  EXPECT_SEEN(terminal, " echo ");
  EXPECT_EQ(0, terminal.Wait());
}

TEST(TerminalPrograms, Vi) {
  NEEDS("vi");
  Terminal terminal(SandboxCommand({"sh", "-c", "cd /tmp; vi -u NONE letter; echo; echo the file: $(cat letter)"}));
  EXPECT_SEEN(terminal, "letter");
  terminal.Type("ihello there\x1b");
  terminal.Type(":s/there/world/\r");
  EXPECT_SEEN(terminal, "world");
  terminal.Type(":wq\r");
  EXPECT_SEEN(terminal, "the file: hello world");
  EXPECT_EQ(0, terminal.Wait());
}

TEST(TerminalPrograms, Top) {
  NEEDS("top");
  Terminal terminal(SandboxCommand({"top", "-d", "0.5"}));
  EXPECT_SEEN(terminal, "Tasks:");
  EXPECT_SEEN(terminal, "COMMAND");
  EXPECT_SEEN(terminal, "top");
  terminal.Type("q");
  EXPECT_EQ(0, terminal.Wait());
}

TEST(TerminalPrograms, Tmux) {
  NEEDS("tmux");
  // What comes at once would be taken for pasted text.
  Terminal terminal(SandboxCommand(
      {"sh", "-c", "echo set -g assume-paste-time 0 > /tmp/conf; exec tmux -f /tmp/conf new-session sh"}));
  EXPECT_SEEN(terminal, "#");
  terminal.Type("echo first $((20 + 3))\r");
  EXPECT_SEEN(terminal, "first 23");
  terminal.Type("\x02\"");  // ^B ": a second pane
  EXPECT_SEEN(terminal, "#");
  terminal.Type("tmux list-panes | wc -l | sed 's/^/panes: /'\r");
  EXPECT_SEEN(terminal, "panes: 2");
  terminal.Type("tmux kill-session\r");
  EXPECT_SEEN(terminal, "[exited]");
  EXPECT_EQ(0, terminal.Wait());
}

// Keys reach the first program without a shell that sets up job control.
TEST(TerminalPrograms, ControlCEndsAProgram) {
  Terminal terminal(SandboxCommand({"sh", "-c", "echo ready; while :; do sleep 0.1; done"}));
  EXPECT_SEEN(terminal, "ready");
  terminal.Type("\x03");
  EXPECT_EQ(130, terminal.Wait());
  Terminal caught(SandboxCommand({"sh", "-c", "trap 'exit 3' QUIT; echo ready; while :; do sleep 0.1; done"}));
  EXPECT_SEEN(caught, "ready");
  caught.Type("\x1c");
  EXPECT_EQ(3, caught.Wait());
}

}  // namespace
}  // namespace sandbox::tests
