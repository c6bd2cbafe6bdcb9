#include "vrcharts/wall/board_impl.h"

namespace vrcharts::wall {

absl::Status Board::Impl::SaveState(const std::string&) const { return absl::UnimplementedError("not yet"); }
absl::Status Board::Impl::LoadState(const std::string&) { return absl::UnimplementedError("not yet"); }

}  // namespace vrcharts::wall
