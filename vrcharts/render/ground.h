#ifndef VRCHARTS_RENDER_GROUND_H_
#define VRCHARTS_RENDER_GROUND_H_

#include <vulkan/vulkan.h>

#include <string>

#include "absl/status/status.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/memory.h"

namespace vrcharts::render {

// What lies under the marks (the room and the panels' bodies) as it was drawn before. In a window it stays the same for
// as long as neither the eye nor a panel moves, while prices, studies and the crosshair change: then copying it costs
// next to nothing, where drawing it anew would fill every pixel of the screen once or twice.
//
//   switch (ground.Next(everything that its pixels depend on)) ...
//
// A frame that shows the same for the second time is the first that is worth keeping: while the eye moves, nothing is
// copied and the image does not even exist.
class Ground {
 public:
  enum class Step {
    kDraw,  // into the target, as if there were no Ground
    kKeep,  // into image(), and from there into the target
    kCopy,  // image() holds it already
  };

  explicit Ground(const Device& device) : device_(device) {}

  // To be called once a frame. `shown` is compared byte by byte with that of the last call.
  Step Next(std::string shown);

  // Makes the image if there is none of that size and format. The GPU must not be using it then: see Fits().
  bool Fits(VkExtent2D extent) const;
  absl::Status Resize(VkExtent2D extent, VkFormat format);

  const Image& image() const { return image_; }

  // After drawing into image(): makes it ready to be copied from.
  void RecordKept(VkCommandBuffer commands) const;
  // The content of `target` is replaced; it is left as colour attachment.
  void RecordCopy(VkCommandBuffer commands, VkImage target) const;

 private:
  const Device& device_;
  Image image_;
  std::string shown_;
  bool kept_ = false;  // image_ shows `shown_`
};

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_GROUND_H_
