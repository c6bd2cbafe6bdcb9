#ifndef VRCHARTS_DESKTOP_WINDOW_TARGET_H_
#define VRCHARTS_DESKTOP_WINDOW_TARGET_H_

#include <vulkan/vulkan.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/memory.h"
#include "vrcharts/render/renderer.h"

namespace vrcharts::desktop {

// The images of a window: a Vulkan swapchain with a depth image, made anew when the window changes its size.
//
//   std::optional<render::Target> target = *window_target->Acquire();   // nullopt: nothing to draw into now
//   (minimized) renderer.Draw(*target, ...); window_target->Present();
class WindowTarget {
 public:
  // `surface` belongs to the caller and must outlive this. Fails with NotFound if the device cannot present there.
  static absl::StatusOr<std::unique_ptr<WindowTarget>> Create(render::Device& device, VkSurfaceKHR surface,
                                                              VkExtent2D size);
  ~WindowTarget();
  WindowTarget(const WindowTarget&) = delete;
  WindowTarget& operator=(const WindowTarget&) = delete;

  // The window has a new size, in pixels.
  void Resize(VkExtent2D size);

  absl::StatusOr<std::optional<render::Target>> Acquire();
  absl::Status Present();

  VkFormat color_format() const { return format_.format; }
  static constexpr VkFormat kDepthFormat = VK_FORMAT_D32_SFLOAT;
  VkExtent2D extent() const { return extent_; }

 private:
  // More than frames may be in flight, so that a semaphore is free again when its turn comes.
  static constexpr int kAcquireSemaphores = 3;

  WindowTarget(render::Device& device, VkSurfaceKHR surface, VkExtent2D size)
      : device_(device), surface_(surface), wanted_(size) {}
  absl::Status Init();
  absl::Status Recreate();
  void DestroyImages();

  render::Device& device_;
  const VkSurfaceKHR surface_;
  VkExtent2D wanted_;
  VkExtent2D extent_{};
  VkSurfaceFormatKHR format_{};
  VkSwapchainKHR swapchain_ = VK_NULL_HANDLE;
  std::vector<render::Attachment> images_;
  std::vector<VkSemaphore> drawn_;  // one an image: it may still wait to be presented
  std::array<VkSemaphore, kAcquireSemaphores> acquired_{};
  render::Image depth_;
  int turn_ = 0;
  uint32_t current_ = 0;
  bool stale_ = true;
  bool keeps_ground_ = false;  // the window's images can be copied into
};

}  // namespace vrcharts::desktop

#endif  // VRCHARTS_DESKTOP_WINDOW_TARGET_H_
