#include "vrcharts/analysis/pyramid.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace vrcharts::analysis {

Pyramid::Pyramid(quotes::SeriesPtr series) : series_(std::move(series)) {
  const size_t n = series_->size();
  const auto low = series_->low(), high = series_->high(), close = series_->close(), volume = series_->volume();

  // Only whole blocks are kept; the bars after the last one are read from the series.
  Level first{kBlock, std::vector<Block>(n / kBlock)};
  for (size_t b = 0; b < first.blocks.size(); ++b) {
    const size_t at = b * kBlock;
    Block block{low[at], high[at], close[at], close[at], volume[at]};
    for (size_t i = at + 1; i < at + kBlock; ++i) {
      block.low = std::min(block.low, low[i]);
      block.high = std::max(block.high, high[i]);
      block.close_low = std::min(block.close_low, close[i]);
      block.close_high = std::max(block.close_high, close[i]);
      block.volume += volume[i];
    }
    first.blocks[b] = block;
  }
  levels_.push_back(std::move(first));

  while (levels_.back().blocks.size() >= 2 * kFactor) {
    const Level& below = levels_.back();
    Level level{below.bars * kFactor, {}};
    level.blocks.reserve(below.blocks.size() / kFactor);
    for (size_t i = 0; i + kFactor <= below.blocks.size(); i += kFactor) {
      Block block = below.blocks[i];
      for (size_t j = i + 1; j < i + kFactor; ++j) {
        block.low = std::min(block.low, below.blocks[j].low);
        block.high = std::max(block.high, below.blocks[j].high);
        block.close_low = std::min(block.close_low, below.blocks[j].close_low);
        block.close_high = std::max(block.close_high, below.blocks[j].close_high);
        block.volume += below.blocks[j].volume;
      }
      level.blocks.push_back(block);
    }
    levels_.push_back(std::move(level));
  }
}

void Pyramid::Merge(const Block& block, RangeSummary* into) {
  into->low = std::min(into->low, block.low);
  into->high = std::max(into->high, block.high);
  into->close_low = std::min(into->close_low, block.close_low);
  into->close_high = std::max(into->close_high, block.close_high);
  into->volume += block.volume;
}

void Pyramid::MergeBars(size_t begin, size_t end, RangeSummary* into) const {
  for (size_t i = begin; i < end; ++i) {
    const double close = series_->close()[i];
    Merge({series_->low()[i], series_->high()[i], close, close, series_->volume()[i]}, into);
  }
}

RangeSummary Pyramid::Summarize(size_t begin, size_t end) const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  RangeSummary out{series_->open()[begin], series_->close()[end - 1], kInfinity, -kInfinity, kInfinity, -kInfinity, 0};
  // From both ends inwards: climb while the range still holds whole blocks of the next level.
  size_t left = begin, right = end;  // still to be summarized
  size_t unit = 1;                   // blocks of the level below are merged from either end until aligned to the next
  for (size_t l = 0;; ++l) {
    const bool has_level = l < levels_.size();
    const size_t next = has_level ? levels_[l].bars : 0;
    const auto merge = [&](size_t from, size_t to) {  // both multiples of `unit`
      if (l == 0) {
        MergeBars(from, to, &out);
      } else {
        for (size_t i = from / unit; i < to / unit; ++i) Merge(levels_[l - 1].blocks[i], &out);
      }
    };
    const size_t inner_left = has_level ? (left + next - 1) / next * next : right;
    const size_t inner_right = has_level ? std::min(right / next, levels_[l].blocks.size()) * next : right;
    if (!has_level || inner_left >= inner_right) {
      merge(left, right);
      return out;
    }
    merge(left, inner_left);
    merge(inner_right, right);
    left = inner_left;
    right = inner_right;
    unit = next;
  }
}

}  // namespace vrcharts::analysis
