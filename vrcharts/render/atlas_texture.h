#ifndef VRCHARTS_RENDER_ATLAS_TEXTURE_H_
#define VRCHARTS_RENDER_ATLAS_TEXTURE_H_

#include <vulkan/vulkan.h>

#include "absl/status/status.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/memory.h"
#include "vrcharts/text/atlas.h"

namespace vrcharts::render {

// The glyph atlas on the GPU, with mip levels so that text far away fades instead of flickering.
class AtlasTexture {
 public:
  explicit AtlasTexture(Device& device) : device_(device) {}

  // Uploads the image and waits for it: new glyphs are rare. Waits for the GPU if a frame may still read the old one.
  // The view changes if the size did.
  absl::Status Upload(const text::AtlasImage& image);

  VkImageView view() const { return texture_.view(); }
  uint64_t revision() const { return revision_; }
  bool empty() const { return texture_.handle() == VK_NULL_HANDLE; }

 private:
  Device& device_;
  Image texture_;
  Buffer staging_;
  uint64_t revision_ = 0;
};

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_ATLAS_TEXTURE_H_
