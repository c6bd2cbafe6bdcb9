#include "common/metrics/metrics.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "common/metrics/http_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace common::metrics {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A registry with one metric of each kind and every character that needs escaping.
void Fill(Registry& registry) {
  registry.GetCounter("test_rows_total", "Rows copied.", {{"table", "a\"b\\c\nd"}}).Increment(3);
  registry.GetGauge("test_lag_seconds", "Lag of the \\ replica.").Set(-1.5);
  Histogram& histogram = registry.GetHistogram("test_chunk_seconds", "Time of a chunk.", {0.1, 1}, {{"table", "t"}});
  for (double value : {0.05, 0.1, 0.5, 7.0}) histogram.Observe(value);
}

constexpr char kText[] = R"(# HELP test_chunk_seconds Time of a chunk.
# TYPE test_chunk_seconds histogram
test_chunk_seconds_bucket{table="t",le="0.1"} 2
test_chunk_seconds_bucket{table="t",le="1"} 3
test_chunk_seconds_bucket{table="t",le="+Inf"} 4
test_chunk_seconds_sum{table="t"} 7.65
test_chunk_seconds_count{table="t"} 4
# HELP test_lag_seconds Lag of the \\ replica.
# TYPE test_lag_seconds gauge
test_lag_seconds -1.5
# HELP test_rows_total Rows copied.
# TYPE test_rows_total counter
test_rows_total{table="a\"b\\c\nd"} 3
)";

TEST(RegistryTest, TextIsThePrometheusFormat) {
  Registry registry;
  Fill(registry);
  EXPECT_EQ(registry.Text(), kText);
}

TEST(RegistryTest, PromtoolAcceptsTheText) {
  if (std::system("command -v promtool >/dev/null") != 0)
    GTEST_SKIP() << "promtool is missing; run: apt-get install prometheus";
  Registry registry;
  Fill(registry);
  FILE* promtool = popen("promtool check metrics 2>&1", "w");
  ASSERT_NE(promtool, nullptr);
  fputs(registry.Text().c_str(), promtool);
  EXPECT_EQ(pclose(promtool), 0);
}

TEST(RegistryTest, OneNameAndLabelsIsOneMetric) {
  Registry registry;
  Counter& counter = registry.GetCounter("c_total", "C.", {{"k", "v"}});
  EXPECT_EQ(&counter, &registry.GetCounter("c_total", "C.", {{"k", "v"}}));
  EXPECT_NE(&counter, &registry.GetCounter("c_total", "C.", {{"k", "w"}}));
}

TEST(RegistryDeathTest, OneNameIsOneKind) {
  Registry registry;
  registry.GetCounter("c_total", "C.");
  EXPECT_DEATH(registry.GetGauge("c_total", "C."), "first asked for as a counter");
}

TEST(RegistryTest, ThreadsLoseNothing) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        registry.GetCounter("c_total", "C.").Increment();
        registry.GetHistogram("h", "H.", {1}).Observe(j % 2 ? 0.5 : 2);
        if (j % 100 == 0) registry.Text();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(registry.GetCounter("c_total", "C.").value(), 4000);
  EXPECT_EQ(registry.GetHistogram("h", "H.", {1}).count(0), 2000u);
  EXPECT_EQ(registry.GetHistogram("h", "H.", {1}).sum(), 5000);
}

TEST(RegistryTest, WritesAFileOrSaysWhyNot) {
  Registry registry;
  registry.GetCounter("c_total", "C.").Increment();
  const std::string path = ::testing::TempDir() + "/metrics";
  ASSERT_TRUE(registry.WriteFile(path).ok());
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), registry.Text());
  EXPECT_EQ(registry.WriteFile("/nonexistent/metrics").message(),
            "--metrics-file: cannot write /nonexistent/metrics: No such file or directory");
}

std::string Request(uint16_t port, const std::string& text) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return "no connection";
  EXPECT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) answer.append(buffer, n);
  close(fd);
  return answer;
}

TEST(HttpServerTest, ServesMetricsAndHealthAndNothingElse) {
  Registry registry;
  Fill(registry);
  auto server = HttpServer::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(server.ok()) << server.status();
  const uint16_t port = (*server)->port();
  EXPECT_THAT(Request(port, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("version=0.0.4"), HasSubstr(kText)));
  EXPECT_THAT(Request(port, "GET /healthz HTTP/1.0\r\n\r\n"), HasSubstr("ok"));
  EXPECT_THAT(Request(port, "GET / HTTP/1.0\r\n\r\n"), HasSubstr(" 404 "));
  EXPECT_THAT(Request(port, "POST /metrics HTTP/1.0\r\n\r\n"), HasSubstr(" 501 "));
}

TEST(HttpServerTest, BadAddressesAreNamed) {
  Registry registry;
  EXPECT_EQ(HttpServer::Start("nowhere", registry).status().message(),
            "--metrics-address: expected HOST:PORT, for example 127.0.0.1:9104, got \"nowhere\"");
  EXPECT_EQ(HttpServer::Start("127.0.0.1:99999", registry).status().code(), absl::StatusCode::kInvalidArgument);
  auto first = HttpServer::Start(":0", registry);
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(
      std::string(HttpServer::Start("127.0.0.1:" + std::to_string((*first)->port()), registry).status().message()),
      HasSubstr("Address already in use"));
}

}  // namespace
}  // namespace common::metrics
