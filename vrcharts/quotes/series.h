#ifndef VRCHARTS_QUOTES_SERIES_H_
#define VRCHARTS_QUOTES_SERIES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace vrcharts::quotes {

// One trading interval (a day, a minute, ...). `time` is the start of the interval in seconds since 1970-01-01 UTC;
// for daily bars it is midnight UTC of the exchange's calendar date, whatever the exchange's own time zone.
struct Bar {
  int64_t time = 0;
  double open = 0;
  double high = 0;
  double low = 0;
  double close = 0;
  double volume = 0;

  friend bool operator==(const Bar&, const Bar&) = default;
};

// The history of one symbol, stored by column, oldest first.
//
// A Series never changes after it was built, so it is shared between threads without locks: workers fetch, check and
// build it, and hand a SeriesPtr to the frame thread. What a Series promises to every reader downstream:
//   - times strictly increase and lie within 1e12 seconds of 1970;
//   - every price is finite, low <= min(open, close) and max(open, close) <= high;
//   - volume is finite and >= 0 (0 also means "unknown").
// quotes/validate.h turns raw bars into a Series and reports what it had to drop.
class Series {
 public:
  Series() = default;

  // Fails with InvalidArgument, naming the first offending bar, if the promises above do not hold.
  static absl::Status Check(std::span<const Bar> bars);

  // `bars` must pass Check().
  explicit Series(std::span<const Bar> bars);

  size_t size() const { return time_.size(); }
  bool empty() const { return time_.empty(); }

  std::span<const int64_t> time() const { return time_; }
  std::span<const double> open() const { return open_; }
  std::span<const double> high() const { return high_; }
  std::span<const double> low() const { return low_; }
  std::span<const double> close() const { return close_; }
  std::span<const double> volume() const { return volume_; }

  Bar bar(size_t i) const { return {time_[i], open_[i], high_[i], low_[i], close_[i], volume_[i]}; }
  std::vector<Bar> bars() const;

  // Index of the first bar with time >= t; size() if there is none.
  size_t LowerBound(int64_t t) const;

  // The usual distance between neighbouring bars, in seconds (the median of the first gaps); 86400 for daily bars, and
  // also when there are fewer than two bars.
  int64_t interval() const { return interval_; }

 private:
  std::vector<int64_t> time_;
  std::vector<double> open_, high_, low_, close_, volume_;
  int64_t interval_ = 86400;
};

using SeriesPtr = std::shared_ptr<const Series>;

// What a symbol is, beside its prices.
struct Instrument {
  std::string symbol;    // "7203.T"
  std::string name;      // "Toyota Motor"
  std::string currency;  // ISO 4217: "USD"; empty if the values are no money
  std::string sector;    // "Technology"; empty if unknown
  std::string exchange;  // whose calendar it is traded by (quotes/calendar.h): "TSE"; empty if unknown
};

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_SERIES_H_
