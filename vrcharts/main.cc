// vrcharts: a wall of price charts, in a headset, in a window, or in a picture.

#include "common/lifecycle/main.h"

#include <cstdlib>

#include "absl/status/statusor.h"
#include "vrcharts/app/app.h"
#include "vrcharts/app/headset.h"
#include "vrcharts/desktop/image.h"
#include "vrcharts/desktop/window.h"
#include "vrcharts/options/options.pb.h"

namespace {

constexpr common::config::Program kProgram = {
    .name = "vrcharts",
    .summary = "A wall of price charts to stand before: in a headset, in a window, or in a picture.",
    .usage = "vrcharts [--viewer=window|image|openxr] [--portfolio=FILE]",
    .description = R"(Without a portfolio it shows the bundled sample.

  vrcharts                                      a window; drag to look around, wheel to zoom
  vrcharts --viewer=image --output=wall.png     a picture of the wall
  vrcharts --viewer=openxr                      the headset of the running OpenXR runtime)",
};

absl::StatusOr<int> Run(const vrcharts::options::Options& options, const std::vector<std::string>& arguments) {
  if (!arguments.empty()) {
    return absl::InvalidArgumentError("vrcharts takes flags only, but got '" + arguments.front() + "'");
  }
  absl::StatusOr<std::unique_ptr<vrcharts::app::App>> app = vrcharts::app::App::Create(options);
  if (!app.ok()) return app.status();
  absl::Status status;
  switch (options.viewer()) {
    case vrcharts::options::VIEWER_IMAGE:
      status = vrcharts::desktop::WriteImage(**app);
      break;
    case vrcharts::options::VIEWER_OPENXR:
      status = vrcharts::app::RunHeadset(**app);
      break;
    default:
      status = vrcharts::desktop::RunWindow(**app);
  }
  // Also when interrupted: that is how many people leave.
  if (status.ok() || absl::IsCancelled(status)) {
    if (absl::Status saved = (*app)->SaveState(); !saved.ok()) return saved;
  }
  if (!status.ok()) return status;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // The OpenXR loader would explain a missing runtime in five lines; we say it in one. Set the variable to hear it.
  setenv("XR_LOADER_DEBUG", "none", /*overwrite=*/0);
  vrcharts::options::Options options;
  return common::lifecycle::Main(kProgram, argc, argv, &options,
                                 [&](const std::vector<std::string>& arguments) { return Run(options, arguments); });
}
