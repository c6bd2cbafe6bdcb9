#include "vrcharts/desktop/window.h"

#include <vulkan/vulkan.h>
// After Vulkan, so that GLFW declares its Vulkan functions.
#include <GLFW/glfw3.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "common/lifecycle/shutdown.h"
#include "common/metrics/metrics.h"
#include "vrcharts/desktop/camera.h"
#include "vrcharts/desktop/window_input.h"
#include "vrcharts/desktop/window_target.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/renderer.h"

namespace vrcharts::desktop {
namespace {

constexpr double kIdleSeconds = 0.05;  // how soon finished data shows while nobody touches anything

// A device that is lost may take a while to come back; one that is lost again at once is broken.
constexpr absl::Duration kRetry = absl::Milliseconds(500);
constexpr absl::Duration kLongestRecovery = absl::Seconds(30);
constexpr absl::Duration kSoonestLoss = absl::Milliseconds(200);

absl::Status GlfwError(const char* doing) {
  const char* why = nullptr;
  glfwGetError(&why);
  return absl::NotFoundError(absl::StrCat(doing, " failed: ", why != nullptr ? why : "unknown reason",
                                          " (is DISPLAY set? without a display use --viewer=image)"));
}

WindowInput& InputOf(GLFWwindow* window) { return *static_cast<WindowInput*>(glfwGetWindowUserPointer(window)); }

// GLFW gives the mouse in screen coordinates; on a high-density display a pixel is less.
std::pair<double, double> ToPixels(GLFWwindow* window, double x, double y) {
  int width = 1, height = 1, pixel_width = 1, pixel_height = 1;
  glfwGetWindowSize(window, &width, &height);
  glfwGetFramebufferSize(window, &pixel_width, &pixel_height);
  return {x * pixel_width / std::max(width, 1), y * pixel_height / std::max(height, 1)};
}

void InstallCallbacks(GLFWwindow* window) {
  glfwSetCursorPosCallback(window, [](GLFWwindow* w, double x, double y) {
    const auto [pixel_x, pixel_y] = ToPixels(w, x, y);
    InputOf(w).MouseMoved(pixel_x, pixel_y);
  });
  glfwSetCursorEnterCallback(window, [](GLFWwindow* w, int entered) {
    if (!entered) InputOf(w).MouseLeft();
  });
  glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int button, int action, int modifiers) {
    InputOf(w).MouseButton(button, action == GLFW_PRESS, modifiers, absl::Now());
  });
  glfwSetScrollCallback(window, [](GLFWwindow* w, double x, double y) { InputOf(w).Wheel(x, y); });
  glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int, int action, int) {
    if (key == GLFW_KEY_ESCAPE) glfwSetWindowShouldClose(w, GLFW_TRUE);
    if (action != GLFW_REPEAT) InputOf(w).Key(key, action == GLFW_PRESS);
  });
}

class WindowViewer {
 public:
  explicit WindowViewer(app::App& app) : app_(app), input_(app, Camera::FromOptions(app.options())) {}

  ~WindowViewer() {
    DropGraphics();
    if (window_ != nullptr) glfwDestroyWindow(window_);
  }

  absl::Status Open() {
    const options::Options& options = app_.options();
    if (!glfwVulkanSupported()) {
      return absl::NotFoundError(
          "no Vulkan driver found that can draw in a window (run: apt-get install mesa-vulkan-drivers)");
    }
    glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
    window_ = glfwCreateWindow(static_cast<int>(options.width()), static_cast<int>(options.height()), "vrcharts",
                               nullptr, nullptr);
    if (window_ == nullptr) return GlfwError("opening a window");
    glfwSetWindowUserPointer(window_, &input_);
    InstallCallbacks(window_);
    return CreateGraphics();
  }

  absl::Status Run() {
    const uint64_t limit = app_.options().frames();
    absl::Time last = absl::Now();
    uint64_t frames = 0;
    while (!glfwWindowShouldClose(window_) && (limit == 0 || frames < limit)) {
      if (common::lifecycle::ShutdownRequested()) return common::lifecycle::InterruptedError();
      glfwPollEvents();
      const VkExtent2D size = Size();
      if (size.width != size_.width || size.height != size_.height) {
        size_ = size;
        target_->Resize(size);
        input_.SetSize(size.width, size.height);
      }
      const absl::Time now = absl::Now();
      const bool touched = input_.Update(now - std::exchange(last, now));
      app_.Update(now);
      if (!touched && !SceneChanged() && limit == 0) {
        glfwWaitEventsTimeout(kIdleSeconds);
        last = absl::Now();
        continue;
      }
      absl::Status status = Draw();
      if (absl::IsUnavailable(status)) status = Recover(status);
      if (!status.ok()) return status;
      ++frames;
    }
    return absl::OkStatus();
  }

  int validation_messages() const {
    return validation_messages_ + (device_ != nullptr ? device_->validation_messages() : 0);
  }

 private:
  // Everything that hangs on the graphics device.
  absl::Status CreateGraphics() {
    const options::Options& options = app_.options();
    uint32_t count = 0;
    const char** extensions = glfwGetRequiredInstanceExtensions(&count);
    absl::StatusOr<std::unique_ptr<render::Device>> device =
        render::Device::Create({.validation = options.vulkan_validation(),
                                .instance_extensions = {extensions, extensions + count},
                                .device_extensions = {VK_KHR_SWAPCHAIN_EXTENSION_NAME}});
    if (!device.ok()) return device.status();
    device_ = std::move(*device);
    if (absl::Status status = render::VkStatus(
            glfwCreateWindowSurface(device_->instance(), window_, nullptr, &surface_), "drawing in the window");
        !status.ok()) {
      return status;
    }
    absl::StatusOr<std::unique_ptr<WindowTarget>> target = WindowTarget::Create(*device_, surface_, Size());
    if (!target.ok()) return target.status();
    target_ = std::move(*target);
    absl::StatusOr<std::unique_ptr<render::Renderer>> renderer =
        render::Renderer::Create(*device_, {.color_format = target_->color_format(),
                                            .depth_format = WindowTarget::kDepthFormat,
                                            .cache_file = options.pipeline_cache()});
    if (!renderer.ok()) return renderer.status();
    renderer_ = std::move(*renderer);
    input_.SetSize(target_->extent().width, target_->extent().height);
    EXPLAIN() << "a window of " << target_->extent().width << "x" << target_->extent().height << " pixels";
    return absl::OkStatus();
  }

  void DropGraphics() {
    renderer_.reset();
    target_.reset();
    if (surface_ != VK_NULL_HANDLE) vkDestroySurfaceKHR(device_->instance(), surface_, nullptr);
    surface_ = VK_NULL_HANDLE;
    if (device_ != nullptr) validation_messages_ += device_->validation_messages();
    device_.reset();
  }

  // The device is lost (its driver was reset or updated, the computer slept): a new one, with the wall as it was. The
  // driver may take a while to come back.
  absl::Status Recover(const absl::Status& why) {
    LOG(WARNING) << why.message() << "; starting anew on the graphics device";
    static auto& recoveries = common::metrics::GetCounter("vrcharts_device_recoveries_total",
                                                          "Graphics devices that were lost and replaced.");
    const absl::Time give_up = absl::Now() + kLongestRecovery;
    if (absl::Now() - recovered_ < kSoonestLoss) return why;  // it does not help
    while (true) {
      DropGraphics();
      const absl::Status status = CreateGraphics();
      if (status.ok()) break;
      if (absl::Now() > give_up) return status;
      if (common::lifecycle::WaitForShutdown(kRetry)) return common::lifecycle::InterruptedError();
    }
    recovered_ = absl::Now();
    recoveries.Increment();
    shown_.clear();
    EXPLAIN() << "drawing again; the wall is as it was";
    return absl::OkStatus();
  }

  VkExtent2D Size() const {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    return {static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
  }

  // Whether any panel shows something else than in the last picture.
  bool SceneChanged() {
    const std::vector<render::SceneItem>& items = app_.scene().items;
    bool changed = items.size() != shown_.size();
    for (size_t i = 0; i < items.size() && !changed; ++i) {
      changed = items[i].geometry != shown_[i].geometry || items[i].world_from_points != shown_[i].world_from_points ||
                items[i].highlight != shown_[i].highlight;
    }
    if (changed) shown_ = items;
    return changed;
  }

  absl::Status Draw() {
    absl::StatusOr<std::optional<render::Target>> target = target_->Acquire();
    if (!target.ok()) return target.status();
    if (!target->has_value()) {  // minimized
      glfwWaitEventsTimeout(kIdleSeconds);
      return absl::OkStatus();
    }
    const VkExtent2D extent = (*target)->extent;
    const render::View view = input_.camera().View(extent.width, extent.height);
    if (absl::Status status = renderer_->Draw(**target, {&view, 1}, app_.scene(), app_.atlas()); !status.ok()) {
      return status;
    }
    static auto& frames = common::metrics::GetCounter("vrcharts_frames_total", "Frames submitted.");
    frames.Increment();
    return target_->Present();
  }

  app::App& app_;
  WindowInput input_;
  GLFWwindow* window_ = nullptr;
  std::unique_ptr<render::Device> device_;
  VkSurfaceKHR surface_ = VK_NULL_HANDLE;
  std::unique_ptr<WindowTarget> target_;
  std::unique_ptr<render::Renderer> renderer_;
  VkExtent2D size_{};
  std::vector<render::SceneItem> shown_;
  absl::Time recovered_ = absl::InfinitePast();
  int validation_messages_ = 0;  // of devices that are gone
};

}  // namespace

absl::Status RunWindow(app::App& app) {
  if (!glfwInit()) return GlfwError("opening the display");
  absl::Cleanup terminate = [] { glfwTerminate(); };
  WindowViewer viewer(app);
  absl::Status status = viewer.Open();
  if (status.ok()) status = viewer.Run();
  if (status.ok() && viewer.validation_messages() > 0) {
    return absl::InternalError(
        absl::StrCat("the Vulkan validation layer reported ", viewer.validation_messages(), " messages (see the log)"));
  }
  return status;
}

}  // namespace vrcharts::desktop
