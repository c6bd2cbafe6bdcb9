#include "vrcharts/render/ground.h"

#include <utility>

namespace vrcharts::render {

Ground::Step Ground::Next(std::string shown) {
  const bool same = !shown.empty() && shown == shown_;
  shown_ = std::move(shown);
  if (!same) {
    kept_ = false;
    return Step::kDraw;
  }
  return std::exchange(kept_, true) ? Step::kCopy : Step::kKeep;
}

bool Ground::Fits(VkExtent2D extent) const {
  return image_.handle() != VK_NULL_HANDLE && image_.info().extent.width == extent.width &&
         image_.info().extent.height == extent.height;
}

absl::Status Ground::Resize(VkExtent2D extent, VkFormat format) {
  absl::StatusOr<Image> image =
      Image::Create(device_,
                    {.extent = extent,
                     .format = format,
                     .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT},
                    "ground");
  if (!image.ok()) return image.status();
  image_ = std::move(*image);
  return absl::OkStatus();
}

void Ground::RecordKept(VkCommandBuffer commands) const {
  RecordBarrier(commands, {.image = image_.handle(),
                           .old_layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
                           .new_layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                           .src_stage = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
                           .dst_stage = VK_PIPELINE_STAGE_2_COPY_BIT,
                           .src_access = VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT,
                           .dst_access = VK_ACCESS_2_TRANSFER_READ_BIT});
}

void Ground::RecordCopy(VkCommandBuffer commands, VkImage target) const {
  RecordBarrier(commands, {.image = target,
                           .old_layout = VK_IMAGE_LAYOUT_UNDEFINED,
                           .new_layout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                           .src_stage = VK_PIPELINE_STAGE_2_COPY_BIT | VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
                           .dst_stage = VK_PIPELINE_STAGE_2_COPY_BIT,
                           .src_access = VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT,
                           .dst_access = VK_ACCESS_2_TRANSFER_WRITE_BIT});
  VkImageCopy copy{};
  copy.srcSubresource = copy.dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
  copy.extent = {image_.info().extent.width, image_.info().extent.height, 1};
  vkCmdCopyImage(commands, image_.handle(), VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, target,
                 VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
  RecordBarrier(commands,
                {.image = target,
                 .old_layout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                 .new_layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
                 .src_stage = VK_PIPELINE_STAGE_2_COPY_BIT,
                 .dst_stage = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
                 .src_access = VK_ACCESS_2_TRANSFER_WRITE_BIT,
                 .dst_access = VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT | VK_ACCESS_2_COLOR_ATTACHMENT_READ_BIT});
}

}  // namespace vrcharts::render
