#include "vrcharts/chart/canvas.h"

#include <algorithm>
#include <memory>

#include "vrcharts/text/utf8.h"

namespace vrcharts::chart {
namespace {

uint8_t Width16(float points) { return static_cast<uint8_t>(std::clamp(points * 16 + 0.5f, 1.0f, 255.0f)); }

}  // namespace

void Canvas::Fill(const Box& box, Rgba color, float radius) {
  marks_->rects.push_back({box.x0, box.y0, box.x1, box.y1, color, 0, radius, 0, 0});
}

void Canvas::Frame(const Box& box, Rgba fill, Rgba edge, float edge_width, float radius) {
  marks_->rects.push_back(
      {box.x0, box.y0, box.x1, box.y1, fill, edge, radius, 0, static_cast<uint16_t>(edge_width * 16 + 0.5f)});
}

void Canvas::Horizontal(float x0, float x1, float y, float width, Rgba color) {
  Fill({x0, y - width / 2, x1, y + width / 2}, color);
}

void Canvas::Vertical(float x, float y0, float y1, float width, Rgba color) {
  Fill({x - width / 2, y0, x + width / 2, y1}, color);
}

void Canvas::DashedHorizontal(float x0, float x1, float y, float width, Rgba color) {
  marks_->lines.push_back({x0, y, color, 0, Width16(width), kLineStart | kLineDashed});
  marks_->lines.push_back({x1, y, color, 0, Width16(width), kLineDashed});
}

void Canvas::DashedVertical(float x, float y0, float y1, float width, Rgba color) {
  marks_->lines.push_back({x, y0, color, 0, Width16(width), kLineStart | kLineDashed});
  marks_->lines.push_back({x, y1, color, 0, Width16(width), kLineDashed});
}

float Canvas::Text(float x, float y, std::string_view text, const TextStyle& style) {
  const std::shared_ptr<const text::ShapedLine> line = atlas_->Shape(text, style.weight);
  const float width = line->advance * style.size;
  if (style.size < least_text_) return width;
  if (style.align == Align::kCenter) x -= width / 2;
  if (style.align == Align::kRight) x -= width;
  y += atlas_->cap_height() * style.size / 2;
  for (const text::PlacedGlyph& glyph : line->glyphs) {
    marks_->glyphs.push_back({x + glyph.x0 * style.size, y + glyph.y0 * style.size, x + glyph.x1 * style.size,
                              y + glyph.y1 * style.size, glyph.u0, glyph.v0, glyph.u1, glyph.v1, style.color, 0});
  }
  return width;
}

float Canvas::TextIn(float x, float y, float room, std::string_view text, const TextStyle& style) {
  if (Width(text, style.size, style.weight) <= room) return Text(x, y, text, style);
  std::string fitting;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    text::NextCodepoint(text, &at);
    const std::string longer = fitting + std::string(text.substr(begin, at - begin));
    if (Width(longer + "…", style.size, style.weight) > room) break;
    fitting = longer;
  }
  if (fitting.empty()) return 0;
  return Text(x, y, fitting + "…", style);
}

float Canvas::Width(std::string_view text, float size, text::Weight weight) const {
  return atlas_->Shape(text, weight)->advance * size;
}

}  // namespace vrcharts::chart
