#include "vrcharts/quotes/series.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

namespace vrcharts::quotes {
namespace {

constexpr int64_t kFarthest = 1'000'000'000'000;  // seconds: some 30,000 years, so that differences never overflow

int64_t MedianGap(std::span<const int64_t> times) {
  // A hundred gaps are plenty to tell days from minutes, and keep long series cheap.
  std::vector<int64_t> gaps;
  for (size_t i = 1; i < times.size() && gaps.size() < 101; ++i) gaps.push_back(times[i] - times[i - 1]);
  if (gaps.empty()) return 86400;
  const auto middle = gaps.begin() + gaps.size() / 2;
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

}  // namespace

absl::Status Series::Check(std::span<const Bar> bars) {
  for (size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const char* fault = nullptr;
    if (bar.time < -kFarthest || bar.time > kFarthest) {
      fault = "has a time that no calendar knows";
    } else if (!std::isfinite(bar.open) || !std::isfinite(bar.high) || !std::isfinite(bar.low) ||
               !std::isfinite(bar.close)) {
      fault = "has a price that is not a finite number";
    } else if (!std::isfinite(bar.volume) || bar.volume < 0) {
      fault = "has a volume that is negative or not finite";
    } else if (bar.low > std::min(bar.open, bar.close) || bar.high < std::max(bar.open, bar.close)) {
      fault = "has open or close outside of low..high";
    } else if (i > 0 && bars[i - 1].time >= bar.time) {
      fault = "is not later than the bar before it";
    }
    if (fault != nullptr) {
      return absl::InvalidArgumentError(absl::StrFormat("bar %d (time %d) %s", i, bar.time, fault));
    }
  }
  return absl::OkStatus();
}

Series::Series(std::span<const Bar> bars) {
  const auto column = [&](std::vector<double>& out, double Bar::*field) {
    out.reserve(bars.size());
    for (const Bar& bar : bars) out.push_back(bar.*field);
  };
  time_.reserve(bars.size());
  for (const Bar& bar : bars) time_.push_back(bar.time);
  column(open_, &Bar::open);
  column(high_, &Bar::high);
  column(low_, &Bar::low);
  column(close_, &Bar::close);
  column(volume_, &Bar::volume);
  interval_ = MedianGap(time_);
}

std::vector<Bar> Series::bars() const {
  std::vector<Bar> out;
  out.reserve(size());
  for (size_t i = 0; i < size(); ++i) out.push_back(bar(i));
  return out;
}

size_t Series::LowerBound(int64_t t) const { return std::lower_bound(time_.begin(), time_.end(), t) - time_.begin(); }

}  // namespace vrcharts::quotes
