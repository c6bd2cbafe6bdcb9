// A person in the headset: walks, looks around, turns, points, presses, takes hold. Monado's remote driver moves head
// and hands; what the program makes of it is read from its own narration (--explain).

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/openxr/monado.h"
#include "tests/vrcharts/run.h"

namespace tests::vrcharts {
namespace {

using openxr::LookingAlong;
using openxr::Monado;
using openxr::RemoteDriver;
using openxr::State;

// "the person stands at x 1 y 1.6 z -2 m, turned by -30 degrees"
struct Place {
  std::string gait;
  float x = 0, y = 0, z = 0, yaw = 0;
};

std::vector<Place> Places(const std::string& narration) {
  std::vector<Place> places;
  for (const auto line : absl::StrSplit(narration, '\n')) {
    const size_t at = line.find("the person ");
    const size_t numbers = line.find(" at x ");
    if (at == std::string_view::npos || numbers == std::string_view::npos) continue;
    Place place;
    place.gait = std::string(line.substr(at + 11, numbers - at - 11));
    if (std::sscanf(std::string(line.substr(numbers)).c_str(), " at x %f y %f z %f m, turned by %f", &place.x, &place.y,
                    &place.z, &place.yaw) == 4) {
      places.push_back(place);
    }
  }
  return places;
}

class PersonTest : public testing::Test {
 protected:
  void SetUp() override {
    auto monado = Monado::Start({});
    if (!monado.ok()) GTEST_SKIP() << monado.status().message();
    monado_ = std::move(*monado);
  }

  // Plays the script to a running program, then ends it.
  Outcome Play(const std::vector<std::string>& flags,
               const std::function<void(RemoteDriver&, const RunOptions::WaitFor&)>& script,
               const std::vector<std::string>& environment = {}) {
    RunOptions options;
    options.environment = environment;
    options.flags = {"--viewer=openxr", "--vulkan_validation", "--explain"};
    options.flags.insert(options.flags.end(), flags.begin(), flags.end());
    for (const auto& [name, value] : monado_->environment()) {
      options.environment.push_back(absl::StrCat(name, "=", value));
    }
    options.meanwhile = [&](const RunOptions::WaitFor& wait_for) {
      auto person = monado_->WaitForProgram(absl::Seconds(60));
      ASSERT_TRUE(person.ok()) << person.status();
      // The first frames compile shaders, and actions are inactive on them.
      Hold(**person, {}, absl::Milliseconds(100));
      ASSERT_TRUE(wait_for("frame 3 drawn", 1));
      Hold(**person, {}, absl::Milliseconds(500));
      script(**person, wait_for);
    };
    return RunProgram(options);
  }

  static void Hold(RemoteDriver& person, const State& state, absl::Duration duration) {
    ASSERT_TRUE(person.Send(state).ok());
    absl::SleepFor(duration);
  }

  std::unique_ptr<Monado> monado_;
};

// Steps are at most 0.1 s long however slow frames are, so that nobody is thrown far.
constexpr float kBoundMetres = 12;

TEST_F(PersonTest, WalksWhereTheHeadPointsAndOnlyOnTheFloor) {
  const Outcome outcome = Play({}, [](RemoteDriver& person, const RunOptions::WaitFor& wait_for) {
    State state;
    // Forward while looking up steeply: not slower, and not off the floor.
    state.head = LookingAlong(0, 1.6f, 0, 0, /*pitch=*/1.2f);
    Hold(person, state, absl::Seconds(1));
    state.left.stick_y = 0.6f;
    Hold(person, state, absl::Seconds(1));
    ASSERT_TRUE(wait_for("the person walks", 1));
    state.left.stick_y = 0;
    Hold(person, state, absl::Milliseconds(300));
    ASSERT_TRUE(wait_for("the person stands", 1));
    // Looking to the left, forward is -x.
    state.head = LookingAlong(0, 1.6f, 0, /*yaw=*/1.5708f);
    Hold(person, state, absl::Seconds(1));
    state.left.stick_y = 0.6f;
    Hold(person, state, absl::Seconds(1));
    ASSERT_TRUE(wait_for("the person walks", 2));
    state.left.stick_y = 0;
    Hold(person, state, absl::Milliseconds(300));
    ASSERT_TRUE(wait_for("the person stands", 2));
    // A push of the right stick turns by 30 degrees, once.
    state.right.stick_x = 1;
    Hold(person, state, absl::Seconds(1));
    ASSERT_TRUE(wait_for("the person stands", 3));
    state.right.stick_x = 0;
    Hold(person, state, absl::Milliseconds(300));
  });
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  const std::vector<Place> places = Places(outcome.err);
  ASSERT_EQ(places.size(), 5u) << outcome.err;
  EXPECT_EQ(places[0].gait, "walks");
  EXPECT_EQ(places[1].gait, "stands");
  const float forward = -places[1].z;
  EXPECT_GT(forward, 0.13f) << "at least one frame of walking";
  EXPECT_LT(forward, kBoundMetres);
  EXPECT_NEAR(places[1].x, 0, 0.05f);
  EXPECT_NEAR(places[1].y, places[0].y, 1e-3f);
  const float left = places[1].x - places[3].x;
  EXPECT_GT(left, 0.13f);
  EXPECT_NEAR(places[3].z, places[2].z, 0.05f);
  EXPECT_NEAR(places[4].yaw, -30, 1);
  EXPECT_NEAR(places[4].x, places[3].x, 0.05f) << "turning happens around the head";
}

TEST_F(PersonTest, PointsPressesBringsNearAndTakesHold) {
  const Outcome outcome = Play({}, [](RemoteDriver& person, const RunOptions::WaitFor& wait_for) {
    State state;
    state.right.pose = LookingAlong(0.5f, 1.5f, -0.3f, 0);  // straight ahead, onto the wall
    Hold(person, state, absl::Milliseconds(700));
    state.right.trigger = 1;
    state.right.trigger_click = true;
    Hold(person, state, absl::Milliseconds(700));
    ASSERT_TRUE(wait_for("hand presses on", 1));
    state.right.trigger = 0;
    state.right.trigger_click = false;
    Hold(person, state, absl::Milliseconds(700));
    state.right.stick_click = true;
    Hold(person, state, absl::Milliseconds(700));
    ASSERT_TRUE(wait_for("hand brings", 1));
    state.right.stick_click = false;
    Hold(person, state, absl::Milliseconds(700));
    state.right.squeeze = 1;
    Hold(person, state, absl::Milliseconds(700));
    ASSERT_TRUE(wait_for("takes hold of", 1));
    state.right.pose = LookingAlong(0.5f, 1.5f, -0.3f, 0.4f);
    Hold(person, state, absl::Milliseconds(700));
    state.right.squeeze = 0;
    Hold(person, state, absl::Milliseconds(700));
    // The controller falls asleep while it holds the panel, and wakes up again.
    state.right.squeeze = 1;
    Hold(person, state, absl::Milliseconds(700));
    ASSERT_TRUE(wait_for("takes hold of", 2));
    state.right.active = false;
    Hold(person, state, absl::Milliseconds(700));
    ASSERT_TRUE(wait_for("the right hand is gone", 1));
    state.right.active = true;
    state.right.squeeze = 0;
    Hold(person, state, absl::Milliseconds(700));
    state.right.stick_y = 1;
    Hold(person, state, absl::Milliseconds(700));
    ASSERT_TRUE(wait_for("the right hand zooms ", 1));
    state.right.stick_y = 0;
    Hold(person, state, absl::Milliseconds(300));
  });
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  for (const char* deed : {"the right hand presses on ", "the right hand brings ", "the right hand takes hold of ",
                           "the right hand zooms "}) {
    const size_t at = outcome.err.find(deed);
    ASSERT_NE(at, std::string::npos) << deed << "is missing in\n" << outcome.err;
    EXPECT_GT(std::strtoull(outcome.err.c_str() + at + std::string(deed).size(), nullptr, 10), 0u) << deed << "nothing";
  }
}

TEST_F(PersonTest, ComfortableTeleports) {
  const Outcome outcome =
      Play({"--comfort=comfortable"}, [](RemoteDriver& person, const RunOptions::WaitFor& wait_for) {
        State state;
        state.left.pose = LookingAlong(-0.2f, 1.3f, -0.3f, 0, /*pitch=*/-0.6f);  // at the floor, about 1.9 m ahead
        state.left.stick_y = 1;
        Hold(person, state, absl::Milliseconds(1500));
        state.left.stick_y = 0;
        Hold(person, state, absl::Milliseconds(1500));
        state.right.stick_x = -1;  // says where we are
        Hold(person, state, absl::Milliseconds(500));
        ASSERT_TRUE(wait_for("the person stands", 1));
      });
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  const std::vector<Place> places = Places(outcome.err);
  ASSERT_FALSE(places.empty()) << outcome.err;
  for (const Place& place : places) EXPECT_EQ(place.gait, "stands") << "nobody slides";
  EXPECT_LT(places.back().z, -1.0f);
  EXPECT_NEAR(places.back().yaw, 30, 1);
}

TEST_F(PersonTest, LeftHandedWalksWithTheRightStickAndTurnsWithTheLeft) {
  const Outcome outcome = Play({"--left_handed"}, [](RemoteDriver& person, const RunOptions::WaitFor& wait_for) {
    State state;
    state.right.stick_y = 0.6f;
    Hold(person, state, absl::Seconds(1));
    ASSERT_TRUE(wait_for("the person walks", 1));
    state.right.stick_y = 0;
    Hold(person, state, absl::Milliseconds(300));
    ASSERT_TRUE(wait_for("the person stands", 1));
    state.left.stick_x = 1;
    Hold(person, state, absl::Seconds(1));
    ASSERT_TRUE(wait_for("the person stands", 2));
    state.left.stick_x = 0;
    Hold(person, state, absl::Milliseconds(300));
  });
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  const std::vector<Place> places = Places(outcome.err);
  ASSERT_EQ(places.size(), 3u) << outcome.err;
  EXPECT_LT(places[1].z, -0.13f) << "the right stick walks";
  EXPECT_NEAR(places[1].yaw, 0, 1) << "and does not turn";
  EXPECT_NEAR(places[2].yaw, -30, 1) << "the left stick turns";
}

TEST_F(PersonTest, SeatedTheEyesAreAtTheHeightOfTheWall) {
  const Outcome outcome = Play({"--posture=seated"}, [](RemoteDriver& person, const RunOptions::WaitFor& wait_for) {
    State state;
    state.head = LookingAlong(0, 1.1f, 0, 0);  // on a chair
    Hold(person, state, absl::Seconds(1));
    state.right.stick_x = 1;  // says where we are
    Hold(person, state, absl::Seconds(1));
    ASSERT_TRUE(wait_for("the person stands", 1));
  });
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("tracked space: LOCAL"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("tracked space: LOCAL_FLOOR"), std::string::npos) << outcome.err;
  const std::vector<Place> places = Places(outcome.err);
  ASSERT_FALSE(places.empty()) << outcome.err;
  // The space begins where the head was when the program started (1.6 m above the floor for Monado's remote head), the
  // wall's middle 1.5 m above ours.
  EXPECT_NEAR(places.back().y, 1.5f, 0.55f);
}

TEST_F(PersonTest, RecentredThePersonStandsWhereTheyBegan) {
  // Frames come twenty times a second at most, so that the walk is over long before.
  const Outcome outcome = Play(
      {},
      [](RemoteDriver& person, const RunOptions::WaitFor& wait_for) {
        State state;
        state.left.stick_y = 0.6f;
        Hold(person, state, absl::Seconds(1));
        ASSERT_TRUE(wait_for("the person walks", 1));
        state.left.stick_y = 0;
        Hold(person, state, absl::Milliseconds(300));
        ASSERT_TRUE(wait_for("the person stands", 1));
        ASSERT_TRUE(wait_for("the person recentred the view", 1));
        Hold(person, state, absl::Milliseconds(300));
        state.right.stick_x = 1;  // says where we are
        Hold(person, state, absl::Seconds(1));
        ASSERT_TRUE(wait_for("the person stands", 2));
        state.right.stick_x = 0;
        Hold(person, state, absl::Milliseconds(300));
      },
      LossLayerEnvironment("recenter@300"));
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  const std::vector<Place> places = Places(outcome.err);
  ASSERT_EQ(places.size(), 3u) << outcome.err;
  EXPECT_LT(places[1].z, places[0].z - 0.1f) << "has walked";
  EXPECT_NEAR(places[2].x, 0, 0.05f);
  EXPECT_NEAR(places[2].z, 0, 0.05f);
  EXPECT_NEAR(places[2].yaw, -30, 1);
}

}  // namespace
}  // namespace tests::vrcharts
