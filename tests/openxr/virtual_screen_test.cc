#include "tests/openxr/virtual_screen.h"

#include <stdlib.h>

#include <filesystem>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace tests::openxr {
namespace {

TEST(VirtualScreen, ShowsABlackPictureOfItsSizeAndLeavesNoSocket) {
  const std::string folder = std::string(getenv("TEST_TMPDIR")) + "/screen";
  std::filesystem::create_directories(folder);
  auto screen = VirtualScreen::Start(folder, 320, 200);
  if (absl::IsUnavailable(screen.status())) GTEST_SKIP() << screen.status().message();
  ASSERT_TRUE(screen.ok()) << screen.status();
  auto picture = (*screen)->Read();
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->width, 320);
  EXPECT_EQ(picture->height, 200);
  ASSERT_EQ(picture->rgb.size(), 3u * 320 * 200);
  for (uint8_t value : picture->rgb) ASSERT_EQ(value, 0);
  const std::string socket = "/tmp/.X11-unix/X" + (*screen)->display().substr(1);
  EXPECT_TRUE(std::filesystem::exists(socket)) << socket;
  screen->reset();
  EXPECT_FALSE(std::filesystem::exists(socket)) << socket;
}

}  // namespace
}  // namespace tests::openxr
