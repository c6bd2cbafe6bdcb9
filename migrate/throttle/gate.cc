#include "migrate/throttle/gate.h"

#include "absl/log/log.h"
#include "absl/strings/str_join.h"
#include "common/metrics/metrics.h"

namespace migrate::throttle {
namespace {

common::metrics::Gauge& Throttled(const std::string& reason) {
  return common::metrics::GetGauge("migrate_throttled", "1 while this reason holds the migration up.",
                                   {{"reason", reason}});
}

}  // namespace

void Gate::Close(const std::string& reason, const std::string& text) {
  absl::MutexLock lock(&mutex_);
  const auto [it, added] = reasons_.insert_or_assign(reason, text);
  if (!added) return;
  LOG(INFO) << "throttled: " << text;
  Throttled(reason).Set(1);
}

void Gate::Open(const std::string& reason) {
  absl::MutexLock lock(&mutex_);
  if (reasons_.erase(reason) == 0) return;
  Throttled(reason).Set(0);
  if (reasons_.empty()) LOG(INFO) << "no longer throttled";
}

bool Gate::closed() const {
  absl::MutexLock lock(&mutex_);
  return !reasons_.empty();
}

std::string Gate::Reason() const {
  absl::MutexLock lock(&mutex_);
  return absl::StrJoin(reasons_, ", ", [](std::string* out, const auto& reason) { out->append(reason.second); });
}

bool Gate::Wait(const std::stop_token& stop) const {
  absl::MutexLock lock(&mutex_);
  while (!reasons_.empty() && !stop.stop_requested()) {
    mutex_.AwaitWithTimeout(
        absl::Condition(
            +[](const std::map<std::string, std::string>* reasons) { return reasons->empty(); }, &reasons_),
        absl::Milliseconds(50));
  }
  return !stop.stop_requested();
}

}  // namespace migrate::throttle
