#include "sandbox/boot/metrics.h"

#include "common/metrics/metrics.h"
#include "sandbox/kernel/statistics.h"
#include "sandbox/syscalls/table.h"

namespace sandbox {
namespace {

using common::metrics::Counter;

void RaiseTo(Counter& counter, const Tally& tally) {
  const double more = static_cast<double>(tally.value()) - counter.value();
  if (more > 0) counter.Increment(more);
}

void Collect() {
  const Statistics& statistics = TheStatistics();
  for (size_t number = 0; number < Statistics::kCalls; ++number) {
    if (statistics.calls[number].value() == 0) continue;
    RaiseTo(common::metrics::GetCounter("sandbox_system_calls_total", "System calls of the programs inside, by name.",
                                        {{"call", FindSyscall(number).name}}),
            statistics.calls[number]);
  }
  RaiseTo(common::metrics::GetCounter("sandbox_refused_calls_total",
                                      "System calls that the policy or a filter of the program did not let through."),
          statistics.refused);
  RaiseTo(common::metrics::GetCounter("sandbox_page_faults_total", "Page faults that the sentry served."),
          statistics.faults);
  RaiseTo(common::metrics::GetCounter("sandbox_threads_made_total", "Threads of programs inside since the start."),
          statistics.threads_made);
  common::metrics::GetGauge("sandbox_threads", "Threads of programs inside.")
      .Set(static_cast<double>(statistics.threads.value()));
}

}  // namespace

bool OfferMetrics() {
  if (!ShareStatistics()) return false;
  common::metrics::Default().OnCollect(Collect);
  return true;
}

}  // namespace sandbox
