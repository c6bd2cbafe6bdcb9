#include "vrcharts/text/distance_field.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vrcharts::text {
namespace {

float SquaredDistance(const Line& line, float x, float y) {
  const float dx = line.x1 - line.x0, dy = line.y1 - line.y0;
  const float length2 = dx * dx + dy * dy;
  const float t = length2 > 0 ? std::clamp(((x - line.x0) * dx + (y - line.y0) * dy) / length2, 0.0f, 1.0f) : 0.0f;
  const float ex = line.x0 + t * dx - x, ey = line.y0 + t * dy - y;
  return ex * ex + ey * ey;
}

// Which pixels of the row at height `y` are inside.
void MarkInside(std::span<const Line> lines, float y, int left, int width,
                std::vector<std::pair<float, int>>* crossings, std::vector<bool>* inside) {
  crossings->clear();
  for (const Line& line : lines) {
    if ((line.y0 <= y) == (line.y1 <= y)) continue;
    const float x = line.x0 + (y - line.y0) / (line.y1 - line.y0) * (line.x1 - line.x0);
    crossings->push_back({x, line.y1 > line.y0 ? 1 : -1});
  }
  std::sort(crossings->begin(), crossings->end());
  int winding = 0;
  size_t next = 0;
  for (int column = 0; column < width; ++column) {
    const float x = static_cast<float>(left + column) + 0.5f;
    while (next < crossings->size() && (*crossings)[next].first <= x) winding += (*crossings)[next++].second;
    (*inside)[column] = winding != 0;
  }
}

}  // namespace

std::vector<uint8_t> DistanceField(std::span<const Line> lines, int left, int top, int width, int height,
                                   float spread) {
  std::vector<float> nearest(static_cast<size_t>(width) * height, spread * spread);
  for (const Line& line : lines) {
    const auto column = [&](float x) { return static_cast<int>(std::floor(x)) - left; };
    const auto row = [&](float y) { return top - static_cast<int>(std::ceil(y)); };
    const int c0 = std::max(0, column(std::min(line.x0, line.x1) - spread));
    const int c1 = std::min(width - 1, column(std::max(line.x0, line.x1) + spread));
    const int r0 = std::max(0, row(std::max(line.y0, line.y1) + spread));
    const int r1 = std::min(height - 1, row(std::min(line.y0, line.y1) - spread));
    for (int r = r0; r <= r1; ++r) {
      const float y = static_cast<float>(top - r) - 0.5f;
      for (int c = c0; c <= c1; ++c) {
        float& best = nearest[static_cast<size_t>(r) * width + c];
        best = std::min(best, SquaredDistance(line, static_cast<float>(left + c) + 0.5f, y));
      }
    }
  }
  std::vector<uint8_t> out(nearest.size());
  std::vector<std::pair<float, int>> crossings;
  std::vector<bool> inside(width);
  for (int r = 0; r < height; ++r) {
    MarkInside(lines, static_cast<float>(top - r) - 0.5f, left, width, &crossings, &inside);
    for (int c = 0; c < width; ++c) {
      const size_t i = static_cast<size_t>(r) * width + c;
      const float distance = std::sqrt(nearest[i]) / spread * 127;
      out[i] = static_cast<uint8_t>(std::lround(128 + (inside[c] ? distance : -distance)));
    }
  }
  return out;
}

}  // namespace vrcharts::text
