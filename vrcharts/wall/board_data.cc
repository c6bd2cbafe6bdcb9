// Series on their way from the sources to the tiles.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
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
    if (holding.quantity > 0) tile->content.position = chart::Position{holding.quantity, holding.average_cost()};
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
  // The numbers of the feeds are known before the first one runs: workers read these maps.
  for (size_t i = 0; i < feeds.size(); ++i) {
    feeds[i].first->feed = i;
    tiles_of_feed_[i].push_back(feeds[i].first);
    if (i < portfolio_.items.size()) item_of_feed_[i] = i;
  }
  for (const auto& [tile, source] : feeds) store_->Add(tile->content.instrument, source);
  for (const std::string& symbol : options_.compare()) {
    compared_feeds_[store_->Add({symbol, "", "", ""}, sources->For(symbol))] = symbol;
  }
  EXPLAIN() << "the wall has " << tiles_.size() << " panels; worker threads fetch their prices";
  return absl::OkStatus();
}

// Workers build the pyramid and add up the portfolio, so that nothing that takes long is left for the frame thread.
void Board::Impl::Arrive(quotes::Update update) {
  Arrival arrival;
  arrival.update = std::move(update);
  if (arrival.update.series != nullptr) {
    arrival.pyramid = std::make_shared<analysis::Pyramid>(arrival.update.series);
  }
  const auto item = item_of_feed_.find(arrival.update.feed);
  bool complete = false;
  {
    absl::MutexLock lock(&mutex_);
    if (item != item_of_feed_.end()) {
      series_of_item_[item->second] = arrival.update.series;
      item_tried_[item->second] = true;
      complete = std::find(item_tried_.begin(), item_tried_.end(), false) == item_tried_.end();
    }
    arrivals_.push_back(std::move(arrival));
  }
  if (complete && summary_ != nullptr) Summarize();
}

void Board::Impl::Summarize() {
  std::vector<quotes::SeriesPtr> series;
  {
    absl::MutexLock lock(&mutex_);
    series = series_of_item_;
  }
  std::vector<double> rates;
  for (const portfolio::Item& item : portfolio_.items) rates.push_back(portfolio::RateOf(portfolio_, item));
  const portfolio::History history = portfolio::ValueOverTime(portfolio_.items, series, rates);
  std::vector<quotes::Bar> bars;
  for (size_t i = 0; i < history.time.size(); ++i) {
    if (history.value[i] <= 0) continue;  // before the first purchase
    bars.push_back({history.time[i], history.value[i], history.value[i], history.value[i], history.value[i], 0});
  }
  if (bars.empty() || !quotes::Series::Check(bars).ok()) return;
  Arrival arrival;
  arrival.summary = true;
  arrival.update.series = std::make_shared<quotes::Series>(bars);
  arrival.summary_cost = history.cost.back();
  arrival.pyramid = std::make_shared<analysis::Pyramid>(arrival.update.series);
  absl::MutexLock lock(&mutex_);
  arrivals_.push_back(std::move(arrival));
}

void Board::Impl::Apply(Tile* tile, const Arrival& arrival) {
  const quotes::Update& update = arrival.update;
  const size_t bars_before = tile->bars();
  tile->content.pyramid = arrival.pyramid;
  tile->content.message = update.message;
  tile->content.stale = update.stale && update.series != nullptr;
  quotes::Instrument& instrument = tile->content.instrument;
  if (instrument.name.empty()) instrument.name = update.instrument.name;
  if (instrument.currency.empty()) instrument.currency = update.instrument.currency;
  if (instrument.sector.empty()) instrument.sector = update.instrument.sector;
  const size_t bars = tile->bars();
  if (bars > 0) {
    if (tile->follows_period || bars_before == 0) {
      tile->view = PeriodView(*update.series, tile->period);
    } else if (bars > bars_before && tile->view.end >= static_cast<double>(bars_before)) {
      tile->view = Pan(tile->view, static_cast<double>(bars - bars_before), bars);  // keep the newest bar in sight
    }
    RestoreRange(tile);
    UpdateStudies(tile);
    UpdateComparisons(tile);
  }
  tile->dirty = true;
}

void Board::Impl::UpdateStudies(Tile* tile) {
  tile->content.studies.clear();
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
      summary_->content.position = chart::Position{1, arrival.summary_cost};
      Apply(summary_, arrival);
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
