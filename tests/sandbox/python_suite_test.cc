// CPython's own tests inside: each passes that passes natively, but for those that python_failures.txt lists with the
// reason. A listed test that passes is as much a failure: the list is true.
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tests/sandbox/programs.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

constexpr char kPython[] = "/usr/bin/python3";

// Lines "test.test_os.Class.test_name  reason".
std::map<std::string, std::string> ReadList(const std::string& module) {
  std::ifstream file(DataFile("tests/sandbox/python_failures.txt"));
  std::map<std::string, std::string> list;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    const std::string reason(absl::StripAsciiWhitespace(parts.second));
    EXPECT_FALSE(reason.empty()) << parts.first << " is listed without a reason";
    if (parts.first.starts_with("test." + module + ".")) list[parts.first] = reason;
  }
  return list;
}

struct Results {
  std::set<std::string> passed, failed;
};

// What `python3 -m unittest -v` says on standard error: "name (test.module.Class.name) ... ok", and at the end a
// paragraph "FAIL: name (...)" for each that did not.
Results Parse(const std::string& text) {
  Results results;
  static const std::regex kStarted(R"(\w+ \((test\.[\w.]+)\)[^\n]* \.\.\. )");
  static const std::regex kFailed(R"((?:FAIL|ERROR): \w+ \((test\.[\w.]+)\))");
  static const std::regex kPassed(R"(\w+ \((test\.[\w.]+)\)[^\n]* \.\.\. [^\n]*\bok\n)");
  const auto collect = [&text](const std::regex& pattern, std::set<std::string>* names) {
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) names->insert((*it)[1]);
  };
  collect(kPassed, &results.passed);
  collect(kFailed, &results.failed);
  for (const std::string& name : results.failed) results.passed.erase(name);
  return results;
}

bool PassesNatively(const std::string& test) {
  const Outcome outcome = RunNative({kPython, "-m", "unittest", "-v", test}, {.timeout_seconds = 120});
  return outcome.code == 0 && Parse(outcome.err).passed.contains(test);
}

class PythonSuite : public testing::TestWithParam<std::string> {};

TEST_P(PythonSuite, PassesAsNatively) {
  if (RunNative({kPython, "-c", "import test.test_os"}).code != 0) {
    GTEST_SKIP() << "CPython's tests are not installed: apt-get install libpython3.11-testsuite";
  }
  const std::string& module = GetParam();
  const Outcome outcome = RunSandboxed({kPython, "-m", "unittest", "-v", "test." + module},
                                       {.flags = {"--cwd=/tmp"}, .timeout_seconds = 900});
  const Results inside = Parse(outcome.err);
  EXPECT_GE(inside.passed.size(), 5u) << outcome.err.substr(0, 4000);
  EXPECT_NE(outcome.err.find("\nRan "), std::string::npos) << "it did not come to its end";
  const std::map<std::string, std::string> listed = ReadList(module);
  for (const std::string& test : inside.failed) {
    if (listed.contains(test) || !PassesNatively(test)) continue;
    const size_t at = outcome.err.find(absl::StrCat(" (", test, ")\n---"));
    ADD_FAILURE() << test << " passes natively, not inside:\n"
                  << (at == std::string::npos ? "" : outcome.err.substr(at, 2500));
  }
  for (const auto& [test, reason] : listed) {
    EXPECT_FALSE(inside.passed.contains(test)) << test << " passes: take it off the list (" << reason << ")";
  }
  std::printf("%s: %zu pass, %zu fail, %zu listed\n", module.c_str(), inside.passed.size(), inside.failed.size(),
              listed.size());
}

INSTANTIATE_TEST_SUITE_P(Modules, PythonSuite,
                         testing::Values("test_os", "test_subprocess", "test_threading", "test_socket", "test_mmap",
                                         "test_signal", "test_select"),
                         [](const testing::TestParamInfo<std::string>& info) { return info.param; });

}  // namespace
}  // namespace sandbox::tests
