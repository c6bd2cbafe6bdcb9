#ifndef VRCHARTS_RENDER_MARK_BUFFERS_H_
#define VRCHARTS_RENDER_MARK_BUFFERS_H_

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "vrcharts/chart/marks.h"
#include "vrcharts/render/device.h"
#include "vrcharts/render/memory.h"

namespace vrcharts::render {

enum MarkKind { kRects, kAreas, kCandles, kLines, kGlyphs };
constexpr int kMarkKinds = 5;

// The marks of all panels, one storage buffer a kind, so that each kind is one draw call however many panels there are.
//
// Order within a buffer: what all panels have in `base`, then what all have in `overlay`; in the rectangles' buffer the
// panels' backgrounds come first. So each part is one range.
//
// Update() costs nothing while no panel changed, a copy of the changed panels while their numbers of marks stay the
// same, and a copy of everything otherwise. There is one object for each frame in flight; Update() may only be called
// while the GPU does not read it.
class MarkBuffers {
 public:
  struct Range {
    uint32_t first = 0;
    uint32_t count = 0;
  };

  explicit MarkBuffers(const Device& device) : device_(device) {}

  // Panel i of the shaders is geometries[i]; null entries have no marks. At most 65536 panels.
  // Sets *reallocated if buffer(kind) changed for any kind, so that descriptors must be written again.
  absl::Status Update(std::span<const std::shared_ptr<const chart::Geometry>> geometries, bool* reallocated);

  VkBuffer buffer(MarkKind kind) const { return buffers_[kind].handle(); }
  Range background() const { return background_; }
  Range base(MarkKind kind) const { return base_[kind]; }
  Range overlay(MarkKind kind) const { return overlay_[kind]; }
  uint32_t largest() const;  // most marks in any one buffer: how many quads the index buffer must hold
  size_t bytes_copied() const { return bytes_copied_; }  // by the last Update()

 private:
  // Where the marks of one panel lie.
  struct Slot {
    std::shared_ptr<const chart::Geometry> geometry;
    uint32_t background = 0;
    std::array<uint32_t, kMarkKinds> base{}, overlay{};
  };
  static bool SameCounts(const chart::Geometry* a, const chart::Geometry* b);
  void Layout(std::span<const std::shared_ptr<const chart::Geometry>> geometries);
  absl::Status Reserve(bool* reallocated);
  void Copy(uint32_t panel);

  const Device& device_;
  std::array<Buffer, kMarkKinds> buffers_;
  std::vector<Slot> slots_;
  Range background_;
  std::array<Range, kMarkKinds> base_{}, overlay_{};
  size_t bytes_copied_ = 0;
};

}  // namespace vrcharts::render

#endif  // VRCHARTS_RENDER_MARK_BUFFERS_H_
