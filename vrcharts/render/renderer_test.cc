// Pixels of small scenes, drawn by whatever Vulkan driver there is, with the validation layer on.

#include "vrcharts/render/renderer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "vrcharts/render/offscreen.h"

namespace vrcharts::render {
namespace {

constexpr uint32_t kSize = 200;
constexpr Fov kSquare{-0.785398f, 0.785398f, 0.785398f, -0.785398f};

struct Pixel {
  int r, g, b, a;
};

class RendererTest : public testing::Test {
 protected:
  void SetUp() override {
    auto device = Device::Create({.validation = true});
    if (absl::IsNotFound(device.status())) GTEST_SKIP() << device.status().message();
    ASSERT_TRUE(device.ok()) << device.status();
    device_ = std::move(*device);
    auto atlas = text::Atlas::Create({});
    if (absl::IsNotFound(atlas.status())) GTEST_SKIP() << atlas.status().message();
    ASSERT_TRUE(atlas.ok()) << atlas.status();
    atlas_ = std::move(*atlas);
  }

  void TearDown() override {
    if (device_ == nullptr) return;
    EXPECT_EQ(device_->validation_messages(), 0);
  }

  // Draws the scene from the origin towards -z; `views` eyes side by side, each 10 cm to the right of the one before.
  std::vector<Picture> Draw(const Scene& scene, uint32_t views = 1) {
    std::vector<Picture> pictures;
    auto renderer = Renderer::Create(*device_, {.view_count = views});
    auto offscreen = Offscreen::Create(*device_, {kSize, kSize}, views);
    EXPECT_TRUE(renderer.ok() && offscreen.ok()) << renderer.status() << offscreen.status();
    if (!renderer.ok() || !offscreen.ok()) return pictures;
    std::vector<View> eyes;
    for (uint32_t i = 0; i < views; ++i) eyes.push_back(MakeView({0.1f * i, 0, 0}, {1, 0, 0, 0}, kSquare));
    for (int frame = 0; frame < 3; ++frame) {  // more than may be in flight
      absl::Status status = (*renderer)->Draw((*offscreen)->target(), eyes, scene, *atlas_);
      EXPECT_TRUE(status.ok()) << status;
    }
    EXPECT_TRUE((*renderer)->Finish().ok());
    EXPECT_EQ((*renderer)->cost().draw_calls > 0, true);
    for (uint32_t i = 0; i < views; ++i) {
      auto picture = (*offscreen)->Read(i);
      EXPECT_TRUE(picture.ok()) << picture.status();
      pictures.push_back(picture.ok() ? *std::move(picture) : Picture{});
    }
    return pictures;
  }

  static Pixel At(const Picture& picture, int x, int y) {
    const uint8_t* p = &picture.rgba[4 * (size_t{static_cast<uint32_t>(y)} * picture.width + x)];
    return {p[0], p[1], p[2], p[3]};
  }

  // A panel of 200 x 200 points that covers the picture exactly: one point is one pixel.
  static SceneItem Panel(std::shared_ptr<const chart::Geometry> geometry, float distance = 1) {
    wall::Panel panel;
    panel.geometry = std::move(geometry);
    panel.placement = {{0, 0, -distance}, {1, 0, 0, 0}, {2 * distance, 2 * distance}};
    return MakeItem(panel);
  }

  static std::shared_ptr<chart::Geometry> Geometry(chart::Rgba background) {
    auto geometry = std::make_shared<chart::Geometry>();
    geometry->width = geometry->height = kSize;
    geometry->base.rects.push_back({0, 0, kSize, kSize, background, 0, 0, 0, 0});
    return geometry;
  }

  std::unique_ptr<Device> device_;
  std::unique_ptr<text::Atlas> atlas_;
};

const chart::Rgba kBlack = 0xff000000, kRed = 0xff0000ff, kGreen = 0xff00ff00, kWhite = 0xffffffff;

TEST_F(RendererTest, RectanglesLieWhereTheyShould) {
  auto geometry = Geometry(kBlack);
  geometry->base.rects.push_back({50, 20, 100, 40, kRed, 0, 0, 0, 0});
  Scene scene;
  scene.items.push_back(Panel(geometry));
  const Picture picture = Draw(scene).at(0);
  EXPECT_EQ(At(picture, 75, 30).r, 255);
  EXPECT_EQ(At(picture, 75, 30).g, 0);
  EXPECT_EQ(At(picture, 51, 21).r, 255);
  EXPECT_EQ(At(picture, 98, 38).r, 255);
  EXPECT_EQ(At(picture, 48, 30).r, 0);
  EXPECT_EQ(At(picture, 75, 42).r, 0);
  EXPECT_EQ(At(picture, 75, 150).r, 0) << "y grows downwards";
}

TEST_F(RendererTest, ADiagonalLineIsSmoothAndUnbroken) {
  auto geometry = Geometry(kBlack);
  geometry->base.lines.push_back({10, 10, kWhite, 0, 32, chart::kLineStart});
  geometry->base.lines.push_back({100, 55, kWhite, 0, 32, 0});
  geometry->base.lines.push_back({190, 30, kWhite, 0, 32, 0});
  Scene scene;
  scene.items.push_back(Panel(geometry));
  const Picture picture = Draw(scene).at(0);
  int partial = 0;
  for (int x = 12; x < 188; ++x) {
    int sum = 0;
    for (int y = 0; y < static_cast<int>(kSize); ++y) {
      // sRGB back to light: coverage is linear.
      const double coverage = std::pow(At(picture, x, y).r / 255.0, 2.2);
      sum += static_cast<int>(1000 * coverage);
      partial += coverage > 0.1 && coverage < 0.9;
    }
    // A line 2 points wide crosses each column with the same amount of light, also at the joint (x = 100).
    EXPECT_NEAR(sum, 2200, 350) << "column " << x;
  }
  EXPECT_GT(partial, 200) << "edges are anti-aliased";
}

TEST_F(RendererTest, ALineOnAPanelSeenFromTheSideIsWhole) {
  auto geometry = Geometry(kBlack);
  geometry->base.lines.push_back({0, 60, kWhite, 0, 32, chart::kLineStart});
  geometry->base.lines.push_back({kSize, 60, kWhite, 0, 32, 0});
  wall::Panel panel;
  panel.geometry = geometry;
  for (float degrees : {-75.0f, -50.0f, 50.0f, 75.0f}) {
    panel.placement = {{0, 0, -1.5f}, glm::angleAxis(glm::radians(degrees), glm::vec3(0, 1, 0)), {2, 2}};
    Scene scene;
    scene.room = false;
    scene.items.push_back(MakeItem(panel));
    const Picture picture = Draw(scene).at(0);
    int panel_columns = 0, line_columns = 0;
    for (uint32_t x = 0; x < kSize; ++x) {
      bool panel_here = false, line_here = false;
      for (uint32_t y = 0; y < kSize; ++y) {
        panel_here |= At(picture, x, y).a > 200;
        line_here |= At(picture, x, y).r > 60;
      }
      panel_columns += panel_here;
      line_columns += line_here;
    }
    EXPECT_GT(panel_columns, 20);
    EXPECT_GE(line_columns, panel_columns - 5) << degrees << " degrees";
  }
}

TEST_F(RendererTest, LinesOfDifferentPanelsAreNotJoined) {
  auto left = Geometry(kBlack);
  left->base.lines.push_back({20, 100, kWhite, 0, 32, chart::kLineStart});
  left->base.lines.push_back({60, 100, kWhite, 0, 32, 0});
  auto right = std::make_shared<chart::Geometry>();
  right->width = right->height = kSize;
  right->base.lines.push_back({140, 100, kWhite, 0, 32, 0});  // forgot kLineStart
  right->base.lines.push_back({180, 100, kWhite, 0, 32, 0});
  Scene scene;
  scene.items = {Panel(left), Panel(right)};
  const Picture picture = Draw(scene).at(0);
  EXPECT_GT(At(picture, 40, 100).r, 200);
  EXPECT_GT(At(picture, 160, 100).r, 200);
  EXPECT_EQ(At(picture, 100, 100).r, 0);
}

TEST_F(RendererTest, CandlesHaveBodyAndWick) {
  auto geometry = Geometry(kBlack);
  geometry->base.candles.push_back({50, 10, 120, 40, 160, 80, kGreen, 0, chart::kCandleFilled});
  Scene scene;
  scene.items.push_back(Panel(geometry));
  const Picture picture = Draw(scene).at(0);
  EXPECT_GT(At(picture, 50, 100).g, 250);
  EXPECT_GT(At(picture, 43, 100).g, 250) << "body";
  EXPECT_EQ(At(picture, 43, 60).g, 0) << "beside the wick";
  EXPECT_GT(At(picture, 50, 60).g + At(picture, 49, 60).g, 150) << "wick";
  EXPECT_EQ(At(picture, 50, 30).g, 0);
  EXPECT_EQ(At(picture, 50, 170).g, 0);
}

TEST_F(RendererTest, NearPanelsHideFarOnesInAnyOrder) {
  auto far = Geometry(kRed);
  far->base.rects.push_back({90, 90, 110, 110, kWhite, 0, 0, 0, 0});
  auto near = Geometry(kGreen);
  for (bool near_first : {false, true}) {
    Scene scene;
    scene.items = {Panel(far, 2), Panel(near, 1)};
    if (near_first) std::swap(scene.items[0], scene.items[1]);
    const Picture picture = Draw(scene).at(0);
    EXPECT_EQ(At(picture, 100, 100).g, 255);
    EXPECT_EQ(At(picture, 100, 100).r, 0);
  }
}

TEST_F(RendererTest, TextIsDrawnFromTheAtlas) {
  auto geometry = Geometry(kBlack);
  auto line = atlas_->Shape("H", text::Weight::kSemiBold);
  ASSERT_EQ(line->glyphs.size(), 1u);
  const text::PlacedGlyph& g = line->glyphs[0];
  const float size = 100;
  geometry->base.glyphs.push_back(
      {50 + g.x0 * size, 150 + g.y0 * size, 50 + g.x1 * size, 150 + g.y1 * size, g.u0, g.v0, g.u1, g.v1, kWhite, 0});
  Scene scene;
  scene.items.push_back(Panel(geometry));
  const Picture picture = Draw(scene).at(0);
  int white = 0;
  for (uint32_t y = 0; y < kSize; ++y) {
    for (uint32_t x = 0; x < kSize; ++x) white += At(picture, x, y).r > 128;
  }
  EXPECT_GT(white, 1500);  // two stems and a bar of a letter 73 points high
  EXPECT_LT(white, 6000);
}

TEST_F(RendererTest, GlyphsThatComeLaterAreDrawnToo) {
  auto renderer = Renderer::Create(*device_, {});
  auto offscreen = Offscreen::Create(*device_, {kSize, kSize}, 1);
  ASSERT_TRUE(renderer.ok() && offscreen.ok());
  const std::vector<View> eyes = {MakeView({0, 0, 0}, {1, 0, 0, 0}, kSquare)};
  // Each frame brings a letter that was never seen, while the frame before is in flight.
  for (const char* letter : {"A", "株", "ß", "Ω", "の"}) {
    auto geometry = Geometry(kBlack);
    auto line = atlas_->Shape(letter, text::Weight::kRegular);
    for (const text::PlacedGlyph& g : line->glyphs) {
      geometry->base.glyphs.push_back(
          {40 + g.x0 * 120, 150 + g.y0 * 120, 40 + g.x1 * 120, 150 + g.y1 * 120, g.u0, g.v0, g.u1, g.v1, kWhite, 0});
    }
    Scene scene;
    scene.items.push_back(Panel(geometry));
    ASSERT_TRUE((*renderer)->Draw((*offscreen)->target(), eyes, scene, *atlas_).ok());
    ASSERT_TRUE((*renderer)->Finish().ok());
    const Picture picture = *(*offscreen)->Read(0);
    int white = 0;
    for (size_t i = 0; i < picture.rgba.size(); i += 4) white += picture.rgba[i] > 128;
    EXPECT_GT(white, 500) << letter;
    EXPECT_LT(white, 12000) << letter;
  }
}

TEST_F(RendererTest, EachEyeSeesItsOwnView) {
  auto geometry = Geometry(kBlack);
  geometry->base.rects.push_back({90, 90, 110, 110, kRed, 0, 0, 0, 0});
  Scene scene;
  scene.items.push_back(Panel(geometry));
  const std::vector<Picture> eyes = Draw(scene, 2);
  EXPECT_EQ(At(eyes.at(0), 100, 100).r, 255);
  EXPECT_EQ(At(eyes.at(0), 85, 100).r, 0);
  // The right eye is 10 cm to the right: at a metre's distance things move 10 pixels to the left.
  EXPECT_EQ(At(eyes.at(1), 85, 100).r, 255);
  EXPECT_EQ(At(eyes.at(1), 105, 100).r, 0);
}

TEST_F(RendererTest, UnchangedPanelsAreNotCopiedAgain) {
  auto renderer = Renderer::Create(*device_, {});
  auto offscreen = Offscreen::Create(*device_, {kSize, kSize}, 1);
  ASSERT_TRUE(renderer.ok() && offscreen.ok());
  Scene scene;
  for (int i = 0; i < 3; ++i) {
    auto geometry = Geometry(kBlack);
    for (int n = 0; n < 1000; ++n) geometry->base.lines.push_back({1.0f * n, 0, kWhite, 0, 16, 0});
    scene.items.push_back(Panel(geometry));
  }
  const std::vector<View> eyes = {MakeView({0, 0, 0}, {1, 0, 0, 0}, kSquare)};
  const auto draw = [&] {
    EXPECT_TRUE((*renderer)->Draw((*offscreen)->target(), eyes, scene, *atlas_).ok());
    return (*renderer)->cost().bytes_copied;
  };
  EXPECT_GT(draw(), 48000u);
  EXPECT_GT(draw(), 48000u) << "the second frame in flight has its own copy";
  const size_t idle = draw();
  EXPECT_LT(idle, 2000u);
  scene.items[1].geometry = std::make_shared<chart::Geometry>(*scene.items[1].geometry);
  const size_t one = draw();
  EXPECT_GT(one, 16000u);
  EXPECT_LT(one, 20000u) << "one panel of three";
  EXPECT_TRUE((*renderer)->Finish().ok());
}

// The picture is the same whether what lies under the marks is drawn, kept or copied.
TEST_F(RendererTest, WhatLiesUnderTheMarksIsKeptWhileItStaysTheSame) {
  auto renderer = Renderer::Create(*device_, {}), plain = Renderer::Create(*device_, {});
  auto offscreen = Offscreen::Create(*device_, {kSize, kSize}, 1),
       anew = Offscreen::Create(*device_, {kSize, kSize}, 1);
  ASSERT_TRUE(renderer.ok() && plain.ok() && offscreen.ok() && anew.ok());
  std::vector<View> eyes = {MakeView({0, 0, 0}, {1, 0, 0, 0}, kSquare)};
  auto far = Geometry(kRed), near = Geometry(kGreen);
  far->base.rects.push_back({20, 20, 180, 180, kWhite, 0, 0, 0, 0});
  Scene scene;
  scene.items = {Panel(far, 3), Panel(near, 5)};
  Target fresh = (*anew)->target();
  fresh.keeps_ground = false;
  // Draws a frame both ways; returns the number of draw calls that it took.
  const auto draw = [&](const char* what) {
    EXPECT_TRUE((*renderer)->Draw((*offscreen)->target(), eyes, scene, *atlas_).ok());
    EXPECT_TRUE((*plain)->Draw(fresh, eyes, scene, *atlas_).ok());
    EXPECT_TRUE((*renderer)->Finish().ok() && (*plain)->Finish().ok());
    EXPECT_EQ((*offscreen)->Read(0)->rgba, (*anew)->Read(0)->rgba) << what;
    return (*renderer)->cost().draw_calls;
  };
  const int whole = draw("first");
  EXPECT_EQ(draw("kept"), whole);
  EXPECT_LT(draw("copied"), whole);
  for (float x : {30.0f, 60.0f, 90.0f}) {  // other marks on the same panels
    far = std::make_shared<chart::Geometry>(*far);
    far->base.rects[1].x0 = x;
    scene.items[0].geometry = far;
    EXPECT_LT(draw("other marks"), whole);
  }
  scene.items[0] = Panel(far, 2.5f);
  EXPECT_EQ(draw("a panel has moved"), whole);
  draw("and stays");
  EXPECT_LT(draw("and stays"), whole);
  scene.items[1].highlight = 1;
  EXPECT_EQ(draw("a panel is pointed at"), whole);
  eyes[0] = MakeView({0.1f, 0, 0}, {1, 0, 0, 0}, kSquare);
  EXPECT_EQ(draw("the eye has moved"), whole);
  draw("and stays");
  EXPECT_LT(draw("and stays"), whole);
  scene.light_theme = true;
  EXPECT_EQ(draw("another theme"), whole);
  draw("and stays");
  // Another target of the same size: what its depth image holds is not known.
  auto other = Offscreen::Create(*device_, {kSize, kSize}, 1);
  ASSERT_TRUE(other.ok());
  offscreen = std::move(other);
  EXPECT_EQ(draw("another target"), whole);
}

TEST_F(RendererTest, NothingIsDrawnWhereALensHidesIt) {
  Scene scene;
  scene.items.push_back(Panel(Geometry(chart::Rgb(0xff0000))));
  // The left half of the first eye's picture, the upper half of the second one's: 90 degrees are tangents from -1 to 1.
  scene.hidden[0] = {{-1, -1}, {0, -1}, {0, 1}, {-1, -1}, {0, 1}, {-1, 1}};
  scene.hidden[1] = {{-1, 0}, {1, 0}, {1, 1}, {-1, 0}, {1, 1}, {-1, 1}};
  const std::vector<Picture> eyes = Draw(scene, 2);
  ASSERT_EQ(eyes.size(), 2u);
  const auto red = [&](int eye, int x, int y) { return At(eyes[eye], x, y).r > 200; };
  EXPECT_FALSE(red(0, 50, 50) || red(0, 50, 150));
  EXPECT_TRUE(red(0, 150, 50) && red(0, 150, 150));
  EXPECT_FALSE(red(1, 50, 50) || red(1, 150, 50));
  EXPECT_TRUE(red(1, 50, 150) && red(1, 150, 150));
}

}  // namespace
}  // namespace vrcharts::render
