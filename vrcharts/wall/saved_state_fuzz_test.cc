// Whatever a state file holds: no crash, and nothing that the wall cannot show.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "vrcharts/wall/saved_state.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace options = vrcharts::options;
  const auto state = vrcharts::wall::ParseState({reinterpret_cast<const char*>(data), size});
  if (!state.ok()) return 0;
  if (!options::Period_IsValid(state->period()) || !options::ChartType_IsValid(state->chart_type()) ||
      !options::Scale_IsValid(state->scale()) || !options::Theme_IsValid(state->theme()) ||
      !options::Palette_IsValid(state->palette()) || !options::Sort_IsValid(state->sort()) ||
      !options::Group_IsValid(state->group()) || !options::Crosshair_IsValid(state->crosshair())) {
    std::abort();
  }
  for (const auto& tile : state->tile()) {
    const auto placement = vrcharts::wall::PlacementOf(tile);
    if (placement.has_value() && !(glm::length(placement->center) < 20 && placement->size.x > 0)) std::abort();
  }
  return 0;
}
