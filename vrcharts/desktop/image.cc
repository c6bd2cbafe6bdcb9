#include "vrcharts/desktop/image.h"

#include <png.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "vrcharts/desktop/camera.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/renderer.h"

namespace vrcharts::desktop {
namespace {

constexpr absl::Duration kWaitForData = absl::Seconds(30);

absl::Status CannotWrite(const std::string& path) {
  const std::string message = absl::StrCat("cannot write ", path, ": ", std::strerror(errno));
  return errno == EACCES || errno == EROFS ? absl::PermissionDeniedError(message)
                                           : absl::FailedPreconditionError(message);
}

}  // namespace

absl::Status WritePng(const render::Picture& picture, const std::string& path) {
  const std::string temporary = path + ".part";
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return CannotWrite(path);
  absl::Cleanup remove = [&] { std::remove(temporary.c_str()); };
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.width;
  image.height = picture.height;
  image.format = PNG_FORMAT_RGBA;
  const int written = png_image_write_to_stdio(&image, file, /*convert_to_8_bit=*/0, picture.rgba.data(),
                                               static_cast<png_int_32>(picture.width * 4), nullptr);
  const bool closed = std::fclose(file) == 0;
  if (!written) return absl::InternalError(absl::StrCat("cannot write ", path, ": ", image.message));
  if (!closed || std::rename(temporary.c_str(), path.c_str()) != 0) return CannotWrite(path);
  std::move(remove).Cancel();
  return absl::OkStatus();
}

absl::Status WriteImage(app::App& app) {
  const options::Options& options = app.options();
  // Drawing takes a while: find out first whether the result can be kept.
  if (std::filesystem::is_directory(options.output())) {
    return absl::FailedPreconditionError(absl::StrCat("cannot write ", options.output(), ": it is a folder"));
  }
  const std::string probe = options.output() + ".part";
  std::FILE* file = std::fopen(probe.c_str(), "wb");
  if (file == nullptr) return CannotWrite(options.output());
  std::fclose(file);
  std::remove(probe.c_str());

  absl::StatusOr<std::unique_ptr<render::Device>> device =
      render::Device::Create({.validation = options.vulkan_validation()});
  if (!device.ok()) return device.status();
  absl::StatusOr<std::unique_ptr<render::Offscreen>> offscreen =
      render::Offscreen::Create(**device, {options.width(), options.height()}, /*view_count=*/1);
  if (!offscreen.ok()) return offscreen.status();
  absl::StatusOr<std::unique_ptr<render::Renderer>> renderer =
      render::Renderer::Create(**device, {.color_format = render::Offscreen::kColorFormat,
                                          .depth_format = render::Offscreen::kDepthFormat,
                                          .cache_file = options.pipeline_cache()});
  if (!renderer.ok()) return renderer.status();

  Camera camera = Camera::FromOptions(options);
  camera.Tell(app.board(), options.width());
  app.board().WaitForData(kWaitForData);
  app.Update(absl::Now());
  if (!options.panel().empty()) {
    const std::optional<wall::Panel> panel = app.board().Find(options.panel());
    if (!panel.has_value()) {
      return absl::NotFoundError(
          absl::StrCat("--panel: no panel of ", options.panel(), " is on the first page of the wall"));
    }
    camera = Camera::Before(panel->placement, options.width(), options.height());
    camera.Tell(app.board(), options.width());
    app.Update(absl::Now());
  }
  EXPLAIN() << "drawing " << options.width() << "x" << options.height() << " pixels offscreen";
  const render::View view = camera.View(options.width(), options.height());
  absl::Status status = (*renderer)->Draw((*offscreen)->target(), {&view, 1}, app.scene(), app.atlas());
  if (status.ok()) status = (*renderer)->Finish();
  if (!status.ok()) return status;
  const render::FrameCost& cost = (*renderer)->cost();
  EXPLAIN() << "drawn: " << cost.marks << " marks in " << cost.draw_calls << " draw calls; GPU " << cost.gpu;
  absl::StatusOr<render::Picture> picture = (*offscreen)->Read(/*view=*/0);
  if (!picture.ok()) return picture.status();
  if (int messages = (*device)->validation_messages(); messages > 0) {
    return absl::InternalError(
        absl::StrCat("the Vulkan validation layer reported ", messages, " messages (see the log)"));
  }
  if (absl::Status written = WritePng(*picture, options.output()); !written.ok()) return written;
  LOG(INFO) << "wrote " << options.output() << ", " << options.width() << "x" << options.height() << " pixels";
  return absl::OkStatus();
}

}  // namespace vrcharts::desktop
