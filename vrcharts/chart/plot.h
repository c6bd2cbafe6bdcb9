#ifndef VRCHARTS_CHART_PLOT_H_
#define VRCHARTS_CHART_PLOT_H_

#include <functional>
#include <span>
#include <vector>

#include "vrcharts/analysis/pyramid.h"
#include "vrcharts/analysis/values.h"
#include "vrcharts/chart/canvas.h"
#include "vrcharts/chart/marks.h"
#include "vrcharts/chart/price_scale.h"
#include "vrcharts/chart/time_axis.h"

// Turns series into marks. Nothing here draws more than about two marks for each point of width, however long the
// series is: bars that share a column are summarized by the pyramid, and columns begin at multiples of their size, so
// that panning does not make them flicker.
namespace vrcharts::chart {

// Where a plot goes: axes and the rectangle it is clipped to.
struct Frame {
  TimeAxis time;
  PriceScale price;
  Box box;
  float grain = 1;  // points: the width of the finest detail
};

// Bars [begin, end) drawn in columns of `bars`; `begin` is a multiple of it.
struct Columns {
  size_t begin = 0, end = 0, bars = 1;
};

// The visible bars in columns (a power of two of bars each) that are at least `least_width` points wide.
Columns ChooseColumns(const TimeAxis& axis, size_t size, float least_width);

struct Vertex {
  float x, y;
};

// The line through the closes, or the lowest and highest close of each column. Not yet clipped.
std::vector<Vertex> CloseLine(const analysis::Pyramid& pyramid, const Frame& frame);

// The line through one value a bar, times `factor`: values[i] belongs to bar i. NaN interrupts it, shown by a vertex
// with x = NaN. Each column shows its lowest and highest value, all lines at the same x.
std::vector<Vertex> ValueLine(const analysis::Values& values, const Frame& frame, double factor = 1);

// Draws a line, clipped to frame.box.
void AddLine(std::span<const Vertex> line, const Frame& frame, float width, Rgba color, Marks* marks);
// Shades between the line and `base` (y), clipped: `color` at the far edge of the box, fading out towards the base.
void AddArea(std::span<const Vertex> line, const Frame& frame, float base, Rgba color, Marks* marks);
// Line and area in one colour above `base` (y) and in another one below.
void AddBaseline(std::span<const Vertex> line, const Frame& frame, float base, float width, Rgba above, Rgba below,
                 Marks* marks);
// Shades between two lines with the same x each.
void AddBand(std::span<const Vertex> upper, std::span<const Vertex> lower, const Frame& frame, Rgba color,
             Marks* marks);

void AddCandles(const analysis::Pyramid& pyramid, const Frame& frame, CandleStyle style, Rgba rising, Rgba falling,
                Marks* marks);

// Columns of volume that stand on the lower edge of frame.box; the largest visible one fills it.
void AddVolume(const analysis::Pyramid& pyramid, const Frame& frame, Rgba rising, Rgba falling, Marks* marks);

// Columns from zero, in one colour above and another one below.
void AddHistogram(const analysis::Values& values, const Frame& frame, Rgba above, Rgba below, Marks* marks);

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_PLOT_H_
