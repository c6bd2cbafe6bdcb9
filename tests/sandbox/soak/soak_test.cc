// Random load inside for a while: our own nearly valid system calls, Debian's trinity, stress-ng. The sentry must
// neither crash nor hang, and what it holds of the host (memory, descriptors, threads, processes) must not grow.
//
// SOAK_SECONDS (default 900, a third for each) and SOAK_SEED (default 1) come from the environment.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

constexpr int kSilenceSeconds = 60;  // then it hangs
constexpr int kEndSeconds = 60;

int64_t Environment(const char* name, int64_t fallback) {
  const char* text = getenv(name);
  int64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

// What a tree of processes on the host uses.
struct Usage {
  std::set<pid_t> processes;
  int64_t threads = 0, descriptors = 0, anonymous_kb = 0;
};

int64_t StatusField(const std::string& status, const std::string& name) {
  const size_t at = status.find("\n" + name + ":");
  if (at == std::string::npos) return 0;
  return strtoll(status.c_str() + at + name.size() + 2, nullptr, 10);
}

std::string ReadFile(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

int64_t CountEntries(const std::string& path) {
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return 0;
  int64_t count = 0;
  while (const dirent* entry = readdir(directory)) count += entry->d_name[0] != '.' ? 1 : 0;
  closedir(directory);
  return count;
}

// `root` and all that descends from it.
Usage UsageOf(pid_t root) {
  std::map<pid_t, pid_t> parents;
  DIR* directory = opendir("/proc");
  while (const dirent* entry = readdir(directory)) {
    pid_t pid;
    if (!absl::SimpleAtoi(entry->d_name, &pid)) continue;
    parents[pid] = static_cast<pid_t>(StatusField(ReadFile(absl::StrCat("/proc/", pid, "/status")), "PPid"));
  }
  closedir(directory);
  Usage usage;
  for (const auto& [pid, parent] : parents) {
    pid_t at = pid;
    for (int depth = 0; at != root && at > 1 && depth < 100; ++depth) at = parents[at];
    if (at != root) continue;
    usage.processes.insert(pid);
    const std::string folder = absl::StrCat("/proc/", pid);
    const std::string status = ReadFile(folder + "/status");
    usage.threads += StatusField(status, "Threads");
    usage.anonymous_kb += StatusField(status, "RssAnon");
    usage.descriptors += CountEntries(folder + "/fd");
  }
  return usage;
}

// A sandbox that runs in the background, its output read by lines.
class Running {
 public:
  explicit Running(const std::vector<std::string>& command) {
    int ends[2];
    EXPECT_EQ(0, pipe2(ends, O_CLOEXEC));
    error_file_ = testing::TempDir() + "/stderr";
    const int error = open(error_file_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    pid_ = fork();
    if (pid_ == 0) {
      setpgid(0, 0);
      dup2(open("/dev/null", O_RDONLY), 0);
      dup2(ends[1], 1);
      dup2(error, 2);
      std::vector<char*> arguments;
      for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
      arguments.push_back(nullptr);
      execv(arguments[0], arguments.data());
      _exit(127);
    }
    close(ends[1]);
    close(error);
    out_ = ends[0];
  }

  pid_t pid() const { return pid_; }

  enum class Next { kLine, kEnd, kSilence };
  Next ReadLine(std::string* line) {
    for (;;) {
      if (const size_t end = text_.find('\n'); end != std::string::npos) {
        *line = text_.substr(0, end);
        text_.erase(0, end + 1);
        return Next::kLine;
      }
      pollfd ready{out_, POLLIN, 0};
      if (poll(&ready, 1, kSilenceSeconds * 1000) == 0) return Next::kSilence;
      char bytes[4096];
      const ssize_t n = read(out_, bytes, sizeof(bytes));
      if (n <= 0) return Next::kEnd;
      text_.append(bytes, static_cast<size_t>(n));
    }
  }

  // The exit code, 128+N, or -1 if it has to be killed.
  int Wait() {
    for (int i = 0; i < kEndSeconds * 10; ++i) {
      int status;
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      }
      usleep(100'000);
    }
    Kill();
    return -1;
  }
  void Kill() {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  // Lines of standard error and of the log that tell of trouble in the sentry.
  std::vector<std::string> Complaints(const std::string& log_file) const {
    std::vector<std::string> found;
    const std::string all = ReadFile(error_file_) + ReadFile(log_file);
    for (const absl::string_view line : absl::StrSplit(all, '\n')) {
      if (absl::StrContains(line, "error") || absl::StrContains(line, "ERROR") || absl::StrContains(line, "forbids") ||
          absl::StrContains(line, "fatal") || absl::StrContains(line, "Check failed") ||
          absl::StrContains(line, "Sanitizer")) {
        found.emplace_back(line.substr(0, 300));
      }
    }
    return found;
  }
  std::string Errors() const { return ReadFile(error_file_).substr(0, 4000); }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string text_;
  std::string error_file_;
};

void ExpectNoGrowth(const Usage& first, const Usage& last) {
  EXPECT_LE(last.processes.size(), first.processes.size() + 4);
  EXPECT_LE(last.threads, first.threads + 8);
  EXPECT_LE(last.descriptors, first.descriptors + 64);
  EXPECT_LE(last.anonymous_kb, first.anonymous_kb + 64 * 1024);
}

// The count at the end of "quiet N COUNT".
int64_t LastNumber(const std::string& line) {
  int64_t number = -1;
  return absl::SimpleAtoi(line.substr(line.rfind(' ') + 1), &number) ? number : -1;
}

void Soak(const std::string& kind) {
  const int64_t seconds = Environment("SOAK_SECONDS", 900) / 3, seed = Environment("SOAK_SEED", 1);
  // Guests cannot get at this file; at standard error they can.
  const std::string log_file = absl::StrCat(testing::TempDir(), "/", kind, ".log");
  Running sandbox({DataFile("sandbox/sandbox"), "do", "--log_file=" + log_file, "--memory=2G", "--pids=500", "--cwd=/",
                   "--", DataFile("tests/sandbox/soak/guest"), kind, std::to_string(seconds), std::to_string(seed)});
  std::vector<Usage> samples;
  std::string line, last_quiet;
  int64_t done = 0;
  Running::Next next;
  while ((next = sandbox.ReadLine(&line)) == Running::Next::kLine) {
    // Guests get at our standard output now and then and write what they like.
    if (!absl::StartsWith(line, "quiet ")) continue;
    const Usage usage = UsageOf(sandbox.pid());
    std::printf("%s: %s; host: %zu processes, %ld threads, %ld descriptors, %ld KiB\n", kind.c_str(), line.c_str(),
                usage.processes.size(), usage.threads, usage.descriptors, usage.anonymous_kb);
    std::fflush(stdout);
    const int64_t now_done = LastNumber(line);
    // Not necessarily more: a guest's call may hit the counter itself.
    EXPECT_NE(now_done, done) << "the load did nothing in this round";
    done = now_done;
    last_quiet = line;
    samples.push_back(usage);
  }
  if (next == Running::Next::kSilence) {
    sandbox.Kill();
    FAIL() << "no sign of life for " << kSilenceSeconds << " s; " << sandbox.Errors();
  }
  EXPECT_EQ(0, sandbox.Wait()) << sandbox.Errors() << "\n" << ReadFile(log_file);
  EXPECT_GE(samples.size(), static_cast<size_t>(seconds / 30)) << "too few rounds came to their end";
  for (const std::string& complaint : sandbox.Complaints(log_file)) ADD_FAILURE() << complaint;
  ASSERT_FALSE(samples.empty());
  // The first round fills caches.
  if (samples.size() > 2) ExpectNoGrowth(samples[1], samples.back());
  for (const Usage& usage : samples) {
    for (pid_t pid : usage.processes) EXPECT_NE(0, kill(pid, 0)) << "process " << pid << " is left behind";
  }
  std::printf("%s: seed %ld, %ld s: %s\n", kind.c_str(), seed, seconds, last_quiet.c_str());
}

bool Have(const char* program) { return RunNative({"sh", "-c", absl::StrCat("command -v ", program)}).code == 0; }

TEST(Soak, RandomCalls) { Soak("calls"); }

TEST(Soak, Trinity) {
  if (!Have("trinity")) GTEST_SKIP() << "trinity is not installed: apt-get install it";
  Soak("trinity");
}

TEST(Soak, StressNg) {
  if (!Have("stress-ng")) GTEST_SKIP() << "stress-ng is not installed: apt-get install it";
  Soak("stress");
}

}  // namespace
}  // namespace sandbox::tests
