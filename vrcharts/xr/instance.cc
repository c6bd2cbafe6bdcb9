#include "vrcharts/xr/instance.h"

#include <cstring>
#include <vector>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/explain/explain.h"
#include "vrcharts/xr/status.h"

namespace vrcharts::xr {
namespace {

// What we can use. Written out, for Debian 12's headers do not know the newer ones; a runtime without them is fine.
constexpr const char* kOptional[] = {
    "XR_KHR_composition_layer_depth",
    "XR_KHR_visibility_mask",
    "XR_FB_display_refresh_rate",
    "XR_EXT_local_floor",
    "XR_EXT_hand_tracking",
    "XR_EXT_hand_interaction",
    "XR_EXT_debug_utils",
    "XR_META_touch_controller_plus",
    "XR_FB_touch_controller_pro",
};

constexpr char kNoRuntime[] =
    "no OpenXR runtime found: install one (Monado, SteamVR, ...) and start it, or point XR_RUNTIME_JSON to its "
    "manifest";

std::set<std::string> Offered() {
  uint32_t count = 0;
  if (XR_FAILED(xrEnumerateInstanceExtensionProperties(nullptr, 0, &count, nullptr))) return {};
  std::vector<XrExtensionProperties> properties(count, {XR_TYPE_EXTENSION_PROPERTIES});
  xrEnumerateInstanceExtensionProperties(nullptr, count, &count, properties.data());
  std::set<std::string> names;
  for (const XrExtensionProperties& property : properties) names.insert(property.extensionName);
  return names;
}

// Passes the three calls on to the runtime.
class RuntimeDeviceFactory : public render::DeviceFactory {
 public:
  explicit RuntimeDeviceFactory(const Instance& instance) : instance_(instance) {}

  absl::StatusOr<VkInstance> CreateInstance(const VkInstanceCreateInfo& info) override {
    // The runtime wants to be asked for its requirements first.
    auto requirements = instance_.Get<PFN_xrGetVulkanGraphicsRequirements2KHR>("xrGetVulkanGraphicsRequirements2KHR");
    XrGraphicsRequirementsVulkan2KHR needed{XR_TYPE_GRAPHICS_REQUIREMENTS_VULKAN2_KHR};
    absl::Status status = XrStatus(requirements(instance_.handle(), instance_.system(), &needed),
                                   "asking the OpenXR runtime what it requires of Vulkan");
    if (!status.ok()) return status;
    auto create = instance_.Get<PFN_xrCreateVulkanInstanceKHR>("xrCreateVulkanInstanceKHR");
    XrVulkanInstanceCreateInfoKHR create_info{XR_TYPE_VULKAN_INSTANCE_CREATE_INFO_KHR};
    create_info.systemId = instance_.system();
    create_info.pfnGetInstanceProcAddr = &vkGetInstanceProcAddr;
    create_info.vulkanCreateInfo = &info;
    VkInstance vulkan = VK_NULL_HANDLE;
    VkResult vulkan_result = VK_SUCCESS;
    status = XrStatus(create(instance_.handle(), &create_info, &vulkan, &vulkan_result),
                      "creating the Vulkan instance through the OpenXR runtime");
    status.Update(render::VkStatus(vulkan_result, "creating the Vulkan instance through the OpenXR runtime"));
    if (!status.ok()) return status;
    return vulkan;
  }

  absl::StatusOr<VkPhysicalDevice> ChoosePhysicalDevice(VkInstance vulkan) override {
    auto get = instance_.Get<PFN_xrGetVulkanGraphicsDevice2KHR>("xrGetVulkanGraphicsDevice2KHR");
    XrVulkanGraphicsDeviceGetInfoKHR info{XR_TYPE_VULKAN_GRAPHICS_DEVICE_GET_INFO_KHR};
    info.systemId = instance_.system();
    info.vulkanInstance = vulkan;
    VkPhysicalDevice device = VK_NULL_HANDLE;
    absl::Status status = XrStatus(get(instance_.handle(), &info, &device), "asking the OpenXR runtime for its GPU");
    if (!status.ok()) return status;
    return device;
  }

  absl::StatusOr<VkDevice> CreateDevice(VkPhysicalDevice physical_device, const VkDeviceCreateInfo& info) override {
    auto create = instance_.Get<PFN_xrCreateVulkanDeviceKHR>("xrCreateVulkanDeviceKHR");
    XrVulkanDeviceCreateInfoKHR create_info{XR_TYPE_VULKAN_DEVICE_CREATE_INFO_KHR};
    create_info.systemId = instance_.system();
    create_info.pfnGetInstanceProcAddr = &vkGetInstanceProcAddr;
    create_info.vulkanPhysicalDevice = physical_device;
    create_info.vulkanCreateInfo = &info;
    VkDevice device = VK_NULL_HANDLE;
    VkResult vulkan_result = VK_SUCCESS;
    absl::Status status = XrStatus(create(instance_.handle(), &create_info, &device, &vulkan_result),
                                   "creating the Vulkan device through the OpenXR runtime");
    status.Update(render::VkStatus(vulkan_result, "creating the Vulkan device through the OpenXR runtime"));
    if (!status.ok()) return status;
    return device;
  }

 private:
  const Instance& instance_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Instance>> Instance::Create() {
  std::unique_ptr<Instance> instance(new Instance);
  if (absl::Status status = instance->Init(); !status.ok()) return status;
  if (absl::Status status = instance->FindSystem(); !status.ok()) return status;
  return instance;
}

absl::Status Instance::Init() {
  const std::set<std::string> offered = Offered();
  if (offered.empty()) return absl::NotFoundError(kNoRuntime);
  if (!offered.count(XR_KHR_VULKAN_ENABLE2_EXTENSION_NAME)) {
    return absl::NotFoundError("the OpenXR runtime cannot take pictures from Vulkan (it lacks XR_KHR_vulkan_enable2)");
  }
  enabled_.insert(XR_KHR_VULKAN_ENABLE2_EXTENSION_NAME);
  for (const char* name : kOptional) {
    if (offered.count(name)) enabled_.insert(name);
  }
  std::vector<const char*> names;
  for (const std::string& name : enabled_) names.push_back(name.c_str());

  XrInstanceCreateInfo info{XR_TYPE_INSTANCE_CREATE_INFO};
  std::strncpy(info.applicationInfo.applicationName, "vrcharts", XR_MAX_APPLICATION_NAME_SIZE - 1);
  std::strncpy(info.applicationInfo.engineName, "vrcharts", XR_MAX_ENGINE_NAME_SIZE - 1);
  info.applicationInfo.applicationVersion = 1;
  info.applicationInfo.apiVersion = XR_MAKE_VERSION(1, 0, 0);
  info.enabledExtensionCount = static_cast<uint32_t>(names.size());
  info.enabledExtensionNames = names.data();
  const XrResult result = xrCreateInstance(&info, &instance_);
  if (result == XR_ERROR_RUNTIME_UNAVAILABLE || result == XR_ERROR_RUNTIME_FAILURE ||
      result == XR_ERROR_FILE_ACCESS_ERROR || result == XR_ERROR_INSTANCE_LOST) {
    instance_ = XR_NULL_HANDLE;
    return absl::NotFoundError(absl::StrCat(kNoRuntime, " (", XrStatus(result, "xrCreateInstance").message(), ")"));
  }
  if (absl::Status status = XrStatus(result, "connecting to the OpenXR runtime"); !status.ok()) {
    instance_ = XR_NULL_HANDLE;
    return status;
  }
  XrInstanceProperties properties{XR_TYPE_INSTANCE_PROPERTIES};
  if (XR_SUCCEEDED(xrGetInstanceProperties(instance_, &properties))) runtime_name_ = properties.runtimeName;
  if (Has("XR_EXT_debug_utils")) {
    set_name_ = Get<PFN_xrSetDebugUtilsObjectNameEXT>("xrSetDebugUtilsObjectNameEXT");
  }
  EXPLAIN() << "connected to the OpenXR runtime " << runtime_name_ << " with " << absl::StrJoin(enabled_, ", ");
  return absl::OkStatus();
}

absl::Status Instance::FindSystem() {
  XrSystemGetInfo get{XR_TYPE_SYSTEM_GET_INFO};
  get.formFactor = XR_FORM_FACTOR_HEAD_MOUNTED_DISPLAY;
  const XrResult result = xrGetSystem(instance_, &get, &system_);
  if (result == XR_ERROR_FORM_FACTOR_UNAVAILABLE || result == XR_ERROR_FORM_FACTOR_UNSUPPORTED) {
    return absl::NotFoundError(
        absl::StrCat("the OpenXR runtime ", runtime_name_, " has no headset: is it plugged in and switched on?"));
  }
  if (absl::Status status = XrStatus(result, "looking for a headset"); !status.ok()) return status;
  XrSystemProperties properties{XR_TYPE_SYSTEM_PROPERTIES};
  if (XR_SUCCEEDED(xrGetSystemProperties(instance_, system_, &properties))) system_name_ = properties.systemName;
  LOG(INFO) << "headset: " << system_name_ << " through " << runtime_name_;
  return absl::OkStatus();
}

Instance::~Instance() {
  if (instance_ != XR_NULL_HANDLE) xrDestroyInstance(instance_);
}

XrPath Instance::Path(const std::string& path) const {
  XrPath result = XR_NULL_PATH;
  xrStringToPath(instance_, path.c_str(), &result);
  return result;
}

std::unique_ptr<render::DeviceFactory> Instance::MakeDeviceFactory() const {
  return std::make_unique<RuntimeDeviceFactory>(*this);
}

}  // namespace vrcharts::xr
