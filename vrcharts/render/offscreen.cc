#include "vrcharts/render/offscreen.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace vrcharts::render {

absl::StatusOr<std::unique_ptr<Offscreen>> Offscreen::Create(Device& device, VkExtent2D extent, uint32_t view_count) {
  const uint32_t largest = device.properties().limits.maxImageDimension2D;
  if (extent.width == 0 || extent.height == 0 || extent.width > largest || extent.height > largest) {
    return absl::InvalidArgumentError(absl::StrCat("a picture of ", extent.width, "x", extent.height,
                                                   " pixels cannot be drawn: ", device.properties().deviceName,
                                                   " draws 1x1 to ", largest, "x", largest));
  }
  std::unique_ptr<Offscreen> offscreen(new Offscreen(device));
  absl::StatusOr<Image> color = Image::Create(
      device,
      {.extent = extent,
       .format = kColorFormat,
       .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
       .layers = view_count},
      "offscreen colour");
  if (!color.ok()) return color.status();
  absl::StatusOr<Image> depth = Image::Create(device,
                                              {.extent = extent,
                                               .format = kDepthFormat,
                                               .usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
                                               .aspect = VK_IMAGE_ASPECT_DEPTH_BIT,
                                               .layers = view_count},
                                              "offscreen depth");
  if (!depth.ok()) return depth.status();
  absl::StatusOr<Buffer> pixels = Buffer::Create(device, size_t{extent.width} * extent.height * 4,
                                                 VK_BUFFER_USAGE_TRANSFER_DST_BIT, "offscreen pixels");
  if (!pixels.ok()) return pixels.status();
  offscreen->color_ = std::move(*color);
  offscreen->depth_ = std::move(*depth);
  offscreen->pixels_ = std::move(*pixels);
  return offscreen;
}

Target Offscreen::target() const {
  Target target;
  target.color = ToAttachment(color_);
  target.depth = ToAttachment(depth_);
  target.extent = color_.info().extent;
  target.color_after = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
  target.keeps_ground = true;
  return target;
}

absl::StatusOr<Picture> Offscreen::Read(uint32_t view) {
  Picture picture{color_.info().extent.width, color_.info().extent.height, {}};
  absl::Status status = device_.RunOnce([&](VkCommandBuffer commands) {
    VkBufferImageCopy copy{};
    copy.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, view, 1};
    copy.imageExtent = {picture.width, picture.height, 1};
    vkCmdCopyImageToBuffer(commands, color_.handle(), VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, pixels_.handle(), 1, &copy);
    VkMemoryBarrier2 to_host{VK_STRUCTURE_TYPE_MEMORY_BARRIER_2};
    to_host.srcStageMask = VK_PIPELINE_STAGE_2_COPY_BIT;
    to_host.srcAccessMask = VK_ACCESS_2_TRANSFER_WRITE_BIT;
    to_host.dstStageMask = VK_PIPELINE_STAGE_2_HOST_BIT;
    to_host.dstAccessMask = VK_ACCESS_2_HOST_READ_BIT;
    VkDependencyInfo dependency{VK_STRUCTURE_TYPE_DEPENDENCY_INFO};
    dependency.memoryBarrierCount = 1;
    dependency.pMemoryBarriers = &to_host;
    vkCmdPipelineBarrier2(commands, &dependency);
  });
  if (!status.ok()) return status;
  picture.rgba.resize(pixels_.size());
  std::memcpy(picture.rgba.data(), pixels_.data(), pixels_.size());
  return picture;
}

}  // namespace vrcharts::render
