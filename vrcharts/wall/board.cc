#include "vrcharts/wall/board.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "vrcharts/portfolio/figures.h"
#include "vrcharts/portfolio/reader.h"
#include "vrcharts/wall/board_impl.h"
#include "vrcharts/wall/period.h"

namespace vrcharts::wall {
namespace {

constexpr float kConsoleWidth = 1.15f;  // metres

options::ChartType TypeOf(const options::Options& options, size_t index) {
  if (options.chart_type() != options::CHART_TYPE_AUTO) return options.chart_type();
  return index % 2 == 0 ? options::CHART_TYPE_CANDLES : options::CHART_TYPE_AREA;
}

}  // namespace

Board::Impl::Impl(const options::Options& options, text::Atlas* atlas, portfolio::Portfolio portfolio)
    : options_(options),
      atlas_(atlas),
      portfolio_(std::move(portfolio)),
      theme_(chart::MakeTheme(options.theme(), options.palette())) {
  has_console_ = options.viewer() != options::VIEWER_IMAGE;  // nobody can press a button in a picture
  console_panel_.id = kConsoleId;
  console_panel_.placement.center = {0, 0.92f, -0.85f};  // at the height of a desk, within an arm's reach
  console_panel_.placement.size = {kConsoleWidth, kConsoleWidth * Console::kHeight / Console::kWidth};
  console_panel_.placement.orientation = Facing(console_panel_.placement.center, eye_);
}

void Board::Impl::ApplyStyle(Tile* tile, size_t index) {
  tile->style.type = TypeOf(options_, index);
  const bool has_range = tile->item != nullptr;  // sums and metrics have one value a bar, nothing for a candle to show
  if (!has_range && (options_.chart_type() == options::CHART_TYPE_AUTO ||
                     tile->style.type == options::CHART_TYPE_CANDLES || tile->style.type == options::CHART_TYPE_OHLC)) {
    tile->style.type = options::CHART_TYPE_AREA;
  }
  tile->style.scale = options_.scale();
  tile->style.inverted = options_.invert();
  tile->style.own_scale = options_.compare_scale() == options::COMPARE_SCALE_OWN;
  tile->style.theme = theme_;
  tile->dirty = true;
}

void Board::Impl::ApplyStyles() {
  for (size_t i = 0; i < tiles_.size(); ++i) ApplyStyle(tiles_[i].get(), i);
}

std::vector<Tile*> Board::Impl::Sorted() const {
  struct Entry {
    Tile* tile;
    double key;
  };
  std::vector<Entry> entries;
  for (const auto& tile : tiles_) {
    if (tile->closed) continue;
    double key = 0;
    if (tile->bars() > 0 && tile->item != nullptr) {
      key = portfolio::SortKey(tile->figures, options_.sort());
    }
    if (tile->bars() == 0 || std::isnan(key)) key = -std::numeric_limits<double>::infinity();
    if (tile->item == nullptr) key = std::numeric_limits<double>::infinity();  // summary and metrics come first
    entries.push_back({tile.get(), key});
  }
  if (options_.sort() == options::SORT_SYMBOL) {
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      if ((a.tile->item == nullptr) != (b.tile->item == nullptr)) return a.tile->item == nullptr;
      return a.tile->content.instrument.symbol < b.tile->content.instrument.symbol;
    });
  } else if (options_.sort() != options::SORT_PORTFOLIO) {
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key > b.key; });
  }
  if (options_.group() == options::GROUP_SECTOR) {
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      if ((a.tile->item == nullptr) != (b.tile->item == nullptr)) return a.tile->item == nullptr;
      return a.tile->content.instrument.sector < b.tile->content.instrument.sector;
    });
  }
  std::vector<Tile*> tiles;
  for (const Entry& entry : entries) tiles.push_back(entry.tile);
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

void Board::Impl::Update(absl::Time now) {
  TakeArrivals();
  if (must_lay_out_) LayOut();
  UpdateCrosshairs();
  const absl::Duration elapsed =
      last_update_ == absl::InfinitePast() ? absl::InfiniteDuration() : std::min(now - last_update_, absl::Seconds(1));
  last_update_ = now;
  for (Tile* tile : visible_) {
    Approach(tile->target, elapsed, &tile->panel.placement);
    if (pixels_per_radian_ > 0) {
      const float distance = std::max(glm::distance(eye_, tile->target.center), 0.05f);
      tile->FitTo(pixels_per_radian_ / distance * tile->target.size.x / tile->size.width);
    }
    if (tile->dirty) tile->Redraw(atlas_);
  }
  if (has_console_) DrawConsole();
  PublishPanels();
}

void Board::Impl::PublishPanels() {
  const auto publish = [](const Panel& from, Panel* to) {
    to->id = from.id;
    to->placement = from.placement;
    to->highlight = from.highlight;
    if (to->geometry != from.geometry) to->geometry = from.geometry;  // spares the reference count
  };
  panels_.resize(visible_.size() + (has_console_ ? 1 : 0));
  for (size_t i = 0; i < visible_.size(); ++i) publish(visible_[i]->panel, &panels_[i]);
  if (has_console_) publish(console_panel_, &panels_.back());
}

std::vector<Button> Board::Impl::Buttons() const {
  std::vector<Button> buttons;
  const auto period = [&](const char* label, Command command, options::Period value) {
    buttons.push_back({label, command, options_.period() == value, 0});
  };
  period("1D", Command::kPeriod1D, options::PERIOD_1D);
  period("1W", Command::kPeriod1W, options::PERIOD_1W);
  period("1M", Command::kPeriod1M, options::PERIOD_1M);
  period("3M", Command::kPeriod3M, options::PERIOD_3M);
  period("6M", Command::kPeriod6M, options::PERIOD_6M);
  period("1Y", Command::kPeriod1Y, options::PERIOD_1Y);
  period("5Y", Command::kPeriod5Y, options::PERIOD_5Y);
  period("All", Command::kPeriodAll, options::PERIOD_ALL);
  static constexpr const char* kTypes[] = {"Mixed", "Candles", "Line", "Area", "Baseline", "Bars"};
  static constexpr const char* kScales[] = {"Linear", "Log", "Percent", "Indexed"};
  static constexpr const char* kSorts[] = {"As listed",   "By symbol", "By return", "By volatility",
                                           "By drawdown", "By high",   "By value",  "By profit"};
  std::string studies = studies_.empty() ? "No study" : studies_.front().name;
  for (char& c : studies) c = studies_.empty() ? c : absl::ascii_toupper(static_cast<unsigned char>(c));
  buttons.push_back({kTypes[options_.chart_type()], Command::kNextChartType, false, 1});
  buttons.push_back({kScales[options_.scale()], Command::kNextScale, false, 1});
  buttons.push_back({studies, Command::kNextIndicators, false, 1});
  buttons.push_back({kSorts[options_.sort()], Command::kNextSort, false, 2});
  buttons.push_back({"Sectors", Command::kNextGroup, options_.group() == options::GROUP_SECTOR, 2});
  buttons.push_back({"Theme", Command::kNextTheme, false, 2});
  buttons.push_back({"Link", Command::kToggleLink, linked_, 3});
  buttons.push_back({"Near", Command::kToggleFocus, false, 3});
  buttons.push_back({"Pin", Command::kTogglePin, false, 3});
  buttons.push_back({"Close", Command::kClose, false, 3});
  buttons.push_back({"‹", Command::kPreviousPage, false, 4});
  buttons.push_back({"›", Command::kNextPage, false, 4});
  buttons.push_back({"Reset", Command::kReset, false, 4});
  return buttons;
}

void Board::Impl::DrawConsole() {
  const std::vector<Button> buttons = Buttons();
  int hovered = -1;
  for (const Pointer& pointer : pointers_) {
    if (!pointer.hit.has_value() || pointer.hit->panel != kConsoleId) continue;
    hovered = console_.At(pointer.hit->point.x, pointer.hit->point.y);
  }
  std::string shown = absl::StrCat(hovered, " ", options_.theme(), " ", options_.palette());
  for (const Button& button : buttons) absl::StrAppend(&shown, " ", button.label, button.active ? "*" : "");
  if (shown == console_drawn_) return;
  console_drawn_ = shown;
  console_panel_.geometry = console_.Draw(buttons, hovered, theme_, atlas_);
}

void Board::Impl::WaitForData(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  if (store_->WaitForAll(timeout)) background_.WaitUntilIdle(deadline - absl::Now());
}

absl::StatusOr<std::unique_ptr<Board>> Board::Create(const options::Options& options, text::Atlas* atlas) {
  absl::StatusOr<portfolio::Portfolio> portfolio = portfolio::SamplePortfolio();
  if (!options.portfolio().empty()) {
    portfolio = portfolio::ReadPortfolio(options.portfolio());
  } else if (!options.prometheus().empty()) {
    portfolio = portfolio::Portfolio{};  // metrics alone
  }
  if (!portfolio.ok()) return portfolio.status();
  auto impl = std::make_unique<Impl>(options, atlas, *std::move(portfolio));
  if (const absl::Status status = impl->Start(); !status.ok()) return status;
  return std::unique_ptr<Board>(new Board(std::move(impl)));
}

Board::Board(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Board::~Board() = default;
void Board::Update(absl::Time now) { impl_->Update(now); }
void Board::WaitForData(absl::Duration timeout) { impl_->WaitForData(timeout); }
std::span<const Panel> Board::panels() const { return impl_->panels(); }
std::optional<Hit> Board::Pick(const Ray& ray) const { return impl_->Pick(ray); }
std::optional<Panel> Board::Find(std::string_view symbol) const { return impl_->Find(symbol); }
std::optional<Panel> Board::Focused() const { return impl_->Focused(); }
void Board::SetEye(glm::vec3 eye) { impl_->SetEye(eye); }
void Board::SetPixelsPerRadian(float pixels) { impl_->SetPixelsPerRadian(pixels); }
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
