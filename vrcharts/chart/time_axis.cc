#include "vrcharts/chart/time_axis.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace vrcharts::chart {

// A distance between labels that is even in the calendar.
struct TimeAxis::Step {
  enum Unit { kSecond, kDay, kWeek, kHalfMonth, kMonth, kYear } unit;
  int count;
  double seconds;  // about
};

namespace {

using Step = TimeAxis::Step;
using Unit = Step::Unit;

constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr const char* kWeekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

constexpr double kDay = 86400, kMonth = 30.44 * kDay, kYear = 365.25 * kDay;
constexpr Step kSteps[] = {
    {Unit::kSecond, 1, 1},           {Unit::kSecond, 5, 5},
    {Unit::kSecond, 15, 15},         {Unit::kSecond, 30, 30},
    {Unit::kSecond, 60, 60},         {Unit::kSecond, 300, 300},
    {Unit::kSecond, 900, 900},       {Unit::kSecond, 1800, 1800},
    {Unit::kSecond, 3600, 3600},     {Unit::kSecond, 7200, 7200},
    {Unit::kSecond, 14400, 14400},   {Unit::kSecond, 21600, 21600},
    {Unit::kSecond, 43200, 43200},   {Unit::kDay, 1, kDay},
    {Unit::kWeek, 1, 7 * kDay},      {Unit::kHalfMonth, 1, 15 * kDay},
    {Unit::kMonth, 1, kMonth},       {Unit::kMonth, 2, 2 * kMonth},
    {Unit::kMonth, 3, 3 * kMonth},   {Unit::kMonth, 6, 6 * kMonth},
    {Unit::kYear, 1, kYear},         {Unit::kYear, 2, 2 * kYear},
    {Unit::kYear, 5, 5 * kYear},     {Unit::kYear, 10, 10 * kYear},
    {Unit::kYear, 20, 20 * kYear},   {Unit::kYear, 50, 50 * kYear},
    {Unit::kYear, 100, 100 * kYear},
};

// The last boundary of `step` at or before `time`.
absl::CivilSecond Floor(absl::CivilSecond time, const Step& step) {
  const absl::CivilDay day(time);
  switch (step.unit) {
    case Unit::kSecond: {
      const absl::CivilSecond midnight(day);
      return midnight + (time - midnight) / step.count * step.count;
    }
    case Unit::kDay:
      return absl::CivilSecond(day);
    case Unit::kWeek:
      return absl::CivilSecond(day - static_cast<int>(absl::GetWeekday(day)));
    case Unit::kHalfMonth:
      return absl::CivilSecond(time.year(), time.month(), time.day() >= 15 ? 15 : 1);
    case Unit::kMonth:
      return absl::CivilSecond(time.year(), (time.month() - 1) / step.count * step.count + 1);
    case Unit::kYear:
      return absl::CivilSecond(time.year() / step.count * step.count);
  }
  return time;
}

absl::CivilSecond Next(absl::CivilSecond boundary, const Step& step) {
  switch (step.unit) {
    case Unit::kSecond:
      return boundary + step.count;
    case Unit::kDay:
      return absl::CivilSecond(absl::CivilDay(boundary) + 1);
    case Unit::kWeek:
      return absl::CivilSecond(absl::CivilDay(boundary) + 7);
    case Unit::kHalfMonth:
      return boundary.day() < 15 ? absl::CivilSecond(boundary.year(), boundary.month(), 15)
                                 : absl::CivilSecond(absl::CivilMonth(boundary) + 1);
    case Unit::kMonth:
      return absl::CivilSecond(absl::CivilMonth(boundary) + step.count);
    case Unit::kYear:
      return absl::CivilSecond(absl::CivilYear(boundary) + step.count);
  }
  return boundary + 1;
}

int RankOf(absl::CivilSecond previous, absl::CivilSecond now) {
  if (previous.year() != now.year()) return 3;
  if (previous.month() != now.month()) return 2;
  if (previous.day() != now.day()) return 1;
  return 0;
}

std::string LabelOf(absl::CivilSecond time, int rank, const Step& step) {
  if (rank == 3) return absl::StrFormat("%d", time.year());
  if (rank == 2) return kMonths[time.month() - 1];
  if (rank == 1) return absl::StrFormat("%d", time.day());
  if (step.seconds < 60) return absl::StrFormat("%02d:%02d:%02d", time.hour(), time.minute(), time.second());
  return absl::StrFormat("%02d:%02d", time.hour(), time.minute());
}

}  // namespace

int64_t TimeAxis::Bar(float x) const { return static_cast<int64_t>(std::floor(gaps_->BarAt(Slot(x)))); }

float TimeAxis::PointsPerStep(const Step& step, std::span<const int64_t> visible, size_t first) const {
  const size_t n = visible.size();
  if (n < 2) return step.seconds >= kYear ? 1e9f : 0;
  if (step.seconds >= kDay) {
    const double seconds = static_cast<double>(visible.back() - visible.front());
    return static_cast<float>(step.seconds / seconds) *
           (X(static_cast<double>(first + n - 1)) - X(static_cast<double>(first)));
  }
  // Within a day nights must not count: the typical distance of two bars, from a few of them.
  int64_t gaps[9];
  for (size_t i = 0; i < std::size(gaps); ++i) {
    const size_t at = i * (n - 2) / (std::size(gaps) - 1);
    gaps[i] = visible[at + 1] - visible[at];
  }
  std::nth_element(gaps, gaps + 4, gaps + 9);
  return static_cast<float>(step.seconds / static_cast<double>(gaps[4]) * per_bar_);
}

void TimeAxis::VisibleBars(size_t size, size_t* begin, size_t* end) const {
  const double last = static_cast<double>(size);
  *begin = static_cast<size_t>(std::clamp(std::floor(gaps_->BarAt(view_.begin)), 0.0, last));
  *end = static_cast<size_t>(std::clamp(std::ceil(gaps_->BarAt(view_.end)), static_cast<double>(*begin), last));
}

std::vector<TimeAxis::Tick> TimeAxis::Ticks(std::span<const int64_t> times, absl::TimeZone zone, float gap,
                                            const std::function<float(const std::string&)>& measure) const {
  size_t begin, end;
  VisibleBars(times.size(), &begin, &end);
  if (begin >= end) return {};
  const auto civil = [&](size_t bar) { return absl::ToCivilSecond(absl::FromUnixSeconds(times[bar]), zone); };

  const float date_room = measure("0000") + gap, time_room = measure("00:00") + gap;
  const Step* step = &kSteps[std::size(kSteps) - 1];
  for (const Step& candidate : kSteps) {
    if (PointsPerStep(candidate, times.subspan(begin, end - begin), begin) >=
        (candidate.seconds < kDay ? time_room : date_room)) {
      step = &candidate;
      break;
    }
  }

  std::vector<Tick> candidates;
  const absl::CivilSecond last = civil(end - 1);
  const auto collect = [&](const Step& by) {
    absl::CivilSecond boundary = Floor(civil(begin), by);
    size_t before = times.size();  // the bar of the boundary before
    // The step leaves room for its labels, so there are few; the bound is for calendars gone wild.
    for (int i = 0; boundary <= last && i < 2000; ++i, boundary = Next(boundary, by)) {
      const int64_t time = absl::ToUnixSeconds(absl::FromCivil(boundary, zone));
      const size_t bar = std::lower_bound(times.begin() + begin, times.begin() + end, time) - times.begin();
      if (bar >= end || bar == before) continue;
      if (bar == begin && (begin > 0 ? times[begin - 1] >= time : times[0] != time)) continue;  // began before the view
      before = bar;
      const absl::CivilSecond now = civil(bar);
      boundary = std::max(boundary, Floor(now, by));  // across a gap in one step
      const int rank = RankOf(bar > 0 ? civil(bar - 1) : Floor(now, by) - 1, now);
      candidates.push_back({bar, X(static_cast<double>(bar)), rank, LabelOf(now, rank, *step)});
    }
  };
  collect(*step);
  // Months seldom begin on a Monday; they are named all the same.
  if (step->unit == Unit::kWeek) collect({Unit::kMonth, 1, kMonth});

  std::stable_sort(candidates.begin(), candidates.end(), [](const Tick& a, const Tick& b) { return a.rank > b.rank; });
  std::vector<Tick> ticks;
  std::vector<float> halves;
  for (Tick& tick : candidates) {
    const float half = measure(tick.label) / 2;
    if (tick.x - half < left_ || tick.x + half > right_) continue;
    bool free = true;
    for (size_t i = 0; i < ticks.size() && free; ++i) free = std::abs(ticks[i].x - tick.x) >= half + halves[i] + gap;
    if (!free) continue;
    ticks.push_back(std::move(tick));
    halves.push_back(half);
  }
  std::sort(ticks.begin(), ticks.end(), [](const Tick& a, const Tick& b) { return a.bar < b.bar; });
  return ticks;
}

std::string FormatDate(int64_t time, int64_t interval, absl::TimeZone zone) {
  const absl::CivilSecond civil = absl::ToCivilSecond(absl::FromUnixSeconds(time), zone);
  std::string out = absl::StrFormat("%s %d %s %d", kWeekdays[static_cast<int>(absl::GetWeekday(civil))], civil.day(),
                                    kMonths[civil.month() - 1], civil.year());
  if (interval < 86400) out += absl::StrFormat("  %02d:%02d", civil.hour(), civil.minute());
  if (interval < 60) out += absl::StrFormat(":%02d", civil.second());
  return out;
}

}  // namespace vrcharts::chart
