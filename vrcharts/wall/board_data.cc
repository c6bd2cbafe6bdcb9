// Series on their way from the sources to the tiles.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/explain/explain.h"
#include "vrcharts/portfolio/figures.h"
#include "vrcharts/quotes/cache.h"
#include "vrcharts/quotes/sources.h"
#include "vrcharts/wall/board_impl.h"
#include "vrcharts/wall/period.h"

namespace vrcharts::wall {
namespace {

absl::Duration ToAbsl(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace

absl::Status Board::Impl::Start() {
  for (const std::string& text : options_.indicator()) {
    absl::StatusOr<analysis::StudySpec> spec = analysis::ParseStudySpec(text);
    if (!spec.ok()) return absl::InvalidArgumentError(absl::StrCat("--indicator: ", spec.status().message()));
    studies_.push_back(*std::move(spec));
  }
  if (absl::Status status = AddTiles(); !status.ok()) return status;
  LayOut();
  return absl::OkStatus();
}

absl::Status Board::Impl::StartStore() {
  quotes::StoreOptions store_options;
  if (const absl::Duration refresh = ToAbsl(options_.refresh()); refresh > absl::ZeroDuration()) {
    store_options.refresh = refresh;
  }
  store_options.offline = options_.offline();
  if (!options_.cache().empty()) {
    absl::StatusOr<quotes::Cache> cache = quotes::Cache::Open(options_.cache());
    if (!cache.ok()) return cache.status();
    store_options.cache = std::make_shared<quotes::Cache>(*std::move(cache));
  }
  store_options.on_update = [this](quotes::Update update) { Arrive(std::move(update)); };
  store_ = std::make_unique<quotes::Store>(std::move(store_options));
  return absl::OkStatus();
}

Tile* Board::Impl::AddTile(quotes::Instrument instrument, const portfolio::Item* item) {
  auto tile = std::make_unique<Tile>();
  tile->panel.id = tiles_.size() + 1;
  tile->item = item;
  tile->content.instrument = std::move(instrument);
  tile->period = options_.period();
  ApplyStyle(tile.get(), tiles_.size());
  tiles_.push_back(std::move(tile));
  return tiles_.back().get();
}

absl::Status Board::Impl::AddTiles() {
  absl::StatusOr<quotes::Sources> sources = quotes::Sources::Create(options_);
  if (!sources.ok()) return sources.status();
  if (absl::Status status = StartStore(); !status.ok()) return status;

  const bool any_held = std::any_of(portfolio_.items.begin(), portfolio_.items.end(),
                                    [](const portfolio::Item& item) { return !item.lots.empty(); });
  if (any_held && !portfolio::CommonCurrency(portfolio_).empty()) {
    const size_t held =
        static_cast<size_t>(std::count_if(portfolio_.items.begin(), portfolio_.items.end(),
                                          [](const portfolio::Item& item) { return !item.lots.empty(); }));
    summary_ =
        AddTile({"Portfolio", absl::StrCat(held, " holdings"), portfolio::CommonCurrency(portfolio_), ""}, nullptr);
  }
  std::vector<std::pair<Tile*, std::shared_ptr<quotes::Source>>> feeds;
  for (const portfolio::Item& item : portfolio_.items) {
    Tile* tile = AddTile(item.instrument, &item);
    const portfolio::Holding holding = portfolio::CurrentHolding(item);
    if (holding.quantity > 0)
      tile->content.position = chart::Position{.quantity = holding.quantity, .average_cost = holding.average_cost()};
    for (const portfolio::Lot& lot : item.lots) {
      tile->content.markers.push_back({lot.time, lot.price, lot.quantity > 0});
    }
    feeds.push_back({tile, sources->For(item.instrument.symbol)});
  }
  for (const std::string& query : options_.query()) feeds.push_back({AddTile({query}, nullptr), sources->prometheus()});
  if (tiles_.empty()) {
    return absl::InvalidArgumentError("there is nothing to show: give --prometheus some --query, or a --portfolio");
  }
  {
    absl::MutexLock lock(&mutex_);
    series_of_item_.resize(portfolio_.items.size());
    item_tried_.resize(portfolio_.items.size());
  }
  if (absl::Status status = AddPriceLines(); !status.ok()) return status;
  // The numbers of the feeds are known before the first one runs: workers read these maps.
  for (size_t i = 0; i < feeds.size(); ++i) {
    feeds[i].first->feed = i;
    tiles_of_feed_[i].push_back(feeds[i].first);
    if (i < portfolio_.items.size()) item_of_feed_[i] = i;
    const absl::StatusOr<quotes::CalendarPtr> calendar =
        sources->CalendarOf(feeds[i].first->content.instrument, *feeds[i].second);
    if (!calendar.ok()) return calendar.status();
    if (*calendar != nullptr) calendar_of_feed_[i] = *calendar;
  }
  size_t next_feed = feeds.size();
  if (summary_ != nullptr) {
    for (const auto& [currency, symbol] : portfolio_.rate_symbols) currency_of_feed_[next_feed++] = currency;
  }
  for (const auto& [tile, source] : feeds) store_->Add(tile->content.instrument, source);
  for (const auto& [feed, currency] : currency_of_feed_) {
    const std::string& symbol = portfolio_.rate_symbols.at(currency);
    store_->Add({symbol, "", "", ""}, sources->For(symbol));
  }
  for (const std::string& symbol : options_.compare()) {
    compared_feeds_[store_->Add({symbol, "", "", ""}, sources->For(symbol))] = symbol;
  }
  EXPLAIN() << "the wall has " << tiles_.size() << " panels; worker threads fetch their prices";
  return absl::OkStatus();
}

// "SYMBOL@PRICE LABEL", the label being whatever follows.
absl::Status Board::Impl::AddPriceLines() {
  for (const std::string& text : options_.price_line()) {
    const std::pair<std::string_view, std::string_view> at = absl::StrSplit(text, absl::MaxSplits('@', 1));
    const std::pair<std::string_view, std::string_view> rest = absl::StrSplit(at.second, absl::MaxSplits(' ', 1));
    double price;
    if (!absl::SimpleAtod(rest.first, &price) || !std::isfinite(price) || price <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--price_line: \"", text, "\" is not SYMBOL@PRICE or SYMBOL@PRICE LABEL"));
    }
    const auto tile = std::find_if(tiles_.begin(), tiles_.end(), [&](const std::unique_ptr<Tile>& t) {
      return t->content.instrument.symbol == at.first;
    });
    if (tile == tiles_.end()) {
      return absl::InvalidArgumentError(absl::StrCat("--price_line: the portfolio has no ", at.first));
    }
    (*tile)->content.price_lines.push_back({price, std::string(rest.second)});
  }
  return absl::OkStatus();
}

// Workers build the pyramid and add up the portfolio, so that nothing that takes long is left for the frame thread.
void Board::Impl::Arrive(quotes::Update update) {
  Arrival arrival;
  arrival.update = std::move(update);
  if (arrival.update.series != nullptr) {
    arrival.pyramid = std::make_shared<analysis::Pyramid>(arrival.update.series);
  }
  MarkGaps(&arrival);
  const auto item = item_of_feed_.find(arrival.update.feed);
  bool complete = false;
  {
    absl::MutexLock lock(&mutex_);
    if (const auto rate = currency_of_feed_.find(arrival.update.feed); rate != currency_of_feed_.end()) {
      series_of_currency_[rate->second] = arrival.update.series;
      complete = std::find(item_tried_.begin(), item_tried_.end(), false) == item_tried_.end();
    }
    if (item != item_of_feed_.end()) {
      series_of_item_[item->second] = arrival.update.series;
      item_tried_[item->second] = true;
      complete = std::find(item_tried_.begin(), item_tried_.end(), false) == item_tried_.end();
    }
    arrivals_.push_back(std::move(arrival));
  }
  if (complete && summary_ != nullptr) Summarize();
}

void Board::Impl::MarkGaps(Arrival* arrival) const {
  quotes::Update& update = arrival->update;
  const auto calendar = calendar_of_feed_.find(update.feed);
  if (calendar == calendar_of_feed_.end() || update.series == nullptr || update.series->empty()) return;
  arrival->gaps = std::make_shared<quotes::Gaps>(quotes::FindGaps(*update.series, *calendar->second));
  // Days are dates already, whatever the zone.
  if (update.series->interval() < 86400) arrival->zone = calendar->second->zone();
  if (arrival->gaps->empty()) return;
  const std::string missing = quotes::DescribeGaps(*arrival->gaps, *update.series, *calendar->second);
  if (!update.stale) LOG(WARNING) << update.instrument.symbol << ": " << missing;
  absl::StrAppend(&update.message, update.message.empty() ? "" : "; ", missing);
}

void Board::Impl::Summarize() {
  std::vector<quotes::SeriesPtr> series;
  std::vector<portfolio::ExchangeRate> rates;
  {
    absl::MutexLock lock(&mutex_);
    series = series_of_item_;
    for (const portfolio::Item& item : portfolio_.items) {
      const auto history = series_of_currency_.find(item.instrument.currency);
      rates.push_back(
          {portfolio::RateOf(portfolio_, item), history != series_of_currency_.end() ? history->second : nullptr});
    }
  }
  const portfolio::History history = portfolio::ValueOverTime(portfolio_.items, series, rates);
  std::vector<quotes::Bar> bars;
  auto invested = std::make_shared<analysis::Study>();
  auto profit = std::make_shared<analysis::Study>();
  invested->label = "Invested";
  profit->label = "Profit";
  invested->curves.resize(1);
  profit->curves.resize(1);
  profit->curves[0].histogram = profit->own_pane = true;
  for (size_t i = 0; i < history.time.size(); ++i) {
    const double value = history.value[i];
    if (value <= 0) continue;  // before the first purchase
    bars.push_back({history.time[i], value, value, value, value, 0});
    invested->curves[0].values.push_back(history.cost[i]);
    profit->curves[0].values.push_back(value - history.cost[i] + history.realized[i]);
  }
  if (bars.empty() || !quotes::Series::Check(bars).ok()) return;
  Arrival arrival;
  arrival.summary = true;
  arrival.update.series = std::make_shared<quotes::Series>(bars);
  arrival.summary_cost = history.cost.back();
  arrival.summary_studies = {std::move(invested), std::move(profit)};
  for (const double value : history.last_values) arrival.item_shares.push_back(value / history.value.back());
  arrival.pyramid = std::make_shared<analysis::Pyramid>(arrival.update.series);
  absl::MutexLock lock(&mutex_);
  arrivals_.push_back(std::move(arrival));
}

void Board::Impl::Apply(Tile* tile, const Arrival& arrival) {
  const quotes::Update& update = arrival.update;
  const double slots_before = tile->slots();
  tile->content.pyramid = arrival.pyramid;
  tile->content.gaps = arrival.gaps;
  tile->content.zone = arrival.zone;
  tile->content.message = update.message;
  tile->content.stale = update.stale && update.series != nullptr;
  quotes::Instrument& instrument = tile->content.instrument;
  if (instrument.name.empty()) instrument.name = update.instrument.name;
  if (instrument.currency.empty()) instrument.currency = update.instrument.currency;
  if (instrument.sector.empty()) instrument.sector = update.instrument.sector;
  const double slots = tile->slots();
  if (tile->bars() > 0) {
    if (tile->follows_period || slots_before == 0) {
      tile->view = PeriodView(*update.series, *arrival.gaps, tile->period);
    } else if (slots > slots_before && tile->view.end >= slots_before) {
      tile->view = Pan(tile->view, slots - slots_before, slots);  // keep the newest bar in sight
    }
    RestoreRange(tile);
    UpdateStudies(tile);
    UpdateComparisons(tile);
  }
  tile->dirty = true;
}

void Board::Impl::ApplySummary(const Arrival& arrival) {
  summary_->content.position = chart::Position{.quantity = 1, .average_cost = arrival.summary_cost};
  summary_->own_studies = arrival.summary_studies;
  summary_->content.shares.clear();
  for (const auto& tile : tiles_) {
    if (tile->item == nullptr || !tile->content.position.has_value()) continue;
    const double share = arrival.item_shares[static_cast<size_t>(tile->item - portfolio_.items.data())];
    tile->content.position->share = share;
    tile->dirty = true;
    if (share > 0) summary_->content.shares.push_back({tile->content.instrument.symbol, share});
  }
  std::stable_sort(summary_->content.shares.begin(), summary_->content.shares.end(),
                   [](const chart::Share& a, const chart::Share& b) { return a.share > b.share; });
  Apply(summary_, arrival);
}

void Board::Impl::UpdateStudies(Tile* tile) {
  tile->content.studies = tile->own_studies;
  tile->dirty = true;
  if (tile->bars() == 0) return;
  for (const analysis::StudySpec& spec : studies_) {
    tile->content.studies.push_back(
        std::make_shared<analysis::Study>(analysis::Compute(spec, *tile->content.pyramid->series())));
  }
}

void Board::Impl::UpdateComparisons(Tile* tile) {
  tile->content.comparisons.clear();
  tile->dirty = true;
  if (tile->bars() == 0) return;
  const quotes::Series& series = *tile->content.pyramid->series();
  for (const auto& [symbol, other] : compared_) {
    if (other == nullptr || other->empty() || symbol == tile->content.instrument.symbol) continue;
    chart::Comparison comparison{symbol, {}};
    comparison.values.assign(series.size(), std::numeric_limits<double>::quiet_NaN());
    for (size_t i = 0, j = 0; i < series.size(); ++i) {
      while (j < other->size() && other->time()[j] < series.time()[i]) ++j;
      if (j < other->size() && other->time()[j] == series.time()[i]) comparison.values[i] = other->close()[j];
    }
    tile->content.comparisons.push_back(std::move(comparison));
  }
}

void Board::Impl::TakeArrivals() {
  std::vector<Arrival> arrivals;
  {
    absl::MutexLock lock(&mutex_);
    arrivals.swap(arrivals_);
  }
  for (const Arrival& arrival : arrivals) {
    EXPLAIN_FIRST_N(3) << "series of " << arrival.update.instrument.symbol << " arrived with "
                       << (arrival.update.series == nullptr ? 0 : arrival.update.series->size())
                       << " bars and its pyramid";
    if (arrival.summary) {
      ApplySummary(arrival);
      continue;
    }
    if (const auto it = tiles_of_feed_.find(arrival.update.feed); it != tiles_of_feed_.end()) {
      for (Tile* tile : it->second) Apply(tile, arrival);
    }
    if (const auto it = compared_feeds_.find(arrival.update.feed); it != compared_feeds_.end()) {
      compared_[it->second] = arrival.update.series;
      for (const auto& tile : tiles_) UpdateComparisons(tile.get());
    }
  }
  if (!arrivals.empty() && options_.sort() != options::SORT_PORTFOLIO) must_lay_out_ = true;
}

}  // namespace vrcharts::wall
