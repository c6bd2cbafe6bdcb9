#ifndef VRCHARTS_ANALYSIS_VALUES_H_
#define VRCHARTS_ANALYSIS_VALUES_H_

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace vrcharts::analysis {

// One value for each bar of a series, NaN where there is none: what an indicator or a comparison draws. Like Pyramid,
// but for single values: the lowest and the highest of any range are found in O(log n), whatever its length.
//
// Built once, O(n), on a worker thread; constant afterwards.
class Values {
 public:
  static constexpr size_t kFactor = 16;  // values a block, and blocks a block of the next level

  Values() = default;
  explicit Values(std::vector<double> values);

  size_t size() const { return values_.size(); }
  double operator[](size_t i) const { return values_[i]; }
  std::span<const double> all() const { return values_; }

  struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    bool empty() const { return !(low <= high); }
    void Add(double value);  // unless it is NaN or infinite
    void Add(const Range& other);
  };
  // Of the finite values at [begin, end); empty where there is none. What lies beyond the last value counts as none.
  Range Extremes(size_t begin, size_t end) const;

  // The first finite value at [begin, end); NaN if there is none.
  double FirstFinite(size_t begin, size_t end) const;

 private:
  std::vector<double> values_;
  std::vector<std::vector<Range>> levels_;  // levels_[0] has blocks of kFactor values
};

}  // namespace vrcharts::analysis

#endif  // VRCHARTS_ANALYSIS_VALUES_H_
