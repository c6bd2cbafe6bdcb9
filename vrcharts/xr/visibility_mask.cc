#include "vrcharts/xr/visibility_mask.h"

#include <cmath>
#include <string_view>

namespace vrcharts::xr {
namespace {

constexpr uint32_t kMaxPoints = 1 << 16;

// Monado 25 offers the extension but dereferences null when asked for the mask of its remote-controlled headset.
bool CrashesWhenAsked(const Instance& instance) {
  XrSystemProperties properties{XR_TYPE_SYSTEM_PROPERTIES};
  return XR_SUCCEEDED(xrGetSystemProperties(instance.handle(), instance.system(), &properties)) &&
         std::string_view(properties.systemName).find("Remote HMD") != std::string_view::npos;
}

}  // namespace

std::vector<glm::vec2> HiddenTriangles(const Instance& instance, XrSession session, uint32_t eye) {
  if (!instance.Has("XR_KHR_visibility_mask") || CrashesWhenAsked(instance)) return {};
  auto get = instance.Get<PFN_xrGetVisibilityMaskKHR>("xrGetVisibilityMaskKHR");
  if (get == nullptr) return {};
  const auto ask = [&](XrVisibilityMaskKHR* mask) {
    return XR_SUCCEEDED(get(session, XR_VIEW_CONFIGURATION_TYPE_PRIMARY_STEREO, eye,
                            XR_VISIBILITY_MASK_TYPE_HIDDEN_TRIANGLE_MESH_KHR, mask));
  };
  XrVisibilityMaskKHR mask{XR_TYPE_VISIBILITY_MASK_KHR};
  if (!ask(&mask) || mask.vertexCountOutput > kMaxPoints || mask.indexCountOutput > kMaxPoints) return {};
  std::vector<XrVector2f> vertices(mask.vertexCountOutput);
  std::vector<uint32_t> indices(mask.indexCountOutput);
  mask.vertexCapacityInput = mask.vertexCountOutput;
  mask.vertices = vertices.data();
  mask.indexCapacityInput = mask.indexCountOutput;
  mask.indices = indices.data();
  if (vertices.empty() || indices.size() % 3 != 0 || !ask(&mask)) return {};
  std::vector<glm::vec2> triangles;
  for (const uint32_t index : indices) {
    if (index >= vertices.size()) return {};
    const XrVector2f& vertex = vertices[index];
    if (!std::isfinite(vertex.x) || !std::isfinite(vertex.y)) return {};
    triangles.push_back({vertex.x, vertex.y});
  }
  return triangles;
}

}  // namespace vrcharts::xr
