#include "vrcharts/wall/saved_state.h"

#include <google/protobuf/util/json_util.h>

#include <string>

namespace vrcharts::wall {
namespace {

constexpr int kMostIndicators = 16;

}  // namespace

absl::StatusOr<WallState> ParseState(std::string_view json) {
  WallState state;
  google::protobuf::util::JsonParseOptions parse;
  parse.ignore_unknown_fields = true;  // a newer version may know more
  const auto parsed = google::protobuf::util::JsonStringToMessage(std::string(json), &state, parse);
  if (!parsed.ok()) return absl::InvalidArgumentError(std::string(parsed.message()));
  // An enum of proto3 holds any number, and the wall counts on the ones it knows.
  if (!options::Period_IsValid(state.period())) state.clear_period();
  if (!options::ChartType_IsValid(state.chart_type())) state.clear_chart_type();
  if (!options::Scale_IsValid(state.scale())) state.clear_scale();
  if (!options::Theme_IsValid(state.theme())) state.clear_theme();
  if (!options::Palette_IsValid(state.palette())) state.clear_palette();
  if (!options::Sort_IsValid(state.sort())) state.clear_sort();
  if (!options::Group_IsValid(state.group())) state.clear_group();
  if (!options::Crosshair_IsValid(state.crosshair())) state.clear_crosshair();
  if (state.indicator_size() > kMostIndicators) {
    state.mutable_indicator()->DeleteSubrange(kMostIndicators, state.indicator_size() - kMostIndicators);
  }
  return state;
}

std::optional<Placement> PlacementOf(const TileState& state) {
  if (state.center_size() != 3 || state.orientation_size() != 4 || state.size_size() != 2) return std::nullopt;
  Placement at;
  at.center = {state.center(0), state.center(1), state.center(2)};
  at.orientation = {state.orientation(0), state.orientation(1), state.orientation(2), state.orientation(3)};
  at.size = {state.size(0), state.size(1)};
  const float length = glm::length(at.orientation);
  const bool sane = glm::length(at.center) < 20 && length > 0.5f && length < 2 && at.size.x > 0.1f && at.size.x < 8 &&
                    at.size.y > 0.05f && at.size.y < 8;
  if (!sane) return std::nullopt;
  at.orientation = glm::normalize(at.orientation);
  return at;
}

}  // namespace vrcharts::wall
