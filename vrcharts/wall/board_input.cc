#include <algorithm>
#include <cmath>

#include "vrcharts/wall/board_impl.h"
#include "vrcharts/wall/period.h"

namespace vrcharts::wall {
namespace {

constexpr absl::Duration kDoublePress = absl::Milliseconds(400);
// A panel pulled near: a good arm's length away, and large enough to fill a third of the view.
constexpr float kFocusDistance = 1.05f, kFocusWidth = 1.25f;
constexpr float kNearest = 0.35f, kFurthest = 8.0f;  // metres, of a panel held in the hand

template <typename Enum>
Enum NextOf(Enum value, int count) {
  return static_cast<Enum>((static_cast<int>(value) + 1) % count);
}

}  // namespace

std::optional<Panel> Board::Impl::Find(std::string_view symbol) const {
  for (const Tile* tile : visible_) {
    if (tile->content.instrument.symbol == symbol) return tile->panel;
  }
  return std::nullopt;
}

std::optional<Panel> Board::Impl::Focused() const {
  for (const Tile* tile : visible_) {
    if (tile->focused) return tile->panel;
  }
  return std::nullopt;
}

std::optional<Hit> Board::Impl::Pick(const Ray& ray) const {
  std::optional<Hit> best;
  for (const Panel& panel : panels_) {
    if (panel.geometry == nullptr) continue;
    std::optional<Hit> hit = Intersect(ray, panel.placement, {panel.geometry->width, panel.geometry->height});
    if (!hit.has_value() || (best.has_value() && best->distance <= hit->distance)) continue;
    hit->panel = panel.id;
    best = hit;
  }
  return best;
}

Tile* Board::Impl::Find(uint64_t panel) {
  for (const auto& tile : tiles_) {
    if (tile->panel.id == panel) return tile.get();
  }
  return nullptr;
}

Tile* Board::Impl::Target() {
  for (const Pointer& pointer : pointers_) {
    if (!pointer.hit.has_value()) continue;
    if (Tile* tile = Find(pointer.hit->panel); tile != nullptr) return tile;
  }
  for (Tile* tile : visible_) {
    if (tile->focused) return tile;
  }
  Tile* last = Find(last_pointed_);
  return last != nullptr && !last->closed ? last : nullptr;
}

void Board::Impl::Point(int index, std::optional<Ray> ray) {
  Pointer& pointer = pointers_[index];
  pointer.ray = ray;
  pointer.hit = ray.has_value() ? Pick(*ray) : std::nullopt;
  if (pointer.hit.has_value() && pointer.hit->panel != kConsoleId) last_pointed_ = pointer.hit->panel;
  if (pointer.held != nullptr && ray.has_value()) MoveHeld(&pointer);
  Tile* tile = pointer.pressed;
  if (tile != nullptr && pointer.hit.has_value() && pointer.hit->panel == tile->panel.id) {
    const float moved = pointer.hit->point.x - pointer.pressed_x;
    SetView(tile, Pan(pointer.pressed_view, -moved / tile->layout.time.bar_width(), tile->slots()));
  }
}

void Board::Impl::UpdateCrosshairs() {
  for (Tile* tile : visible_) {
    std::optional<chart::Crosshair> wanted;
    float highlight = 0;
    for (const Pointer& pointer : pointers_) {
      if (pointer.held == tile) highlight = 1;
      if (!pointer.hit.has_value() || pointer.hit->panel != tile->panel.id) continue;
      highlight = 1;
      wanted =
          chart::Crosshair{pointer.hit->point.x, pointer.hit->point.y, options_.crosshair() == options::CROSSHAIR_BAR};
    }
    tile->panel.highlight = highlight;
    const bool same =
        wanted.has_value() == tile->crosshair.has_value() && (!wanted.has_value() || *wanted == *tile->crosshair);
    if (same) continue;
    tile->crosshair = wanted;
    tile->dirty = true;
  }
}

void Board::Impl::Press(int index, absl::Time now) {
  Pointer& pointer = pointers_[index];
  if (!pointer.hit.has_value()) {
    pointer.pressed_panel = 0;
    return;
  }
  if (pointer.hit->panel == kConsoleId) {
    const int button = console_.At(pointer.hit->point.x, pointer.hit->point.y);
    if (button >= 0) Run(Buttons()[static_cast<size_t>(button)].command);
    return;
  }
  Tile* tile = Find(pointer.hit->panel);
  const bool twice = pointer.pressed_panel == pointer.hit->panel && now - pointer.pressed_at < kDoublePress;
  pointer.pressed_panel = twice ? 0 : pointer.hit->panel;
  pointer.pressed_at = now;
  if (tile == nullptr) return;
  if (twice) {
    tile->focused ? Unfocus(tile) : Focus(tile);
    return;
  }
  if (tile->bars() > 0 && pointer.hit->point.y >= tile->layout.plot.y0) {
    pointer.pressed = tile;
    pointer.pressed_view = tile->view;
    pointer.pressed_x = pointer.hit->point.x;
  }
}

void Board::Impl::Release(int index) { pointers_[index].pressed = nullptr; }

void Board::Impl::Grab(int index) {
  Pointer& pointer = pointers_[index];
  if (!pointer.hit.has_value() || !pointer.ray.has_value()) return;
  Tile* tile = Find(pointer.hit->panel);
  if (tile == nullptr) return;
  for (const Pointer& other : pointers_) {
    if (other.held == tile) return;  // the other hand has it
  }
  pointer.pressed = nullptr;
  pointer.held = tile;
  pointer.held_distance =
      pointer.hit->distance * 0.92f;  // out of the wall, so that it does not cut into its neighbours
  pointer.held_point =
      glm::conjugate(tile->panel.placement.orientation) * (pointer.hit->position - tile->panel.placement.center);
}

void Board::Impl::MoveHeld(Pointer* pointer) {
  Tile* tile = pointer->held;
  const glm::vec3 at = pointer->ray->origin + glm::normalize(pointer->ray->direction) * pointer->held_distance;
  Placement& placement = tile->panel.placement;
  // The held point stays under the ray and the panel keeps facing the person.
  placement.orientation = Facing(at, eye_);
  placement.center = at - placement.orientation * pointer->held_point;
  tile->target = placement;
  tile->pinned = true;  // stays where it was put
}

void Board::Impl::Drop(int index) { pointers_[index].held = nullptr; }

void Board::Impl::Scroll(int index, float x, float y) {
  Pointer& pointer = pointers_[index];
  if (pointer.held != nullptr) {
    pointer.held_distance = std::clamp(pointer.held_distance * std::pow(1.1f, y), kNearest, kFurthest);
    const float factor = std::clamp(std::pow(1.08f, x), 0.25f, 4.0f);
    Placement& placement = pointer.held->panel.placement;
    const float width = std::clamp(placement.size.x * factor, 0.25f, 4.0f);
    pointer.held_point *= width / placement.size.x;
    placement.size *= width / placement.size.x;
    if (pointer.ray.has_value()) MoveHeld(&pointer);
    return;
  }
  if (!pointer.hit.has_value()) return;
  Tile* tile = Find(pointer.hit->panel);
  if (tile == nullptr || tile->bars() == 0) return;
  const double anchor =
      tile->view.begin + (pointer.hit->point.x - tile->layout.plot.x0) / tile->layout.time.bar_width();
  chart::View view = tile->view;
  if (y != 0) view = Zoom(view, anchor, std::pow(0.85, y), tile->slots());
  if (x != 0) view = Pan(view, x * view.width() * 0.08, tile->slots());
  SetView(tile, view);
}

void Board::Impl::SetView(Tile* tile, chart::View view) {
  if (view == tile->view) return;
  const auto set = [](Tile* to, const chart::View& wanted) {
    to->view = wanted;
    to->follows_period = false;
    to->dirty = true;
  };
  set(tile, view);
  if (!linked_) return;
  // The others by the time of the bars at both edges; parts of a bar, and what lies beyond the newest one, stay as they
  // are.
  const auto times = tile->content.pyramid->series()->time();
  const quotes::Gaps& gaps = *tile->content.gaps;
  const auto whole = [&](double at) {
    return std::clamp(std::floor(gaps.BarAt(at)), 0.0, static_cast<double>(times.size() - 1));
  };
  for (Tile* other : visible_) {
    if (other == tile || other->bars() == 0) continue;
    const quotes::Series& series = *other->content.pyramid->series();
    const auto place = [&](double at) {
      const double bar = whole(at);
      const size_t same = series.LowerBound(times[static_cast<size_t>(bar)]);
      return other->content.gaps->SlotOf(static_cast<double>(same)) + (at - gaps.SlotOf(bar));
    };
    const chart::View wanted{place(view.begin), place(view.end)};
    if (wanted.width() >= 2) set(other, wanted);
  }
}

void Board::Impl::Focus(Tile* tile) {
  for (Tile* other : visible_) {
    if (other->focused) Unfocus(other);
  }
  tile->focused = true;
  tile->target =
      InFront(tile->home, eye_, kFocusDistance, kFocusWidth, kFocusWidth * kFocusPoints.height / kFocusPoints.width);
  tile->size = kFocusPoints;
  tile->dirty = true;
}

void Board::Impl::Unfocus(Tile* tile) {
  tile->focused = false;
  tile->target = tile->home;
  tile->pinned = false;
  tile->size = kPanelPoints;
  tile->dirty = true;
}

void Board::Impl::SetPeriod(options::Period period) {
  options_.set_period(period);
  for (const auto& tile : tiles_) tile->ShowPeriod(period);
  RequestExtras();  // figures are those of the period
}

uint64_t Board::Impl::hovered(int index) const {
  const std::optional<Hit>& hit = pointers_[index].hit;
  if (!hit.has_value()) return 0;
  if (hit->panel != kConsoleId) return hit->panel;
  return kConsoleId + static_cast<uint64_t>(console_.At(hit->point.x, hit->point.y) + 1);
}

void Board::Impl::NextStudies() {
  static constexpr std::initializer_list<const char*> kSets[] = {
      {}, {"sma:20", "sma:50"}, {"bollinger"}, {"rsi"}, {"macd"}};
  // The set after the one that is shown; flags may have chosen any other one.
  size_t next = 1;
  for (size_t i = 0; i < std::size(kSets); ++i) {
    std::vector<std::string> names;
    for (const char* text : kSets[i]) names.push_back(analysis::ParseStudySpec(text)->ToString());
    const bool same = std::equal(names.begin(), names.end(), studies_.begin(), studies_.end(),
                                 [](const std::string& name, const auto& spec) { return name == spec.ToString(); });
    if (same) next = (i + 1) % std::size(kSets);
  }
  studies_.clear();
  for (const char* text : kSets[next]) studies_.push_back(*analysis::ParseStudySpec(text));
  RequestExtras();
}

void Board::Impl::RunOn(Tile* tile, Command command) {
  if (tile == nullptr) return;
  if (command == Command::kToggleFocus) {
    tile->focused ? Unfocus(tile) : Focus(tile);
  } else if (command == Command::kTogglePin) {
    tile->pinned = !tile->pinned;
    tile->target = tile->pinned ? tile->panel.placement : tile->home;
  } else {
    tile->closed = true;
    tile->focused = false;
    for (Pointer& pointer : pointers_) pointer = {};
    must_lay_out_ = true;
  }
}

void Board::Impl::Run(Command command) {
  switch (command) {
    case Command::kPeriod1D:
      return SetPeriod(options::PERIOD_1D);
    case Command::kPeriod1W:
      return SetPeriod(options::PERIOD_1W);
    case Command::kPeriod1M:
      return SetPeriod(options::PERIOD_1M);
    case Command::kPeriod3M:
      return SetPeriod(options::PERIOD_3M);
    case Command::kPeriod6M:
      return SetPeriod(options::PERIOD_6M);
    case Command::kPeriod1Y:
      return SetPeriod(options::PERIOD_1Y);
    case Command::kPeriod5Y:
      return SetPeriod(options::PERIOD_5Y);
    case Command::kPeriodAll:
      return SetPeriod(options::PERIOD_ALL);
    case Command::kNextChartType:
      options_.set_chart_type(NextOf(options_.chart_type(), options::ChartType_ARRAYSIZE));
      return ApplyStyles();
    case Command::kNextScale:
      options_.set_scale(NextOf(options_.scale(), options::Scale_ARRAYSIZE));
      return ApplyStyles();
    case Command::kNextTheme:
      options_.set_theme(NextOf(options_.theme(), options::Theme_ARRAYSIZE));
      theme_ = chart::MakeTheme(options_.theme(), options_.palette());
      return ApplyStyles();
    case Command::kNextPalette:
      options_.set_palette(NextOf(options_.palette(), options::Palette_ARRAYSIZE));
      theme_ = chart::MakeTheme(options_.theme(), options_.palette());
      return ApplyStyles();
    case Command::kNextIndicators:
      return NextStudies();
    case Command::kNextSort:
      options_.set_sort(NextOf(options_.sort(), options::Sort_ARRAYSIZE));
      must_lay_out_ = true;
      return;
    case Command::kNextGroup:
      options_.set_group(NextOf(options_.group(), options::Group_ARRAYSIZE));
      must_lay_out_ = true;
      return;
    case Command::kToggleCrosshair:
      options_.set_crosshair(NextOf(options_.crosshair(), options::Crosshair_ARRAYSIZE));
      return;
    case Command::kToggleLink:
      linked_ = !linked_;
      return;
    case Command::kNextPage:
      ++page_;
      must_lay_out_ = true;
      return;
    case Command::kPreviousPage:
      page_ = page_ > 0 ? page_ - 1 : 0;
      must_lay_out_ = true;
      return;
    case Command::kToggleFocus:
    case Command::kTogglePin:
    case Command::kClose:
      return RunOn(Target(), command);
    case Command::kReset:
      for (const auto& tile : tiles_) {
        tile->closed = false;
        Unfocus(tile.get());
        tile->ShowPeriod(options_.period());
      }
      page_ = 0;
      must_lay_out_ = true;
      return;
  }
}

}  // namespace vrcharts::wall
