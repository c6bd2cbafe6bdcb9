#ifndef VRCHARTS_CHART_MARKS_H_
#define VRCHARTS_CHART_MARKS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

// What a chart looks like, as plain numbers: the seam between charts and renderers. Nothing here knows of Vulkan or
// OpenXR, so charts are tested as numbers and drawn anywhere.
//
// Coordinates are points (pt) of one panel: the origin is its top left corner, x grows to the right, y DOWN. A panel is
// laid out in points, like a window; the wall says how many metres it measures. Marks are clipped already.
//
// The structs have the layout of the GPU's storage buffers: a renderer copies the vectors of all panels behind each
// other and fills in `panel` (0 here). Each kind is then one instanced draw call for the whole wall.
namespace vrcharts::chart {

// r | g << 8 | b << 16 | a << 24: sRGB, straight alpha.
using Rgba = uint32_t;

// Rgb(0x2962ff, 0.5): a web colour and its opacity.
constexpr Rgba Rgb(uint32_t hex, double alpha = 1.0) {
  return ((hex >> 16) & 0xff) | (hex & 0xff00) | ((hex & 0xff) << 16) |
         (static_cast<uint32_t>(alpha * 255 + 0.5) << 24);
}
constexpr Rgba WithAlpha(Rgba color, double alpha) {
  return (color & 0x00ffffff) | (static_cast<uint32_t>(alpha * 255 + 0.5) << 24);
}

// A filled rectangle with rounded corners and an inner stroke.
struct RectMark {
  float x0, y0, x1, y1;  // x0 <= x1, y0 <= y1
  Rgba fill, stroke;
  float radius;
  uint16_t panel;
  uint16_t stroke_width_16;  // 1/16 pt
};

// The trapezoid between the line (x0, y0)-(x1, y1) and the horizontal y = base. Its colour depends on y alone, so that
// neighbours show no stripes: `bottom` at the base, `top` from `reach` points away on.
struct AreaMark {
  float x0, y0, x1, y1;
  float base;
  Rgba top, bottom;
  uint16_t panel;
  uint16_t reach;  // points, at least 1
};

// A candlestick or an OHLC bar centred at x; open, high, low and close are y values in points.
struct CandleMark {
  float x, half_width;
  float open, high, low, close;
  Rgba color;
  uint16_t panel;
  uint16_t style;  // CandleStyle
};
enum CandleStyle : uint16_t { kCandleFilled = 0, kCandleHollow = 1, kCandleOhlc = 2 };

// A vertex of a polyline: segment i joins point i and point i + 1, unless point i + 1 starts a new line. Joins, caps
// and anti-aliasing are the shader's.
struct LinePoint {
  float x, y;
  Rgba color;
  uint16_t panel;
  uint8_t width_16;  // 1/16 pt
  uint8_t flags;     // LineFlags
};
enum LineFlags : uint8_t { kLineStart = 1, kLineDashed = 2 };

// A quad of the text atlas (text/atlas.h).
struct GlyphMark {
  float x0, y0, x1, y1;
  uint16_t u0, v0, u1, v1;  // unorm16; (u0, v0) belongs to (x0, y0)
  Rgba color;
  uint32_t panel;
};

static_assert(sizeof(RectMark) == 32 && sizeof(AreaMark) == 32 && sizeof(CandleMark) == 32 && sizeof(GlyphMark) == 32 &&
              sizeof(LinePoint) == 16);

// Drawn in the order of the members.
struct Marks {
  std::vector<RectMark> rects;
  std::vector<AreaMark> areas;
  std::vector<CandleMark> candles;
  std::vector<LinePoint> lines;
  std::vector<GlyphMark> glyphs;

  size_t size() const { return rects.size() + areas.size() + candles.size() + lines.size() + glyphs.size(); }
};

// One panel's picture. Immutable once handed over as shared_ptr<const Geometry>: a new pointer means a change.
struct Geometry {
  float width = 0, height = 0;  // points
  Marks base;                   // changes with the data and the visible range. Its first rect is the panel's background
  Marks overlay;                // price labels, crosshair, tooltip: drawn over all of `base`
};

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_MARKS_H_
