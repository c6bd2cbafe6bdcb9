#ifndef VRCHARTS_RENDER_MEMORY_H_
#define VRCHARTS_RENDER_MEMORY_H_

#include <vulkan/vulkan.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "vrcharts/render/device.h"

namespace vrcharts::render {

// A buffer with its own memory, mapped for as long as it lives. Where the GPU's memory can be mapped (unified memory,
// or a GPU with a resizable BAR) it lies there. The program has a few dozen of these, so no allocator stands between.
//
// Must be destroyed before its Device, and not while the GPU reads it.
class Buffer {
 public:
  Buffer() = default;
  static absl::StatusOr<Buffer> Create(const Device& device, size_t bytes, VkBufferUsageFlags usage, const char* name);
  ~Buffer();
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept;

  VkBuffer handle() const { return buffer_; }
  size_t size() const { return size_; }
  std::byte* data() const { return static_cast<std::byte*>(data_); }

 private:
  const Device* device_ = nullptr;
  VkBuffer buffer_ = VK_NULL_HANDLE;
  VkDeviceMemory memory_ = VK_NULL_HANDLE;
  size_t size_ = 0;
  void* data_ = nullptr;
};

struct ImageInfo {
  VkExtent2D extent{};
  VkFormat format = VK_FORMAT_UNDEFINED;
  VkImageUsageFlags usage = 0;
  VkImageAspectFlags aspect = VK_IMAGE_ASPECT_COLOR_BIT;
  uint32_t layers = 1;  // always viewed as an array
  uint32_t mip_levels = 1;
};

// An image in GPU memory, a 2D-array view of all of it, and one of each layer. Lifetime as for Buffer.
class Image {
 public:
  Image() = default;
  static absl::StatusOr<Image> Create(const Device& device, const ImageInfo& info, const char* name);
  ~Image();
  Image(Image&& other) noexcept { *this = std::move(other); }
  Image& operator=(Image&& other) noexcept;

  VkImage handle() const { return image_; }
  VkImageView view() const { return view_; }
  const std::vector<VkImageView>& layer_views() const { return layer_views_; }
  const ImageInfo& info() const { return info_; }
  // Another number for each image that was ever made, where handles come again.
  uint64_t serial() const { return serial_; }

 private:
  const Device* device_ = nullptr;
  uint64_t serial_ = 0;
  VkImage image_ = VK_NULL_HANDLE;
  VkImageView view_ = VK_NULL_HANDLE;
  std::vector<VkImageView> layer_views_;
  VkDeviceMemory memory_ = VK_NULL_HANDLE;
  ImageInfo info_;
};

// A 2D-array view of some layers of an image (perhaps a swapchain's). The caller destroys it.
struct LayerRange {
  uint32_t first = 0, count = 1;
};
absl::StatusOr<VkImageView> CreateArrayView(const Device& device, VkImage image, VkFormat format,
                                            VkImageAspectFlags aspect, LayerRange layers, uint32_t mip_levels = 1);

// Records a layout transition of the whole image; `src` and `dst` are the stages and accesses before and after it.
struct Barrier {
  VkImage image;
  VkImageAspectFlags aspect = VK_IMAGE_ASPECT_COLOR_BIT;
  VkImageLayout old_layout, new_layout;
  VkPipelineStageFlags2 src_stage, dst_stage;
  VkAccessFlags2 src_access, dst_access;
};
void RecordBarrier(VkCommandBuffer commands, const Barrier& barrier);

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_MEMORY_H_
