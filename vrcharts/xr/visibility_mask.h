#ifndef VRCHARTS_XR_VISIBILITY_MASK_H_
#define VRCHARTS_XR_VISIBILITY_MASK_H_

#include <glm/glm.hpp>
#include <vector>

#include "vrcharts/xr/instance.h"

namespace vrcharts::xr {

// The part of an eye's picture that its lens hides, as triangles (three points each) in tangents of the view's angles:
// x to the right, y up, at a distance of 1. Empty where the runtime does not know (XR_KHR_visibility_mask), or says
// what cannot be.
std::vector<glm::vec2> HiddenTriangles(const Instance& instance, XrSession session, uint32_t eye);

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_VISIBILITY_MASK_H_
