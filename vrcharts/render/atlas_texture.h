#ifndef VRCHARTS_RENDER_ATLAS_TEXTURE_H_
#define VRCHARTS_RENDER_ATLAS_TEXTURE_H_

#include <vulkan/vulkan.h>

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/memory.h"
#include "vrcharts/text/atlas.h"

namespace vrcharts::render {

// The glyph atlas on the GPU, with mip levels so that text far away fades instead of flickering.
//
// New glyphs come while people look at the wall, so a change must not stop a frame: only the rows that changed travel,
// in the frame's own commands, from staging memory that belongs to that frame.
class AtlasTexture {
 public:
  static constexpr int kFrames = 2;  // in flight

  explicit AtlasTexture(Device& device) : device_(device) {}

  // Finds what changed and copies it into the staging memory of `frame`, which the GPU must have finished.
  absl::Status Prepare(const text::AtlasImage& image, int frame);
  // Records the copies that Prepare() left, if any: before rendering begins, in the commands of the same frame.
  void Record(VkCommandBuffer commands, int frame);

  VkImageView view() const { return texture_.view(); }
  uint64_t revision() const { return revision_; }
  bool empty() const { return texture_.handle() == VK_NULL_HANDLE; }

 private:
  static constexpr uint32_t kMipLevels = 4;  // beyond 1/8 a distance field holds nothing of a letter

  struct Level {
    uint32_t width = 0, height = 0;
    std::vector<uint8_t> pixels;
  };

  absl::Status Create(uint32_t width, uint32_t height);
  void Shrink(uint32_t level, uint32_t first_row, uint32_t end_row);

  Device& device_;
  Image texture_;
  std::array<Level, kMipLevels> levels_;  // what the texture holds, or will after Record()
  std::array<Buffer, kFrames> staging_;
  std::vector<VkBufferImageCopy> copies_;
  bool fresh_ = true;  // nothing was ever written into the texture
  uint64_t revision_ = 0;
};

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_ATLAS_TEXTURE_H_
