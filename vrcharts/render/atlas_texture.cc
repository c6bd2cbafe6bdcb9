#include "vrcharts/render/atlas_texture.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "common/explain/explain.h"

namespace vrcharts::render {
namespace {

constexpr uint32_t kMipLevels = 4;  // beyond 1/8 a distance field holds nothing of a letter

// Halves the image by averaging 2x2 pixels.
std::vector<uint8_t> Halve(const std::vector<uint8_t>& source, uint32_t width, uint32_t height) {
  const uint32_t half_width = std::max(width / 2, 1u), half_height = std::max(height / 2, 1u);
  std::vector<uint8_t> result(size_t{half_width} * half_height);
  for (uint32_t y = 0; y < half_height; ++y) {
    const uint8_t* row0 = &source[size_t{2 * y} * width];
    const uint8_t* row1 = &source[size_t{std::min(2 * y + 1, height - 1)} * width];
    for (uint32_t x = 0; x < half_width; ++x) {
      const uint32_t right = std::min(2 * x + 1, width - 1);
      result[size_t{y} * half_width + x] =
          static_cast<uint8_t>((row0[2 * x] + row0[right] + row1[2 * x] + row1[right] + 2) / 4);
    }
  }
  return result;
}

}  // namespace

absl::Status AtlasTexture::Upload(const text::AtlasImage& image) {
  const VkExtent2D extent{static_cast<uint32_t>(image.width), static_cast<uint32_t>(image.height)};
  if (absl::Status status = device_.WaitIdle(); !status.ok()) return status;
  if (empty() || texture_.info().extent.width != extent.width || texture_.info().extent.height != extent.height) {
    absl::StatusOr<Image> texture =
        Image::Create(device_,
                      {.extent = extent,
                       .format = VK_FORMAT_R8_UNORM,
                       .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                       .mip_levels = kMipLevels},
                      "glyph atlas");
    if (!texture.ok()) return texture.status();
    absl::StatusOr<Buffer> staging =
        Buffer::Create(device_, 2 * image.pixels.size() + 64, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, "glyph atlas staging");
    if (!staging.ok()) return staging.status();
    texture_ = std::move(*texture);
    staging_ = std::move(*staging);
  }

  std::vector<VkBufferImageCopy> copies;
  std::vector<uint8_t> level = image.pixels;
  uint32_t width = extent.width, height = extent.height;
  size_t offset = 0;
  for (uint32_t mip = 0; mip < kMipLevels; ++mip) {
    std::memcpy(staging_.data() + offset, level.data(), level.size());
    VkBufferImageCopy copy{};
    copy.bufferOffset = offset;
    copy.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, mip, 0, 1};
    copy.imageExtent = {width, height, 1};
    copies.push_back(copy);
    offset += (level.size() + 15) / 16 * 16;
    level = Halve(level, width, height);
    width = std::max(width / 2, 1u);
    height = std::max(height / 2, 1u);
  }
  absl::Status status = device_.RunOnce([&](VkCommandBuffer commands) {
    RecordBarrier(commands, {.image = texture_.handle(),
                             .old_layout = VK_IMAGE_LAYOUT_UNDEFINED,
                             .new_layout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                             .src_stage = VK_PIPELINE_STAGE_2_NONE,
                             .dst_stage = VK_PIPELINE_STAGE_2_COPY_BIT,
                             .src_access = 0,
                             .dst_access = VK_ACCESS_2_TRANSFER_WRITE_BIT});
    vkCmdCopyBufferToImage(commands, staging_.handle(), texture_.handle(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                           static_cast<uint32_t>(copies.size()), copies.data());
    RecordBarrier(commands, {.image = texture_.handle(),
                             .old_layout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                             .new_layout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
                             .src_stage = VK_PIPELINE_STAGE_2_COPY_BIT,
                             .dst_stage = VK_PIPELINE_STAGE_2_FRAGMENT_SHADER_BIT,
                             .src_access = VK_ACCESS_2_TRANSFER_WRITE_BIT,
                             .dst_access = VK_ACCESS_2_SHADER_SAMPLED_READ_BIT});
  });
  if (status.ok()) revision_ = image.revision;
  EXPLAIN_FIRST_N(3) << "glyph atlas " << image.width << "x" << image.height << " uploaded with " << kMipLevels
                     << " mip levels";
  return status;
}

}  // namespace vrcharts::render
