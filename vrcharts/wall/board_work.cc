// What runs on worker threads: everything that takes time with the length of a series, so that nothing of it is left
// for the frame. The store's workers call Arrive(); what a person asks for anew runs in background_.

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "vrcharts/portfolio/figures.h"
#include "vrcharts/wall/board_impl.h"
#include "vrcharts/wall/period.h"

namespace vrcharts::wall {
namespace {

// The closes of the other series at the times of this one.
analysis::Values ClosesAt(const quotes::Series& series, const quotes::Series& other) {
  std::vector<double> values(series.size(), std::numeric_limits<double>::quiet_NaN());
  for (size_t i = 0, j = 0; i < series.size(); ++i) {
    while (j < other.size() && other.time()[j] < series.time()[i]) ++j;
    if (j < other.size() && other.time()[j] == series.time()[i]) values[i] = other.close()[j];
  }
  return analysis::Values(std::move(values));
}

analysis::StudyPtr OneCurve(const std::string& label, std::vector<double> values, bool histogram) {
  auto study = std::make_shared<analysis::Study>();
  study->label = label;
  study->own_pane = histogram;
  study->curves.push_back({analysis::Values(std::move(values)), histogram});
  return study;
}

}  // namespace

void Board::Impl::RequestExtras() {
  std::vector<size_t> feeds;
  {
    absl::MutexLock lock(&mutex_);
    wanted_studies_ = studies_;
    wanted_period_ = options_.period();
    for (const auto& [feed, latest] : latest_) feeds.push_back(feed);
  }
  for (const size_t feed : feeds) RequestExtrasOf(feed);
}

void Board::Impl::RequestExtrasOf(size_t feed) {
  {
    absl::MutexLock lock(&mutex_);
    if (!requested_.insert(feed).second) return;  // it will see what is wanted by then
  }
  background_.Post([this, feed] {
    {
      absl::MutexLock lock(&mutex_);
      requested_.erase(feed);
    }
    Arrival arrival;
    arrival.update.feed = feed;
    arrival.only_extras = true;
    arrival.extras = ComputeExtras(feed);
    absl::MutexLock lock(&mutex_);
    arrivals_.push_back(std::move(arrival));
  });
}

Extras Board::Impl::ComputeExtras(size_t feed) {
  Extras extras;
  Latest latest;
  std::vector<analysis::StudySpec> specs;
  std::map<std::string, quotes::SeriesPtr> compared;
  options::Period period;
  {
    absl::MutexLock lock(&mutex_);
    extras.revision = ++revision_;
    latest = latest_[feed];
    specs = wanted_studies_;
    compared = compared_;
    period = wanted_period_;
  }
  extras.series = latest.series;
  if (latest.series == nullptr || latest.series->empty()) return extras;
  const quotes::Series& series = *latest.series;
  for (const analysis::StudySpec& spec : specs) {
    extras.studies.push_back(std::make_shared<analysis::Study>(analysis::Compute(spec, series)));
  }
  for (const auto& [symbol, other] : compared) {
    if (other == nullptr || other->empty() || symbol == latest.symbol) continue;
    extras.comparisons.push_back({symbol, ClosesAt(series, *other)});
  }
  extras.figures = portfolio::ComputeFigures(series, series.time()[FirstBar(series, period)], latest.holding);
  return extras;
}

void Board::Impl::Arrive(quotes::Update update) {
  Arrival arrival;
  arrival.update = std::move(update);
  const size_t feed = arrival.update.feed;
  const quotes::SeriesPtr series = arrival.update.series;
  if (const auto compared = compared_feeds_.find(feed); compared != compared_feeds_.end()) {
    std::vector<size_t> feeds;
    {
      absl::MutexLock lock(&mutex_);
      compared_[compared->second] = series;
      for (const auto& [other, latest] : latest_) feeds.push_back(other);
    }
    for (const size_t other : feeds) RequestExtrasOf(other);
    return;
  }
  if (series != nullptr) arrival.pyramid = std::make_shared<analysis::Pyramid>(series);
  const std::string missing = MarkGaps(&arrival);
  const auto item = item_of_feed_.find(feed);
  const auto rate = currency_of_feed_.find(feed);
  const bool is_item = item != item_of_feed_.end(), is_rate = rate != currency_of_feed_.end();
  if (is_item) AdjustLots(item->second, &arrival);
  bool complete = false, news = false;
  {
    absl::MutexLock lock(&mutex_);
    if (!arrival.update.stale) news = std::exchange(told_missing_[feed], missing) != missing && !missing.empty();
    if (is_rate) {
      series_of_currency_[rate->second] = series;
    } else {
      latest_[feed] = {arrival.update.instrument.symbol, series, arrival.holding};
    }
    if (is_item) {
      series_of_item_[item->second] = series;
      items_[item->second].lots = arrival.lots;
      item_tried_[item->second] = true;
    }
    complete = (is_item || is_rate) && std::find(item_tried_.begin(), item_tried_.end(), false) == item_tried_.end();
  }
  if (news) LOG(WARNING) << arrival.update.instrument.symbol << ": " << missing;
  if (!is_rate) {
    arrival.extras = ComputeExtras(feed);
    absl::MutexLock lock(&mutex_);
    arrivals_.push_back(std::move(arrival));
  }
  if (complete && summary_ != nullptr) Summarize();
}

std::string Board::Impl::MarkGaps(Arrival* arrival) const {
  quotes::Update& update = arrival->update;
  const auto calendar = calendar_of_feed_.find(update.feed);
  if (calendar == calendar_of_feed_.end() || update.series == nullptr || update.series->empty()) return "";
  arrival->gaps = std::make_shared<quotes::Gaps>(quotes::FindGaps(*update.series, *calendar->second));
  // Days are dates already, whatever the zone.
  if (update.series->interval() < 86400) arrival->zone = calendar->second->zone();
  if (arrival->gaps->empty()) return "";
  const std::string missing = quotes::DescribeGaps(*arrival->gaps, *update.series, *calendar->second);
  absl::StrAppend(&update.message, update.message.empty() ? "" : "; ", missing);
  return missing;
}

void Board::Impl::AdjustLots(size_t item, Arrival* arrival) const {
  const portfolio::Item adjusted = portfolio::AfterSplits(portfolio_.items[item], arrival->update.splits);
  arrival->lots = adjusted.lots;
  arrival->holding = portfolio::CurrentHolding(adjusted);
}

void Board::Impl::Summarize() {
  std::vector<quotes::SeriesPtr> series;
  std::vector<portfolio::Item> items;
  std::vector<portfolio::ExchangeRate> rates;
  uint64_t revision;
  {
    absl::MutexLock lock(&mutex_);
    revision = ++revision_;
    series = series_of_item_;
    items = items_;
    for (const portfolio::Item& item : portfolio_.items) {
      const auto history = series_of_currency_.find(item.instrument.currency);
      rates.push_back(
          {portfolio::RateOf(portfolio_, item), history != series_of_currency_.end() ? history->second : nullptr});
    }
  }
  const portfolio::History history = portfolio::ValueOverTime(items, series, rates);
  std::vector<quotes::Bar> bars;
  std::vector<double> invested, profit;
  for (size_t i = 0; i < history.time.size(); ++i) {
    const double value = history.value[i];
    if (value <= 0) continue;  // before the first purchase
    bars.push_back({history.time[i], value, value, value, value, 0});
    invested.push_back(history.cost[i]);
    profit.push_back(value - history.cost[i] + history.realized[i]);
  }
  if (bars.empty() || !quotes::Series::Check(bars).ok()) return;
  Arrival arrival;
  arrival.summary = true;
  arrival.update.feed = kSummaryFeed;
  arrival.update.series = std::make_shared<quotes::Series>(bars);
  arrival.summary_cost = history.cost.back();
  arrival.summary_studies = {OneCurve("Invested", std::move(invested), false),
                             OneCurve("Profit", std::move(profit), true)};
  for (const double value : history.last_values) arrival.item_shares.push_back(value / history.value.back());
  arrival.pyramid = std::make_shared<analysis::Pyramid>(arrival.update.series);
  {
    absl::MutexLock lock(&mutex_);
    if (revision < summary_revision_) return;  // another worker began later and has finished already
    summary_revision_ = revision;
    latest_[kSummaryFeed] = {"", arrival.update.series, {}};
  }
  arrival.extras = ComputeExtras(kSummaryFeed);
  absl::MutexLock lock(&mutex_);
  if (revision == summary_revision_) arrivals_.push_back(std::move(arrival));
}

}  // namespace vrcharts::wall
