#ifndef VRCHARTS_WALL_SAVED_STATE_H_
#define VRCHARTS_WALL_SAVED_STATE_H_

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "vrcharts/wall/panel.h"
#include "vrcharts/wall/state.pb.h"

namespace vrcharts::wall {

// A saved wall from its JSON, with what is out of range put back to what it is at first: the file may come from another
// version, or from anybody. Fails with InvalidArgument if it is no saved wall.
absl::StatusOr<WallState> ParseState(std::string_view json);

// Where a pinned panel was. Nullopt unless a person could have put it there: within reach, of a sensible size.
std::optional<Placement> PlacementOf(const TileState& state);

}  // namespace vrcharts::wall

#endif  // VRCHARTS_WALL_SAVED_STATE_H_
