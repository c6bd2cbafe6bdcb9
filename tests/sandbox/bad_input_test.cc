// What users get wrong: one clear line that names it, the right exit code, nothing left behind.
#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "gtest/gtest.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

int LinesOf(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string WriteProgram(const std::string& name, const std::string& bytes, mode_t mode = 0755) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  chmod(path.c_str(), mode);
  return path;
}

struct BadInput {
  const char* what;
  std::vector<std::string> arguments;
  int code;
  std::string says;  // part of the line
};

void ExpectRefused(const BadInput& bad) {
  SCOPED_TRACE(bad.what);
  const Outcome outcome = RunSandbox(bad.arguments);
  EXPECT_EQ(outcome.code, bad.code) << outcome.err;
  EXPECT_NE(outcome.err.find(bad.says), std::string::npos) << outcome.err;
  EXPECT_EQ(LinesOf(outcome.err), 1) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(BadInput, CommandLine) {
  const std::vector<BadInput> table = {
      {"no command", {}, 2, "nothing to do"},
      {"unknown command", {"run", "ls"}, 2, "unknown command \"run\""},
      {"nothing to run", {"do"}, 2, "nothing to run"},
      {"unknown flag", {"do", "--bogus", "--", "ls"}, 2, "--bogus"},
      {"bad size", {"do", "--memory=much", "--", "ls"}, 2, "--memory"},
      {"bad user", {"do", "--user=me", "--", "ls"}, 2, "--user=me"},
      {"bad bind", {"do", "--bind=/tmp", "--", "ls"}, 2, "--bind=/tmp"},
      {"bad network", {"do", "--network=moon", "--", "ls"}, 2, "moon"},
      {"bad timeout", {"do", "--timeout=soon", "--", "ls"}, 2, "soon"},
      {"relative cwd", {"do", "--cwd=here", "--", "ls"}, 2, "--cwd=here"},
      {"missing config", {"do", "--config=/no/such.cfg", "--", "ls"}, 2, "/no/such.cfg"},
      {"missing policy", {"do", "--policy=/no/such.policy", "--", "ls"}, 2, "/no/such.policy"},
      {"unknown call in the strace filter", {"do", "--strace_filter=nosuch", "--", "ls"}, 2, "nosuch"},
  };
  for (const BadInput& bad : table) ExpectRefused(bad);
}

TEST(BadInput, Root) {
  ExpectRefused({"missing root", {"do", "--root=/no/such/root", "--", "ls"}, 2, "/no/such/root"});
  ExpectRefused({"root is a file", {"do", "--root=/etc/passwd", "--", "ls"}, 2, "/etc/passwd"});
}

TEST(BadInput, Program) {
  const std::string program = ReadFile("/bin/true");
  ASSERT_GT(program.size(), sizeof(Elf64_Ehdr));
  std::string arm = program;
  arm[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_AARCH64);
  std::string damaged = program;
  damaged[offsetof(Elf64_Ehdr, e_phnum) + 1] = static_cast<char>(0xff);
  std::string orphan = program;
  const std::string linker = "/lib64/ld-linux";
  const size_t at = orphan.find(linker);
  ASSERT_NE(at, std::string::npos);
  orphan.replace(at, linker.size(), "/nolib/ld-linux");
  const auto run = [](const std::string& path) { return std::vector<std::string>{"do", "--", path}; };
  const std::vector<BadInput> table = {
      {"not found in PATH", run("no-such-program"), 127, "no-such-program"},
      {"path not found", run("/no/such/program"), 127, "/no/such/program"},
      {"a directory", run("/etc"), 126, "/etc"},
      {"not executable", run(WriteProgram("plain", "hello", 0644)), 126, "Permission denied"},
      {"empty", run(WriteProgram("empty", "")), 126, "empty"},
      {"text", run(WriteProgram("text", "hello\n")), 126, "neither an ELF program nor a script"},
      {"another machine", run(WriteProgram("arm", arm)), 126, "aarch64"},
      {"damaged", run(WriteProgram("damaged", damaged)), 126, "damaged"},
      {"cut off", run(WriteProgram("cut", program.substr(0, 40))), 126, "cut off"},
      {"missing dynamic linker", run(WriteProgram("orphan", orphan)), 127, "/nolib/ld-linux"},
      {"missing script interpreter", run(WriteProgram("script", "#!/no/such/shell\n")), 127, "/no/such/shell"},
  };
  for (const BadInput& bad : table) ExpectRefused(bad);
}

}  // namespace
}  // namespace sandbox::tests
