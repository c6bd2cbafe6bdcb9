#ifndef VRCHARTS_XR_INSTANCE_H_
#define VRCHARTS_XR_INSTANCE_H_

#include <vulkan/vulkan.h>
// The platform header declares what it is asked for, with the types of the header above.
#define XR_USE_GRAPHICS_API_VULKAN
#include <openxr/openxr.h>
#include <openxr/openxr_platform.h>

#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "vrcharts/render/device.h"

namespace vrcharts::xr {

// The connection to the OpenXR runtime and its headset. Asks for API 1.0 and takes from later versions what the runtime
// offers as extensions.
//
// Fails with NotFound, in words for the person at the terminal, if there is no runtime, or it has no headset, or it
// cannot share Vulkan images.
class Instance {
 public:
  static absl::StatusOr<std::unique_ptr<Instance>> Create();
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  XrInstance handle() const { return instance_; }
  XrSystemId system() const { return system_; }
  const std::string& runtime_name() const { return runtime_name_; }
  const std::string& system_name() const { return system_name_; }

  // Whether the optional extension was offered and is enabled.
  bool Has(const char* extension) const { return enabled_.count(extension) > 0; }

  // A function of an extension, or nullptr.
  template <typename Function>
  Function Get(const char* name) const {
    PFN_xrVoidFunction function = nullptr;
    if (XR_FAILED(xrGetInstanceProcAddr(instance_, name, &function))) return nullptr;
    return reinterpret_cast<Function>(function);
  }

  XrPath Path(const std::string& path) const;

  // Names an object for the runtime's log and for captures. Does nothing where the runtime has no XR_EXT_debug_utils.
  template <typename Handle>
  void SetName(XrObjectType type, Handle object, const char* name) const {
    if (set_name_ == nullptr) return;
    XrDebugUtilsObjectNameInfoEXT info{XR_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT};
    info.objectType = type;
    info.objectHandle = reinterpret_cast<uint64_t>(object);
    info.objectName = name;
    set_name_(instance_, &info);
  }

  // The Vulkan device must be created by the runtime (XR_KHR_vulkan_enable2), which chooses the GPU that the headset
  // hangs on.
  std::unique_ptr<render::DeviceFactory> MakeDeviceFactory() const;

 private:
  Instance() = default;
  absl::Status Init();
  absl::Status FindSystem();

  XrInstance instance_ = XR_NULL_HANDLE;
  XrSystemId system_ = XR_NULL_SYSTEM_ID;
  std::string runtime_name_, system_name_;
  std::set<std::string> enabled_;
  PFN_xrSetDebugUtilsObjectNameEXT set_name_ = nullptr;
};

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_INSTANCE_H_
