#ifndef VRCHARTS_RENDER_PIPELINES_H_
#define VRCHARTS_RENDER_PIPELINES_H_

#include <vulkan/vulkan.h>

#include <array>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "vrcharts/render/device.h"

namespace vrcharts::render {

// One pipeline a kind of mark, in the order in which they are drawn. kHidden is what
// lenses hide. It, kInside and kEdge, which draw the panels' first rectangles, are the only ones that write depth, so
// that panels hide what hangs behind them.
enum class PipelineKind { kHidden, kInside, kEdge, kSky, kFloor, kRect, kArea, kCandle, kLine, kGlyph, kVignette };
constexpr int kPipelineKinds = 11;

// Bindings of the one descriptor set that all pipelines share; shaders/*.glsl say what is in them.
enum Binding : uint32_t {
  kFrameBinding = 0,
  kPanelsBinding = 1,
  kRectsBinding = 2,
  kAreasBinding = 3,
  kCandlesBinding = 4,
  kLinesBinding = 5,
  kGlyphsBinding = 6,
  kAtlasBinding = 7,
  kHiddenBinding = 8,
  kBindings = 9,
};

struct PipelineOptions {
  VkFormat color_format = VK_FORMAT_R8G8B8A8_SRGB;
  VkFormat depth_format = VK_FORMAT_D32_SFLOAT;
  uint32_t view_count = 1;  // 2: both eyes, in one pass where that works (multiview.h)
  std::string cache_file;   // compiled pipelines are kept here between runs; "" keeps nothing
};

// All graphics pipelines of the program for one kind of target. Viewport and scissor are dynamic.
class Pipelines {
 public:
  static absl::StatusOr<std::unique_ptr<Pipelines>> Create(Device& device, const PipelineOptions& options);
  ~Pipelines();
  Pipelines(const Pipelines&) = delete;
  Pipelines& operator=(const Pipelines&) = delete;

  VkPipeline pipeline(PipelineKind kind) const { return pipelines_[static_cast<int>(kind)]; }
  VkPipelineLayout layout() const { return layout_; }
  VkDescriptorSetLayout set_layout() const { return set_layout_; }
  VkSampler sampler() const { return sampler_; }

  // Views that one pass draws, and how many passes it takes to draw all. A pass gets its first view as a push constant
  // (int).
  uint32_t view_mask() const { return passes() == 1 ? (1u << options_.view_count) - 1 : 1u; }
  uint32_t passes() const { return multiview_ ? 1 : options_.view_count; }

 private:
  Pipelines(const Device& device, const PipelineOptions& options) : device_(device), options_(options) {}
  absl::Status CreateLayout();
  absl::Status CreatePipelines();
  void LoadCache();
  void SaveCache();

  const Device& device_;
  const PipelineOptions options_;
  bool multiview_ = false;
  VkSampler sampler_ = VK_NULL_HANDLE;
  VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
  VkPipelineLayout layout_ = VK_NULL_HANDLE;
  VkPipelineCache cache_ = VK_NULL_HANDLE;
  std::array<VkPipeline, kPipelineKinds> pipelines_{};
};

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_PIPELINES_H_
