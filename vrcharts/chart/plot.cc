#include "vrcharts/chart/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace vrcharts::chart {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kLeastBar = 1.4f;  // grains from one candle or column to the next

uint8_t Width16(float points) { return static_cast<uint8_t>(std::clamp(points * 16 + 0.5f, 1.0f, 255.0f)); }

Vertex Between(const Vertex& a, const Vertex& b, float t) { return {a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t}; }

// The part of a-b inside of the box (Liang and Barsky 1984); false if there is none.
bool Clip(const Box& box, Vertex* a, Vertex* b) {
  const float dx = b->x - a->x, dy = b->y - a->y;
  float from = 0, to = 1;
  const auto edge = [&](float p, float q) {  // keeps t with p * t <= q
    if (p == 0) return q >= 0;
    const float t = q / p;
    if (p < 0) {
      from = std::max(from, t);
    } else {
      to = std::min(to, t);
    }
    return from <= to;
  };
  if (!edge(-dx, a->x - box.x0) || !edge(dx, box.x1 - a->x) || !edge(-dy, a->y - box.y0) || !edge(dy, box.y1 - a->y)) {
    return false;
  }
  const Vertex first = *a, last = *b;
  if (from > 0) *a = Between(first, last, from);
  if (to < 1) *b = Between(first, last, to);
  return true;
}

// Appends clipped segments as one polyline as far as they hang together.
class LineWriter {
 public:
  LineWriter(const Box& box, float width, Marks* marks) : box_(box), width_(Width16(width)), marks_(marks) {}

  void Segment(Vertex a, Vertex b, Rgba color) {
    if (!Clip(box_, &a, &b)) return;
    if (!open_ || end_.x != a.x || end_.y != a.y || color != color_) Emit(a, color, kLineStart);
    Emit(b, color, 0);
    end_ = b;
    color_ = color;
    open_ = true;
  }

 private:
  void Emit(const Vertex& v, Rgba color, uint8_t flags) {
    marks_->lines.push_back({v.x, v.y, color, 0, width_, flags});
  }

  const Box box_;
  const uint8_t width_;
  Marks* const marks_;
  bool open_ = false;
  Vertex end_{};
  Rgba color_ = 0;
};

constexpr Vertex kBreak{kNan, 0};

bool IsBreak(const Vertex& vertex) { return std::isnan(vertex.x); }

bool Joined(const Vertex& a, const Vertex& b) { return !IsBreak(a) && !IsBreak(b); }

// Calls piece(a, b) for each joined pair, cut where the line crosses y = base.
template <typename Piece>
void CutAt(std::span<const Vertex> line, float base, Piece piece) {
  for (size_t i = 1; i < line.size(); ++i) {
    const Vertex &a = line[i - 1], &b = line[i];
    if (!Joined(a, b)) continue;
    if ((a.y < base) != (b.y < base) && a.y != base && b.y != base) {
      Vertex cut = Between(a, b, (base - a.y) / (b.y - a.y));
      cut.y = base;
      piece(a, cut);
      piece(cut, b);
    } else {
      piece(a, b);
    }
  }
}

void Trapezoid(Vertex a, Vertex b, const Box& box, float base, Rgba top, Rgba bottom, Marks* marks) {
  if (a.x > b.x) std::swap(a, b);
  if (b.x <= box.x0 || a.x >= box.x1 || a.x == b.x) return;
  const Vertex first = a, last = b;
  if (a.x < box.x0) a = Between(first, last, (box.x0 - first.x) / (last.x - first.x));
  if (b.x > box.x1) b = Between(first, last, (box.x1 - first.x) / (last.x - first.x));
  a.y = std::clamp(a.y, box.y0, box.y1);
  b.y = std::clamp(b.y, box.y0, box.y1);
  base = std::clamp(base, box.y0, box.y1);
  const float reach = std::min(a.y, b.y) < base ? base - box.y0 : box.y1 - base;
  marks->areas.push_back({a.x, a.y, b.x, b.y, base, top, bottom, 0, static_cast<uint16_t>(std::max(reach, 1.0f))});
}

// Whether the line is interrupted before the column that begins with bar `i`: something is missing there, and it is
// wide enough to be seen.
bool BreaksBefore(size_t i, const Columns& columns, const Frame& frame) {
  if (i <= columns.begin) return false;
  const double slots = frame.time.SlotsBetween(i - columns.bars, i) - static_cast<double>(columns.bars);
  return slots > 0 && (columns.bars == 1 || slots * frame.time.bar_width() >= frame.grain);
}

// Half of the width of a candle's body for bars `width` points apart: a gap of about a quarter, never touching.
float BodyHalf(float width) { return std::max(0.35f, std::min(width * 0.39f, width / 2 - 0.2f)); }

}  // namespace

Columns ChooseColumns(const TimeAxis& axis, size_t size, float least_width) {
  Columns columns;
  axis.VisibleBars(size, &columns.begin, &columns.end);
  while (static_cast<float>(columns.bars) * axis.bar_width() < least_width && columns.bars < size) columns.bars *= 2;
  columns.begin = columns.begin / columns.bars * columns.bars;
  columns.end = std::min(size, (columns.end + columns.bars - 1) / columns.bars * columns.bars);
  return columns;
}

std::vector<Vertex> CloseLine(const analysis::Pyramid& pyramid, const Frame& frame) {
  const quotes::Series& series = *pyramid.series();
  Columns columns = ChooseColumns(frame.time, series.size(), frame.grain);
  // One column more on either side, so that the line runs into the edges.
  if (columns.begin >= columns.bars) columns.begin -= columns.bars;
  columns.end = std::min(series.size(), columns.end + columns.bars);
  std::vector<Vertex> line;
  line.reserve(2 * ((columns.end - columns.begin) / columns.bars + 1));
  for (size_t i = columns.begin; i < columns.end; i += columns.bars) {
    if (BreaksBefore(i, columns, frame)) line.push_back(kBreak);
    if (columns.bars == 1) {
      line.push_back({frame.time.X(static_cast<double>(i)), frame.price.Y(series.close()[i])});
      continue;
    }
    const size_t end = std::min(columns.end, i + columns.bars);
    const analysis::RangeSummary column = pyramid.Summarize(i, end);
    const double quarter = static_cast<double>(end - i) / 4;
    const float x0 = frame.time.X(static_cast<double>(i) - 0.5 + quarter);
    const float x1 = frame.time.X(static_cast<double>(i) - 0.5 + 3 * quarter);
    const bool rises = column.close >= series.close()[i];
    line.push_back({x0, frame.price.Y(rises ? column.close_low : column.close_high)});
    line.push_back({x1, frame.price.Y(rises ? column.close_high : column.close_low)});
  }
  return line;
}

std::vector<Vertex> ValueLine(const analysis::Values& values, const Frame& frame, double factor) {
  Columns columns = ChooseColumns(frame.time, values.size(), frame.grain);
  if (columns.begin >= columns.bars) columns.begin -= columns.bars;
  columns.end = std::min(values.size(), columns.end + columns.bars);
  std::vector<Vertex> line;
  line.reserve(2 * ((columns.end - columns.begin) / columns.bars + 1));
  for (size_t i = columns.begin; i < columns.end; i += columns.bars) {
    const size_t end = std::min(columns.end, i + columns.bars);
    if (BreaksBefore(i, columns, frame)) line.push_back(kBreak);
    const analysis::Values::Range range = values.Extremes(i, end);
    if (range.empty()) {
      if (!line.empty()) line.push_back(kBreak);
    } else if (columns.bars == 1) {
      line.push_back({frame.time.X(static_cast<double>(i)), frame.price.Y(range.low * factor)});
    } else {
      const double quarter = static_cast<double>(end - i) / 4;
      const bool rises = values[end - 1] >= values[i];
      const double first = rises ? range.low : range.high, second = rises ? range.high : range.low;
      line.push_back({frame.time.X(static_cast<double>(i) - 0.5 + quarter), frame.price.Y(first * factor)});
      line.push_back({frame.time.X(static_cast<double>(i) - 0.5 + 3 * quarter), frame.price.Y(second * factor)});
    }
  }
  return line;
}

void AddLine(std::span<const Vertex> line, const Frame& frame, float width, Rgba color, Marks* marks) {
  LineWriter writer(frame.box, width, marks);
  const float half = std::max(0.5f, frame.time.bar_width() * 0.3f);
  for (size_t i = 0; i < line.size(); ++i) {
    if (IsBreak(line[i])) continue;
    const bool joined_before = i > 0 && !IsBreak(line[i - 1]);
    const bool joined_after = i + 1 < line.size() && !IsBreak(line[i + 1]);
    if (joined_before) writer.Segment(line[i - 1], line[i], color);
    // A bar between two gaps is seen as a dash.
    if (!joined_before && !joined_after) {
      writer.Segment({line[i].x - half, line[i].y}, {line[i].x + half, line[i].y}, color);
    }
  }
}

void AddArea(std::span<const Vertex> line, const Frame& frame, float base, Rgba color, Marks* marks) {
  for (size_t i = 1; i < line.size(); ++i) {
    if (Joined(line[i - 1], line[i])) {
      Trapezoid(line[i - 1], line[i], frame.box, base, color, WithAlpha(color, 0), marks);
    }
  }
}

void AddBaseline(std::span<const Vertex> line, const Frame& frame, float base, float width, Rgba above, Rgba below,
                 Marks* marks) {
  LineWriter writer(frame.box, width, marks);
  CutAt(line, base, [&](const Vertex& a, const Vertex& b) {
    const Rgba color = std::min(a.y, b.y) < base ? above : below;
    Trapezoid(a, b, frame.box, base, WithAlpha(color, 0.16), WithAlpha(color, 0.01), marks);
    writer.Segment(a, b, color);
  });
}

void AddBand(std::span<const Vertex> upper, std::span<const Vertex> lower, const Frame& frame, Rgba color,
             Marks* marks) {
  // A trapezoid has one level base, so each column of the band is drawn as a thin one down to the mean of its lower
  // ends; columns are about a point wide, which hides the steps.
  for (size_t i = 1; i < std::min(upper.size(), lower.size()); ++i) {
    if (!Joined(upper[i - 1], upper[i]) || !Joined(lower[i - 1], lower[i])) continue;
    const int pieces = std::clamp(static_cast<int>((upper[i].x - upper[i - 1].x) / 1.5f), 1, 64);
    for (int piece = 0; piece < pieces; ++piece) {
      const float t0 = static_cast<float>(piece) / static_cast<float>(pieces);
      const float t1 = static_cast<float>(piece + 1) / static_cast<float>(pieces);
      const float base = Between(lower[i - 1], lower[i], (t0 + t1) / 2).y;
      Trapezoid(Between(upper[i - 1], upper[i], t0), Between(upper[i - 1], upper[i], t1), frame.box, base, color, color,
                marks);
    }
  }
}

void AddCandles(const analysis::Pyramid& pyramid, const Frame& frame, CandleStyle style, Rgba rising, Rgba falling,
                Marks* marks) {
  const quotes::Series& series = *pyramid.series();
  const Columns columns = ChooseColumns(frame.time, series.size(), kLeastBar * frame.grain);
  const float half = BodyHalf(frame.time.bar_width() * static_cast<float>(columns.bars));
  marks->candles.reserve(marks->candles.size() + (columns.end - columns.begin) / columns.bars + 1);
  const auto y = [&](double price) { return std::clamp(frame.price.Y(price), frame.box.y0, frame.box.y1); };
  for (size_t i = columns.begin; i < columns.end; i += columns.bars) {
    const size_t end = std::min(columns.end, i + columns.bars);
    const float x = frame.time.X(static_cast<double>(i + end - 1) / 2);
    if (x - half < frame.box.x0 || x + half > frame.box.x1) continue;
    CandleMark candle{x, half, 0, 0, 0, 0, 0, 0, style};
    double open = series.open()[i], close = series.close()[end - 1];
    if (columns.bars == 1) {
      candle.high = y(series.high()[i]);
      candle.low = y(series.low()[i]);
    } else {
      const analysis::RangeSummary column = pyramid.Summarize(i, end);
      candle.high = y(column.high);
      candle.low = y(column.low);
    }
    candle.open = y(open);
    candle.close = y(close);
    candle.color = close >= open ? rising : falling;
    marks->candles.push_back(candle);
  }
}

void AddVolume(const analysis::Pyramid& pyramid, const Frame& frame, Rgba rising, Rgba falling, Marks* marks) {
  const Box& box = frame.box;
  const quotes::Series& series = *pyramid.series();
  const Columns columns = ChooseColumns(frame.time, series.size(), kLeastBar * frame.grain);
  const auto volume = [&](size_t i) {
    const size_t end = std::min(columns.end, i + columns.bars);
    return columns.bars == 1 ? series.volume()[i] : pyramid.Summarize(i, end).volume;
  };
  double largest = 0;
  for (size_t i = columns.begin; i < columns.end; i += columns.bars) largest = std::max(largest, volume(i));
  if (!(largest > 0) || !std::isfinite(largest)) return;
  const float half = BodyHalf(frame.time.bar_width() * static_cast<float>(columns.bars));
  for (size_t i = columns.begin; i < columns.end; i += columns.bars) {
    const size_t end = std::min(columns.end, i + columns.bars);
    const float x = frame.time.X(static_cast<double>(i + end - 1) / 2);
    if (x - half < box.x0 || x + half > box.x1) continue;
    const float height = static_cast<float>(volume(i) / largest) * box.height();
    const bool rises = series.close()[end - 1] >= series.open()[i];
    marks->rects.push_back({x - half, box.y1 - height, x + half, box.y1, rises ? rising : falling, 0, 0, 0, 0});
  }
}

void AddHistogram(const analysis::Values& values, const Frame& frame, Rgba above, Rgba below, Marks* marks) {
  const Columns columns = ChooseColumns(frame.time, values.size(), kLeastBar * frame.grain);
  const float half = BodyHalf(frame.time.bar_width() * static_cast<float>(columns.bars));
  const float zero = std::clamp(frame.price.Y(0), frame.box.y0, frame.box.y1);
  for (size_t i = columns.begin; i < columns.end; i += columns.bars) {
    const size_t end = std::min(columns.end, i + columns.bars);
    const analysis::Values::Range range = values.Extremes(i, end);
    if (range.empty()) continue;
    const double extreme = range.high > -range.low ? range.high : range.low;  // the value furthest from zero
    const float x = frame.time.X(static_cast<double>(i + end - 1) / 2);
    if (extreme == 0 || x - half < frame.box.x0 || x + half > frame.box.x1) continue;
    const float y = std::clamp(frame.price.Y(extreme), frame.box.y0, frame.box.y1);
    marks->rects.push_back(
        {x - half, std::min(y, zero), x + half, std::max(y, zero), extreme > 0 ? above : below, 0, 0, 0, 0});
  }
}

}  // namespace vrcharts::chart
