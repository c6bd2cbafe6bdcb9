#ifndef VRCHARTS_RENDER_MULTIVIEW_H_
#define VRCHARTS_RENDER_MULTIVIEW_H_

#include "absl/status/statusor.h"
#include "vrcharts/render/device.h"

namespace vrcharts::render {

// Whether one pass draws two views into two layers, tried on a picture of a few pixels: every Vulkan 1.3 driver says
// so, but lavapipe of Mesa 22.3 draws both into the first layer. Where it does not work, each eye has a pass of its
// own. Takes a few milliseconds. Fails only as any drawing may.
absl::StatusOr<bool> MultiviewWorks(Device& device);

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_MULTIVIEW_H_
