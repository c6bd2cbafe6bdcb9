// Pictures of every chart type, scale, theme and of the wall against the ones in golden/, with a perceptual tolerance:
// the pictures are compared as an eye at some distance sees them, in blocks of 4 x 4 pixels, so that another driver's
// rounding does not matter and a missing line does.
//
// After an intended change:  VRCHARTS_GOLDEN_OUT=DIR bazel-bin/tests/vrcharts/golden_test  writes new ones; look at
// them before they go in.

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "tests/vrcharts/run.h"

namespace tests::vrcharts {
namespace {

constexpr int kWidth = 480, kHeight = 320, kBlock = 4;

struct Golden {
  const char* name;
  std::vector<std::string> flags;
};

// A folder with a share that has a week and a day missing beside the holidays of New York, and its portfolio.
std::string FolderWithGaps() {
  const std::string folder = TempPath("gaps");
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/portfolio.csv") << "symbol,name,currency,exchange\nHOLE,Thanksgiving and a hole,USD,NYSE\n";
  std::ofstream file(folder + "/HOLE.csv");
  file << "date,open,high,low,close,volume\n";
  const absl::CivilDay holidays[] = {absl::CivilDay(2025, 11, 27), absl::CivilDay(2025, 12, 25),
                                     absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 1, 19)};
  for (absl::CivilDay day(2025, 11, 3); day < absl::CivilDay(2026, 2, 7); ++day) {
    const bool closed = absl::GetWeekday(day) >= absl::Weekday::saturday ||
                        std::find(std::begin(holidays), std::end(holidays), day) != std::end(holidays);
    const bool missing = (day >= absl::CivilDay(2025, 12, 8) && day < absl::CivilDay(2025, 12, 13)) ||
                         day == absl::CivilDay(2026, 1, 14);
    if (closed || missing) continue;
    const double at = static_cast<double>(day - absl::CivilDay(2025, 11, 3));
    const double close = 100 + 12 * std::sin(at / 9) + 3 * std::sin(at * 2.1);
    file << day << "," << close - std::sin(at) << "," << close + 2 << "," << close - 2.5 << "," << close << ",1000\n";
  }
  return folder;
}

std::vector<Golden> Goldens() {
  const std::string gaps = FolderWithGaps();
  const auto panel = [](const char* name, std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--panel=HLXS"});
    return Golden{name, flags};
  };
  return {
      panel("candles", {"--chart_type=candles"}),
      panel("ohlc", {"--chart_type=ohlc"}),
      panel("line", {"--chart_type=line"}),
      panel("area", {"--chart_type=area"}),
      panel("baseline", {"--chart_type=baseline"}),
      panel("light", {"--chart_type=candles", "--theme=light"}),
      panel("east_asian", {"--chart_type=candles", "--palette=east_asian"}),
      panel("log", {"--chart_type=line", "--scale=log", "--period=5y"}),
      panel("indexed", {"--chart_type=line", "--scale=indexed", "--compare=NORD"}),
      panel("two_scales",
            {"--chart_type=candles", "--compare=6748", "--compare_scale=own", "--price_line=HLXS@170 target"}),
      panel("light_studies", {"--theme=light", "--indicator=bollinger", "--indicator=macd"}),
      panel("indicators", {"--chart_type=candles", "--indicator=sma:20", "--indicator=rsi:14"}),
      {"gaps",
       {"--portfolio=" + gaps + "/portfolio.csv", "--quotes=" + gaps, "--panel=HOLE", "--chart_type=area",
        "--indicator=sma:5"}},
      {"wall", {}},
  };
}

// Mean of each block in linear light: what the eye adds up.
struct Blocks {
  int width = 0, height = 0;
  std::vector<float> rgb;
};

Blocks ReadBlocks(const std::string& path) {
  Blocks blocks;
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&image, path.c_str())) return blocks;
  image.format = PNG_FORMAT_RGB;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(image));
  if (!png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr)) return blocks;
  blocks.width = static_cast<int>(image.width) / kBlock;
  blocks.height = static_cast<int>(image.height) / kBlock;
  blocks.rgb.assign(static_cast<size_t>(blocks.width) * blocks.height * 3, 0);
  for (int y = 0; y < blocks.height * kBlock; ++y) {
    for (int x = 0; x < blocks.width * kBlock; ++x) {
      for (int c = 0; c < 3; ++c) {
        const float value = pixels[3 * (static_cast<size_t>(y) * image.width + x) + c] / 255.0f;
        blocks.rgb[3 * (static_cast<size_t>(y / kBlock) * blocks.width + x / kBlock) + c] +=
            std::pow(value, 2.2f) / (kBlock * kBlock);
      }
    }
  }
  return blocks;
}

// How far apart two brightnesses look, about 0..255.
float Visible(float a, float b) { return 255 * std::abs(std::pow(a, 1 / 2.2f) - std::pow(b, 1 / 2.2f)); }

class GoldenTest : public testing::TestWithParam<Golden> {};

TEST_P(GoldenTest, LooksAsItDid) {
  const Golden& golden = GetParam();
  const char* out = std::getenv("VRCHARTS_GOLDEN_OUT");
  const std::string drawn =
      out != nullptr ? absl::StrCat(out, "/", golden.name, ".png") : TempPath(absl::StrCat(golden.name, ".png"));
  std::vector<std::string> flags = golden.flags;
  flags.insert(flags.end(), {"--viewer=image", "--vulkan_validation", absl::StrCat("--width=", kWidth),
                             absl::StrCat("--height=", kHeight), "--output=" + drawn});
  const Outcome outcome = RunProgram({.flags = flags});
  if (outcome.err.find("no Vulkan driver") != std::string::npos) GTEST_SKIP() << outcome.messages()[0];
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  if (out != nullptr) GTEST_SKIP() << "wrote " << drawn;

  const Blocks expected = ReadBlocks(absl::StrCat("tests/vrcharts/golden/", golden.name, ".png"));
  const Blocks actual = ReadBlocks(drawn);
  ASSERT_EQ(expected.width, kWidth / kBlock) << "no golden picture";
  ASSERT_EQ(actual.rgb.size(), expected.rgb.size());
  double sum = 0;
  int far = 0;
  for (size_t i = 0; i < actual.rgb.size(); ++i) {
    const float difference = Visible(actual.rgb[i], expected.rgb[i]);
    sum += difference;
    far += difference > 20;
  }
  EXPECT_LT(sum / static_cast<double>(actual.rgb.size()), 1.5) << "the picture as a whole; see " << drawn;
  EXPECT_LT(far, static_cast<int>(actual.rgb.size() / 250)) << "blocks that look different; see " << drawn;
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTest, testing::ValuesIn(Goldens()),
                         [](const testing::TestParamInfo<Golden>& info) { return info.param.name; });

}  // namespace
}  // namespace tests::vrcharts
