#ifndef VRCHARTS_TEXT_DISTANCE_FIELD_H_
#define VRCHARTS_TEXT_DISTANCE_FIELD_H_

#include <cstdint>
#include <span>
#include <vector>

namespace vrcharts::text {

struct Line {
  float x0, y0, x1, y1;
};

// The signed distance field of an outline given as closed loops of straight lines (non-zero winding is inside), in
// pixels, y up.
//
// Rows go from the top (y = top) down; the pixel in row r and column c stands for its middle (left + c + 0.5,
// top - r - 0.5). The byte is 128 + 127 * distance / spread, inside positive, saturated.
//
// FreeType has a renderer for this; it takes 5 ms for an ideograph of 40 pixels where this takes 0.1 ms, because each
// line here touches only the pixels within `spread` of it. A first frame has some 200 glyphs.
std::vector<uint8_t> DistanceField(std::span<const Line> lines, int left, int top, int width, int height, float spread);

}  // namespace vrcharts::text

#endif  // VRCHARTS_TEXT_DISTANCE_FIELD_H_
