// The program in a window, on a screen without a monitor (Xvfb), with xdotool as the hand on mouse and keyboard; its
// screenshots say what the person sees.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/openxr/virtual_screen.h"
#include "tests/vrcharts/pictures.h"
#include "tests/vrcharts/run.h"

namespace tests::vrcharts {
namespace {

using openxr::Picture;
using openxr::VirtualScreen;

struct Box {
  int x0, y0, x1, y1;
};

// Pixels of the box that differ visibly.
int Changed(const Picture& a, const Picture& b, const Box& box) {
  int changed = 0;
  for (int y = box.y0; y < box.y1; ++y) {
    for (int x = box.x0; x < box.x1; ++x) {
      int difference = 0;
      for (int c = 0; c < 3; ++c) {
        const size_t at = 3 * (static_cast<size_t>(y) * a.width + x) + c;
        difference = std::max(difference, std::abs(a.rgb[at] - b.rgb[at]));
      }
      changed += difference > 24;
    }
  }
  return changed;
}

class WindowTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v xdotool > /dev/null") != 0) GTEST_SKIP() << "xdotool is not installed";
    const std::string folder = TempPath("screen");
    std::filesystem::create_directories(folder);
    auto screen = VirtualScreen::Start(folder, 1300, 800);
    if (!screen.ok()) GTEST_SKIP() << screen.status().message();
    screen_ = std::move(*screen);
  }

  bool Do(const std::string& what) const {
    return std::system(absl::StrCat("DISPLAY=", screen_->display(), " xdotool ", what).c_str()) == 0;
  }

  // The screen once it has come to rest.
  Picture Look() const {
    Picture last;
    for (int i = 0; i < 60; ++i) {
      absl::SleepFor(absl::Milliseconds(400));
      auto now = screen_->Read();
      if (!now.ok()) continue;
      const bool black = now->rgb[3 * (static_cast<size_t>(now->width) * 100 + 100) + 2] == 0;  // nothing shown yet
      if (last.rgb == now->rgb && !black) return last;
      last = *std::move(now);
    }
    return last;
  }

  // The screen once it is at rest and differs from another picture by more than `pixels` in the box: on a busy machine
  // what was done shows late. The last look if it never does.
  Picture LookUntilChanged(const Picture& from, const Box& box, int pixels) const {
    Picture now;
    for (int i = 0; i < 20; ++i) {
      now = Look();
      if (Changed(from, now, box) > pixels) break;
    }
    return now;
  }

  // The screen once it is at rest and like another picture; the last look if it never is.
  Picture LookUntilLike(const Picture& other, int pixels) const {
    Picture now;
    for (int i = 0; i < 20; ++i) {
      now = Look();
      if (Changed(other, now, {0, 0, 1280, 720}) < pixels) break;
    }
    return now;
  }

  RunOptions Options() const {
    RunOptions options;
    options.flags = {"--width=1280", "--height=720", "--vulkan_validation", "--explain"};
    options.environment = {"DISPLAY=" + screen_->display(), "WAYLAND_DISPLAY"};
    return options;
  }

  std::unique_ptr<VirtualScreen> screen_;
};

// Where panels of the sample wall are in a window of 1280 x 720 pixels at the left top of the screen.
constexpr Box kMiddle{480, 290, 620, 400}, kRight{1040, 290, 1240, 410}, kNear{400, 200, 800, 500};

TEST_F(WindowTest, MouseAndKeysMoveTheWall) {
  RunOptions options = Options();
  Picture start, zoomed, near, period, turned;
  options.meanwhile = [&](const RunOptions::WaitFor& wait_for) {
    ASSERT_TRUE(wait_for("draw calls for", 1));
    ASSERT_TRUE(Do("mousemove 640 20"));
    start = Look();
    ASSERT_TRUE(Do("mousemove 545 345 click --repeat 4 --delay 80 4"));
    ASSERT_TRUE(Do("mousemove 640 20"));
    zoomed = LookUntilChanged(start, kMiddle, 300);
    // By key: on a busy machine two clicks may be too far apart for a double click (board_test has that one).
    ASSERT_TRUE(Do("mousemove 545 345 key f mousemove 640 20"));
    near = LookUntilChanged(zoomed, kNear, 3000);
    ASSERT_TRUE(Do("mousemove 600 345"));
    Keep(Lit(Look()), "window");
    ASSERT_TRUE(Do("mousemove 640 20"));
    Look();
    ASSERT_TRUE(Do("mousemove 545 345 key f mousemove 545 346 key 5 mousemove 640 20"));
    period = LookUntilChanged(near, kNear, 3000);
    ASSERT_TRUE(Do("mousemove 640 690 mousedown 3 mousemove 400 690 mouseup 3 mousemove 640 20"));
    turned = LookUntilChanged(period, {0, 100, 1280, 600}, 30000);
    ASSERT_TRUE(Do("key Escape"));
    absl::SleepFor(absl::Seconds(3));
  };
  const Outcome outcome = RunProgram(options);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  ASSERT_FALSE(turned.rgb.empty());
  EXPECT_GT(Changed(start, zoomed, kMiddle), 300) << "the wheel zooms the chart under the mouse";
  EXPECT_LT(Changed(start, zoomed, kRight), 50) << "and no other";
  EXPECT_GT(Changed(zoomed, near, kNear), 3000) << "F brings the panel near";
  EXPECT_GT(Changed(start, period, kMiddle), 300) << "5 shows another period";
  EXPECT_GT(Changed(period, turned, {0, 100, 1280, 600}), 30000) << "the right button looks around";
}

TEST_F(WindowTest, TheWindowMayChangeItsSize) {
  RunOptions options = Options();
  Picture small;
  options.meanwhile = [&](const RunOptions::WaitFor& wait_for) {
    ASSERT_TRUE(wait_for("draw calls for", 1));
    ASSERT_TRUE(Do("search --name vrcharts windowsize --sync %@ 700 500"));
    small = Look();
    ASSERT_TRUE(Do("search --name vrcharts windowsize --sync %@ 1200 750"));
    Look();
  };
  const Outcome outcome = RunProgram(options);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;  // ended by the signal, not by an error
  ASSERT_FALSE(small.rgb.empty());
  int outside = 0, inside = 0;
  for (int y = 0; y < small.height; ++y) {
    for (int x = 0; x < small.width; ++x) {
      const bool lit = small.rgb[3 * (static_cast<size_t>(y) * small.width + x) + 1] > 2;
      (x < 700 && y < 500 ? inside : outside) += lit;
    }
  }
  EXPECT_EQ(outside, 0);
  EXPECT_GT(inside, 700 * 500 / 2);
}

TEST_F(WindowTest, ALostDeviceIsReplacedAndTheWallIsAsItWas) {
  const std::string folder = TempPath("layers");
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/loss.json")
      << R"({"file_format_version": "1.1.2", "layer": {"name": "VK_LAYER_TEST_device_loss", "type": "GLOBAL",)"
      << R"("library_path": ")" << std::filesystem::absolute("tests/vrcharts/libdevice_loss_layer.so").string()
      << R"(", "api_version": "1.3.0", "implementation_version": "1", "description": "loses devices"}})";
  RunOptions options = Options();
  options.environment.push_back("VK_ADD_LAYER_PATH=" + folder);
  options.environment.push_back("VK_INSTANCE_LAYERS=VK_LAYER_TEST_device_loss");
  options.environment.push_back("VRCHARTS_TEST_DEVICE_LOST=9");
  Picture start, after;
  options.meanwhile = [&](const RunOptions::WaitFor& wait_for) {
    ASSERT_TRUE(wait_for("draw calls for", 1));
    ASSERT_TRUE(Do("mousemove 640 20"));
    const Picture before = Look();
    ASSERT_TRUE(Do("mousemove 545 345 click --repeat 4 --delay 80 4 mousemove 640 20"));
    start = LookUntilChanged(before, kMiddle, 300);
    // Every touch draws a frame, until one is lost.
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(Do(absl::StrCat("mousemove ", 500 + 10 * i, " 345 sleep 0.1")));
    ASSERT_TRUE(wait_for("the wall is as it was", 1));
    ASSERT_TRUE(Do("mousemove 640 20"));
    after = LookUntilLike(start, 50);
  };
  const Outcome outcome = RunProgram(options);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("VK_ERROR_DEVICE_LOST"), std::string::npos) << outcome.err;
  ASSERT_FALSE(after.rgb.empty());
  EXPECT_LT(Changed(start, after, {0, 0, 1280, 720}), 50) << "zoom and all";
}

}  // namespace
}  // namespace tests::vrcharts
