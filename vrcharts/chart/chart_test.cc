#include "vrcharts/chart/chart.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "vrcharts/chart/test_data.h"

namespace vrcharts::chart {
namespace {

class ChartTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<text::Atlas>> atlas = text::Atlas::Create({});
    if (!atlas.ok()) GTEST_SKIP() << atlas.status().message();
    atlas_ = *std::move(atlas);
    content_.instrument = {"7203.T", "テスト自動車", "JPY", "Consumer"};
    content_.pyramid = MakePyramid(300, 1700000000 / 86400 * 86400, 86400, [](size_t i) {
      return 2000 + 300 * std::sin(static_cast<double>(i) / 20) + static_cast<double>(i);
    });
    style_.theme = MakeTheme(options::THEME_DARK, options::PALETTE_WESTERN);
  }

  std::shared_ptr<const Geometry> Draw(Size size = {}, std::optional<Crosshair> crosshair = std::nullopt) {
    return chart::Draw(content_, style_, view_, size, crosshair, atlas_.get(), &layout_);
  }

  // Everything lies on the panel, every number is finite.
  static void ExpectInside(const Geometry& geometry) {
    const auto inside = [&](float x, float y) {
      EXPECT_TRUE(x >= -0.01f && x <= geometry.width + 0.01f && y >= -0.01f && y <= geometry.height + 0.01f)
          << x << ", " << y << " on " << geometry.width << " x " << geometry.height;
    };
    for (const Marks* marks : {&geometry.base, &geometry.overlay}) {
      for (const RectMark& m : marks->rects) inside(m.x0, m.y0), inside(m.x1, m.y1);
      for (const AreaMark& m : marks->areas) inside(m.x0, m.y0), inside(m.x1, m.y1), inside(m.x0, m.base);
      for (const CandleMark& m : marks->candles) inside(m.x, m.high), inside(m.x, m.low);
      for (const LinePoint& m : marks->lines) inside(m.x, m.y);
      // The quads of glyphs include a margin of the distance field.
      for (const GlyphMark& m : marks->glyphs) inside((m.x0 + m.x1) / 2, (m.y0 + m.y1) / 2);
    }
  }

  Content content_;
  Style style_;
  View view_{150, 305};
  Layout layout_;
  std::unique_ptr<text::Atlas> atlas_;
};

TEST_F(ChartTest, EveryTypeAndScaleStaysOnThePanelAtAnySize) {
  content_.position = Position{100, 2100};
  content_.markers = {{content_.pyramid->series()->time()[200], 2000, true},
                      {content_.pyramid->series()->time()[250], 2000, false}};
  content_.price_lines = {{2200, "target"}};
  for (int type = 0; type < options::ChartType_ARRAYSIZE; ++type) {
    for (int scale = 0; scale < options::Scale_ARRAYSIZE; ++scale) {
      for (const bool inverted : {false, true}) {
        style_.type = static_cast<options::ChartType>(type);
        style_.scale = static_cast<options::Scale>(scale);
        style_.inverted = inverted;
        for (const Size size : {Size{480, 300}, Size{200, 120}, Size{1600, 900}, Size{120, 80}}) {
          ExpectInside(*Draw(size, Crosshair{size.width / 2, size.height / 2}));
        }
      }
    }
  }
}

TEST_F(ChartTest, AnyViewIsDrawn) {
  for (const View view : {View{-1000, -900}, View{5000, 5100}, View{0, 1e9}, View{299, 300}, View{3, 3}, View{10, 2},
                          View{NAN, 5}, View{-1e300, 1e300}}) {
    view_ = view;
    ExpectInside(*Draw());
  }
}

TEST_F(ChartTest, CandlesHaveTheirPricesHeights) {
  style_.type = options::CHART_TYPE_CANDLES;
  const auto geometry = Draw();
  ASSERT_EQ(geometry->base.candles.size(), 150u) << "150 of the 155 visible columns have bars";
  const CandleMark& last = geometry->base.candles.back();
  const quotes::Bar bar = content_.pyramid->series()->bar(299);
  EXPECT_FLOAT_EQ(last.close, layout_.price.Y(bar.close));
  EXPECT_FLOAT_EQ(last.high, layout_.price.Y(bar.high));
  EXPECT_EQ(last.color, bar.close >= bar.open ? style_.theme.rising : style_.theme.falling);
}

TEST_F(ChartTest, TheScaleFollowsWhatIsVisible) {
  view_ = {0, 50};
  Draw();
  const double high_of_the_beginning = layout_.price.high();
  view_ = {250, 300};
  Draw();
  EXPECT_NE(layout_.price.high(), high_of_the_beginning);
  const analysis::RangeSummary visible = content_.pyramid->Summarize(250, 300);
  EXPECT_GT(layout_.price.high(), visible.high);
  EXPECT_LT(layout_.price.low(), visible.low);
}

TEST_F(ChartTest, WithoutDataItSaysWhy) {
  content_.pyramid = nullptr;
  const size_t loading = Draw()->base.glyphs.size();
  content_.message = "no such symbol: 7203.T";
  const auto geometry = Draw();
  EXPECT_GT(geometry->base.glyphs.size(), loading);
  EXPECT_TRUE(geometry->base.candles.empty());
  ExpectInside(*geometry);
}

TEST_F(ChartTest, StaleDataIsMarked) {
  const size_t fresh = Draw()->base.glyphs.size();
  content_.stale = true;
  EXPECT_EQ(Draw()->base.glyphs.size(), fresh + 5) << "S T A L E";
}

TEST_F(ChartTest, GapsAreShadedAndSayWhatIsMissing) {
  style_.type = options::CHART_TYPE_LINE;
  const size_t rects = Draw()->base.rects.size();
  content_.gaps = std::make_shared<quotes::Gaps>(std::vector<std::pair<size_t, int64_t>>{{200, 5}});
  const auto geometry = Draw({}, Crosshair{layout_.time.SlotX(202.5), 150});
  EXPECT_EQ(geometry->base.rects.size(), rects + 1) << "the gap";
  ExpectInside(*geometry);
  const size_t in_gap = geometry->overlay.glyphs.size();
  const size_t at_bar = Draw({}, Crosshair{layout_.time.X(199), 150})->overlay.glyphs.size();
  EXPECT_LT(in_gap, at_bar) << "no values, but how many bars are missing";
  EXPECT_GT(in_gap, Draw()->overlay.glyphs.size() + 7);
}

TEST_F(ChartTest, StudiesWithPanesShareTheTimeAxis) {
  analysis::Study study;
  study.label = "Test";
  study.own_pane = true;
  study.curves.push_back({analysis::Values(std::vector<double>(300, 50)), false});
  content_.studies = {std::make_shared<analysis::Study>(study), std::make_shared<analysis::Study>(study)};
  const auto geometry = Draw();
  ASSERT_EQ(layout_.panes.size(), 2u);
  EXPECT_GT(layout_.panes[0].box.y0, layout_.plot.y1);
  EXPECT_GT(layout_.panes[1].box.y0, layout_.panes[0].box.y1);
  EXPECT_LE(layout_.panes[1].box.y1, layout_.time_axis.y0 + 0.01f);
  EXPECT_EQ(layout_.panes[0].box.x1, layout_.plot.x1);
  ExpectInside(*geometry);
}

TEST_F(ChartTest, ComparisonsBeginWhereTheChartBegins) {
  style_.scale = options::SCALE_PERCENT;
  std::vector<double> values(300, 7.0);
  values[299] = 14.0;  // doubles at the end
  content_.comparisons = {{"OTHER", analysis::Values(values)}};
  style_.type = options::CHART_TYPE_CANDLES;
  const auto geometry = Draw();
  const double first = content_.pyramid->series()->close()[150];
  float top = 1e9f;
  for (const LinePoint& point : geometry->base.lines) top = std::min(top, point.y);
  EXPECT_NEAR(top, layout_.price.Y(first * 2), 0.01) << "+100 %";
  EXPECT_GE(layout_.price.high(), first * 2);
}

TEST_F(ChartTest, TwoScalesOnOneChart) {
  style_.own_scale = true;
  std::vector<double> values(300, 0.05);
  values[299] = 0.06;
  content_.comparisons = {{"RATE", analysis::Values(values)}};
  const auto geometry = Draw();
  ASSERT_TRUE(layout_.compared.has_value());
  EXPECT_NEAR(layout_.compared->high(), 0.06, 0.002);
  EXPECT_GT(layout_.plot.x0, 40) << "room for the left axis";
  ExpectInside(*geometry);
}

TEST_F(ChartTest, HostileNumbersAreDrawnOrLeftOut) {
  for (const double price : {1e-308, 1e300, 0.0, -5.0}) {
    content_.pyramid = MakePyramid(40, 0, 86400, [&](size_t i) { return i % 2 == 0 ? price : price / 3; });
    view_ = {0, 41};
    for (int scale = 0; scale < options::Scale_ARRAYSIZE; ++scale) {
      style_.scale = static_cast<options::Scale>(scale);
      ExpectInside(*Draw({}, Crosshair{200, 150}));
    }
  }
}

}  // namespace
}  // namespace vrcharts::chart
