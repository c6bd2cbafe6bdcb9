// An X server without a monitor (Xvfb), whose picture a test can read.
#ifndef TESTS_OPENXR_VIRTUAL_SCREEN_H_
#define TESTS_OPENXR_VIRTUAL_SCREEN_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tests::openxr {

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;  // rows from the top, 3 bytes a pixel
};

class VirtualScreen {
 public:
  // `folder` exists and is the caller's; the frame buffer goes there. Unavailable where Xvfb is not installed. The
  // server ends with this object, and with the calling thread.
  static absl::StatusOr<std::unique_ptr<VirtualScreen>> Start(const std::string& folder, int width, int height);
  ~VirtualScreen();
  VirtualScreen(const VirtualScreen&) = delete;
  VirtualScreen& operator=(const VirtualScreen&) = delete;

  const std::string& display() const { return display_; }  // ":99"
  absl::StatusOr<Picture> Read() const;

 private:
  VirtualScreen(pid_t server, std::string display, std::string frame_buffer)
      : server_(server), display_(std::move(display)), frame_buffer_(std::move(frame_buffer)) {}

  pid_t server_;
  std::string display_;
  std::string frame_buffer_;
};

}  // namespace tests::openxr

#endif  // TESTS_OPENXR_VIRTUAL_SCREEN_H_
