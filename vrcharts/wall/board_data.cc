// Series on their way from the sources to the tiles.

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/explain/explain.h"
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
  RequestExtras();
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
    Arrival as_bought;
    as_bought.lots = item.lots;
    as_bought.holding = portfolio::CurrentHolding(item);
    ApplyLots(tile, as_bought);
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
    items_ = portfolio_.items;
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
  for (const std::string& symbol : options_.compare()) compared_feeds_[next_feed++] = symbol;
  for (const auto& [tile, source] : feeds) store_->Add(tile->content.instrument, source);
  for (const auto& [feed, currency] : currency_of_feed_) {
    const std::string& symbol = portfolio_.rate_symbols.at(currency);
    store_->Add({symbol, "", "", ""}, sources->For(symbol));
  }
  for (const auto& [feed, symbol] : compared_feeds_) store_->Add({symbol, "", "", ""}, sources->For(symbol));
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

void Board::Impl::Apply(Tile* tile, const Arrival& arrival) {
  const quotes::Update& update = arrival.update;
  const double slots_before = tile->slots();
  tile->content.pyramid = arrival.pyramid;
  tile->content.gaps = arrival.gaps;
  tile->content.zone = arrival.zone;
  tile->content.message = update.message;
  tile->content.stale = update.stale && update.series != nullptr;
  if (tile->item != nullptr) ApplyLots(tile, arrival);
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
  }
  tile->content.studies = tile->own_studies;  // those of the old series do not fit any more
  tile->content.comparisons.clear();
  ApplyExtras(tile, arrival.extras);
  ApplyExtras(tile, std::exchange(tile->early_extras, Extras()));
  tile->dirty = true;
}

void Board::Impl::ApplyLots(Tile* tile, const Arrival& arrival) {
  const double share = tile->content.position.has_value() ? tile->content.position->share : 0;
  tile->content.position.reset();
  if (const portfolio::Holding& holding = arrival.holding; holding.quantity > 0) {
    tile->content.position =
        chart::Position{.quantity = holding.quantity, .share = share, .average_cost = holding.average_cost()};
  }
  tile->content.markers.clear();
  for (const portfolio::Lot& lot : arrival.lots) {
    tile->content.markers.push_back({lot.time, lot.price, lot.quantity > 0});
  }
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

void Board::Impl::ApplyExtras(Tile* tile, const Extras& extras) {
  if (tile->bars() == 0 || extras.series != tile->content.pyramid->series()) {
    tile->early_extras = extras;  // of a series that is on its way, or gone
    return;
  }
  if (extras.revision <= tile->extras_revision) return;  // overtaken by one that knew more
  tile->extras_revision = extras.revision;
  tile->content.studies = tile->own_studies;
  tile->content.studies.insert(tile->content.studies.end(), extras.studies.begin(), extras.studies.end());
  tile->content.comparisons = extras.comparisons;
  tile->figures = extras.figures;
  tile->dirty = true;
}

void Board::Impl::TakeArrivals() {
  std::vector<Arrival> arrivals;
  {
    absl::MutexLock lock(&mutex_);
    arrivals.swap(arrivals_);
  }
  for (const Arrival& arrival : arrivals) {
    if (arrival.only_extras && arrival.update.feed == kSummaryFeed) {
      ApplyExtras(summary_, arrival.extras);
      continue;
    }
    EXPLAIN_FIRST_N(3) << "series of " << arrival.update.instrument.symbol << " arrived with "
                       << (arrival.update.series == nullptr ? 0 : arrival.update.series->size())
                       << " bars and its pyramid";
    if (arrival.summary) {
      ApplySummary(arrival);
      continue;
    }
    if (const auto it = tiles_of_feed_.find(arrival.update.feed); it != tiles_of_feed_.end()) {
      for (Tile* tile : it->second) arrival.only_extras ? ApplyExtras(tile, arrival.extras) : Apply(tile, arrival);
    }
  }
  if (!arrivals.empty() && options_.sort() != options::SORT_PORTFOLIO) must_lay_out_ = true;
}

}  // namespace vrcharts::wall
