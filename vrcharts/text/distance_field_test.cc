#include "vrcharts/text/distance_field.h"

#include <cmath>

#include "gtest/gtest.h"

namespace vrcharts::text {
namespace {

// A square from (4, 4) to (12, 12) with a hole from (6, 6) to (10, 10) that runs the other way round.
const std::vector<Line> kRing = {{4, 4, 12, 4}, {12, 4, 12, 12}, {12, 12, 4, 12}, {4, 12, 4, 4},
                                 {6, 6, 6, 10}, {6, 10, 10, 10}, {10, 10, 10, 6}, {10, 6, 6, 6}};

TEST(DistanceFieldTest, MeasuresToTheNearestEdge) {
  constexpr int kSize = 16;
  constexpr float kSpread = 4;
  const std::vector<uint8_t> field = DistanceField(kRing, 0, kSize, kSize, kSize, kSpread);
  const auto at = [&](int x, int y) { return (field[(kSize - 1 - y) * kSize + x] - 128) / 127.0 * kSpread; };
  constexpr double kByte = kSpread / 127;
  EXPECT_NEAR(at(4, 8), 0.5, kByte) << "inside the ring, half a pixel from its edge";
  EXPECT_NEAR(at(3, 8), -0.5, kByte) << "outside";
  EXPECT_NEAR(at(7, 8), -1.5, kByte) << "in the hole";
  EXPECT_NEAR(at(3, 3), -std::sqrt(0.5), kByte) << "off a corner";
  EXPECT_NEAR(at(0, 0), -4, kByte) << "saturated";
}

TEST(DistanceFieldTest, LinesInTheOtherDirectionAreTheSame) {
  std::vector<Line> reversed;
  for (const Line& line : kRing) reversed.push_back({line.x1, line.y1, line.x0, line.y0});
  EXPECT_EQ(DistanceField(kRing, 0, 16, 16, 16, 4), DistanceField(reversed, 0, 16, 16, 16, 4));
}

TEST(DistanceFieldTest, OverlappingLoopsAreOneShape) {
  std::vector<Line> lines;
  for (const float x : {2.0f, 5.0f}) {  // two squares of the same direction
    lines.insert(lines.end(), {{x, 4, x + 6, 4}, {x + 6, 4, x + 6, 10}, {x + 6, 10, x, 10}, {x, 10, x, 4}});
  }
  const std::vector<uint8_t> field = DistanceField(lines, 0, 16, 16, 16, 4);
  EXPECT_GT(field[(15 - 7) * 16 + 6], 128) << "inside of both";
}

}  // namespace
}  // namespace vrcharts::text
