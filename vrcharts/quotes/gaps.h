#ifndef VRCHARTS_QUOTES_GAPS_H_
#define VRCHARTS_QUOTES_GAPS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vrcharts/quotes/calendar.h"
#include "vrcharts/quotes/series.h"

namespace vrcharts::quotes {

// Where bars are missing from a series, and so where its bars stand on an axis on which closed days take no room and
// missing ones do.
//
// Places on that axis are slots: bar i covers [SlotOf(i), SlotOf(i) + 1). Without gaps slots are bars. Immutable.
class Gaps {
 public:
  struct Gap {
    size_t bar;       // the one after the gap
    int64_t missing;  // bars
    size_t slots;     // that this gap and all before it take
  };
  static constexpr int64_t kWidest = 40;  // slots: a share that was suspended for years does not push the rest away

  Gaps() = default;
  // (bar, missing), the bars rising, none missing less than 1.
  explicit Gaps(const std::vector<std::pair<size_t, int64_t>>& holes);

  // How many slots a series of so many bars takes.
  double Slots(size_t bars) const { return static_cast<double>(bars + (gaps_.empty() ? 0 : gaps_.back().slots)); }
  // `bar` may have a fraction, and lie outside of the series.
  double SlotOf(double bar) const;
  // The other way round; all slots of a gap belong to the beginning of the bar after it.
  double BarAt(double slot) const;
  // The gap at that slot; null if there is a bar.
  const Gap* Covering(double slot) const;

  bool empty() const { return gaps_.empty(); }
  const std::vector<Gap>& all() const { return gaps_; }
  int64_t missing() const;  // bars in all

 private:
  std::vector<Gap> gaps_;
};
using GapsPtr = std::shared_ptr<const Gaps>;  // never null where it is handed over; see NoGaps()
GapsPtr NoGaps();

// What is missing from daily and shorter bars. For days: trading days without a bar. Within a day: trading time without
// a bar, from the calendar's silence() on. Longer intervals have no gaps. O(bars), in practice a few operations each.
Gaps FindGaps(const Series& series, const Calendar& calendar);

// "3 trading days missing: 2026-06-05, 2026-06-08, 2026-06-09"; of more than three the first one alone.
// Empty if nothing is missing.
std::string DescribeGaps(const Gaps& gaps, const Series& series, const Calendar& calendar);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_GAPS_H_
