#include "vrcharts/wall/board.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "vrcharts/quotes/cache.h"
#include "vrcharts/wall/board_impl.h"
#include "vrcharts/wall/period.h"

namespace vrcharts::wall {
namespace {

constexpr chart::Size kPanelPoints{480, 307};

options::ChartType TypeOf(const options::Options& options, size_t index) {
  if (options.chart_type() != options::CHART_TYPE_AUTO) return options.chart_type();
  return index % 2 == 0 ? options::CHART_TYPE_CANDLES : options::CHART_TYPE_AREA;
}

absl::Duration ToAbsl(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace

Board::Impl::Impl(const options::Options& options, text::Atlas* atlas, portfolio::Portfolio portfolio)
    : options_(options),
      atlas_(atlas),
      portfolio_(std::move(portfolio)),
      theme_(chart::MakeTheme(options.theme(), options.palette())) {}

absl::Status Board::Impl::Start() {
  for (const std::string& text : options_.indicator()) {
    absl::StatusOr<analysis::StudySpec> spec = analysis::ParseStudySpec(text);
    if (!spec.ok()) return absl::InvalidArgumentError(absl::StrCat("--indicator: ", spec.status().message()));
    studies_.push_back(*std::move(spec));
  }
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
  // Workers build the pyramid as well, so that nothing that takes long is left for the frame thread.
  store_options.on_update = [this](quotes::Update update) {
    Arrival arrival{std::move(update), nullptr};
    if (arrival.update.series != nullptr) {
      arrival.pyramid = std::make_shared<analysis::Pyramid>(arrival.update.series);
    }
    absl::MutexLock lock(&mutex_);
    arrivals_.push_back(std::move(arrival));
  };
  store_ = std::make_unique<quotes::Store>(std::move(store_options));

  const auto source = std::make_shared<quotes::SampleSource>();
  for (size_t i = 0; i < portfolio_.items.size(); ++i) {
    const portfolio::Item& item = portfolio_.items[i];
    auto tile = std::make_unique<Tile>();
    tile->item = &item;
    tile->panel.id = i + 1;
    tile->content.instrument = item.instrument;
    if (const portfolio::Holding holding = portfolio::CurrentHolding(item); holding.quantity > 0) {
      tile->content.position = chart::Position{holding.quantity, holding.average_cost()};
    }
    tile->period = options_.period();
    tile->size = kPanelPoints;
    ApplyStyle(tile.get(), i);
    tile->feed = store_->Add(item.instrument, source);
    tiles_of_feed_[tile->feed].push_back(tile.get());
    tiles_.push_back(std::move(tile));
  }
  for (const std::string& symbol : options_.compare()) {
    compared_feeds_[store_->Add({symbol, "", "", ""}, source)] = symbol;
  }
  EXPLAIN() << "the wall has " << tiles_.size() << " panels; worker threads fetch their prices";
  LayOut();
  return absl::OkStatus();
}

void Board::Impl::ApplyStyle(Tile* tile, size_t index) {
  tile->style.type = TypeOf(options_, index);
  tile->style.scale = options_.scale();
  tile->style.inverted = options_.invert();
  tile->style.theme = theme_;
  tile->dirty = true;
}

void Board::Impl::ApplyStyles() {
  for (size_t i = 0; i < tiles_.size(); ++i) ApplyStyle(tiles_[i].get(), i);
}

std::vector<Tile*> Board::Impl::Sorted() const {
  std::vector<Tile*> tiles;
  for (const auto& tile : tiles_) {
    if (!tile->closed) tiles.push_back(tile.get());
  }
  return tiles;
}

void Board::Impl::LayOut() {
  must_lay_out_ = false;
  const std::vector<Tile*> all = Sorted();
  const size_t per_page = options_.panels_per_page() > 0 ? options_.panels_per_page() : 64;
  const size_t pages = std::max<size_t>(1, (all.size() + per_page - 1) / per_page);
  page_ = std::min(page_, pages - 1);
  const size_t begin = page_ * per_page, end = std::min(all.size(), begin + per_page);
  ArrangeOptions arrange;
  if (options_.radius() > 0) arrange.radius = static_cast<float>(options_.radius());
  arrange.rows = static_cast<int>(options_.rows());
  arrange.aspect = kPanelPoints.height / kPanelPoints.width;
  const std::vector<Placement> homes = Arrange(end - begin, arrange);

  const std::vector<Tile*> before = std::move(visible_);
  visible_.assign(all.begin() + static_cast<ptrdiff_t>(begin), all.begin() + static_cast<ptrdiff_t>(end));
  for (size_t i = 0; i < visible_.size(); ++i) {
    Tile* tile = visible_[i];
    tile->home = homes[i];
    if (tile->pinned || tile->focused) continue;
    tile->target = homes[i];
    // A panel that was not to be seen appears where it belongs; the others glide there.
    if (std::find(before.begin(), before.end(), tile) == before.end()) tile->panel.placement = homes[i];
  }
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

void Board::Impl::Update(absl::Time now) {
  TakeArrivals();
  if (must_lay_out_) LayOut();
  UpdateCrosshairs();
  const absl::Duration elapsed =
      last_update_ == absl::InfinitePast() ? absl::InfiniteDuration() : std::min(now - last_update_, absl::Seconds(1));
  last_update_ = now;
  for (Tile* tile : visible_) {
    Approach(tile->target, elapsed, &tile->panel.placement);
    if (tile->dirty) tile->Redraw(atlas_);
  }
  PublishPanels();
}

void Board::Impl::PublishPanels() {
  panels_.resize(visible_.size());
  for (size_t i = 0; i < visible_.size(); ++i) {
    const Panel& from = visible_[i]->panel;
    Panel& to = panels_[i];
    to.id = from.id;
    to.placement = from.placement;
    to.highlight = from.highlight;
    if (to.geometry != from.geometry) to.geometry = from.geometry;
  }
}

void Board::Impl::WaitForData(absl::Duration timeout) { store_->WaitForAll(timeout); }

absl::StatusOr<std::unique_ptr<Board>> Board::Create(const options::Options& options, text::Atlas* atlas) {
  auto impl = std::make_unique<Impl>(options, atlas, portfolio::SamplePortfolio());
  if (const absl::Status status = impl->Start(); !status.ok()) return status;
  return std::unique_ptr<Board>(new Board(std::move(impl)));
}

Board::Board(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Board::~Board() = default;
void Board::Update(absl::Time now) { impl_->Update(now); }
void Board::WaitForData(absl::Duration timeout) { impl_->WaitForData(timeout); }
std::span<const Panel> Board::panels() const { return impl_->panels(); }
std::optional<Hit> Board::Pick(const Ray& ray) const { return impl_->Pick(ray); }
void Board::SetEye(glm::vec3 eye) { impl_->SetEye(eye); }
void Board::Point(int pointer, std::optional<Ray> ray) { impl_->Point(pointer, ray); }
void Board::Press(int pointer, absl::Time now) { impl_->Press(pointer, now); }
void Board::Release(int pointer) { impl_->Release(pointer); }
void Board::Grab(int pointer) { impl_->Grab(pointer); }
void Board::Drop(int pointer) { impl_->Drop(pointer); }
void Board::Scroll(int pointer, float x, float y) { impl_->Scroll(pointer, x, y); }
void Board::Run(Command command) { impl_->Run(command); }
uint64_t Board::hovered(int pointer) const { return impl_->hovered(pointer); }
absl::Status Board::SaveState(const std::string& path) const { return impl_->SaveState(path); }
absl::Status Board::LoadState(const std::string& path) { return impl_->LoadState(path); }

}  // namespace vrcharts::wall
