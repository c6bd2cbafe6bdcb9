// Counters, gauges and histograms, and their Prometheus text.
//
//   static auto& rows = common::metrics::GetCounter("migrate_rows_copied_total", "Rows copied to the ghost table.");
//   rows.Increment(n);
//
// Metrics belong to the process and are never destroyed, so a reference may be kept; updating one is one or a few
// atomic operations. Everything here is thread-safe. Names, labels and text follow
// https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4) and
// https://prometheus.io/docs/practices/naming/ : base units, _total for counters, _seconds, _bytes.
#ifndef COMMON_METRICS_METRICS_H_
#define COMMON_METRICS_METRICS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace common::metrics {

// Label name and value.
using Labels = std::vector<std::pair<std::string, std::string>>;

// A sum that only grows.
class Counter {
 public:
  // `amount` must not be negative.
  void Increment(double amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// A value that goes up and down.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Counts observations in buckets.
class Histogram {
 public:
  // Upper bounds, ascending; the bucket of +Inf is added.
  explicit Histogram(std::vector<double> bounds);

  void Observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  // How many observations fell into bucket `i`, not cumulated; i == bounds().size() is +Inf.
  uint64_t count(size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> counts_;
  std::atomic<double> sum_{0};
};

// A set of metrics. Programs use the one of the process through the functions below; tests make their own.
class Registry {
 public:
  // The metric of this name and these labels, made at the first call. Asking for one name as two kinds is a programming
  // error and ends the program.
  Counter& GetCounter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& GetGauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& GetHistogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                          const Labels& labels = {});

  // Has `collect` called before each reading: for values that are kept elsewhere. It may use the registry, and may be
  // called by several threads, one at a time.
  void OnCollect(std::function<void()> collect);

  // All metrics as Prometheus text, ordered by name and labels.
  std::string Text() const;

  // Text() into a file, replaced atomically.
  absl::Status WriteFile(const std::string& path) const;

 private:
  struct Family {
    std::string help;
    std::string_view type;
    // Rendered labels, `table="t",kind="x"`, to the metric. One of the three maps is in use.
    std::map<std::string, std::unique_ptr<Counter>> counters;
    std::map<std::string, std::unique_ptr<Gauge>> gauges;
    std::map<std::string, std::unique_ptr<Histogram>> histograms;
  };

  Family& GetFamily(std::string_view name, std::string_view help, std::string_view type)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex collect_mutex_;  // before mutex_
  std::function<void()> collect_ ABSL_GUARDED_BY(collect_mutex_);
  mutable absl::Mutex mutex_;
  std::map<std::string, Family, std::less<>> families_ ABSL_GUARDED_BY(mutex_);
};

// The registry of the process.
Registry& Default();

inline Counter& GetCounter(std::string_view name, std::string_view help, const Labels& labels = {}) {
  return Default().GetCounter(name, help, labels);
}
inline Gauge& GetGauge(std::string_view name, std::string_view help, const Labels& labels = {}) {
  return Default().GetGauge(name, help, labels);
}
inline Histogram& GetHistogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                               const Labels& labels = {}) {
  return Default().GetHistogram(name, help, bounds, labels);
}

}  // namespace common::metrics

#endif  // COMMON_METRICS_METRICS_H_
