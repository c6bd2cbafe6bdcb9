#include "migrate/throttle/monitor.h"

#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace migrate::throttle {
namespace {

// Waits for what must come; a test that fails waits for the limit, none asserts how long it took.
template <typename Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return false;
}

std::string File(const std::string& name) { return absl::StrCat(std::getenv("TEST_TMPDIR"), "/", name); }
void Touch(const std::string& file) { std::ofstream(file) << "x"; }

TEST(MonitorTest, FlagFilesCloseAndOpenTheGate) {
  Gate gate;
  Settings settings;
  settings.flag_file = File("throttle");
  settings.additional_flag_file = File("throttle2");
  Monitor monitor(settings, {}, gate);
  monitor.Start();
  EXPECT_FALSE(gate.closed());
  Touch(settings.additional_flag_file);
  EXPECT_TRUE(Eventually([&] { return gate.Reason() == absl::StrCat("flag-file ", settings.additional_flag_file); }));
  unlink(settings.additional_flag_file.c_str());
  EXPECT_TRUE(Eventually([&] { return !gate.closed(); }));
  Touch(settings.flag_file);
  EXPECT_TRUE(Eventually([&] { return gate.closed(); }));
  monitor.Stop();
  EXPECT_FALSE(gate.closed());
  EXPECT_TRUE(monitor.failure().ok());
}

TEST(MonitorTest, PanicFile) {
  Gate gate;
  Settings settings;
  settings.panic_flag_file = File("panic");
  Monitor monitor(settings, {}, gate);
  monitor.Start();
  EXPECT_FALSE(monitor.panic());
  Touch(settings.panic_flag_file);
  EXPECT_TRUE(Eventually([&] { return monitor.panic(); }));
  EXPECT_EQ(monitor.failure().code(), absl::StatusCode::kCancelled);
}

TEST(MonitorTest, HttpAnswers) {
  std::atomic<int> code = 200;
  httplib::Server server;
  server.Get("/check", [&](const httplib::Request&, httplib::Response& response) { response.status = code; });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { server.listen_after_bind(); });
  Gate gate;
  Settings settings;
  settings.http_interval = absl::Milliseconds(10);
  Monitor monitor(settings, {}, gate);
  monitor.Start();
  monitor.SetHttp(absl::StrCat("http://127.0.0.1:", port, "/check"));
  code = 429;
  EXPECT_TRUE(Eventually([&] { return gate.Reason() == "http=429"; })) << gate.Reason();
  code = 200;
  EXPECT_TRUE(Eventually([&] { return !gate.closed(); })) << gate.Reason();
  server.stop();
  thread.join();
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(gate.Reason(), "throttle-http failed"); })) << gate.Reason();
  monitor.SetHttp("file:///etc/passwd");
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(gate.Reason(), "file:///etc/passwd"); })) << gate.Reason();
}

TEST(MonitorTest, ServersThatCannotBeAskedCloseTheGate) {
  Gate gate;
  Settings settings;
  settings.replicas = {{"127.0.0.1", 1}};
  Monitor monitor(settings, {.host = "127.0.0.1", .port = 1}, gate);
  monitor.Start();
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(gate.Reason(), "127.0.0.1:1 lag cannot be read"); }));
  EXPECT_TRUE(monitor.SetReplicas("").ok());
  EXPECT_TRUE(Eventually([&] { return !gate.closed(); })) << gate.Reason();
  EXPECT_TRUE(monitor.SetMaxLoad("Threads_running=1").ok());
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(gate.Reason(), "max-load cannot be read"); }));
  EXPECT_FALSE(monitor.SetMaxLoad("nonsense").ok());
}

TEST(SettingsTest, WrongFlagsAreNamed) {
  MigrationOptions options;
  options.set_critical_load("nonsense");
  EXPECT_EQ(Settings::FromOptions(options).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(Settings::FromOptions(options).status().message(), "--critical-load"));
}

}  // namespace
}  // namespace migrate::throttle
