// Data from outside, through the whole program: files, and a real Prometheus.

#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/vrcharts/run.h"

namespace tests::vrcharts {
namespace {

bool NoDriver(const Outcome& outcome) { return outcome.err.find("no Vulkan driver") != std::string::npos; }

TEST(DataTest, FaultsOfFilesAreOneLineEach) {
  const std::string broken = TempPath("broken.csv");
  std::ofstream(broken) << "symbol,quantity,price\nA,one,2\n";
  const struct {
    std::string flag, message;
  } cases[] = {
      {"--portfolio=/nonexistent.csv", "--portfolio: cannot read /nonexistent.csv: No such file or directory"},
      {"--portfolio=" + broken, "--portfolio: " + broken + ": line 2: quantity \"one\" is not a number"},
      {"--quotes=/nonexistent", "--quotes: there is no folder /nonexistent"},
  };
  for (const auto& test : cases) {
    const Outcome outcome = RunProgram({.flags = {"--viewer=image", "--output=" + TempPath("x.png"), test.flag}});
    EXPECT_EQ(outcome.exit_code, 1) << test.flag;
    EXPECT_EQ(outcome.messages(), std::vector<std::string>{"vrcharts: " + test.message});
    EXPECT_FALSE(std::filesystem::exists(TempPath("x.png")));
  }
}

TEST(DataTest, ABrokenFileOfPricesSpoilsOnlyItsOwnPanel) {
  const std::string folder = TempPath("prices");
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/GOOD.csv") << "date,close\n2026-01-05,10\n2026-01-06,11\n2026-01-07,-4\n2026-01-08,12\n";
  std::ofstream(folder + "/BAD.csv") << "<html>not found</html>\n";
  const std::string list = TempPath("list.csv");
  std::ofstream(list) << "symbol\nGOOD\nBAD\nMISSING\n";
  const Outcome outcome = RunProgram(
      {.flags = {"--viewer=image", "--output=" + TempPath("mixed.png"), "--portfolio=" + list, "--quotes=" + folder}});
  if (NoDriver(outcome)) GTEST_SKIP() << outcome.err;
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(TempPath("mixed.png")));
  EXPECT_NE(outcome.err.find("GOOD: 1 of 4 bars dropped: 1 with a price of zero or below"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("line 1: no column is called date"), std::string::npos);
  EXPECT_NE(outcome.err.find("MISSING.csv: No such file"), std::string::npos);
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

// Debian's Prometheus, watching itself; stopped when the test ends.
class Prometheus {
 public:
  Prometheus() : port_(FreePort()) {
    const std::string folder = TempPath("prometheus");
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/prometheus.yml")
        << "global: {scrape_interval: 1s}\nscrape_configs: [{job_name: self, static_configs: [{targets: ['127.0.0.1:"
        << port_ << "']}]}]\n";
    pid_ = fork();
    if (pid_ == 0) {
      if (freopen((folder + "/log").c_str(), "w", stderr) == nullptr) _exit(126);
      const std::string config = "--config.file=" + folder + "/prometheus.yml", data = "--storage.tsdb.path=" + folder;
      const std::string listen = absl::StrCat("--web.listen-address=127.0.0.1:", port_);
      execlp("prometheus", "prometheus", config.c_str(), data.c_str(), listen.c_str(), nullptr);
      _exit(127);
    }
  }
  ~Prometheus() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_); }
  // Until it has seen itself a few times.
  bool WaitForSamples() const {
    httplib::Client client("127.0.0.1", port_);
    for (int i = 0; i < 600; ++i) {
      if (auto answer = client.Get("/api/v1/query?query=count_over_time(up%5B1m%5D)%3E3");
          answer && answer->body.find("\"value\"") != std::string::npos) {
        return true;
      }
      absl::SleepFor(absl::Milliseconds(100));
    }
    return false;
  }

 private:
  const int port_;
  pid_t pid_;
};

TEST(DataTest, MetricsOfARealPrometheus) {
  if (std::system("command -v prometheus >/dev/null") != 0) {
    GTEST_SKIP() << "needs Debian's prometheus (apt-get install prometheus)";
  }
  const Prometheus prometheus;
  ASSERT_TRUE(prometheus.WaitForSamples());
  const Outcome outcome =
      RunProgram({.flags = {"--viewer=image", "--output=" + TempPath("metrics.png"), "--prometheus=" + prometheus.url(),
                            "--prometheus_range=10m", "--query=go_goroutines", "--query=no_such_metric",
                            "--query=rate(", "--explain"}});
  if (NoDriver(outcome)) GTEST_SKIP() << outcome.err;
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(TempPath("metrics.png")));
  EXPECT_NE(outcome.err.find("no_such_metric: no metric matches"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("answered HTTP 400 to the query rate("), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("series of go_goroutines arrived with"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace tests::vrcharts
