#include "vrcharts/desktop/image.h"

#include <png.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/log/log.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "common/lifecycle/shutdown.h"
#include "vrcharts/desktop/camera.h"
#include "vrcharts/desktop/video.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/renderer.h"

namespace vrcharts::desktop {
namespace {

constexpr absl::Duration kWaitForData = absl::Seconds(30);
constexpr float kVideoLook = 0.35f;  // radians to either side

}  // namespace

absl::Status CannotWrite(const std::string& path) {
  const std::string message = absl::StrCat("cannot write ", path, ": ", std::strerror(errno));
  return errno == EACCES || errno == EROFS ? absl::PermissionDeniedError(message)
                                           : absl::FailedPreconditionError(message);
}

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

namespace {

// The wall without a display.
class OffscreenWall {
 public:
  static absl::StatusOr<OffscreenWall> Create(app::App& app) {
    const options::Options& options = app.options();
    OffscreenWall wall(app);
    absl::StatusOr<std::unique_ptr<render::Device>> device =
        render::Device::Create({.validation = options.vulkan_validation()});
    if (!device.ok()) return device.status();
    wall.device_ = std::move(*device);
    absl::StatusOr<std::unique_ptr<render::Offscreen>> offscreen =
        render::Offscreen::Create(*wall.device_, {options.width(), options.height()}, /*view_count=*/1);
    if (!offscreen.ok()) return offscreen.status();
    wall.offscreen_ = std::move(*offscreen);
    absl::StatusOr<std::unique_ptr<render::Renderer>> renderer =
        render::Renderer::Create(*wall.device_, {.color_format = render::Offscreen::kColorFormat,
                                                 .depth_format = render::Offscreen::kDepthFormat,
                                                 .cache_file = options.pipeline_cache()});
    if (!renderer.ok()) return renderer.status();
    wall.renderer_ = std::move(*renderer);
    return wall;
  }

  // What the app's scene looks like from there.
  absl::StatusOr<render::Picture> Draw(const Camera& camera) {
    const render::View view = camera.View(app_->options().width(), app_->options().height());
    absl::Status status = renderer_->Draw(offscreen_->target(), {&view, 1}, app_->scene(), app_->atlas());
    if (status.ok()) status = renderer_->Finish();
    if (!status.ok()) return status;
    const render::FrameCost& cost = renderer_->cost();
    EXPLAIN_FIRST_N(3) << "drawn: " << cost.marks << " marks in " << cost.draw_calls << " draw calls; GPU " << cost.gpu;
    return offscreen_->Read(/*view=*/0);
  }

  // Fails if the validation layer had something to say.
  absl::Status Check() const {
    const int messages = device_->validation_messages();
    if (messages == 0) return absl::OkStatus();
    return absl::InternalError(
        absl::StrCat("the Vulkan validation layer reported ", messages, " messages (see the log)"));
  }

 private:
  explicit OffscreenWall(app::App& app) : app_(&app) {}

  app::App* app_;
  std::unique_ptr<render::Device> device_;  // first: the others hang on it
  std::unique_ptr<render::Offscreen> offscreen_;
  std::unique_ptr<render::Renderer> renderer_;
};

// Where the picture is taken from, with the scene made for that place.
absl::StatusOr<Camera> Prepare(app::App& app) {
  const options::Options& options = app.options();
  Camera camera = Camera::FromOptions(options);
  camera.Tell(app.board(), options.width());
  app.board().WaitForData(kWaitForData);
  app.Update(absl::Now());
  if (options.panel().empty()) return camera;
  const std::optional<wall::Panel> panel = app.board().Find(options.panel());
  if (!panel.has_value()) {
    return absl::NotFoundError(
        absl::StrCat("--panel: no panel of ", options.panel(), " is on the first page of the wall"));
  }
  camera = Camera::Before(panel->placement, options.width(), options.height());
  camera.Tell(app.board(), options.width());
  app.Update(absl::Now());
  return camera;
}

// A look along the wall, to the left, to the right and back, so that the last frame goes on with the first.
absl::Status DrawVideo(app::App& app, const Camera& start, OffscreenWall* wall) {
  const options::Options& options = app.options();
  absl::StatusOr<VideoWriter> video = VideoWriter::Create(options.output());
  if (!video.ok()) return video.status();
  absl::Time now = absl::Now();
  for (uint64_t frame = 0; frame < options.frames(); ++frame) {
    if (common::lifecycle::ShutdownRequested()) return common::lifecycle::InterruptedError();
    Camera camera = start;
    camera.yaw +=
        kVideoLook *
        static_cast<float>(std::sin(2 * M_PI * static_cast<double>(frame) / static_cast<double>(options.frames())));
    camera.Tell(app.board(), options.width());
    app.Update(now += absl::Seconds(1) / kVideoFramesPerSecond);
    absl::StatusOr<render::Picture> picture = wall->Draw(camera);
    if (!picture.ok()) return picture.status();
    if (absl::Status status = video->Add(*picture); !status.ok()) return status;
  }
  if (absl::Status status = wall->Check(); !status.ok()) return status;
  return video->Finish();
}

// Finds out before any work whether the result can be kept.
absl::Status CheckOutput(const options::Options& options) {
  if (options.frames() > 1 && !absl::EndsWith(options.output(), ".y4m")) {
    return absl::InvalidArgumentError("--frames: several frames make a video; give --output a name that ends in .y4m");
  }
  if (std::filesystem::is_directory(options.output())) {
    return absl::FailedPreconditionError(absl::StrCat("cannot write ", options.output(), ": it is a folder"));
  }
  const std::string probe = options.output() + ".part";
  std::FILE* file = std::fopen(probe.c_str(), "wb");
  if (file == nullptr) return CannotWrite(options.output());
  std::fclose(file);
  std::remove(probe.c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteImage(app::App& app) {
  const options::Options& options = app.options();
  if (absl::Status status = CheckOutput(options); !status.ok()) return status;
  absl::StatusOr<OffscreenWall> wall = OffscreenWall::Create(app);
  if (!wall.ok()) return wall.status();
  absl::StatusOr<Camera> camera = Prepare(app);
  if (!camera.ok()) return camera.status();
  EXPLAIN() << "drawing " << options.width() << "x" << options.height() << " pixels offscreen";
  if (options.frames() > 1) {
    if (absl::Status status = DrawVideo(app, *camera, &*wall); !status.ok()) return status;
  } else {
    absl::StatusOr<render::Picture> picture = wall->Draw(*camera);
    if (!picture.ok()) return picture.status();
    if (absl::Status status = wall->Check(); !status.ok()) return status;
    if (absl::Status status = WritePng(*picture, options.output()); !status.ok()) return status;
  }
  LOG(INFO) << "wrote " << options.output() << ", " << options.width() << "x" << options.height() << " pixels";
  return absl::OkStatus();
}

}  // namespace vrcharts::desktop
