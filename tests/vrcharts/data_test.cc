// Data from outside, through the whole program: files, and a real Prometheus.

#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

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

// A service that answers each symbol in another bad way. Every panel has its own fault, the others go on, and the key,
// in the query and in a header, is nowhere in a log that tells everything.
TEST(DataTest, AHostileServiceSpoilsOnlyItsPanelsAndLearnsNoKey) {
  constexpr char kKey[] = "k3y-of-the-service";
  std::string head = R"([{"date":"2026-10-28","close":10},{"date":"2026-10-29","close":11},)";
  const std::map<std::string, std::string> bodies = {
      {"GOOD", head + R"({"date":"2026-10-30","close":12}])"},
      {"HUGE_PRICE", head + R"({"date":"2026-10-30","close":1e308}])"},
      {"ZERO", head + R"({"date":"2026-10-30","close":0},{"date":"2026-10-27","close":-4}])"},
      {"TWICE", head + R"({"date":"2026-10-29","close":12},{"date":"2026-10-20","close":9}])"},
      {"NAN", head + R"({"date":"2026-10-30","close":NaN}])"},
      {"HTML", "<!DOCTYPE html><html><body>Log in</body></html>"},
      {"DEEP", std::string(1000, '[') + std::string(1000, ']')},
      {"EMPTY", ""},
  };
  httplib::Server server;
  std::atomic<int> keys_seen{0};
  server.Get("/q/(.+)", [&](const httplib::Request& request, httplib::Response& response) {
    keys_seen += request.get_param_value("key") == kKey && request.get_header_value("X-Key") == kKey;
    const std::string symbol = request.matches[1];
    if (const auto body = bodies.find(symbol); body != bodies.end()) {
      response.set_content(body->second, "application/json");
    } else {
      response.status = std::stoi(symbol);
    }
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { server.listen_after_bind(); });

  const std::string list = TempPath("hostile.csv"), config = TempPath("hostile.txtpb");
  std::ofstream(list) << "symbol\nGOOD\nHUGE_PRICE\nZERO\nTWICE\nNAN\nHTML\nDEEP\nEMPTY\n401\n404\n429\n500\n";
  std::ofstream(config) << "source { name: \"hostile\" url: \"http://127.0.0.1:" << port
                        << "/q/{symbol}?key={key}\" header: \"X-Key: {key}\" key_environment: \"HOSTILE_KEY\" "
                           "mapping { shape: JSON_SHAPE_OBJECTS } }\n";
  const Outcome outcome =
      RunProgram({.flags = {"--viewer=image", "--output=" + TempPath("hostile.png"), "--portfolio=" + list,
                            "--config=" + config, "--log_level=trace", "--explain", "--cache=" + TempPath("cache")},
                  .environment = {absl::StrCat("HOSTILE_KEY=", kKey)}});
  server.stop();
  thread.join();
  if (NoDriver(outcome)) GTEST_SKIP() << outcome.err;
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(TempPath("hostile.png")));
  EXPECT_GE(keys_seen, 12);
  EXPECT_EQ(outcome.err.find(kKey), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out.find(kKey), std::string::npos);
  for (const char* said : {"HUGE_PRICE: 1 of 3 bars dropped: 1 with a price beyond 1e12",
                           "ZERO: 2 of 4 bars dropped: 2 with a price of zero",
                           "TWICE: 1 of 4 bars dropped: 1 with the time of another bar; bars came out of order",
                           "NAN: http", "a syntax error", "a web page (HTML) instead of JSON", "nesting deeper than 64",
                           "EMPTY: http", "answered HTTP 401: is the key right?", "answered HTTP 404",
                           "answered HTTP 429: too many requests", "answered HTTP 500"}) {
    EXPECT_NE(outcome.err.find(said), std::string::npos) << said << "\n" << outcome.err;
  }
  EXPECT_EQ(outcome.err.find("GOOD: "), std::string::npos) << "nothing is wrong with it";
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
