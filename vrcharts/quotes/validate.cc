#include "vrcharts/quotes/validate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"

namespace vrcharts::quotes {
namespace {

constexpr double kLargest = 1e12;
constexpr int64_t kFirstTime = -2208988800, kLastTime = 7258118400;  // 1900-01-01, 2200-01-01

enum Fault { kFine, kNotANumber, kNotPositive, kTooLarge, kBadTime, kInconsistent, kDuplicate, kFaults };
constexpr std::array<const char*, kFaults> kFaultNames = {
    "",
    "with a price that is not a number",
    "with a price of zero or below",
    "with a price beyond 1e12",
    "with a time outside of 1900 to 2200",
    "with open or close outside of low to high",
    "with the time of another bar",
};

// Finds what is wrong with a bar, and puts right what is only rounding or an unknown volume.
Fault Examine(const ValidateOptions& options, Bar* bar) {
  if (bar->time < kFirstTime || bar->time > kLastTime) return kBadTime;
  for (const double price : {bar->open, bar->high, bar->low, bar->close}) {
    if (!std::isfinite(price)) return kNotANumber;
    if (options.prices && price <= 0) return kNotPositive;
    if (std::abs(price) > kLargest) return kTooLarge;
  }
  if (!std::isfinite(bar->volume) || bar->volume < 0 || bar->volume > 1e18) bar->volume = 0;
  const double high = std::max(bar->open, bar->close), low = std::min(bar->open, bar->close);
  // Adjusted prices come rounded: half a percent is no contradiction.
  const double tolerance = 0.005 * std::abs(high);
  if (bar->low > bar->high + tolerance || bar->high < high - tolerance || bar->low > low + tolerance)
    return kInconsistent;
  bar->high = std::max(bar->high, high);
  bar->low = std::min(bar->low, low);
  return kFine;
}

bool IsDaily(const std::vector<Bar>& bars) {
  std::vector<int64_t> gaps;
  for (size_t i = 1; i < bars.size() && gaps.size() < 101; ++i) gaps.push_back(bars[i].time - bars[i - 1].time);
  if (gaps.empty()) return false;
  std::nth_element(gaps.begin(), gaps.begin() + gaps.size() / 2, gaps.end());
  return gaps[gaps.size() / 2] >= 23 * 3600;
}

int64_t Midnight(int64_t time, absl::TimeZone zone) {
  if (time % 86400 == 0) return time;  // a date already; west of Greenwich it would become the day before
  return (absl::ToCivilDay(absl::FromUnixSeconds(time), zone) - absl::CivilDay(1970, 1, 1)) * 86400;
}

void PutOnMidnight(absl::TimeZone zone, std::vector<Bar>* bars) {
  for (Bar& bar : *bars) bar.time = Midnight(bar.time, zone);
}

// Of bars with one time the last one sent counts; returns how many were dropped.
size_t DropDuplicates(std::vector<Bar>* bars) {
  size_t kept = 0;
  for (size_t i = 0; i < bars->size(); ++i) {
    if (i + 1 < bars->size() && (*bars)[i + 1].time == (*bars)[i].time) continue;
    (*bars)[kept++] = (*bars)[i];
  }
  const size_t dropped = bars->size() - kept;
  bars->resize(kept);
  return dropped;
}

}  // namespace

absl::StatusOr<Fetched> Validate(Instrument instrument, std::vector<Bar> bars, const ValidateOptions& options) {
  const size_t sent = bars.size();
  std::array<size_t, kFaults> faults{};
  std::erase_if(bars, [&](Bar& bar) {
    const Fault fault = Examine(options, &bar);
    ++faults[fault];
    return fault != kFine;
  });
  const auto earlier = [](const Bar& a, const Bar& b) { return a.time < b.time; };
  // Some services send the newest first; that is an order as well.
  if (bars.size() > 1 && bars.front().time > bars.back().time) std::reverse(bars.begin(), bars.end());
  const bool sorted = std::is_sorted(bars.begin(), bars.end(), earlier);
  if (!sorted) std::stable_sort(bars.begin(), bars.end(), earlier);
  faults[kDuplicate] += DropDuplicates(&bars);
  if (IsDaily(bars)) {
    PutOnMidnight(options.zone, &bars);
    faults[kDuplicate] += DropDuplicates(&bars);
  }

  std::vector<std::string> parts;
  for (int fault = kNotANumber; fault < kFaults; ++fault) {
    if (faults[fault] > 0) parts.push_back(absl::StrCat(faults[fault], " ", kFaultNames[fault]));
  }
  Fetched out;
  out.instrument = std::move(instrument);
  if (!parts.empty()) {
    out.warning = absl::StrCat(sent - bars.size(), " of ", sent, " bars dropped: ", absl::StrJoin(parts, ", "));
  }
  if (!sorted) absl::StrAppend(&out.warning, out.warning.empty() ? "" : "; ", "bars came out of order");
  if (bars.empty() && sent > 0) return absl::DataLossError(out.warning);
  out.series = std::make_shared<Series>(bars);
  return out;
}

void AddAction(int64_t time, double split, double dividend, std::vector<CorporateAction>* actions) {
  CorporateAction action{time, 1, 0};
  if (!std::isnan(split) && split != 0) action.split = split;
  if (!std::isnan(dividend)) action.dividend = dividend;
  if (action.split != 1 || action.dividend != 0) actions->push_back(action);
}

absl::StatusOr<Fetched> ValidateAdjusted(Instrument instrument, std::vector<Bar> bars,
                                         std::vector<CorporateAction> actions, bool adjusted, absl::TimeZone zone) {
  size_t left_out = 0;
  std::vector<CorporateAction> splits = SplitsOf(actions, zone);
  if (!adjusted && !actions.empty()) {
    // What is no bar must not be what a dividend is measured by.
    std::erase_if(bars, [](const Bar& bar) { return !std::isfinite(bar.close) || bar.close <= 0; });
    left_out = AdjustForActions(std::move(actions), &bars);
  }
  absl::StatusOr<Fetched> fetched = Validate(std::move(instrument), std::move(bars), {.prices = true, .zone = zone});
  if (fetched.ok() && left_out > 0) {
    absl::StrAppend(&fetched->warning, fetched->warning.empty() ? "" : "; ", left_out,
                    " impossible splits or dividends left out");
  }
  if (fetched.ok()) fetched->splits = std::move(splits);
  return fetched;
}

std::vector<CorporateAction> SplitsOf(const std::vector<CorporateAction>& actions, absl::TimeZone zone) {
  std::vector<CorporateAction> splits;
  for (const CorporateAction& action : actions) {
    const bool known = action.time >= kFirstTime && action.time <= kLastTime;
    if (known && IsSplit(action.split) && action.split != 1) {
      splits.push_back({Midnight(action.time, zone), action.split, 0});
    }
  }
  std::stable_sort(splits.begin(), splits.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  return splits;
}

}  // namespace vrcharts::quotes
