#include "vrcharts/quotes/gaps.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"

namespace vrcharts::quotes {
namespace {

constexpr int64_t kDay = 86400;

absl::CivilDay DayOf(int64_t time) { return absl::ToCivilDay(absl::FromUnixSeconds(time), absl::UTCTimeZone()); }

int64_t MissingDays(int64_t before, int64_t after, const Calendar& calendar) {
  if (after - before <= kDay) return 0;
  return calendar.TradingDays(DayOf(before) + 1, DayOf(after));
}

int64_t MissingIntervals(int64_t before, int64_t after, int64_t interval, const Calendar& calendar) {
  if (after - before < 2 * interval) return 0;
  const absl::Duration bar = absl::Seconds(interval);
  const absl::Duration without = calendar.TradingTime(before, after) - bar;
  if (without < std::max(bar, calendar.silence())) return 0;
  return without / bar;
}

}  // namespace

Gaps::Gaps(const std::vector<std::pair<size_t, int64_t>>& holes) {
  size_t slots = 0;
  for (const auto& [bar, missing] : holes) {
    slots += static_cast<size_t>(std::min(missing, kWidest));
    gaps_.push_back({bar, missing, slots});
  }
}

double Gaps::SlotOf(double bar) const {
  if (gaps_.empty() || bar < 0) return bar;
  const auto after = std::upper_bound(gaps_.begin(), gaps_.end(), static_cast<size_t>(bar),
                                      [](size_t b, const Gap& gap) { return b < gap.bar; });
  return bar + (after == gaps_.begin() ? 0 : static_cast<double>((after - 1)->slots));
}

double Gaps::BarAt(double slot) const {
  // The first gap that ends beyond the slot.
  const auto gap = std::upper_bound(gaps_.begin(), gaps_.end(), slot,
                                    [](double s, const Gap& g) { return s < static_cast<double>(g.bar + g.slots); });
  const double before = gap == gaps_.begin() ? 0 : static_cast<double>((gap - 1)->slots);
  const double bar = slot - before;
  return gap == gaps_.end() ? bar : std::min(bar, static_cast<double>(gap->bar));
}

const Gaps::Gap* Gaps::Covering(double slot) const {
  const auto gap = std::upper_bound(gaps_.begin(), gaps_.end(), slot,
                                    [](double s, const Gap& g) { return s < static_cast<double>(g.bar + g.slots); });
  if (gap == gaps_.end()) return nullptr;
  const size_t before = gap == gaps_.begin() ? 0 : (gap - 1)->slots;
  return slot >= static_cast<double>(gap->bar + before) ? &*gap : nullptr;
}

int64_t Gaps::missing() const {
  int64_t sum = 0;
  for (const Gap& gap : gaps_) sum += gap.missing;
  return sum;
}

GapsPtr NoGaps() {
  static const auto* const none = new GapsPtr(std::make_shared<Gaps>());
  return *none;
}

Gaps FindGaps(const Series& series, const Calendar& calendar) {
  if (series.interval() > kDay) return Gaps();
  const std::span<const int64_t> times = series.time();
  std::vector<std::pair<size_t, int64_t>> holes;
  for (size_t i = 1; i < times.size(); ++i) {
    const int64_t missing = series.interval() == kDay
                                ? MissingDays(times[i - 1], times[i], calendar)
                                : MissingIntervals(times[i - 1], times[i], series.interval(), calendar);
    if (missing > 0) holes.push_back({i, missing});
  }
  return Gaps(holes);
}

std::string DescribeGaps(const Gaps& gaps, const Series& series, const Calendar& calendar) {
  if (gaps.empty()) return "";
  const int64_t missing = gaps.missing();
  const std::span<const int64_t> times = series.time();
  if (series.interval() < kDay) {
    const absl::Time before = absl::FromUnixSeconds(times[gaps.all().front().bar - 1]);
    return absl::StrCat(missing, missing == 1 ? " bar" : " bars", " missing, first after ",
                        absl::FormatTime("%Y-%m-%d %H:%M", before, calendar.zone()));
  }
  std::vector<std::string> days;
  for (const Gaps::Gap& gap : gaps.all()) {
    for (absl::CivilDay day = DayOf(times[gap.bar - 1]) + 1; day < DayOf(times[gap.bar]); ++day) {
      if (calendar.IsTradingDay(day)) days.push_back(absl::FormatCivilTime(day));
      if (days.size() > 3) break;
    }
  }
  const std::string count = absl::StrCat(missing, missing == 1 ? " trading day" : " trading days", " missing");
  if (missing <= 3) return absl::StrCat(count, ": ", absl::StrJoin(days, ", "));
  return absl::StrCat(count, ", first ", days.front());
}

}  // namespace vrcharts::quotes
