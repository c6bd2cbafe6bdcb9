#include "vrcharts/xr/swapchain.h"

#include <algorithm>

#include "vrcharts/xr/status.h"

namespace vrcharts::xr {

VkFormat ChooseFormat(XrSession session, std::span<const VkFormat> wanted) {
  uint32_t count = 0;
  if (XR_FAILED(xrEnumerateSwapchainFormats(session, 0, &count, nullptr))) return VK_FORMAT_UNDEFINED;
  std::vector<int64_t> offered(count);
  xrEnumerateSwapchainFormats(session, count, &count, offered.data());
  for (VkFormat format : wanted) {
    if (std::find(offered.begin(), offered.end(), static_cast<int64_t>(format)) != offered.end()) return format;
  }
  return VK_FORMAT_UNDEFINED;
}

absl::StatusOr<std::unique_ptr<Swapchain>> Swapchain::Create(const render::Device& device, XrSession session,
                                                             const SwapchainInfo& info) {
  std::unique_ptr<Swapchain> swapchain(new Swapchain(device, info));
  XrSwapchainCreateInfo create{XR_TYPE_SWAPCHAIN_CREATE_INFO};
  create.usageFlags = info.usage;
  create.format = info.format;
  create.sampleCount = 1;
  create.width = info.extent.width;
  create.height = info.extent.height;
  create.faceCount = 1;
  create.arraySize = info.layers;
  create.mipCount = 1;
  if (absl::Status status =
          XrStatus(xrCreateSwapchain(session, &create, &swapchain->swapchain_), "creating a swapchain");
      !status.ok()) {
    return status;
  }
  uint32_t count = 0;
  xrEnumerateSwapchainImages(swapchain->swapchain_, 0, &count, nullptr);
  std::vector<XrSwapchainImageVulkan2KHR> images(count, {XR_TYPE_SWAPCHAIN_IMAGE_VULKAN2_KHR});
  if (absl::Status status =
          XrStatus(xrEnumerateSwapchainImages(swapchain->swapchain_, count, &count,
                                              reinterpret_cast<XrSwapchainImageBaseHeader*>(images.data())),
                   "getting the swapchain's images");
      !status.ok()) {
    return status;
  }
  for (const XrSwapchainImageVulkan2KHR& image : images) {
    render::Attachment& attachment = swapchain->images_.emplace_back();
    attachment.image = image.image;
    const auto view = [&](render::LayerRange layers, VkImageView* out) {
      absl::StatusOr<VkImageView> created =
          render::CreateArrayView(device, image.image, info.format, info.aspect, layers);
      if (created.ok()) *out = *created;
      return created.status();
    };
    absl::Status status = view({0, info.layers}, &attachment.all);
    for (uint32_t layer = 0; layer < info.layers && layer < attachment.layers.size(); ++layer) {
      status.Update(view({layer, 1}, &attachment.layers[layer]));
    }
    if (!status.ok()) return status;
  }
  return swapchain;
}

Swapchain::~Swapchain() {
  for (const render::Attachment& image : images_) {
    for (VkImageView view : image.layers) {
      if (view != VK_NULL_HANDLE) vkDestroyImageView(device_.handle(), view, nullptr);
    }
    if (image.all != VK_NULL_HANDLE) vkDestroyImageView(device_.handle(), image.all, nullptr);
  }
  if (swapchain_ != XR_NULL_HANDLE) xrDestroySwapchain(swapchain_);
}

absl::StatusOr<render::Attachment> Swapchain::Acquire() {
  uint32_t index = 0;
  if (absl::Status status = XrStatus(xrAcquireSwapchainImage(swapchain_, nullptr, &index), "acquiring an image");
      !status.ok()) {
    return status;
  }
  XrSwapchainImageWaitInfo wait{XR_TYPE_SWAPCHAIN_IMAGE_WAIT_INFO};
  wait.timeout = XR_INFINITE_DURATION;
  if (absl::Status status = XrStatus(xrWaitSwapchainImage(swapchain_, &wait), "waiting for an image"); !status.ok()) {
    return status;
  }
  return images_[index];
}

absl::Status Swapchain::Release() {
  return XrStatus(xrReleaseSwapchainImage(swapchain_, nullptr), "releasing an image");
}

}  // namespace vrcharts::xr
