#include "vrcharts/wall/period.h"

#include <algorithm>
#include <cmath>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace vrcharts::wall {
namespace {

constexpr double kLeastBars = 5;

// The moment one period before `last`, by the calendar.
int64_t Before(int64_t last, options::Period period) {
  const absl::CivilSecond end = absl::ToCivilSecond(absl::FromUnixSeconds(last), absl::UTCTimeZone());
  const auto months = [&](int n) {
    const absl::CivilMonth month = absl::CivilMonth(end) - n;
    const absl::CivilDay last_day = absl::CivilDay(month + 1) - 1;
    const int day = std::min(end.day(), last_day.day());
    return absl::ToUnixSeconds(
        absl::FromCivil(absl::CivilSecond(month.year(), month.month(), day, end.hour(), end.minute(), end.second()),
                        absl::UTCTimeZone()));
  };
  switch (period) {
    case options::PERIOD_1D:
      return last - 86400;
    case options::PERIOD_1W:
      return last - 7 * 86400;
    case options::PERIOD_1M:
      return months(1);
    case options::PERIOD_3M:
      return months(3);
    case options::PERIOD_1Y:
      return months(12);
    case options::PERIOD_5Y:
      return months(60);
    case options::PERIOD_ALL:
      return INT64_MIN;
    default:
      return months(6);
  }
}

chart::View Limited(chart::View view, double slots) {
  const double all = std::max(slots, 1.0);
  const double width = std::clamp(view.width(), kLeastBars, std::max(kLeastBars, all * 1.5));
  const double middle = (view.begin + view.end) / 2;
  // A quarter of the view may be empty on either side.
  const double least = -width * 0.25, most = std::max(least, all + width * 0.25 - width);
  view.begin = std::clamp(middle - width / 2, least, most);
  view.end = view.begin + width;
  return view;
}

}  // namespace

std::string PeriodLabel(options::Period period) {
  switch (period) {
    case options::PERIOD_1D:
      return "1D";
    case options::PERIOD_1W:
      return "1W";
    case options::PERIOD_1M:
      return "1M";
    case options::PERIOD_3M:
      return "3M";
    case options::PERIOD_1Y:
      return "1Y";
    case options::PERIOD_5Y:
      return "5Y";
    case options::PERIOD_ALL:
      return "All";
    default:
      return "6M";
  }
}

size_t FirstBar(const quotes::Series& series, options::Period period) {
  const size_t few = std::min(series.size(), static_cast<size_t>(kLeastBars));
  return std::min(series.LowerBound(Before(series.time().back(), period)), series.size() - few);
}

chart::View PeriodView(const quotes::Series& series, const quotes::Gaps& gaps, options::Period period) {
  if (series.empty()) return {0, 1};
  const double begin = gaps.SlotOf(static_cast<double>(FirstBar(series, period)));
  const double end = gaps.Slots(series.size());
  const double margin = std::max(0.5, (end - begin) * 0.02);
  return {begin - (end - begin < 40 ? 0.3 : 0), end + margin};
}

chart::View Zoom(chart::View view, double anchor, double factor, double slots) {
  const double all = std::max(slots, 1.0);
  const double width = std::clamp(view.width() * factor, kLeastBars, std::max(kLeastBars, all * 1.5));
  const double share = (anchor - view.begin) / view.width();
  const double begin = anchor - share * width;
  return Limited({begin, begin + width}, slots);
}

chart::View Pan(chart::View view, double by, double slots) { return Limited({view.begin + by, view.end + by}, slots); }

}  // namespace vrcharts::wall
