#include "vrcharts/render/atlas_texture.h"

#include <algorithm>
#include <cstring>

#include "common/explain/explain.h"

namespace vrcharts::render {

absl::Status AtlasTexture::Create(uint32_t width, uint32_t height) {
  // The old one may be in use; the size of an atlas never changes in practice.
  if (absl::Status status = device_.WaitIdle(); !status.ok()) return status;
  absl::StatusOr<Image> texture = Image::Create(device_,
                                                {.extent = {width, height},
                                                 .format = VK_FORMAT_R8_UNORM,
                                                 .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                                                 .mip_levels = kMipLevels},
                                                "glyph atlas");
  if (!texture.ok()) return texture.status();
  texture_ = std::move(*texture);
  size_t bytes = 0;
  for (uint32_t level = 0; level < kMipLevels; ++level) {
    levels_[level] = {std::max(width >> level, 1u), std::max(height >> level, 1u), {}};
    levels_[level].pixels.assign(size_t{levels_[level].width} * levels_[level].height, 0);
    bytes += levels_[level].pixels.size();
  }
  for (Buffer& staging : staging_) {
    absl::StatusOr<Buffer> buffer =
        Buffer::Create(device_, bytes + 64, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, "glyph atlas staging");
    if (!buffer.ok()) return buffer.status();
    staging = std::move(*buffer);
  }
  fresh_ = true;
  return absl::OkStatus();
}

// Computes rows of a level as averages of 2x2 pixels of the level above it.
void AtlasTexture::Shrink(uint32_t level, uint32_t first_row, uint32_t end_row) {
  const Level& source = levels_[level - 1];
  Level& result = levels_[level];
  for (uint32_t y = first_row; y < end_row; ++y) {
    const uint8_t* row0 = &source.pixels[size_t{2 * y} * source.width];
    const uint8_t* row1 = row0 + source.width;
    uint8_t* out = &result.pixels[size_t{y} * result.width];
    for (uint32_t x = 0; x < result.width; ++x) {
      out[x] = static_cast<uint8_t>((row0[2 * x] + row0[2 * x + 1] + row1[2 * x] + row1[2 * x + 1] + 2) / 4);
    }
  }
}

absl::Status AtlasTexture::Prepare(const text::AtlasImage& image, int frame) {
  const auto width = static_cast<uint32_t>(image.width), height = static_cast<uint32_t>(image.height);
  // Rows are handled in groups that are whole rows on every level.
  constexpr uint32_t kGroup = 1u << (kMipLevels - 1);
  if (width % kGroup != 0 || height % kGroup != 0) return absl::InternalError("the atlas has an odd size");
  if (empty() || levels_[0].width != width || levels_[0].height != height) {
    if (absl::Status status = Create(width, height); !status.ok()) return status;
  }
  uint32_t first = fresh_ ? 0 : height, end = fresh_ ? height : 0;
  for (uint32_t y = 0; y < height && !fresh_; ++y) {
    if (std::memcmp(&image.pixels[size_t{y} * width], &levels_[0].pixels[size_t{y} * width], width) == 0) continue;
    first = std::min(first, y);
    end = y + 1;
  }
  first = first / kGroup * kGroup;
  end = (end + kGroup - 1) / kGroup * kGroup;
  copies_.clear();
  revision_ = image.revision;
  if (first >= end) return absl::OkStatus();

  std::memcpy(&levels_[0].pixels[size_t{first} * width], &image.pixels[size_t{first} * width],
              size_t{end - first} * width);
  size_t offset = 0;
  for (uint32_t level = 0; level < kMipLevels; ++level) {
    const uint32_t from = first >> level, to = end >> level;
    if (level > 0) Shrink(level, from, to);
    const size_t bytes = size_t{to - from} * levels_[level].width;
    std::memcpy(staging_[frame].data() + offset, &levels_[level].pixels[size_t{from} * levels_[level].width], bytes);
    VkBufferImageCopy copy{};
    copy.bufferOffset = offset;
    copy.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, level, 0, 1};
    copy.imageOffset = {0, static_cast<int32_t>(from), 0};
    copy.imageExtent = {levels_[level].width, to - from, 1};
    copies_.push_back(copy);
    offset += (bytes + 15) / 16 * 16;
  }
  EXPLAIN_FIRST_N(3) << "new glyphs: " << end - first << " rows of the " << width << "x" << height
                     << " atlas go to the GPU with the frame";
  return absl::OkStatus();
}

void AtlasTexture::Record(VkCommandBuffer commands, int frame) {
  if (copies_.empty()) return;
  RecordBarrier(commands, {.image = texture_.handle(),
                           .old_layout = fresh_ ? VK_IMAGE_LAYOUT_UNDEFINED : VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
                           .new_layout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                           .src_stage = VK_PIPELINE_STAGE_2_FRAGMENT_SHADER_BIT,  // of the frame before
                           .dst_stage = VK_PIPELINE_STAGE_2_COPY_BIT,
                           .src_access = 0,
                           .dst_access = VK_ACCESS_2_TRANSFER_WRITE_BIT});
  vkCmdCopyBufferToImage(commands, staging_[frame].handle(), texture_.handle(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                         static_cast<uint32_t>(copies_.size()), copies_.data());
  RecordBarrier(commands, {.image = texture_.handle(),
                           .old_layout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                           .new_layout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
                           .src_stage = VK_PIPELINE_STAGE_2_COPY_BIT,
                           .dst_stage = VK_PIPELINE_STAGE_2_FRAGMENT_SHADER_BIT,
                           .src_access = VK_ACCESS_2_TRANSFER_WRITE_BIT,
                           .dst_access = VK_ACCESS_2_SHADER_SAMPLED_READ_BIT});
  copies_.clear();
  fresh_ = false;
}

}  // namespace vrcharts::render
