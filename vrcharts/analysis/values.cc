#include "vrcharts/analysis/values.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vrcharts::analysis {

void Values::Range::Add(double value) {
  if (!std::isfinite(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

void Values::Range::Add(const Range& other) {
  low = std::min(low, other.low);
  high = std::max(high, other.high);
}

Values::Values(std::vector<double> values) : values_(std::move(values)) {
  const auto level_above = [this](const auto& below) {
    std::vector<Range> blocks((below.size() + kFactor - 1) / kFactor);
    for (size_t i = 0; i < below.size(); ++i) blocks[i / kFactor].Add(below[i]);
    levels_.push_back(std::move(blocks));
  };
  if (values_.size() > kFactor) level_above(values_);
  while (!levels_.empty() && levels_.back().size() > kFactor) level_above(levels_.back());
}

Values::Range Values::Extremes(size_t begin, size_t end) const {
  Range range;
  end = std::min(end, values_.size());
  while (begin < end) {
    // The largest block that begins here and ends in time.
    size_t level = 0, length = 1;
    while (level < levels_.size() && begin % (length * kFactor) == 0 && begin + length * kFactor <= end) {
      length *= kFactor;
      ++level;
    }
    if (level == 0) {
      range.Add(values_[begin]);
    } else {
      range.Add(levels_[level - 1][begin / length]);
    }
    begin += length;
  }
  return range;
}

double Values::FirstFinite(size_t begin, size_t end) const {
  end = std::min(end, values_.size());
  while (begin < end) {
    size_t level = 0, length = 1;
    while (level < levels_.size() && begin % (length * kFactor) == 0 &&
           levels_[level][begin / (length * kFactor)].empty()) {
      length *= kFactor;
      ++level;
    }
    if (level == 0 && std::isfinite(values_[begin])) return values_[begin];
    begin += length;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace vrcharts::analysis
