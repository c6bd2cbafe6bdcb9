// The whole way from the bundled sample to a PNG, with the validation layer watching.

#include <gtest/gtest.h>
#include <png.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "tests/vrcharts/run.h"

namespace tests::vrcharts {
namespace {

struct Picture {
  uint32_t width = 0, height = 0;
  std::vector<uint8_t> rgba;
};

Picture ReadPng(const std::string& path) {
  Picture picture;
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&image, path.c_str())) return picture;
  image.format = PNG_FORMAT_RGBA;
  picture.width = image.width;
  picture.height = image.height;
  picture.rgba.resize(PNG_IMAGE_SIZE(image));
  if (!png_image_finish_read(&image, nullptr, picture.rgba.data(), 0, nullptr)) picture.rgba.clear();
  return picture;
}

Outcome Draw(const std::string& path, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--viewer=image", "--vulkan_validation", "--width=960", "--height=540", "--output=" + path});
  return RunProgram({.flags = more});
}

TEST(ImageTest, TheSampleWallIsAPictureAndTheSameEveryTime) {
  const std::string first = TempPath("first.png"), second = TempPath("second.png");
  const Outcome outcome = Draw(first);
  if (outcome.err.find("no Vulkan driver") != std::string::npos) GTEST_SKIP() << outcome.messages()[0];
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(first + ".part"));
  const Picture picture = ReadPng(first);
  ASSERT_EQ(picture.width, 960u);
  ASSERT_EQ(picture.height, 540u);

  // Rising green, falling red, area blue, white text, and a dark room around.
  size_t green = 0, red = 0, blue = 0, white = 0, dark = 0;
  for (size_t i = 0; i < picture.rgba.size(); i += 4) {
    const int r = picture.rgba[i], g = picture.rgba[i + 1], b = picture.rgba[i + 2];
    green += g > 120 && g > r + 40 && g > b + 20;
    red += r > 140 && r > g + 60 && r > b + 40;
    blue += b > 80 && b > r + 30 && b > g + 20;
    white += r > 130 && g > 130 && b > 130;
    dark += r < 40 && g < 45 && b < 55;
    ASSERT_EQ(picture.rgba[i + 3], 255) << "the picture is opaque";
  }
  EXPECT_GT(green, 500u);
  EXPECT_GT(red, 300u);
  EXPECT_GT(blue, 5000u);
  EXPECT_GT(white, 150u);
  EXPECT_GT(dark, 960u * 540 / 3);

  ASSERT_EQ(Draw(second).exit_code, 0);
  EXPECT_EQ(ReadPng(second).rgba, picture.rgba) << "the same to the pixel";
}

TEST(ImageTest, ExplainNarratesTheFrame) {
  const Outcome outcome = Draw(TempPath("explained.png"), {"--explain"});
  if (outcome.err.find("no Vulkan driver") != std::string::npos) GTEST_SKIP() << outcome.messages()[0];
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  // In the order of a frame, each with its place in the source.
  size_t position = 0;
  for (const char* step : {"the wall has", "vrcharts/render/pipelines.cc", "vrcharts/app/app.cc",
                           "vrcharts/desktop/image.cc", "vrcharts/render/renderer.cc"}) {
    const size_t found = outcome.err.find(step, position);
    ASSERT_NE(found, std::string::npos) << step << " is missing in\n" << outcome.err;
    position = found;
  }
}

TEST(ImageTest, SeveralFramesAreAVideo) {
  const std::string path = TempPath("wall.y4m");
  const Outcome outcome = RunProgram({.flags = {"--viewer=image", "--vulkan_validation", "--width=320", "--height=180",
                                                "--frames=8", "--output=" + path}});
  if (outcome.err.find("no Vulkan driver") != std::string::npos) GTEST_SKIP() << outcome.messages()[0];
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string header = "YUV4MPEG2 W320 H180 F30:1 Ip A1:1 C444\n", frame = "FRAME\n";
  std::ifstream file(path, std::ios::binary);
  const std::string video((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t bytes = frame.size() + 3 * 320 * 180;
  ASSERT_EQ(video.size(), header.size() + 8 * bytes);
  EXPECT_EQ(video.substr(0, header.size()), header);
  const auto picture = [&](size_t i) { return video.substr(header.size() + i * bytes, bytes); };
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(picture(i).substr(0, frame.size()), frame) << i;
  EXPECT_EQ(picture(0), picture(4)) << "half way round it looks straight ahead again";
  EXPECT_NE(picture(0), picture(2)) << "and to the left before";
  EXPECT_NE(picture(2), picture(6)) << "and to the right after";
}

TEST(ImageTest, SeveralFramesAreNoPng) {
  const Outcome outcome = RunProgram({.flags = {"--viewer=image", "--frames=8", "--output=" + TempPath("no.png")}});
  EXPECT_EQ(outcome.exit_code, 2);
  ASSERT_EQ(outcome.messages().size(), 1u) << outcome.err;
  EXPECT_NE(outcome.messages()[0].find(".y4m"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace tests::vrcharts
