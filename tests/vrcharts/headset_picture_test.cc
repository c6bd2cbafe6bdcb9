// What a person in the headset sees: Monado's window compositor on a virtual X screen puts the eyes' views and the
// layers together, the remote driver moves head and hands, and the test reads the screen.
//
// The pictures of the README are made by this test:  VRCHARTS_PICTURES_OUT=DIR  keeps them there (see tools/pictures).

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/openxr/monado.h"
#include "tests/vrcharts/pictures.h"
#include "tests/vrcharts/run.h"

namespace tests::vrcharts {
namespace {

using openxr::LookingAlong;
using openxr::Monado;
using openxr::Picture;
using openxr::RemoteDriver;
using openxr::State;

// Software draws few frames a second on a busy machine; a picture counts once it holds still.
constexpr absl::Duration kPatience = absl::Seconds(60);

class HeadsetPictureTest : public testing::Test {
 protected:
  void SetUp() override {
    auto monado = Monado::Start({.compositor = Monado::kWindow});
    if (!monado.ok()) GTEST_SKIP() << monado.status().message();
    monado_ = std::move(*monado);
  }

  // The screen once it shows something and two looks at it, half a second apart, agree.
  Picture Settled() {
    const absl::Time deadline = absl::Now() + kPatience;
    Picture last;
    while (absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(500));
      auto picture = monado_->Screenshot();
      if (!picture.ok()) continue;
      if (Difference(*picture, last) < 0.05 && Detail(*picture) > 0.01) return *std::move(picture);
      last = *std::move(picture);
    }
    ADD_FAILURE() << "the screen shows nothing that holds still";
    return last;
  }

  std::unique_ptr<Monado> monado_;
};

TEST_F(HeadsetPictureTest, TheWallAndAPanelPulledNear) {
  RunOptions options;
  options.flags = {"--viewer=openxr", "--explain", "--vulkan_validation"};
  options.give_up_after_seconds = 600;  // on a busy machine a frame takes a second
  for (const auto& [name, value] : monado_->environment()) {
    options.environment.push_back(absl::StrCat(name, "=", value));
  }
  Picture wall, pointed, near, back, zoomed, walked;
  options.meanwhile = [&](const RunOptions::WaitFor& wait_for) {
    auto person = monado_->WaitForProgram(kPatience);
    ASSERT_TRUE(person.ok()) << person.status();
    State state;
    state.head = LookingAlong(0, 1.6f, 0.6f, 0);
    state.left.active = state.right.active = false;
    ASSERT_TRUE((*person)->Send(state).ok());
    ASSERT_TRUE(wait_for("frame 3 drawn", 1));
    wall = Settled();
    state.right.active = true;
    state.right.pose = LookingAlong(0.25f, 1.25f, 0.2f, 0.12f, 0.12f);
    ASSERT_TRUE((*person)->Send(state).ok());
    absl::SleepFor(absl::Seconds(1));
    pointed = Settled();
    state.right.stick_click = true;
    ASSERT_TRUE((*person)->Send(state).ok());
    ASSERT_TRUE(wait_for("hand brings", 1));
    state.right.stick_click = false;
    ASSERT_TRUE((*person)->Send(state).ok());
    ASSERT_TRUE(wait_for("layer of its own", 1));
    absl::SleepFor(absl::Seconds(2));
    near = Settled();
    state.right.stick_click = true;
    ASSERT_TRUE((*person)->Send(state).ok());
    ASSERT_TRUE(wait_for("hand brings", 2));
    state.right.stick_click = false;
    ASSERT_TRUE((*person)->Send(state).ok());
    absl::SleepFor(absl::Seconds(2));
    back = Settled();
    state.right.stick_y = 1;
    ASSERT_TRUE((*person)->Send(state).ok());
    ASSERT_TRUE(wait_for("hand zooms", 1));
    absl::SleepFor(absl::Seconds(1));
    state.right.stick_y = 0;
    ASSERT_TRUE((*person)->Send(state).ok());
    absl::SleepFor(absl::Seconds(1));
    zoomed = Settled();
    state.left.active = true;
    state.left.pose = LookingAlong(-0.3f, 0.9f, 0.2f, 0, -1.4f);  // down along the leg
    state.left.stick_y = 0.6f;
    ASSERT_TRUE((*person)->Send(state).ok());
    ASSERT_TRUE(wait_for("the person walks", 1));
    absl::SleepFor(absl::Milliseconds(300));
    state.left.stick_y = 0;
    ASSERT_TRUE((*person)->Send(state).ok());
    ASSERT_TRUE(wait_for("the person stands", 1));
    absl::SleepFor(absl::Seconds(1));
    walked = Settled();
  };
  const Outcome outcome = RunProgram(options);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  Keep(Lit(pointed), "headset_pointing");
  Keep(Lit(near), "headset_near");
  EXPECT_GT(Difference(wall, pointed), 0.05) << "the ray and the crosshair can be seen";
  EXPECT_GT(Difference(pointed, near), 1) << "a panel is near";
  EXPECT_LT(Difference(pointed, back), 0.5) << "put back, the wall is as it was";
  EXPECT_GT(Difference(back, zoomed), 0.05) << "the panel pointed at shows a shorter time";
  EXPECT_GT(Difference(zoomed, walked), 1) << "the wall is nearer";
}

}  // namespace
}  // namespace tests::vrcharts
