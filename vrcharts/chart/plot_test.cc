#include "vrcharts/chart/plot.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "gtest/gtest.h"
#include "vrcharts/chart/test_data.h"

namespace vrcharts::chart {
namespace {

constexpr Box kBox{10, 20, 410, 220};

Frame MakeFrame(View view, double low, double high) {
  return {TimeAxis(view, kBox.x0, kBox.x1), PriceScale({.low = low, .high = high, .top = kBox.y0, .bottom = kBox.y1}),
          kBox};
}

analysis::PyramidPtr RandomWalk(size_t n) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> step(-1, 1);
  double price = 500;
  return MakePyramid(n, 0, 60, [&](size_t) { return price += step(random); });
}

// The promise of the whole room: however many bars there are, few marks, and no extreme lost.
TEST(DecimationTest, NeverHidesAnExtremeAndStaysCheap) {
  std::mt19937 random(11);
  for (const size_t n : {50, 400, 1000, 4097, 60000}) {
    const analysis::PyramidPtr pyramid = RandomWalk(n);
    const quotes::Series& series = *pyramid->series();
    for (int i = 0; i < 30; ++i) {
      const double begin = static_cast<double>(random() % n);
      const double width = 3 + static_cast<double>(random() % n);
      const Frame frame = MakeFrame({begin, begin + width}, -1000, 3000);
      size_t first, last;
      frame.time.VisibleBars(n, &first, &last);
      if (last - first < 2) continue;

      const std::vector<Vertex> line = CloseLine(*pyramid, frame);
      EXPECT_LE(line.size(), 2 * 400u + 8);
      const auto [low, high] = std::minmax_element(series.close().begin() + first, series.close().begin() + last);
      const auto [top, bottom] =
          std::minmax_element(line.begin(), line.end(), [](auto& a, auto& b) { return a.y < b.y; });
      EXPECT_LE(top->y, frame.price.Y(*high) + 1e-3f);
      EXPECT_GE(bottom->y, frame.price.Y(*low) - 1e-3f);
      for (size_t v = 1; v < line.size(); ++v) EXPECT_GT(line[v].x, line[v - 1].x);

      Marks marks;
      AddCandles(*pyramid, frame, kCandleFilled, 1, 2, &marks);
      EXPECT_LE(marks.candles.size(), 400 / 1.4 + 2);
      float highest = 1e9f, lowest = -1e9f;
      for (const CandleMark& candle : marks.candles) {
        highest = std::min(highest, candle.high);
        lowest = std::max(lowest, candle.low);
      }
      // Candles that would be cut by the edge are left out, so look at the bars well inside.
      const size_t skip = 1 + static_cast<size_t>(3 * width / 400);
      if (last - first > 4 * skip) {
        EXPECT_LE(highest, frame.price.Y(*std::max_element(series.high().begin() + first + 2 * skip,
                                                           series.high().begin() + last - 2 * skip)) +
                               1e-3f);
        EXPECT_GE(lowest, frame.price.Y(*std::min_element(series.low().begin() + first + 2 * skip,
                                                          series.low().begin() + last - 2 * skip)) -
                              1e-3f);
      }
    }
  }
}

TEST(DecimationTest, PanningDoesNotChangeTheColumns) {
  const analysis::PyramidPtr pyramid = RandomWalk(10000);
  const auto candles = [&](double begin) {
    Marks marks;
    AddCandles(*pyramid, MakeFrame({begin, begin + 5000}, 0, 1000), kCandleFilled, 1, 2, &marks);
    return marks.candles;
  };
  const auto before = candles(1000), after = candles(1003);
  size_t matched = 0;
  const float shift = 3 * 400.0f / 5000;
  for (const CandleMark& a : before) {
    for (const CandleMark& b : after)
      matched += std::abs(a.x - shift - b.x) < 0.01f && a.high == b.high && a.low == b.low;
  }
  EXPECT_GE(matched, before.size() - 2);
}

TEST(LineTest, IsClippedToTheBox) {
  const Frame frame = MakeFrame({0, 4}, 0, 100);
  Marks marks;
  AddLine(std::vector<Vertex>{{0, 100}, {60, 100}, {120, -50}, {180, 120}, {500, 120}}, frame, 2, 7, &marks);
  for (const LinePoint& point : marks.lines) {
    EXPECT_GE(point.x, kBox.x0);
    EXPECT_LE(point.x, kBox.x1);
    EXPECT_GE(point.y, kBox.y0 - 1e-3f);
    EXPECT_LE(point.y, kBox.y1);
    EXPECT_EQ(point.width_16, 32);
  }
  EXPECT_EQ(marks.lines.front().x, kBox.x0);
  EXPECT_EQ(marks.lines.back().x, kBox.x1);
  const auto starts =
      std::count_if(marks.lines.begin(), marks.lines.end(), [](auto& p) { return p.flags & kLineStart; });
  EXPECT_EQ(starts, 2) << "it leaves the box at the top once and comes back";
}

TEST(LineTest, NotANumberInterrupts) {
  const double nan = NAN;
  const Frame frame = MakeFrame({0, 6}, 0, 100);
  const analysis::Values values({nan, 10, 20, nan, 30, 40});
  Marks marks;
  AddLine(ValueLine(values, frame), frame, 1, 7, &marks);
  ASSERT_EQ(marks.lines.size(), 4u);
  EXPECT_EQ(marks.lines[0].flags, kLineStart);
  EXPECT_EQ(marks.lines[1].flags, 0);
  EXPECT_EQ(marks.lines[2].flags, kLineStart);
}

Frame WithGap(View view, size_t bar, int64_t missing) {
  Frame frame = MakeFrame(view, -1000, 3000);
  frame.time = TimeAxis(view, kBox.x0, kBox.x1,
                        std::make_shared<quotes::Gaps>(std::vector<std::pair<size_t, int64_t>>{{bar, missing}}));
  return frame;
}

TEST(GapTest, NoLineCrossesMissingBars) {
  const analysis::PyramidPtr pyramid =
      MakePyramid(10, 0, 86400, [](size_t i) { return 50.0 + static_cast<double>(i); });
  const Frame frame = WithGap({0, 13}, 4, 3);
  Marks marks;
  AddLine(CloseLine(*pyramid, frame), frame, 1, 7, &marks);
  size_t starts = 0;
  for (const LinePoint& point : marks.lines) {
    starts += point.flags & kLineStart ? 1 : 0;
    EXPECT_FALSE(point.x > frame.time.X(3) + 0.1f && point.x < frame.time.X(4) - 0.1f) << point.x;
  }
  EXPECT_EQ(starts, 2u);
  EXPECT_EQ(marks.lines.size(), 10u);
  AddCandles(*pyramid, frame, kCandleFilled, 1, 2, &marks);
  ASSERT_EQ(marks.candles.size(), 10u);
  EXPECT_FLOAT_EQ(marks.candles[4].x - marks.candles[3].x, 4 * frame.time.bar_width());
}

TEST(GapTest, ABarBetweenTwoGapsIsSeen) {
  const analysis::PyramidPtr pyramid = MakePyramid(3, 0, 86400, [](size_t) { return 50.0; });
  Frame frame = MakeFrame({0, 7}, 0, 100);
  frame.time = TimeAxis({0, 7}, kBox.x0, kBox.x1,
                        std::make_shared<quotes::Gaps>(std::vector<std::pair<size_t, int64_t>>{{1, 2}, {2, 2}}));
  Marks marks;
  AddLine(CloseLine(*pyramid, frame), frame, 1, 7, &marks);
  ASSERT_EQ(marks.lines.size(), 6u) << "three dashes";
  EXPECT_LT(marks.lines[2].x, frame.time.X(1));
  EXPECT_GT(marks.lines[3].x, frame.time.X(1));
}

TEST(GapTest, FromAfarOnlyWideGapsInterrupt) {
  const analysis::PyramidPtr pyramid = RandomWalk(20000);
  for (const auto& [missing, starts] : {std::pair{int64_t{1}, 1}, {int64_t{40}, 1}}) {
    const Frame frame = WithGap({0, 20100}, 10000, missing);  // fifty bars a point: no gap is wide enough
    Marks marks;
    AddLine(CloseLine(*pyramid, frame), frame, 1, 7, &marks);
    EXPECT_EQ(std::count_if(marks.lines.begin(), marks.lines.end(), [](auto& p) { return p.flags & kLineStart; }),
              starts);
    EXPECT_LE(marks.lines.size(), 2 * 400u + 8);
  }
  const Frame near = WithGap({8000, 12000}, 10000, 40);  // ten bars a point: four points
  Marks marks;
  AddLine(CloseLine(*pyramid, near), near, 1, 7, &marks);
  EXPECT_EQ(std::count_if(marks.lines.begin(), marks.lines.end(), [](auto& p) { return p.flags & kLineStart; }), 2);
}

TEST(BaselineTest, ChangesColourExactlyOnTheBaseline) {
  const Frame frame = MakeFrame({0, 4}, 0, 100);
  Marks marks;
  AddBaseline(std::vector<Vertex>{{100, 100}, {200, 140}}, frame, 120, 1, 7, 8, &marks);
  ASSERT_EQ(marks.lines.size(), 4u);
  EXPECT_EQ(marks.lines[0].color, 7u);
  EXPECT_FLOAT_EQ(marks.lines[1].x, 150);
  EXPECT_FLOAT_EQ(marks.lines[1].y, 120);
  EXPECT_EQ(marks.lines[2].color, 8u);
  EXPECT_EQ(marks.areas.size(), 2u);
}

TEST(VolumeTest, TheLargestFillsTheBox) {
  const analysis::PyramidPtr pyramid = MakePyramid(20, 0, 60, [](size_t i) { return 10.0 + static_cast<double>(i); });
  Marks marks;
  const Box box{10, 180, 410, 220};
  AddVolume(*pyramid, {TimeAxis({0, 20}, 10, 410), {}, box}, 1, 2, &marks);
  ASSERT_EQ(marks.rects.size(), 20u);
  float top = 1e9f;
  for (const RectMark& rect : marks.rects) {
    top = std::min(top, rect.y0);
    EXPECT_FLOAT_EQ(rect.y1, 220);
  }
  EXPECT_FLOAT_EQ(top, 180);
}

}  // namespace
}  // namespace vrcharts::chart
