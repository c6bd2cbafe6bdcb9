#include "vrcharts/desktop/window_target.h"

#include <algorithm>
#include <limits>

namespace vrcharts::desktop {
namespace {

using render::VkStatus;

absl::StatusOr<VkSemaphore> CreateSemaphore(VkDevice device) {
  VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  VkSemaphore semaphore = VK_NULL_HANDLE;
  absl::Status status = VkStatus(vkCreateSemaphore(device, &info, nullptr, &semaphore), "creating a semaphore");
  if (!status.ok()) return status;
  return semaphore;
}

}  // namespace

absl::StatusOr<std::unique_ptr<WindowTarget>> WindowTarget::Create(render::Device& device, VkSurfaceKHR surface,
                                                                   VkExtent2D size) {
  std::unique_ptr<WindowTarget> target(new WindowTarget(device, surface, size));
  if (absl::Status status = target->Init(); !status.ok()) return status;
  return target;
}

absl::Status WindowTarget::Init() {
  VkBool32 supported = VK_FALSE;
  vkGetPhysicalDeviceSurfaceSupportKHR(device_.physical_device(), device_.queue_family(), surface_, &supported);
  if (!supported) return absl::NotFoundError("this GPU cannot show pictures in this window");
  uint32_t count = 0;
  vkGetPhysicalDeviceSurfaceFormatsKHR(device_.physical_device(), surface_, &count, nullptr);
  std::vector<VkSurfaceFormatKHR> formats(count);
  vkGetPhysicalDeviceSurfaceFormatsKHR(device_.physical_device(), surface_, &count, formats.data());
  for (const VkSurfaceFormatKHR& format : formats) {
    if (format.format == VK_FORMAT_B8G8R8A8_SRGB || format.format == VK_FORMAT_R8G8B8A8_SRGB) {
      format_ = format;
      break;
    }
  }
  if (format_.format == VK_FORMAT_UNDEFINED) return absl::NotFoundError("the window offers no sRGB colour format");
  for (VkSemaphore& semaphore : acquired_) {
    absl::StatusOr<VkSemaphore> created = CreateSemaphore(device_.handle());
    if (!created.ok()) return created.status();
    semaphore = *created;
  }
  return Recreate();
}

void WindowTarget::Resize(VkExtent2D size) {
  stale_ |= size.width != wanted_.width || size.height != wanted_.height;
  wanted_ = size;
}

void WindowTarget::DestroyImages() {
  for (const render::Attachment& image : images_) vkDestroyImageView(device_.handle(), image.all, nullptr);
  for (VkSemaphore semaphore : drawn_) vkDestroySemaphore(device_.handle(), semaphore, nullptr);
  images_.clear();
  drawn_.clear();
}

absl::Status WindowTarget::Recreate() {
  if (absl::Status status = device_.WaitIdle(); !status.ok()) return status;
  VkSurfaceCapabilitiesKHR can;
  if (absl::Status status =
          VkStatus(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(device_.physical_device(), surface_, &can),
                   "asking for the window's abilities");
      !status.ok()) {
    return status;
  }
  extent_ = can.currentExtent.width != std::numeric_limits<uint32_t>::max() ? can.currentExtent : wanted_;
  extent_.width = std::clamp(extent_.width, can.minImageExtent.width, can.maxImageExtent.width);
  extent_.height = std::clamp(extent_.height, can.minImageExtent.height, can.maxImageExtent.height);
  DestroyImages();
  if (extent_.width == 0 || extent_.height == 0) return absl::OkStatus();  // minimized; stays stale

  VkSwapchainCreateInfoKHR info{VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR};
  info.surface = surface_;
  info.minImageCount = std::max(can.minImageCount, 3u);
  if (can.maxImageCount > 0) info.minImageCount = std::min(info.minImageCount, can.maxImageCount);
  info.imageFormat = format_.format;
  info.imageColorSpace = format_.colorSpace;
  info.imageExtent = extent_;
  info.imageArrayLayers = 1;
  info.imageUsage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | (can.supportedUsageFlags & VK_IMAGE_USAGE_TRANSFER_DST_BIT);
  keeps_ground_ = (info.imageUsage & VK_IMAGE_USAGE_TRANSFER_DST_BIT) != 0;
  info.imageSharingMode = VK_SHARING_MODE_EXCLUSIVE;
  info.preTransform = can.currentTransform;
  info.compositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR;
  info.presentMode = VK_PRESENT_MODE_FIFO_KHR;
  info.clipped = VK_TRUE;
  info.oldSwapchain = swapchain_;
  VkSwapchainKHR created = VK_NULL_HANDLE;
  absl::Status status =
      VkStatus(vkCreateSwapchainKHR(device_.handle(), &info, nullptr, &created), "creating the window's swapchain");
  if (swapchain_ != VK_NULL_HANDLE) vkDestroySwapchainKHR(device_.handle(), swapchain_, nullptr);
  swapchain_ = created;
  if (!status.ok()) return status;

  uint32_t count = 0;
  vkGetSwapchainImagesKHR(device_.handle(), swapchain_, &count, nullptr);
  std::vector<VkImage> images(count);
  vkGetSwapchainImagesKHR(device_.handle(), swapchain_, &count, images.data());
  for (VkImage image : images) {
    absl::StatusOr<VkImageView> view =
        render::CreateArrayView(device_, image, format_.format, VK_IMAGE_ASPECT_COLOR_BIT, {0, 1});
    if (!view.ok()) return view.status();
    images_.push_back({image, *view, {*view}});
    absl::StatusOr<VkSemaphore> semaphore = CreateSemaphore(device_.handle());
    if (!semaphore.ok()) return semaphore.status();
    drawn_.push_back(*semaphore);
  }
  absl::StatusOr<render::Image> depth = render::Image::Create(device_,
                                                              {.extent = extent_,
                                                               .format = kDepthFormat,
                                                               .usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
                                                               .aspect = VK_IMAGE_ASPECT_DEPTH_BIT},
                                                              "window depth");
  if (!depth.ok()) return depth.status();
  depth_ = std::move(*depth);
  stale_ = false;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<render::Target>> WindowTarget::Acquire() {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (stale_) {
      if (absl::Status status = Recreate(); !status.ok()) return status;
      if (images_.empty()) return std::nullopt;
    }
    const int next = (turn_ + 1) % kAcquireSemaphores;
    const VkResult result = vkAcquireNextImageKHR(device_.handle(), swapchain_, std::numeric_limits<uint64_t>::max(),
                                                  acquired_[next], VK_NULL_HANDLE, &current_);
    if (result == VK_ERROR_OUT_OF_DATE_KHR) {
      stale_ = true;
      continue;
    }
    if (result != VK_SUCCESS && result != VK_SUBOPTIMAL_KHR)
      return VkStatus(result, "acquiring an image of the window");
    turn_ = next;
    render::Target target;
    target.color = images_[current_];
    target.depth = render::ToAttachment(depth_);
    target.extent = extent_;
    target.color_after = VK_IMAGE_LAYOUT_PRESENT_SRC_KHR;
    target.wait = acquired_[turn_];
    target.signal = drawn_[current_];
    target.keeps_ground = keeps_ground_;
    return target;
  }
  return std::nullopt;
}

absl::Status WindowTarget::Present() {
  VkPresentInfoKHR present{VK_STRUCTURE_TYPE_PRESENT_INFO_KHR};
  present.waitSemaphoreCount = 1;
  present.pWaitSemaphores = &drawn_[current_];
  present.swapchainCount = 1;
  present.pSwapchains = &swapchain_;
  present.pImageIndices = &current_;
  const VkResult result = vkQueuePresentKHR(device_.queue(), &present);
  if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR) {
    stale_ = true;
    return absl::OkStatus();
  }
  return VkStatus(result, "showing the picture");
}

WindowTarget::~WindowTarget() {
  vkDeviceWaitIdle(device_.handle());
  DestroyImages();
  for (VkSemaphore semaphore : acquired_) {
    if (semaphore != VK_NULL_HANDLE) vkDestroySemaphore(device_.handle(), semaphore, nullptr);
  }
  if (swapchain_ != VK_NULL_HANDLE) vkDestroySwapchainKHR(device_.handle(), swapchain_, nullptr);
}

}  // namespace vrcharts::desktop
