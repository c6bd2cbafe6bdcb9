#ifndef VRCHARTS_DESKTOP_VIDEO_H_
#define VRCHARTS_DESKTOP_VIDEO_H_

#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vrcharts/render/offscreen.h"

namespace vrcharts::desktop {

constexpr int kVideoFramesPerSecond = 30;

// A video without compression, which every player and encoder reads (YUV4MPEG2, 4:4:4, BT.709, 30 frames a second):
//
//   ffmpeg -i wall.y4m wall.mp4
//
// The frames go to a temporary file beside `path`; Finish() gives it its name, without it nothing is left behind.
// Width and height are those of the first frame; later ones must have the same.
class VideoWriter {
 public:
  // Fails with FailedPrecondition or PermissionDenied if the file cannot be written.
  static absl::StatusOr<VideoWriter> Create(const std::string& path);
  ~VideoWriter();
  VideoWriter(VideoWriter&& other) noexcept;
  VideoWriter& operator=(VideoWriter&&) = delete;

  absl::Status Add(const render::Picture& picture);
  absl::Status Finish();

 private:
  VideoWriter(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  std::string temporary() const { return path_ + ".part"; }

  std::string path_;
  std::FILE* file_;
  uint32_t width_ = 0, height_ = 0;
};

}  // namespace vrcharts::desktop

#endif  // VRCHARTS_DESKTOP_VIDEO_H_
