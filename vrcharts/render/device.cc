#include "vrcharts/render/device.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"

namespace vrcharts::render {
namespace {

constexpr char kValidationLayer[] = "VK_LAYER_KHRONOS_validation";
constexpr char kNoDriver[] =
    "no Vulkan driver found (run: apt-get install mesa-vulkan-drivers, or install the driver of your GPU)";

VKAPI_ATTR VkBool32 VKAPI_CALL OnValidationMessage(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                   VkDebugUtilsMessageTypeFlagsEXT types,
                                                   const VkDebugUtilsMessengerCallbackDataEXT* data, void* counter) {
  // The loader reports drivers that it skipped as "general"; only what concerns our own calls counts.
  if ((types & VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT) == 0) {
    VLOG(1) << "Vulkan: " << data->pMessage;
    return VK_FALSE;
  }
  static_cast<std::atomic<int>*>(counter)->fetch_add(1);
  if (severity & VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT) {
    LOG(ERROR) << "Vulkan validation: " << data->pMessage;
  } else {
    LOG(WARNING) << "Vulkan validation: " << data->pMessage;
  }
  return VK_FALSE;
}

VkDebugUtilsMessengerCreateInfoEXT MessengerInfo(std::atomic<int>* counter) {
  VkDebugUtilsMessengerCreateInfoEXT info{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
  info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
  info.pfnUserCallback = OnValidationMessage;
  info.pUserData = counter;
  return info;
}

bool HasLayer(const char* name) {
  uint32_t count = 0;
  vkEnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vkEnumerateInstanceLayerProperties(&count, layers.data());
  return std::any_of(layers.begin(), layers.end(), [&](const auto& layer) { return !strcmp(layer.layerName, name); });
}

std::vector<const char*> Pointers(const std::vector<std::string>& names) {
  std::vector<const char*> pointers;
  for (const std::string& name : names) pointers.push_back(name.c_str());
  return pointers;
}

int Preference(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return 3;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return 2;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return 1;
    default:
      return 0;
  }
}

// What the device lacks of what we need, or "" if nothing.
std::string Missing(VkPhysicalDevice device) {
  VkPhysicalDeviceProperties properties;
  vkGetPhysicalDeviceProperties(device, &properties);
  if (properties.apiVersion < VK_API_VERSION_1_3) {
    return absl::StrCat("Vulkan 1.3 (it has ", VK_API_VERSION_MAJOR(properties.apiVersion), ".",
                        VK_API_VERSION_MINOR(properties.apiVersion), ")");
  }
  VkPhysicalDeviceVulkan13Features features13{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES};
  VkPhysicalDeviceVulkan11Features features11{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, &features13};
  VkPhysicalDeviceFeatures2 features{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &features11};
  vkGetPhysicalDeviceFeatures2(device, &features);
  if (!features13.dynamicRendering) return "dynamic rendering";
  if (!features13.synchronization2) return "synchronization2";
  if (!features11.multiview) return "multiview";
  return "";
}

std::string ResultName(VkResult result) {
  switch (result) {
#define VRCHARTS_NAME(code) \
  case code:                \
    return #code;
    VRCHARTS_NAME(VK_NOT_READY)
    VRCHARTS_NAME(VK_TIMEOUT)
    VRCHARTS_NAME(VK_INCOMPLETE)
    VRCHARTS_NAME(VK_SUBOPTIMAL_KHR)
    VRCHARTS_NAME(VK_ERROR_OUT_OF_HOST_MEMORY)
    VRCHARTS_NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY)
    VRCHARTS_NAME(VK_ERROR_INITIALIZATION_FAILED)
    VRCHARTS_NAME(VK_ERROR_DEVICE_LOST)
    VRCHARTS_NAME(VK_ERROR_MEMORY_MAP_FAILED)
    VRCHARTS_NAME(VK_ERROR_LAYER_NOT_PRESENT)
    VRCHARTS_NAME(VK_ERROR_EXTENSION_NOT_PRESENT)
    VRCHARTS_NAME(VK_ERROR_FEATURE_NOT_PRESENT)
    VRCHARTS_NAME(VK_ERROR_INCOMPATIBLE_DRIVER)
    VRCHARTS_NAME(VK_ERROR_TOO_MANY_OBJECTS)
    VRCHARTS_NAME(VK_ERROR_FORMAT_NOT_SUPPORTED)
    VRCHARTS_NAME(VK_ERROR_SURFACE_LOST_KHR)
    VRCHARTS_NAME(VK_ERROR_OUT_OF_DATE_KHR)
    VRCHARTS_NAME(VK_ERROR_NATIVE_WINDOW_IN_USE_KHR)
#undef VRCHARTS_NAME
    default:
      return absl::StrCat("VkResult ", static_cast<int>(result));
  }
}

}  // namespace

absl::Status VkStatus(VkResult result, const char* doing) {
  if (result == VK_SUCCESS) return absl::OkStatus();
  std::string message = absl::StrCat(doing, " failed: ", ResultName(result));
  switch (result) {
    case VK_ERROR_DEVICE_LOST:
    case VK_ERROR_SURFACE_LOST_KHR:
    case VK_ERROR_OUT_OF_DATE_KHR:
      return absl::UnavailableError(message);
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::StatusOr<VkInstance> DeviceFactory::CreateInstance(const VkInstanceCreateInfo& info) {
  VkInstance instance = VK_NULL_HANDLE;
  VkResult result = vkCreateInstance(&info, nullptr, &instance);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER) return absl::NotFoundError(kNoDriver);
  if (absl::Status status = VkStatus(result, "creating the Vulkan instance"); !status.ok()) return status;
  return instance;
}

absl::StatusOr<VkPhysicalDevice> DeviceFactory::ChoosePhysicalDevice(VkInstance instance) {
  uint32_t count = 0;
  vkEnumeratePhysicalDevices(instance, &count, nullptr);
  std::vector<VkPhysicalDevice> devices(count);
  vkEnumeratePhysicalDevices(instance, &count, devices.data());
  if (devices.empty()) return absl::NotFoundError(kNoDriver);
  VkPhysicalDevice best = VK_NULL_HANDLE;
  int best_preference = -1;
  std::string why;
  for (VkPhysicalDevice device : devices) {
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(device, &properties);
    if (std::string missing = Missing(device); !missing.empty()) {
      absl::StrAppend(&why, why.empty() ? "" : "; ", properties.deviceName, " lacks ", missing);
    } else if (Preference(properties.deviceType) > best_preference) {
      best = device;
      best_preference = Preference(properties.deviceType);
    }
  }
  if (best == VK_NULL_HANDLE) return absl::NotFoundError(absl::StrCat("no usable Vulkan device: ", why));
  return best;
}

absl::StatusOr<VkDevice> DeviceFactory::CreateDevice(VkPhysicalDevice physical_device, const VkDeviceCreateInfo& info) {
  VkDevice device = VK_NULL_HANDLE;
  absl::Status status =
      VkStatus(vkCreateDevice(physical_device, &info, nullptr, &device), "creating the Vulkan device");
  if (!status.ok()) return status;
  return device;
}

absl::StatusOr<std::unique_ptr<Device>> Device::Create(const DeviceOptions& options) {
  std::unique_ptr<Device> device(new Device);
  if (absl::Status status = device->Init(options); !status.ok()) return status;
  return device;
}

absl::Status Device::Init(const DeviceOptions& options) {
  DeviceFactory direct;
  DeviceFactory& factory = options.factory ? *options.factory : direct;
  if (absl::Status status = CreateInstance(options, factory); !status.ok()) return status;
  return CreateDevice(options, factory);
}

absl::Status Device::CreateInstance(const DeviceOptions& options, DeviceFactory& factory) {
  uint32_t version = VK_API_VERSION_1_0;
  vkEnumerateInstanceVersion(&version);
  if (version < VK_API_VERSION_1_3) return absl::NotFoundError("the Vulkan loader is older than 1.3");

  std::vector<const char*> extensions = Pointers(options.instance_extensions);
  std::vector<const char*> layers;
  if (options.validation) {
    if (!HasLayer(kValidationLayer)) {
      return absl::NotFoundError(
          "Vulkan's validation layer is not installed (run: apt-get install vulkan-validationlayers)");
    }
    layers.push_back(kValidationLayer);
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
  }
  VkApplicationInfo application{VK_STRUCTURE_TYPE_APPLICATION_INFO};
  application.pApplicationName = "vrcharts";
  application.applicationVersion = 1;
  application.apiVersion = VK_API_VERSION_1_3;
  VkDebugUtilsMessengerCreateInfoEXT messenger = MessengerInfo(&validation_messages_);
  VkInstanceCreateInfo info{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  info.pNext = options.validation ? &messenger : nullptr;
  info.pApplicationInfo = &application;
  info.enabledLayerCount = static_cast<uint32_t>(layers.size());
  info.ppEnabledLayerNames = layers.data();
  info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  absl::StatusOr<VkInstance> instance = factory.CreateInstance(info);
  if (!instance.ok()) return instance.status();
  instance_ = *instance;

  if (options.validation) {
    auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
        vkGetInstanceProcAddr(instance_, "vkCreateDebugUtilsMessengerEXT"));
    if (create != nullptr) create(instance_, &messenger, nullptr, &messenger_);
    set_name_ = reinterpret_cast<PFN_vkSetDebugUtilsObjectNameEXT>(
        vkGetInstanceProcAddr(instance_, "vkSetDebugUtilsObjectNameEXT"));
  }
  return absl::OkStatus();
}

absl::Status Device::CreateDevice(const DeviceOptions& options, DeviceFactory& factory) {
  absl::StatusOr<VkPhysicalDevice> chosen = factory.ChoosePhysicalDevice(instance_);
  if (!chosen.ok()) return chosen.status();
  physical_device_ = *chosen;
  vkGetPhysicalDeviceProperties(physical_device_, &properties_);
  vkGetPhysicalDeviceMemoryProperties(physical_device_, &memory_);
  if (std::string missing = Missing(physical_device_); !missing.empty()) {
    return absl::NotFoundError(absl::StrCat("the Vulkan device ", properties_.deviceName, " lacks ", missing));
  }

  uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(physical_device_, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(physical_device_, &count, families.data());
  for (queue_family_ = 0; queue_family_ < count; ++queue_family_) {
    if (families[queue_family_].queueFlags & VK_QUEUE_GRAPHICS_BIT) break;
  }
  if (queue_family_ == count) {
    return absl::NotFoundError(absl::StrCat("the Vulkan device ", properties_.deviceName, " cannot draw"));
  }
  if (families[queue_family_].timestampValidBits != 0) timestamp_period_ = properties_.limits.timestampPeriod;

  VkPhysicalDeviceVulkan13Features features13{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES};
  features13.dynamicRendering = VK_TRUE;
  features13.synchronization2 = VK_TRUE;
  features13.shaderDemoteToHelperInvocation =
      VK_TRUE;  // newer compilers of GLSL make `discard` of it; all of 1.3 have it
  VkPhysicalDeviceVulkan11Features features11{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, &features13};
  features11.multiview = VK_TRUE;
  VkPhysicalDeviceFeatures2 features{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &features11};
  const float priority = 1.0f;
  VkDeviceQueueCreateInfo queue{VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
  queue.queueFamilyIndex = queue_family_;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  std::vector<const char*> extensions = Pointers(options.device_extensions);
  VkDeviceCreateInfo info{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, &features};
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  absl::StatusOr<VkDevice> device = factory.CreateDevice(physical_device_, info);
  if (!device.ok()) return device.status();
  device_ = *device;
  vkGetDeviceQueue(device_, queue_family_, 0, &queue_);

  VkCommandPoolCreateInfo pool{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  pool.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT;
  pool.queueFamilyIndex = queue_family_;
  if (absl::Status status =
          VkStatus(vkCreateCommandPool(device_, &pool, nullptr, &once_pool_), "creating a command pool");
      !status.ok()) {
    return status;
  }
  LOG(INFO) << "drawing with " << properties_.deviceName;
  return absl::OkStatus();
}

Device::~Device() {
  if (device_ != VK_NULL_HANDLE) {
    vkDeviceWaitIdle(device_);
    if (once_pool_ != VK_NULL_HANDLE) vkDestroyCommandPool(device_, once_pool_, nullptr);
    vkDestroyDevice(device_, nullptr);
  }
  if (messenger_ != VK_NULL_HANDLE) {
    auto destroy = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
        vkGetInstanceProcAddr(instance_, "vkDestroyDebugUtilsMessengerEXT"));
    if (destroy != nullptr) destroy(instance_, messenger_, nullptr);
  }
  if (instance_ != VK_NULL_HANDLE) vkDestroyInstance(instance_, nullptr);
}

absl::StatusOr<uint32_t> Device::FindMemoryType(uint32_t type_bits, VkMemoryPropertyFlags required,
                                                VkMemoryPropertyFlags preferred) const {
  for (VkMemoryPropertyFlags wanted : {required | preferred, required}) {
    for (uint32_t i = 0; i < memory_.memoryTypeCount; ++i) {
      if ((type_bits & (1u << i)) && (memory_.memoryTypes[i].propertyFlags & wanted) == wanted) return i;
    }
  }
  return absl::ResourceExhaustedError(absl::StrCat(properties_.deviceName, " has no memory of the kind needed"));
}

void Device::SetName(VkObjectType type, uint64_t handle, const char* name) const {
  if (set_name_ == nullptr) return;
  VkDebugUtilsObjectNameInfoEXT info{VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT};
  info.objectType = type;
  info.objectHandle = handle;
  info.pObjectName = name;
  set_name_(device_, &info);
}

absl::StatusOr<VkCommandBuffer> Device::BeginOnce() {
  VkCommandBufferAllocateInfo allocate{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  allocate.commandPool = once_pool_;
  allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  allocate.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  if (absl::Status status = VkStatus(vkAllocateCommandBuffers(device_, &allocate, &commands), "allocating commands");
      !status.ok()) {
    return status;
  }
  VkCommandBufferBeginInfo begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  if (absl::Status status = VkStatus(vkBeginCommandBuffer(commands, &begin), "recording commands"); !status.ok()) {
    return status;
  }
  return commands;
}

absl::Status Device::EndOnce(VkCommandBuffer commands) {
  absl::Status status = VkStatus(vkEndCommandBuffer(commands), "recording commands");
  if (status.ok()) {
    VkSubmitInfo submit{VK_STRUCTURE_TYPE_SUBMIT_INFO};
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &commands;
    status = VkStatus(vkQueueSubmit(queue_, 1, &submit, VK_NULL_HANDLE), "submitting commands");
  }
  if (status.ok()) status = VkStatus(vkQueueWaitIdle(queue_), "waiting for the GPU");
  vkFreeCommandBuffers(device_, once_pool_, 1, &commands);
  return status;
}

absl::Status Device::WaitIdle() const { return VkStatus(vkDeviceWaitIdle(device_), "waiting for the GPU"); }

}  // namespace vrcharts::render
