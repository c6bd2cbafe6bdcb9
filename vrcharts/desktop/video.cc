#include "vrcharts/desktop/video.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "vrcharts/desktop/image.h"

namespace vrcharts::desktop {
namespace {

// Luma and the two colour differences of ITU-R BT.709, limited range (16..235 and 16..240).
struct Yuv {
  uint8_t y, u, v;
};

Yuv ToYuv(const uint8_t* rgb) {
  const float r = rgb[0] / 255.0f, g = rgb[1] / 255.0f, b = rgb[2] / 255.0f;
  const float y = 0.2126f * r + 0.7152f * g + 0.0722f * b;
  const auto byte = [](float value) { return static_cast<uint8_t>(value + 0.5f); };
  return {byte(16 + 219 * y), byte(128 + 224 * (b - y) / 1.8556f), byte(128 + 224 * (r - y) / 1.5748f)};
}

}  // namespace

absl::StatusOr<VideoWriter> VideoWriter::Create(const std::string& path) {
  VideoWriter writer(path, nullptr);
  writer.file_ = std::fopen(writer.temporary().c_str(), "wb");
  if (writer.file_ == nullptr) return CannotWrite(path);
  return writer;
}

VideoWriter::VideoWriter(VideoWriter&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, nullptr)),
      width_(other.width_),
      height_(other.height_) {}

VideoWriter::~VideoWriter() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::remove(temporary().c_str());
}

absl::Status VideoWriter::Add(const render::Picture& picture) {
  if (width_ == 0) {
    width_ = picture.width;
    height_ = picture.height;
    absl::FPrintF(file_, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C444\n", width_, height_, kVideoFramesPerSecond);
  }
  if (picture.width != width_ || picture.height != height_) {
    return absl::InternalError("the frames of a video differ in size");
  }
  const size_t pixels = size_t{width_} * height_;
  std::vector<uint8_t> planes(3 * pixels);
  for (size_t i = 0; i < pixels; ++i) {
    const Yuv yuv = ToYuv(&picture.rgba[4 * i]);
    planes[i] = yuv.y;
    planes[pixels + i] = yuv.u;
    planes[2 * pixels + i] = yuv.v;
  }
  const bool written =
      std::fputs("FRAME\n", file_) >= 0 && std::fwrite(planes.data(), 1, planes.size(), file_) == planes.size();
  return written ? absl::OkStatus() : CannotWrite(path_);
}

absl::Status VideoWriter::Finish() {
  const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
  if (closed && std::rename(temporary().c_str(), path_.c_str()) == 0) return absl::OkStatus();
  const absl::Status status = CannotWrite(path_);
  std::remove(temporary().c_str());
  return status;
}

}  // namespace vrcharts::desktop
