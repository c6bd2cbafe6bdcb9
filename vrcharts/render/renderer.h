#ifndef VRCHARTS_RENDER_RENDERER_H_
#define VRCHARTS_RENDER_RENDERER_H_

#include <vulkan/vulkan.h>

#include <array>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/render/atlas_texture.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/ground.h"
#include "vrcharts/render/mark_buffers.h"
#include "vrcharts/render/memory.h"
#include "vrcharts/render/pipelines.h"
#include "vrcharts/render/scene.h"
#include "vrcharts/text/atlas.h"

namespace vrcharts::render {

// An image to draw into: one array layer a view.
struct Attachment {
  VkImage image = VK_NULL_HANDLE;
  VkImageView all = VK_NULL_HANDLE;     // of all layers
  std::array<VkImageView, 2> layers{};  // of each
  uint64_t serial = 0;                  // of the Image; 0 for images of others
};
Attachment ToAttachment(const Image& image);

// What is drawn into. The previous content is discarded.
struct Target {
  Attachment color;
  Attachment depth;
  VkExtent2D extent{};
  // Layout that the colour image is left in: what the swapchain or the copy that follows wants.
  VkImageLayout color_after = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
  VkSemaphore wait = VK_NULL_HANDLE;    // waited for before colours are written (window swapchains)
  VkSemaphore signal = VK_NULL_HANDLE;  // signalled when drawn
  // The colour image can be copied into, and nobody else writes the depth image: what has not changed since the last
  // frame is not drawn again (ground.h). For one view.
  bool keeps_ground = false;
};

// What the last frame cost.
struct FrameCost {
  absl::Duration upload;  // our own CPU time: copying marks and matrices
  absl::Duration driver;  // CPU time of recording and submitting, almost all of it inside the driver
  absl::Duration gpu;     // of the latest frame that the GPU has finished; zero where it has no timestamps
  size_t bytes_copied = 0;
  uint32_t marks = 0;
  int draw_calls = 0;
};

// Draws scenes: all panels' marks of a kind with one draw call, both eyes in one pass.
//
//   auto renderer = Renderer::Create(*device, {.view_count = 2});
//   renderer->Draw(target, {left, right}, scene, atlas);   // returns when submitted; two frames may be in flight
//   renderer->Finish();                                    // waits for all of them
//
// Used by the frame thread alone. Fails with Unavailable when the device is lost: then everything on it must be created
// anew.
class Renderer {
 public:
  static absl::StatusOr<std::unique_ptr<Renderer>> Create(Device& device, const PipelineOptions& options);
  ~Renderer();
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  // views.size() must be the view_count of the options. Takes new glyphs over from `atlas`.
  absl::Status Draw(const Target& target, std::span<const View> views, const Scene& scene, const text::Atlas& atlas);
  absl::Status Finish();

  const FrameCost& cost() const { return cost_; }
  const PipelineOptions& options() const { return options_; }

 private:
  static constexpr int kFramesInFlight = AtlasTexture::kFrames;

  // Everything that the GPU reads while one frame is in flight.
  struct FrameSlot {
    VkCommandPool pool = VK_NULL_HANDLE;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    VkFence fence = VK_NULL_HANDLE;
    VkQueryPool timestamps = VK_NULL_HANDLE;
    VkDescriptorSet set = VK_NULL_HANDLE;
    Buffer frame, panels, quads, hidden;
    uint32_t hidden_corners = 0;
    std::unique_ptr<MarkBuffers> marks;
    VkImageView atlas_view = VK_NULL_HANDLE;  // what the descriptor set holds
    bool submitted = false;
  };

  Renderer(Device& device, const PipelineOptions& options)
      : device_(device), options_(options), atlas_(device), ground_(device) {}
  absl::Status Init();
  absl::Status InitSlot(FrameSlot& slot);
  absl::Status WaitFor(FrameSlot& slot);
  absl::Status Upload(FrameSlot& slot, const Target& target, std::span<const View> views, const Scene& scene,
                      const text::Atlas& atlas);
  absl::Status UploadHidden(FrameSlot& slot, std::span<const View> views, const Scene& scene, bool* reallocated);
  absl::Status UploadQuads(FrameSlot& slot, uint32_t count);
  void WriteDescriptors(FrameSlot& slot);
  absl::Status Record(FrameSlot& slot, const Target& target, const Scene& scene);
  // Everything that the pixels under the marks depend on; "" if they cannot be kept.
  static std::string ShownGround(const Target& target, std::span<const View> views, const Scene& scene);
  void RecordLayouts(VkCommandBuffer commands, const Target& target);
  // Draws what belongs to `parts` into `color`.
  enum Parts { kGroundOnly, kMarksOnly, kAll };
  void RecordPass(FrameSlot& slot, const Target& target, VkImageView color, const Scene& scene, Parts parts,
                  uint32_t pass);
  void RecordGround(FrameSlot& slot, const Scene& scene);
  void RecordMarks(FrameSlot& slot, const Scene& scene);
  void DrawQuads(VkCommandBuffer commands, PipelineKind kind, MarkBuffers::Range range);
  absl::Status Submit(FrameSlot& slot, const Target& target);

  Device& device_;
  const PipelineOptions options_;
  std::unique_ptr<Pipelines> pipelines_;
  VkDescriptorPool descriptors_ = VK_NULL_HANDLE;
  AtlasTexture atlas_;
  Ground ground_;
  Ground::Step step_ = Ground::Step::kDraw;  // what the frame at hand does about the ground
  float atlas_range_ = 0;
  glm::vec2 atlas_size_{1, 1};
  std::array<FrameSlot, kFramesInFlight> slots_;
  int next_slot_ = 0;
  FrameCost cost_;
};

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_RENDERER_H_
