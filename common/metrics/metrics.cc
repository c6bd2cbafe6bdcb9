#include "common/metrics/metrics.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace common::metrics {
namespace {

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == std::floor(value) && std::fabs(value) < 1e15) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.9g", value);
}

std::string Render(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    absl::StrAppend(&text, text.empty() ? "" : ",", name, "=\"",
                    absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}), "\"");
  }
  return text;
}

std::string Sample(std::string_view name, std::string_view labels, std::string_view value) {
  return labels.empty() ? absl::StrCat(name, " ", value, "\n") : absl::StrCat(name, "{", labels, "} ", value, "\n");
}

std::string HistogramText(std::string_view name, const std::string& labels, const Histogram& histogram) {
  std::string text;
  uint64_t total = 0;
  for (size_t i = 0; i <= histogram.bounds().size(); ++i) {
    total += histogram.count(i);
    const std::string bound = i < histogram.bounds().size() ? Number(histogram.bounds()[i]) : "+Inf";
    text += Sample(absl::StrCat(name, "_bucket"), absl::StrCat(labels, labels.empty() ? "" : ",", "le=\"", bound, "\""),
                   absl::StrCat(total));
  }
  text += Sample(absl::StrCat(name, "_sum"), labels, Number(histogram.sum()));
  text += Sample(absl::StrCat(name, "_count"), labels, absl::StrCat(total));
  return text;
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
  CHECK(std::is_sorted(bounds_.begin(), bounds_.end())) << "histogram bounds must ascend";
}

void Histogram::Observe(double value) {
  // A bucket holds what is less than or equal to its bound.
  const size_t i = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[i].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

Registry::Family& Registry::GetFamily(std::string_view name, std::string_view help, std::string_view type) {
  auto it = families_.find(name);
  if (it == families_.end()) {
    it = families_.emplace(std::string(name), Family{}).first;
    it->second.help = std::string(help);
    it->second.type = type;
  }
  CHECK_EQ(it->second.type, type) << "metric " << name << " was first asked for as a " << it->second.type;
  return it->second;
}

Counter& Registry::GetCounter(std::string_view name, std::string_view help, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  auto& counter = GetFamily(name, help, "counter").counters[Render(labels)];
  if (counter == nullptr) counter = std::make_unique<Counter>();
  return *counter;
}

Gauge& Registry::GetGauge(std::string_view name, std::string_view help, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  auto& gauge = GetFamily(name, help, "gauge").gauges[Render(labels)];
  if (gauge == nullptr) gauge = std::make_unique<Gauge>();
  return *gauge;
}

Histogram& Registry::GetHistogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                                  const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  auto& histogram = GetFamily(name, help, "histogram").histograms[Render(labels)];
  if (histogram == nullptr) histogram = std::make_unique<Histogram>(bounds);
  return *histogram;
}

void Registry::OnCollect(std::function<void()> collect) {
  absl::MutexLock lock(&collect_mutex_);
  collect_ = std::move(collect);
}

std::string Registry::Text() const {
  absl::MutexLock collecting(&collect_mutex_);
  if (collect_) collect_();
  absl::MutexLock lock(&mutex_);
  std::string text;
  for (const auto& [name, family] : families_) {
    absl::StrAppend(&text, "# HELP ", name, " ", absl::StrReplaceAll(family.help, {{"\\", "\\\\"}, {"\n", "\\n"}}),
                    "\n# TYPE ", name, " ", family.type, "\n");
    for (const auto& [labels, counter] : family.counters) text += Sample(name, labels, Number(counter->value()));
    for (const auto& [labels, gauge] : family.gauges) text += Sample(name, labels, Number(gauge->value()));
    for (const auto& [labels, histogram] : family.histograms) text += HistogramText(name, labels, *histogram);
  }
  return text;
}

absl::Status Registry::WriteFile(const std::string& path) const {
  // Beside the target, so that a reader sees the old text or the new one, never half of it.
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  std::ofstream file(temporary, std::ios::binary);
  file << Text();
  file.close();
  if (!file || rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string reason = strerror(errno);
    unlink(temporary.c_str());
    return absl::InvalidArgumentError(absl::StrCat("--metrics-file: cannot write ", path, ": ", reason));
  }
  return absl::OkStatus();
}

Registry& Default() {
  static Registry* registry = new Registry;
  return *registry;
}

}  // namespace common::metrics
