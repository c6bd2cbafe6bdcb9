#include "vrcharts/render/mark_buffers.h"

#include <algorithm>
#include <cstring>

namespace vrcharts::render {
namespace {

using chart::Geometry;
using chart::Marks;

constexpr size_t kMarkBytes[kMarkKinds] = {sizeof(chart::RectMark), sizeof(chart::AreaMark), sizeof(chart::CandleMark),
                                           sizeof(chart::LinePoint), sizeof(chart::GlyphMark)};
constexpr const char* kNames[kMarkKinds] = {"rects", "areas", "candles", "lines", "glyphs"};

// line.vert looks at the two points after the last one: they must begin a new line.
constexpr uint32_t kPadding = 2;

uint32_t Count(const Marks& marks, int kind) {
  switch (kind) {
    case kRects:
      return static_cast<uint32_t>(marks.rects.size());
    case kAreas:
      return static_cast<uint32_t>(marks.areas.size());
    case kCandles:
      return static_cast<uint32_t>(marks.candles.size());
    case kLines:
      return static_cast<uint32_t>(marks.lines.size());
    default:
      return static_cast<uint32_t>(marks.glyphs.size());
  }
}

// Copies marks into mapped memory, which may be write-combined: each mark is completed here first and written once.
template <typename Mark>
void CopyMarks(const Mark* source, size_t count, uint32_t panel, std::byte* destination) {
  for (size_t i = 0; i < count; ++i) {
    Mark mark = source[i];
    mark.panel = static_cast<decltype(mark.panel)>(panel);
    std::memcpy(destination + i * sizeof(Mark), &mark, sizeof(Mark));
  }
}

void CopyLines(const std::vector<chart::LinePoint>& lines, uint32_t panel, std::byte* destination) {
  CopyMarks(lines.data(), lines.size(), panel, destination);
  if (lines.empty()) return;
  chart::LinePoint first = lines[0];  // never joined to the panel before
  first.panel = static_cast<uint16_t>(panel);
  first.flags |= chart::kLineStart;
  std::memcpy(destination, &first, sizeof(first));
}

}  // namespace

uint32_t MarkBuffers::largest() const {
  uint32_t largest = 0;
  for (int kind = 0; kind < kMarkKinds; ++kind) {
    largest = std::max(largest, overlay_[kind].first + overlay_[kind].count);
  }
  return largest;
}

bool MarkBuffers::SameCounts(const Geometry* a, const Geometry* b) {
  if (a == nullptr || b == nullptr) return a == b;
  for (int kind = 0; kind < kMarkKinds; ++kind) {
    if (Count(a->base, kind) != Count(b->base, kind) || Count(a->overlay, kind) != Count(b->overlay, kind))
      return false;
  }
  return true;
}

absl::Status MarkBuffers::Update(std::span<const std::shared_ptr<const Geometry>> geometries, bool* reallocated) {
  *reallocated = false;
  bytes_copied_ = 0;
  bool in_place = geometries.size() == slots_.size() && !slots_.empty();
  std::vector<uint32_t> changed;
  for (uint32_t i = 0; in_place && i < geometries.size(); ++i) {
    if (geometries[i] == slots_[i].geometry) continue;
    in_place = SameCounts(geometries[i].get(), slots_[i].geometry.get());
    changed.push_back(i);
  }
  if (in_place) {
    for (uint32_t panel : changed) {
      slots_[panel].geometry = geometries[panel];
      Copy(panel);
    }
    return absl::OkStatus();
  }
  Layout(geometries);
  if (absl::Status status = Reserve(reallocated); !status.ok()) {
    slots_.clear();
    return status;
  }
  for (uint32_t panel = 0; panel < slots_.size(); ++panel) Copy(panel);
  const chart::LinePoint end{0, 0, 0, 0, 0, chart::kLineStart};
  for (uint32_t i = 0; i < kPadding; ++i) {
    std::memcpy(buffers_[kLines].data() + (overlay_[kLines].first + overlay_[kLines].count + i) * sizeof(end), &end,
                sizeof(end));
  }
  return absl::OkStatus();
}

void MarkBuffers::Layout(std::span<const std::shared_ptr<const Geometry>> geometries) {
  slots_.assign(geometries.size(), {});
  std::array<uint32_t, kMarkKinds> next{};
  for (size_t i = 0; i < geometries.size(); ++i) {
    slots_[i].geometry = geometries[i];
    slots_[i].background = next[kRects];
    if (geometries[i] != nullptr && !geometries[i]->base.rects.empty()) ++next[kRects];
  }
  background_ = {0, next[kRects]};
  for (int kind = 0; kind < kMarkKinds; ++kind) {
    base_[kind].first = next[kind];
    for (Slot& slot : slots_) {
      slot.base[kind] = next[kind];
      if (slot.geometry == nullptr) continue;
      const uint32_t count = Count(slot.geometry->base, kind);
      next[kind] += kind == kRects && count > 0 ? count - 1 : count;  // the background is elsewhere
    }
    base_[kind].count = next[kind] - base_[kind].first;
    overlay_[kind].first = next[kind];
    for (Slot& slot : slots_) {
      slot.overlay[kind] = next[kind];
      if (slot.geometry != nullptr) next[kind] += Count(slot.geometry->overlay, kind);
    }
    overlay_[kind].count = next[kind] - overlay_[kind].first;
  }
}

absl::Status MarkBuffers::Reserve(bool* reallocated) {
  for (int kind = 0; kind < kMarkKinds; ++kind) {
    const size_t needed = (overlay_[kind].first + overlay_[kind].count + kPadding) * kMarkBytes[kind];
    if (buffers_[kind].size() >= needed) continue;
    absl::StatusOr<Buffer> buffer =
        Buffer::Create(device_, needed + needed / 2 + 4096, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, kNames[kind]);
    if (!buffer.ok()) return buffer.status();
    buffers_[kind] = std::move(*buffer);
    *reallocated = true;
  }
  return absl::OkStatus();
}

void MarkBuffers::Copy(uint32_t panel) {
  const Slot& slot = slots_[panel];
  if (slot.geometry == nullptr) return;
  const Marks& base = slot.geometry->base;
  const Marks& overlay = slot.geometry->overlay;
  const auto at = [&](int kind, uint32_t index) { return buffers_[kind].data() + index * kMarkBytes[kind]; };
  if (!base.rects.empty()) {
    CopyMarks(base.rects.data(), 1, panel, at(kRects, slot.background));
    CopyMarks(base.rects.data() + 1, base.rects.size() - 1, panel, at(kRects, slot.base[kRects]));
  }
  CopyMarks(base.areas.data(), base.areas.size(), panel, at(kAreas, slot.base[kAreas]));
  CopyMarks(base.candles.data(), base.candles.size(), panel, at(kCandles, slot.base[kCandles]));
  CopyLines(base.lines, panel, at(kLines, slot.base[kLines]));
  CopyMarks(base.glyphs.data(), base.glyphs.size(), panel, at(kGlyphs, slot.base[kGlyphs]));
  CopyMarks(overlay.rects.data(), overlay.rects.size(), panel, at(kRects, slot.overlay[kRects]));
  CopyMarks(overlay.areas.data(), overlay.areas.size(), panel, at(kAreas, slot.overlay[kAreas]));
  CopyMarks(overlay.candles.data(), overlay.candles.size(), panel, at(kCandles, slot.overlay[kCandles]));
  CopyLines(overlay.lines, panel, at(kLines, slot.overlay[kLines]));
  CopyMarks(overlay.glyphs.data(), overlay.glyphs.size(), panel, at(kGlyphs, slot.overlay[kGlyphs]));
  for (int kind = 0; kind < kMarkKinds; ++kind) {
    bytes_copied_ += (Count(base, kind) + Count(overlay, kind)) * kMarkBytes[kind];
  }
}

}  // namespace vrcharts::render
