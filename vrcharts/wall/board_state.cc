#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "vrcharts/quotes/csv.h"
#include "vrcharts/wall/board_impl.h"
#include "vrcharts/wall/period.h"
#include "vrcharts/wall/saved_state.h"
#include "vrcharts/wall/state.pb.h"

namespace vrcharts::wall {
namespace {

constexpr int kVersion = 1;
constexpr size_t kMaxFile = 4 << 20;

void Write(const Tile& tile, TileState* out) {
  out->set_symbol(tile.content.instrument.symbol);
  out->set_closed(tile.closed);
  out->set_focused(tile.focused);
  out->set_pinned(tile.pinned);
  if (tile.pinned) {
    const Placement& at = tile.panel.placement;
    for (const float value : {at.center.x, at.center.y, at.center.z}) out->add_center(value);
    for (const float value : {at.orientation.w, at.orientation.x, at.orientation.y, at.orientation.z}) {
      out->add_orientation(value);
    }
    for (const float value : {at.size.x, at.size.y}) out->add_size(value);
  }
  if (tile.follows_period || tile.bars() == 0) return;
  const auto times = tile.content.pyramid->series()->time();
  const auto bar = [&](double slot) {
    return times[static_cast<size_t>(
        std::clamp(tile.content.gaps->BarAt(slot), 0.0, static_cast<double>(times.size() - 1)))];
  };
  out->set_own_range(true);
  out->set_first_time(bar(tile.view.begin));
  out->set_last_time(bar(tile.view.end - 1));
}

}  // namespace

absl::Status Board::Impl::SaveState(const std::string& path) const {
  WallState state;
  state.set_version(kVersion);
  state.set_period(options_.period());
  state.set_chart_type(options_.chart_type());
  state.set_scale(options_.scale());
  state.set_theme(options_.theme());
  state.set_palette(options_.palette());
  state.set_sort(options_.sort());
  state.set_group(options_.group());
  for (const analysis::StudySpec& spec : studies_) state.add_indicator(spec.ToString());
  state.set_page(static_cast<uint32_t>(page_));
  state.set_linked(linked_);
  state.set_crosshair(options_.crosshair());
  for (const auto& tile : tiles_) Write(*tile, state.add_tile());

  std::string json;
  google::protobuf::util::JsonPrintOptions print;
  print.add_whitespace = true;
  if (!google::protobuf::util::MessageToJsonString(state, &json, print).ok()) {
    return absl::InternalError("cannot write the state as JSON");
  }
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".new");
  std::ofstream file(temporary, std::ios::trunc);
  file << json;
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    return absl::FailedPreconditionError(absl::StrCat("--state: cannot write ", path, ": ", strerror(error)));
  }
  return absl::OkStatus();
}

absl::Status Board::Impl::LoadState(const std::string& path) {
  absl::StatusOr<std::string> json = quotes::ReadFile(path, kMaxFile);
  if (!json.ok()) return absl::Status(json.status().code(), absl::StrCat("--state: ", json.status().message()));
  const absl::StatusOr<WallState> parsed = ParseState(*json);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--state: ", path, " is no saved wall: ", parsed.status().message()));
  }
  const WallState& state = *parsed;
  options_.set_period(state.period());
  options_.set_chart_type(state.chart_type());
  options_.set_scale(state.scale());
  options_.set_theme(state.theme());
  options_.set_palette(state.palette());
  options_.set_sort(state.sort());
  options_.set_group(state.group());
  theme_ = chart::MakeTheme(options_.theme(), options_.palette());
  page_ = state.page();
  linked_ = state.linked();
  options_.set_crosshair(state.crosshair());
  studies_.clear();
  for (const std::string& text : state.indicator()) {
    if (absl::StatusOr<analysis::StudySpec> spec = analysis::ParseStudySpec(text); spec.ok()) {
      studies_.push_back(*std::move(spec));
    }
  }
  ApplyStyles();
  RequestExtras();
  for (const auto& tile : tiles_) {
    tile->ShowPeriod(options_.period());
    const auto saved = std::find_if(state.tile().begin(), state.tile().end(), [&](const TileState& each) {
      return each.symbol() == tile->content.instrument.symbol;
    });
    if (saved == state.tile().end()) continue;  // new in the portfolio
    tile->closed = saved->closed();
    if (saved->own_range()) tile->restored_range = {saved->first_time(), saved->last_time()};
    RestoreRange(tile.get());
    const std::optional<Placement> placement = saved->pinned() ? PlacementOf(*saved) : std::nullopt;
    tile->pinned = placement.has_value();
    if (tile->pinned) tile->panel.placement = tile->target = *placement;
    tile->wants_focus = saved->focused();
  }
  LayOut();
  for (const auto& tile : tiles_) {
    if (std::exchange(tile->wants_focus, false) && !tile->closed) Focus(tile.get());
  }
  return absl::OkStatus();
}

void Board::Impl::RestoreRange(Tile* tile) {
  if (!tile->restored_range.has_value() || tile->bars() == 0) return;
  const quotes::Series& series = *tile->content.pyramid->series();
  const auto slot = [&](int64_t time) {
    return tile->content.gaps->SlotOf(static_cast<double>(series.LowerBound(time)));
  };
  const double begin = slot(tile->restored_range->first), end = slot(tile->restored_range->second) + 1;
  tile->restored_range.reset();
  if (end - begin < 2) return;
  tile->view = Pan({begin, end}, 0, tile->slots());
  tile->follows_period = false;
  tile->dirty = true;
}

}  // namespace vrcharts::wall
