#ifndef VRCHARTS_CHART_CANVAS_H_
#define VRCHARTS_CHART_CANVAS_H_

#include <string>
#include <string_view>

#include "vrcharts/chart/marks.h"
#include "vrcharts/text/atlas.h"

namespace vrcharts::chart {

struct Box {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // points, y down
  float width() const { return x1 - x0; }
  float height() const { return y1 - y0; }
  bool Contains(float x, float y) const { return x >= x0 && x < x1 && y >= y0 && y < y1; }
};

enum class Align { kLeft, kCenter, kRight };

struct TextStyle {
  float size = 11;  // points an em
  Rgba color = 0xffffffff;
  text::Weight weight = text::Weight::kRegular;
  Align align = Align::kLeft;
};

// Appends simple shapes and text to a list of marks.
class Canvas {
 public:
  // Neither is owned; both must outlive the canvas. Text smaller than `least_text` points takes its room but is not
  // drawn.
  Canvas(text::Atlas* atlas, Marks* marks, float least_text = 0)
      : atlas_(atlas), marks_(marks), least_text_(least_text) {}

  void Fill(const Box& box, Rgba color, float radius = 0);
  void Frame(const Box& box, Rgba fill, Rgba edge, float edge_width, float radius);

  // A horizontal or vertical hairline, drawn as a rectangle of `width` points.
  void Horizontal(float x0, float x1, float y, float width, Rgba color);
  void Vertical(float x, float y0, float y1, float width, Rgba color);
  void DashedHorizontal(float x0, float x1, float y, float width, Rgba color);
  void DashedVertical(float x, float y0, float y1, float width, Rgba color);

  // `x` is the left end, the middle or the right end, according to the alignment; `y` the middle of the capital
  // letters. Returns the width.
  float Text(float x, float y, std::string_view text, const TextStyle& style);

  // The same, but what does not fit into `room` points is cut off and ends in "…".
  float TextIn(float x, float y, float room, std::string_view text, const TextStyle& style);

  float Width(std::string_view text, float size, text::Weight weight = text::Weight::kRegular) const;

  Marks* marks() { return marks_; }

 private:
  text::Atlas* atlas_;
  Marks* marks_;
  float least_text_;
};

}  // namespace vrcharts::chart

#endif  // VRCHARTS_CHART_CANVAS_H_
