#ifndef VRCHARTS_ANALYSIS_PYRAMID_H_
#define VRCHARTS_ANALYSIS_PYRAMID_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "vrcharts/quotes/series.h"

namespace vrcharts::analysis {

// What happened in a range of bars.
struct RangeSummary {
  double open = 0, close = 0;  // of the first and of the last bar
  double low = 0, high = 0;
  double close_low = 0, close_high = 0;  // lowest and highest close: what a line chart must not hide
  double volume = 0;                     // sum
};

// Level of detail for one series: exact summaries of any range of bars in O(log n), so that the cost of drawing follows
// the pixels of a panel and not the length of the history.
//
// Level 0 summarizes blocks of kBlock bars, each further level kFactor blocks of the one below; together about 3 bytes
// a bar. Built once, O(n), on a worker thread; immutable and shared afterwards.
class Pyramid {
 public:
  static constexpr size_t kBlock = 16;
  static constexpr size_t kFactor = 4;

  // `series` must not be null; the pyramid keeps it alive.
  explicit Pyramid(quotes::SeriesPtr series);

  // The bars [begin, end); begin < end <= series().size().
  RangeSummary Summarize(size_t begin, size_t end) const;

  const quotes::SeriesPtr& series() const { return series_; }

 private:
  struct Block {
    double low, high, close_low, close_high, volume;
  };
  struct Level {
    size_t bars;  // a block
    std::vector<Block> blocks;
  };

  static void Merge(const Block& block, RangeSummary* into);
  void MergeBars(size_t begin, size_t end, RangeSummary* into) const;

  quotes::SeriesPtr series_;
  std::vector<Level> levels_;
};

using PyramidPtr = std::shared_ptr<const Pyramid>;

}  // namespace vrcharts::analysis

#endif  // VRCHARTS_ANALYSIS_PYRAMID_H_
