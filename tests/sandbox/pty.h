// A program on a terminal, driven as a person would: wait for something to appear, type.
//
//   Terminal terminal(SandboxCommand({"bash", "--norc"}));
//   ASSERT_TRUE(terminal.Expect("$ "));
//   terminal.Type("echo $((6 * 7))\r");
//   ASSERT_TRUE(terminal.Expect("42"));
#ifndef TESTS_SANDBOX_PTY_H_
#define TESTS_SANDBOX_PTY_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace sandbox::tests {

class Terminal {
 public:
  // 24 rows, 80 columns, TERM=vt100.
  explicit Terminal(const std::vector<std::string>& command);
  ~Terminal();
  Terminal(const Terminal&) = delete;

  void Type(const std::string& keys);
  // Whether `text` appears, within 30 seconds, after what the last Expect found.
  bool Expect(const std::string& text);
  void Resize(int rows, int columns);
  // Waits for the end, reading on; the exit code, 128+N, or -1 after 30 seconds.
  int Wait();
  // All that came so far.
  const std::string& seen() const { return seen_; }

 private:
  bool ReadMore(int64_t deadline);

  int master_ = -1;
  pid_t pid_ = -1;
  std::string seen_;
  size_t expected_ = 0;
};

// The command line that runs `command` in the sandbox binary under test, in a plain environment.
std::vector<std::string> SandboxCommand(const std::vector<std::string>& command,
                                        const std::vector<std::string>& flags = {});

}  // namespace sandbox::tests
#endif  // TESTS_SANDBOX_PTY_H_
