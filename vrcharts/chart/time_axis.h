#ifndef VRCHARTS_CHART_TIME_AXIS_H_
#define VRCHARTS_CHART_TIME_AXIS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "vrcharts/quotes/gaps.h"

namespace vrcharts::chart {

// The visible stretch of a series, in slots (quotes/gaps.h): all bars are equally wide whatever time lies between them,
// so nights and holidays take no room, and bars that are missing take as much as if they were there. May reach beyond
// the series on both sides.
struct View {
  double begin = 0, end = 1;
  double width() const { return end - begin; }
  friend bool operator==(const View&, const View&) = default;
};

// Maps bars to x in points and names dates.
class TimeAxis {
 public:
  TimeAxis() = default;
  TimeAxis(View view, float left, float right, quotes::GapsPtr gaps = quotes::NoGaps())
      : view_(view), left_(left), right_(right), gaps_(std::move(gaps)) {
    per_bar_ = (right - left) / static_cast<float>(view.width());
  }

  // The middle of bar `i`.
  float X(double i) const { return SlotX(gaps_->SlotOf(i) + 0.5); }
  float SlotX(double slot) const { return left_ + static_cast<float>(slot - view_.begin) * per_bar_; }
  double Slot(float x) const { return view_.begin + (x - left_) / per_bar_; }
  // The bar under x, in a gap the one after it; may lie outside of the series.
  int64_t Bar(float x) const;
  float bar_width() const { return per_bar_; }
  const View& view() const { return view_; }
  float left() const { return left_; }
  float right() const { return right_; }
  const quotes::Gaps& gaps() const { return *gaps_; }
  // From one bar to another one; more than there are bars if some are missing.
  double SlotsBetween(size_t a, size_t b) const {
    return gaps_->SlotOf(static_cast<double>(b)) - gaps_->SlotOf(static_cast<double>(a));
  }

  // The bars of a series of `size` that touch the view: [begin, end).
  void VisibleBars(size_t size, size_t* begin, size_t* end) const;

  struct Tick {
    size_t bar;
    float x;
    int rank;  // 0 time of day, 1 day, 2 month, 3 year: what changes at this bar
    std::string label;
  };
  // Places labels at bars where a year, month, week, day or time of day begins; the steps are even in the calendar,
  // labels never overlap (`measure` tells the width of a label in points, `gap` is kept between them) and stay within
  // the axis. Where there is no room for all, years win over months, and months over days. From left to right.
  std::vector<Tick> Ticks(std::span<const int64_t> times, absl::TimeZone zone, float gap,
                          const std::function<float(const std::string&)>& measure) const;

  struct Step;  // time_axis.cc

 private:
  // How far apart labels are, `visible` beginning with bar `first`.
  float PointsPerStep(const Step& step, std::span<const int64_t> visible, size_t first) const;

  View view_;
  float left_ = 0, right_ = 1;
  float per_bar_ = 1;
  quotes::GapsPtr gaps_ = quotes::NoGaps();
};

// "Fri 30 Oct 2026", with the time of day for intervals below a day.
std::string FormatDate(int64_t time, int64_t interval, absl::TimeZone zone);

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_TIME_AXIS_H_
