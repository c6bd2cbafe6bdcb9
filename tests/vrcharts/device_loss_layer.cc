// A Vulkan layer for tests that loses the graphics device, as a driver does that was reset: from the submission on
// whose number VRCHARTS_TEST_DEVICE_LOST names (counted over the life of the process; several are separated by commas),
// all submissions to that device fail with VK_ERROR_DEVICE_LOST. The next device is sound again.
//
// Interface: "Architecture of the Vulkan Loader Interfaces", layer interface version 2.

#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

namespace {

// The first word of a dispatchable handle is the loader's table; a queue shares it with its device.
void* KeyOf(const void* handle) { return *static_cast<void* const*>(handle); }

// What comes below us.
struct NextDevice {
  PFN_vkGetDeviceProcAddr get = nullptr;
  PFN_vkQueueSubmit2 submit = nullptr;
};

struct Layer {
  std::mutex mutex;
  std::map<void*, PFN_vkGetInstanceProcAddr> instances;
  std::map<void*, NextDevice> devices;
  std::set<void*> lost;
  int submissions = 0;
};

Layer& Get() {
  static Layer* const layer = new Layer();
  return *layer;
}

// Whether the submission with that number is where a device is to be lost.
bool IsLossAt(int submission) {
  const char* text = std::getenv("VRCHARTS_TEST_DEVICE_LOST");
  while (text != nullptr && *text != '\0') {
    if (std::atoi(text) == submission) return true;
    text = std::strchr(text, ',');
    if (text != nullptr) ++text;
  }
  return false;
}

template <typename Info>
Info* LinkOf(const void* chain, VkStructureType type) {
  for (auto* info = static_cast<const Info*>(chain); info != nullptr; info = static_cast<const Info*>(info->pNext)) {
    if (info->sType == type && info->function == VK_LAYER_LINK_INFO) return const_cast<Info*>(info);
  }
  return nullptr;
}

VKAPI_ATTR VkResult VKAPI_CALL CreateInstance(const VkInstanceCreateInfo* info, const VkAllocationCallbacks* allocator,
                                              VkInstance* instance) {
  auto* link = LinkOf<VkLayerInstanceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
  if (link == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const PFN_vkGetInstanceProcAddr next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const VkResult result =
      reinterpret_cast<PFN_vkCreateInstance>(next(VK_NULL_HANDLE, "vkCreateInstance"))(info, allocator, instance);
  if (result != VK_SUCCESS) return result;
  std::lock_guard lock(Get().mutex);
  Get().instances[KeyOf(*instance)] = next;
  return result;
}

VKAPI_ATTR VkResult VKAPI_CALL CreateDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                            const VkAllocationCallbacks* allocator, VkDevice* device) {
  auto* link = LinkOf<VkLayerDeviceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
  if (link == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const PFN_vkGetInstanceProcAddr next_instance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  const PFN_vkGetDeviceProcAddr next = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const VkResult result = reinterpret_cast<PFN_vkCreateDevice>(next_instance(VK_NULL_HANDLE, "vkCreateDevice"))(
      physical, info, allocator, device);
  if (result != VK_SUCCESS) return result;
  std::lock_guard lock(Get().mutex);
  Get().devices[KeyOf(*device)] = {next, reinterpret_cast<PFN_vkQueueSubmit2>(next(*device, "vkQueueSubmit2"))};
  Get().lost.erase(KeyOf(*device));  // the address may have been another device's
  return result;
}

VKAPI_ATTR VkResult VKAPI_CALL QueueSubmit2(VkQueue queue, uint32_t count, const VkSubmitInfo2* submits,
                                            VkFence fence) {
  PFN_vkQueueSubmit2 next;
  {
    std::lock_guard lock(Get().mutex);
    if (IsLossAt(++Get().submissions)) Get().lost.insert(KeyOf(queue));
    if (Get().lost.contains(KeyOf(queue))) return VK_ERROR_DEVICE_LOST;
    next = Get().devices[KeyOf(queue)].submit;
  }
  return next(queue, count, submits, fence);
}

PFN_vkVoidFunction Own(const char* name);

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL GetDeviceProcAddr(VkDevice device, const char* name) {
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0 || std::strcmp(name, "vkQueueSubmit2") == 0) return Own(name);
  std::lock_guard lock(Get().mutex);
  return Get().devices[KeyOf(device)].get(device, name);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL GetInstanceProcAddr(VkInstance instance, const char* name) {
  if (const PFN_vkVoidFunction own = Own(name); own != nullptr) return own;
  if (instance == VK_NULL_HANDLE) return nullptr;
  std::lock_guard lock(Get().mutex);
  return Get().instances[KeyOf(instance)](instance, name);
}

PFN_vkVoidFunction Own(const char* name) {
  const struct {
    const char* name;
    PFN_vkVoidFunction function;
  } functions[] = {
      {"vkGetInstanceProcAddr", reinterpret_cast<PFN_vkVoidFunction>(&GetInstanceProcAddr)},
      {"vkGetDeviceProcAddr", reinterpret_cast<PFN_vkVoidFunction>(&GetDeviceProcAddr)},
      {"vkCreateInstance", reinterpret_cast<PFN_vkVoidFunction>(&CreateInstance)},
      {"vkCreateDevice", reinterpret_cast<PFN_vkVoidFunction>(&CreateDevice)},
      {"vkQueueSubmit2", reinterpret_cast<PFN_vkVoidFunction>(&QueueSubmit2)},
  };
  for (const auto& function : functions) {
    if (std::strcmp(name, function.name) == 0) return function.function;
  }
  return nullptr;
}

}  // namespace

extern "C" VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface* interface) {
  interface->loaderLayerInterfaceVersion = 2;
  interface->pfnGetInstanceProcAddr = &GetInstanceProcAddr;
  interface->pfnGetDeviceProcAddr = &GetDeviceProcAddr;
  interface->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}
