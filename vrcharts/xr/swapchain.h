#ifndef VRCHARTS_XR_SWAPCHAIN_H_
#define VRCHARTS_XR_SWAPCHAIN_H_

#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/renderer.h"
#include "vrcharts/xr/instance.h"

namespace vrcharts::xr {

struct SwapchainInfo {
  VkFormat format = VK_FORMAT_UNDEFINED;
  XrSwapchainUsageFlags usage = 0;
  VkImageAspectFlags aspect = VK_IMAGE_ASPECT_COLOR_BIT;
  VkExtent2D extent{};
  uint32_t layers = 1;
};

// A ring of images that the runtime shows: acquire one, draw into it, release it.
class Swapchain {
 public:
  static absl::StatusOr<std::unique_ptr<Swapchain>> Create(const render::Device& device, XrSession session,
                                                           const SwapchainInfo& info);
  ~Swapchain();
  Swapchain(const Swapchain&) = delete;
  Swapchain& operator=(const Swapchain&) = delete;

  // Waits until the runtime has finished with the image.
  absl::StatusOr<render::Attachment> Acquire();
  absl::Status Release();

  XrSwapchain handle() const { return swapchain_; }
  const SwapchainInfo& info() const { return info_; }

 private:
  Swapchain(const render::Device& device, const SwapchainInfo& info) : device_(device), info_(info) {}

  const render::Device& device_;
  const SwapchainInfo info_;
  XrSwapchain swapchain_ = XR_NULL_HANDLE;
  std::vector<render::Attachment> images_;
};

// The first of `wanted` (best first) that the runtime offers, or VK_FORMAT_UNDEFINED.
VkFormat ChooseFormat(XrSession session, std::span<const VkFormat> wanted);

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_SWAPCHAIN_H_
