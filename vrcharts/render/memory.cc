#include "vrcharts/render/memory.h"

#include <atomic>

#include "absl/strings/str_cat.h"

namespace vrcharts::render {

absl::StatusOr<Buffer> Buffer::Create(const Device& device, size_t bytes, VkBufferUsageFlags usage, const char* name) {
  Buffer result;
  result.device_ = &device;
  result.size_ = bytes;
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.size = bytes;
  info.usage = usage;
  if (absl::Status status =
          VkStatus(vkCreateBuffer(device.handle(), &info, nullptr, &result.buffer_), "creating a buffer");
      !status.ok()) {
    return status;
  }
  VkMemoryRequirements requirements;
  vkGetBufferMemoryRequirements(device.handle(), result.buffer_, &requirements);
  absl::StatusOr<uint32_t> type = device.FindMemoryType(
      requirements.memoryTypeBits, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
      (usage & VK_BUFFER_USAGE_TRANSFER_DST_BIT) ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT
                                                 : VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
  if (!type.ok()) return type.status();
  VkMemoryAllocateInfo allocate{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
  allocate.allocationSize = requirements.size;
  allocate.memoryTypeIndex = *type;
  if (absl::Status status =
          VkStatus(vkAllocateMemory(device.handle(), &allocate, nullptr, &result.memory_), "allocating buffer memory");
      !status.ok()) {
    return status;
  }
  absl::Status status =
      VkStatus(vkBindBufferMemory(device.handle(), result.buffer_, result.memory_, 0), "binding buffer memory");
  status.Update(VkStatus(vkMapMemory(device.handle(), result.memory_, 0, VK_WHOLE_SIZE, 0, &result.data_),
                         "mapping buffer memory"));
  if (!status.ok()) return status;
  device.SetName(VK_OBJECT_TYPE_BUFFER, reinterpret_cast<uint64_t>(result.buffer_), name);
  return result;
}

Buffer::~Buffer() {
  if (device_ == nullptr) return;
  if (buffer_ != VK_NULL_HANDLE) vkDestroyBuffer(device_->handle(), buffer_, nullptr);
  if (memory_ != VK_NULL_HANDLE) vkFreeMemory(device_->handle(), memory_, nullptr);
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(buffer_, other.buffer_);
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  std::swap(data_, other.data_);
  return *this;
}

absl::StatusOr<VkImageView> CreateArrayView(const Device& device, VkImage image, VkFormat format,
                                            VkImageAspectFlags aspect, LayerRange layers, uint32_t mip_levels) {
  VkImageViewCreateInfo info{VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};
  info.image = image;
  info.viewType = VK_IMAGE_VIEW_TYPE_2D_ARRAY;
  info.format = format;
  info.subresourceRange = {aspect, 0, mip_levels, layers.first, layers.count};
  VkImageView view = VK_NULL_HANDLE;
  absl::Status status = VkStatus(vkCreateImageView(device.handle(), &info, nullptr, &view), "creating an image view");
  if (!status.ok()) return status;
  return view;
}

absl::StatusOr<Image> Image::Create(const Device& device, const ImageInfo& info, const char* name) {
  static std::atomic<uint64_t> images{0};
  Image result;
  result.device_ = &device;
  result.serial_ = ++images;
  result.info_ = info;
  VkImageCreateInfo create{VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
  create.imageType = VK_IMAGE_TYPE_2D;
  create.format = info.format;
  create.extent = {info.extent.width, info.extent.height, 1};
  create.mipLevels = info.mip_levels;
  create.arrayLayers = info.layers;
  create.samples = VK_SAMPLE_COUNT_1_BIT;
  create.tiling = VK_IMAGE_TILING_OPTIMAL;
  create.usage = info.usage;
  const std::string doing =
      absl::StrCat("creating a ", info.extent.width, "x", info.extent.height, "x", info.layers, " image");
  if (absl::Status status = VkStatus(vkCreateImage(device.handle(), &create, nullptr, &result.image_), doing.c_str());
      !status.ok()) {
    return status;
  }
  VkMemoryRequirements requirements;
  vkGetImageMemoryRequirements(device.handle(), result.image_, &requirements);
  absl::StatusOr<uint32_t> type =
      device.FindMemoryType(requirements.memoryTypeBits, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
  if (!type.ok()) return type.status();
  VkMemoryAllocateInfo allocate{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
  allocate.allocationSize = requirements.size;
  allocate.memoryTypeIndex = *type;
  if (absl::Status status =
          VkStatus(vkAllocateMemory(device.handle(), &allocate, nullptr, &result.memory_), doing.c_str());
      !status.ok()) {
    return status;
  }
  if (absl::Status status =
          VkStatus(vkBindImageMemory(device.handle(), result.image_, result.memory_, 0), doing.c_str());
      !status.ok()) {
    return status;
  }
  absl::StatusOr<VkImageView> view =
      CreateArrayView(device, result.image_, info.format, info.aspect, {0, info.layers}, info.mip_levels);
  if (!view.ok()) return view.status();
  result.view_ = *view;
  for (uint32_t layer = 0; layer < info.layers; ++layer) {
    view = CreateArrayView(device, result.image_, info.format, info.aspect, {layer, 1}, info.mip_levels);
    if (!view.ok()) return view.status();
    result.layer_views_.push_back(*view);
  }
  device.SetName(VK_OBJECT_TYPE_IMAGE, reinterpret_cast<uint64_t>(result.image_), name);
  return result;
}

Image::~Image() {
  if (device_ == nullptr) return;
  for (VkImageView view : layer_views_) vkDestroyImageView(device_->handle(), view, nullptr);
  if (view_ != VK_NULL_HANDLE) vkDestroyImageView(device_->handle(), view_, nullptr);
  if (image_ != VK_NULL_HANDLE) vkDestroyImage(device_->handle(), image_, nullptr);
  if (memory_ != VK_NULL_HANDLE) vkFreeMemory(device_->handle(), memory_, nullptr);
}

Image& Image::operator=(Image&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(serial_, other.serial_);
  std::swap(image_, other.image_);
  std::swap(view_, other.view_);
  std::swap(layer_views_, other.layer_views_);
  std::swap(memory_, other.memory_);
  std::swap(info_, other.info_);
  return *this;
}

void RecordBarrier(VkCommandBuffer commands, const Barrier& barrier) {
  VkImageMemoryBarrier2 image{VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2};
  image.srcStageMask = barrier.src_stage;
  image.srcAccessMask = barrier.src_access;
  image.dstStageMask = barrier.dst_stage;
  image.dstAccessMask = barrier.dst_access;
  image.oldLayout = barrier.old_layout;
  image.newLayout = barrier.new_layout;
  image.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  image.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  image.image = barrier.image;
  image.subresourceRange = {barrier.aspect, 0, VK_REMAINING_MIP_LEVELS, 0, VK_REMAINING_ARRAY_LAYERS};
  VkDependencyInfo dependency{VK_STRUCTURE_TYPE_DEPENDENCY_INFO};
  dependency.imageMemoryBarrierCount = 1;
  dependency.pImageMemoryBarriers = &image;
  vkCmdPipelineBarrier2(commands, &dependency);
}

}  // namespace vrcharts::render
