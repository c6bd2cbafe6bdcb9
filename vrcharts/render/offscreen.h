#ifndef VRCHARTS_RENDER_OFFSCREEN_H_
#define VRCHARTS_RENDER_OFFSCREEN_H_

#include <vulkan/vulkan.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/memory.h"
#include "vrcharts/render/renderer.h"

namespace vrcharts::render {

// A picture in the program's own memory: rows from the top down, four bytes a pixel, sRGB.
struct Picture {
  uint32_t width = 0, height = 0;
  std::vector<uint8_t> rgba;
};

// A target without a display: for pictures, tests and benchmarks.
//
//   auto offscreen = Offscreen::Create(*device, {1920, 1080}, /*view_count=*/1);
//   renderer->Draw((*offscreen)->target(), views, scene, atlas);
//   renderer->Finish();
//   absl::StatusOr<Picture> picture = (*offscreen)->Read(/*view=*/0);
class Offscreen {
 public:
  static constexpr VkFormat kColorFormat = VK_FORMAT_R8G8B8A8_SRGB;
  static constexpr VkFormat kDepthFormat = VK_FORMAT_D32_SFLOAT;

  // Fails with InvalidArgument if the device cannot draw that large.
  static absl::StatusOr<std::unique_ptr<Offscreen>> Create(Device& device, VkExtent2D extent, uint32_t view_count);

  Target target() const;

  // Copies a view out. The renderer must have finished.
  absl::StatusOr<Picture> Read(uint32_t view);

 private:
  explicit Offscreen(Device& device) : device_(device) {}

  Device& device_;
  Image color_, depth_;
  Buffer pixels_;
};

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_OFFSCREEN_H_
