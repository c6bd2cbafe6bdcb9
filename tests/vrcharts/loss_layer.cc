// An OpenXR API layer for tests: between the program and a real runtime it makes happen what no runtime does on demand.
//
// VRCHARTS_TEST_EVENTS is a list of EVENT@FRAME, FRAME counted by xrWaitFrame over the life of the process:
//   session_lost@N    xrWaitFrame returns XR_ERROR_SESSION_LOST, and so does every call on that session that we see
//   instance_lost@N   likewise XR_ERROR_INSTANCE_LOST; the next two xrCreateInstance fail, as while a runtime restarts
//   loss_pending@N    the session is said to go to LOSS_PENDING
//   unfocus@N focus@N the session is said to leave or to regain the focus (the system's menu)
//   recenter@N        the reference spaces are said to change
//   unplug@N          the session is lost, and the next two xrGetSystem find no headset; at 0: none ever does
//
// The loader's interface is not in Debian's headers; the structures are those of the loader specification ("OpenXR API
// layers").

#include <openxr/openxr.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace {

struct LoaderInfo {
  int type;
  uint32_t version;
  size_t size;
  uint32_t min_interface, max_interface;
  XrVersion min_api, max_api;
};

struct CreateInfo;
using CreateInstance = XrResult (*)(const XrInstanceCreateInfo*, const CreateInfo*, XrInstance*);

struct LayerRequest {
  int type;
  uint32_t version;
  size_t size;
  uint32_t interface_version;
  XrVersion api_version;
  PFN_xrGetInstanceProcAddr get_proc;
  CreateInstance create_instance;
};

struct NextInfo {
  int type;
  uint32_t version;
  size_t size;
  char layer_name[XR_MAX_API_LAYER_NAME_SIZE];
  PFN_xrGetInstanceProcAddr next_get_proc;
  CreateInstance next_create_instance;
  NextInfo* next;
};

struct CreateInfo {
  int type;
  uint32_t version;
  size_t size;
  void* loader_instance;
  char settings_file[512];
  NextInfo* next_info;
};

// Lives as long as the process: the library is linked with -z nodelete.
struct Script {
  std::mutex mutex;
  std::map<std::string, std::set<int>> events;
  int frame = 0;
  int refuse_instances = 0;
  int refuse_systems = 0;
  bool parsed = false;

  void Parse() {
    if (parsed) return;
    parsed = true;
    const char* text = std::getenv("VRCHARTS_TEST_EVENTS");
    std::string rest = text != nullptr ? text : "";
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      const std::string entry = rest.substr(0, comma);
      rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
      const size_t at = entry.find('@');
      if (at != std::string::npos) events[entry.substr(0, at)].insert(std::atoi(entry.c_str() + at + 1));
    }
  }
  // Whether the event is due; it happens once.
  bool Take(const char* event) {
    auto& frames = events[event];
    if (frames.empty() || *frames.begin() > frame) return false;
    frames.erase(frames.begin());
    return true;
  }
};

Script& script() {
  static auto* const instance = new Script;
  return *instance;
}

PFN_xrGetInstanceProcAddr next_get_proc = nullptr;
XrInstance current_instance = XR_NULL_HANDLE;
XrSession current_session = XR_NULL_HANDLE;

template <typename Function>
Function Next(const char* name) {
  PFN_xrVoidFunction function = nullptr;
  next_get_proc(current_instance, name, &function);
  return reinterpret_cast<Function>(function);
}

XrResult GetSystem(XrInstance instance, const XrSystemGetInfo* info, XrSystemId* system) {
  {
    std::lock_guard<std::mutex> lock(script().mutex);
    if (script().events["unplug"].count(0) > 0) return XR_ERROR_FORM_FACTOR_UNAVAILABLE;
    if (script().refuse_systems > 0) {
      --script().refuse_systems;
      return XR_ERROR_FORM_FACTOR_UNAVAILABLE;
    }
  }
  return Next<PFN_xrGetSystem>("xrGetSystem")(instance, info, system);
}

XrResult CreateSession(XrInstance instance, const XrSessionCreateInfo* info, XrSession* session) {
  const XrResult result = Next<PFN_xrCreateSession>("xrCreateSession")(instance, info, session);
  if (XR_SUCCEEDED(result)) current_session = *session;
  return result;
}

XrResult WaitFrame(XrSession session, const XrFrameWaitInfo* info, XrFrameState* state) {
  {
    std::lock_guard<std::mutex> lock(script().mutex);
    ++script().frame;
    if (script().Take("session_lost")) return XR_ERROR_SESSION_LOST;
    if (script().Take("unplug")) {
      script().refuse_systems = 2;
      return XR_ERROR_SESSION_LOST;
    }
    if (script().Take("instance_lost")) {
      script().refuse_instances = 2;
      return XR_ERROR_INSTANCE_LOST;
    }
  }
  return Next<PFN_xrWaitFrame>("xrWaitFrame")(session, info, state);
}

XrResult PollEvent(XrInstance instance, XrEventDataBuffer* buffer) {
  {
    std::lock_guard<std::mutex> lock(script().mutex);
    auto* changed = reinterpret_cast<XrEventDataSessionStateChanged*>(buffer);
    const auto say = [&](XrSessionState state) {
      *changed = {XR_TYPE_EVENT_DATA_SESSION_STATE_CHANGED, nullptr, current_session, state, 0};
      return XR_SUCCESS;
    };
    if (script().Take("loss_pending")) return say(XR_SESSION_STATE_LOSS_PENDING);
    if (script().Take("unfocus")) return say(XR_SESSION_STATE_VISIBLE);
    if (script().Take("focus")) return say(XR_SESSION_STATE_FOCUSED);
    if (script().Take("recenter")) {
      auto* moved = reinterpret_cast<XrEventDataReferenceSpaceChangePending*>(buffer);
      *moved = {XR_TYPE_EVENT_DATA_REFERENCE_SPACE_CHANGE_PENDING};
      moved->session = current_session;
      moved->referenceSpaceType = XR_REFERENCE_SPACE_TYPE_LOCAL;
      return XR_SUCCESS;
    }
  }
  return Next<PFN_xrPollEvent>("xrPollEvent")(instance, buffer);
}

XrResult GetProc(XrInstance instance, const char* name, PFN_xrVoidFunction* function) {
  if (!std::strcmp(name, "xrCreateSession")) {
    *function = reinterpret_cast<PFN_xrVoidFunction>(&CreateSession);
  } else if (!std::strcmp(name, "xrGetSystem")) {
    *function = reinterpret_cast<PFN_xrVoidFunction>(&GetSystem);
  } else if (!std::strcmp(name, "xrWaitFrame")) {
    *function = reinterpret_cast<PFN_xrVoidFunction>(&WaitFrame);
  } else if (!std::strcmp(name, "xrPollEvent")) {
    *function = reinterpret_cast<PFN_xrVoidFunction>(&PollEvent);
  } else {
    return next_get_proc(instance, name, function);
  }
  return XR_SUCCESS;
}

XrResult CreateLayerInstance(const XrInstanceCreateInfo* info, const CreateInfo* layers, XrInstance* instance) {
  {
    std::lock_guard<std::mutex> lock(script().mutex);
    script().Parse();
    if (script().refuse_instances > 0) {
      --script().refuse_instances;
      return XR_ERROR_RUNTIME_UNAVAILABLE;
    }
  }
  CreateInfo rest = *layers;
  rest.next_info = layers->next_info->next;
  next_get_proc = layers->next_info->next_get_proc;
  const XrResult result = layers->next_info->next_create_instance(info, &rest, instance);
  if (XR_SUCCEEDED(result)) current_instance = *instance;
  return result;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) XrResult xrNegotiateLoaderApiLayerInterface(const LoaderInfo* loader,
                                                                                              const char* /*name*/,
                                                                                              LayerRequest* request) {
  if (loader == nullptr || request == nullptr || loader->min_interface > 1) return XR_ERROR_INITIALIZATION_FAILED;
  request->interface_version = 1;
  request->api_version = XR_MAKE_VERSION(1, 0, 0);
  request->get_proc = &GetProc;
  request->create_instance = &CreateLayerInstance;
  return XR_SUCCESS;
}
