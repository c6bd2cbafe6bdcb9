// Whatever a person can get wrong at the command line ends in one clear line, the right exit code, and no file left
// behind.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_join.h"
#include "tests/vrcharts/run.h"

namespace tests::vrcharts {
namespace {

struct Case {
  const char* name;
  std::vector<std::string> flags;
  std::vector<std::string> environment;
  int exit_code;
  const char* says;  // part of the one line
};

std::string BrokenFile(const std::string& name, const std::string& text) {
  const std::string path = TempPath(name);
  std::ofstream(path) << text;
  return path;
}

std::vector<Case> Cases() {
  const std::string picture = "--output=" + TempPath("never.png");
  return {
      {"unknown_flag", {"--colour=red"}, {}, 2, "--colour"},
      {"unknown_viewer", {"--viewer=hologram"}, {}, 2, "window, image, openxr"},
      {"argument", {"AAPL"}, {}, 2, "'AAPL'"},
      {"width_is_text", {"--width=wide"}, {}, 2, "--width"},
      {"no_width", {"--viewer=image", "--width=0", picture}, {}, 2, "0x1080"},
      {"too_wide", {"--viewer=image", "--width=100000", picture}, {}, 2, "100000x1080"},
      {"config_missing", {"--config=/nonexistent.conf"}, {}, 2, "/nonexistent.conf"},
      {"config_broken", {"--config=" + BrokenFile("broken.conf", "viewer: {")}, {}, 2, "broken.conf"},
      {"config_unknown_field", {"--config=" + BrokenFile("unknown.conf", "colour: \"red\"\n")}, {}, 2, "colour"},
      {"output_folder_missing", {"--viewer=image", "--output=/nonexistent/wall.png"}, {}, 1, "/nonexistent/wall.png"},
      {"output_is_folder", {"--viewer=image", "--output=/tmp"}, {}, 1, "/tmp"},
      {"font_missing", {"--viewer=image", "--font=/nonexistent.ttf", picture}, {}, 1, "/nonexistent.ttf"},
      {"no_such_panel", {"--viewer=image", "--panel=NOSUCH", picture}, {}, 1, "NOSUCH"},
      {"portfolio_missing", {"--viewer=image", "--portfolio=/nonexistent.csv", picture}, {}, 1, "/nonexistent.csv"},
      {"price_line_of_nobody", {"--viewer=image", "--price_line=NOSUCH@5", picture}, {}, 2, "NOSUCH"},
      {"video_is_no_png", {"--viewer=image", "--frames=5", picture}, {}, 2, ".y4m"},
      {"video_folder_missing", {"--viewer=image", "--frames=5", "--output=/nonexistent/w.y4m"}, {}, 1, "w.y4m"},
      {"no_vulkan_driver",
       {"--viewer=image", picture},
       {"VK_ICD_FILENAMES=/nonexistent.json"},
       1,
       "no Vulkan driver found"},
      {"no_openxr_runtime", {"--viewer=openxr"}, {"XR_RUNTIME_JSON=/nonexistent.json"}, 1, "no OpenXR runtime found"},
      {"openxr_manifest_broken",
       {"--viewer=openxr"},
       {"XR_RUNTIME_JSON=" + BrokenFile("runtime.json", "not JSON")},
       1,
       "no OpenXR runtime found"},
      {"no_display", {"--viewer=window"}, {"DISPLAY", "WAYLAND_DISPLAY"}, 1, "DISPLAY"},
  };
}

class BadInputTest : public testing::TestWithParam<Case> {};

TEST_P(BadInputTest, OneClearLineAndTheRightExitCode) {
  const Case& input = GetParam();
  const Outcome outcome =
      RunProgram({.flags = input.flags, .environment = input.environment, .give_up_after_seconds = 60});
  EXPECT_EQ(outcome.exit_code, input.exit_code) << outcome.err;
  ASSERT_EQ(outcome.messages().size(), 1u) << outcome.err;
  EXPECT_NE(outcome.messages()[0].find(input.says), std::string::npos) << outcome.messages()[0];
  EXPECT_EQ(outcome.out, "");
  EXPECT_FALSE(std::filesystem::exists(TempPath("never.png")));
  EXPECT_FALSE(std::filesystem::exists(TempPath("never.png.part")));
}

INSTANTIATE_TEST_SUITE_P(All, BadInputTest, testing::ValuesIn(Cases()),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

}  // namespace
}  // namespace tests::vrcharts
