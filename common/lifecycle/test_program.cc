// A program that only has what every program has, for lifecycle_test: `work` waits until it is asked to stop, `fail
// CODE` fails.

#include <cstdio>

#include "absl/log/log.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/config/test_options.pb.h"
#include "common/explain/explain.h"
#include "common/lifecycle/main.h"
#include "common/lifecycle/shutdown.h"
#include "common/metrics/metrics.h"

namespace {

constexpr common::config::Program kProgram = {
    .name = "tester", .summary = "does nothing", .usage = "tester [work|fail]"};

absl::StatusOr<int> Run(const std::vector<std::string>& arguments) {
  EXPLAIN() << "the program begins";
  common::metrics::GetCounter("tester_runs_total", "Runs.").Increment();
  if (arguments.empty()) return 0;
  if (arguments[0] == "fail") return absl::UnavailableError("the server\ndoes not answer");
  if (arguments[0] == "stuck") {
    std::puts("ready");
    std::fflush(stdout);
    for (;;) common::lifecycle::WaitForShutdown(absl::InfiniteDuration());
  }
  std::puts("ready");
  std::fflush(stdout);
  if (common::lifecycle::WaitForShutdown(absl::Seconds(60))) {
    LOG(INFO) << "cleaned up";
    return common::lifecycle::InterruptedError();
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  common::config::testing::TestOptions options;
  return common::lifecycle::Main(kProgram, argc, argv, &options, Run);
}
