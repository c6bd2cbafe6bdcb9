#ifndef VRCHARTS_RENDER_DEVICE_H_
#define VRCHARTS_RENDER_DEVICE_H_

#include <vulkan/vulkan.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vrcharts::render {

// The three Vulkan calls that an OpenXR runtime wants to make itself (XR_KHR_vulkan_enable2). The default makes them
// directly and prefers a discrete GPU, then an integrated or virtual one, then software.
class DeviceFactory {
 public:
  virtual ~DeviceFactory() = default;
  virtual absl::StatusOr<VkInstance> CreateInstance(const VkInstanceCreateInfo& info);
  virtual absl::StatusOr<VkPhysicalDevice> ChoosePhysicalDevice(VkInstance instance);
  virtual absl::StatusOr<VkDevice> CreateDevice(VkPhysicalDevice physical_device, const VkDeviceCreateInfo& info);
};

struct DeviceOptions {
  bool validation = false;  // VK_LAYER_KHRONOS_validation; what it says is logged and counted
  std::vector<std::string> instance_extensions;
  std::vector<std::string> device_extensions;
  DeviceFactory* factory = nullptr;  // nullptr: the default one. Used during Create only.
};

// One Vulkan 1.3 device with one queue that draws, copies and (if the surface allows) presents.
//
//   absl::StatusOr<std::unique_ptr<Device>> device = Device::Create({.validation = true});
//   if (!device.ok()) ...   // e.g. "no Vulkan driver found (run: apt-get install mesa-vulkan-drivers)"
//
// What is needed of the device: dynamic rendering, synchronization2 and multiview; every Vulkan 1.3 driver has them,
// lavapipe included.
//
// Immutable after creation. The queue is used by the frame thread alone.
class Device {
 public:
  static absl::StatusOr<std::unique_ptr<Device>> Create(const DeviceOptions& options);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  VkInstance instance() const { return instance_; }
  VkPhysicalDevice physical_device() const { return physical_device_; }
  VkDevice handle() const { return device_; }
  VkQueue queue() const { return queue_; }
  uint32_t queue_family() const { return queue_family_; }
  const VkPhysicalDeviceProperties& properties() const { return properties_; }
  bool software() const { return properties_.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU; }

  // Nanoseconds a timestamp tick; 0 where the queue has no timestamps.
  float timestamp_period() const { return timestamp_period_; }

  // Index of a memory type allowed by `type_bits` that has all of `required` and, if there is one, also `preferred`.
  absl::StatusOr<uint32_t> FindMemoryType(uint32_t type_bits, VkMemoryPropertyFlags required,
                                          VkMemoryPropertyFlags preferred = 0) const;

  // Warnings and errors of the validation layer so far. 0 without validation.
  int validation_messages() const { return validation_messages_.load(); }

  // Names an object for the validation layer, debuggers and captures. Does nothing without validation.
  void SetName(VkObjectType type, uint64_t handle, const char* name) const;

  // Runs `record` on a one-time command buffer and waits for it. For set-up and read-back, not for frames.
  template <typename F>
  absl::Status RunOnce(F&& record) {
    absl::StatusOr<VkCommandBuffer> commands = BeginOnce();
    if (!commands.ok()) return commands.status();
    record(*commands);
    return EndOnce(*commands);
  }

  // Waits until the GPU has finished everything. Fails with Unavailable if the device is lost.
  absl::Status WaitIdle() const;

 private:
  Device() = default;
  absl::Status Init(const DeviceOptions& options);
  absl::Status CreateInstance(const DeviceOptions& options, DeviceFactory& factory);
  absl::Status CreateDevice(const DeviceOptions& options, DeviceFactory& factory);
  absl::StatusOr<VkCommandBuffer> BeginOnce();
  absl::Status EndOnce(VkCommandBuffer commands);

  VkInstance instance_ = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device_ = VK_NULL_HANDLE;
  VkDevice device_ = VK_NULL_HANDLE;
  VkQueue queue_ = VK_NULL_HANDLE;
  VkCommandPool once_pool_ = VK_NULL_HANDLE;
  uint32_t queue_family_ = 0;
  float timestamp_period_ = 0;
  VkPhysicalDeviceProperties properties_{};
  VkPhysicalDeviceMemoryProperties memory_{};
  PFN_vkSetDebugUtilsObjectNameEXT set_name_ = nullptr;
  std::atomic<int> validation_messages_{0};
};

// "doing WHAT failed: VK_ERROR_..."; OK for VK_SUCCESS. A lost device or surface is Unavailable, lack of memory
// ResourceExhausted, everything else Internal.
absl::Status VkStatus(VkResult result, const char* doing);

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_DEVICE_H_
