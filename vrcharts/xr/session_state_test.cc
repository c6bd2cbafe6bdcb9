#include "vrcharts/xr/session_state.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace vrcharts::xr {
namespace {

using Action = SessionState::Action;

struct Expected {
  XrSessionState event;
  Action action;
  bool running, visible, focused;
};

void Play(const std::vector<Expected>& script, int illegal) {
  SessionState state;
  for (const Expected& step : script) {
    EXPECT_EQ(state.Enter(step.event), step.action) << Name(step.event);
    EXPECT_EQ(state.running(), step.running) << Name(step.event);
    EXPECT_EQ(state.visible(), step.visible) << Name(step.event);
    EXPECT_EQ(state.focused(), step.focused) << Name(step.event);
  }
  EXPECT_EQ(state.illegal_transitions(), illegal);
}

TEST(SessionStateTest, AWholeLife) {
  Play({{XR_SESSION_STATE_IDLE, Action::kNone, false, false, false},
        {XR_SESSION_STATE_READY, Action::kBegin, true, false, false},
        {XR_SESSION_STATE_SYNCHRONIZED, Action::kNone, true, false, false},
        {XR_SESSION_STATE_VISIBLE, Action::kNone, true, true, false},
        {XR_SESSION_STATE_FOCUSED, Action::kNone, true, true, true},
        {XR_SESSION_STATE_VISIBLE, Action::kNone, true, true, false},  // the system's menu is open
        {XR_SESSION_STATE_FOCUSED, Action::kNone, true, true, true},
        {XR_SESSION_STATE_VISIBLE, Action::kNone, true, true, false},
        {XR_SESSION_STATE_SYNCHRONIZED, Action::kNone, true, false, false},  // the headset was taken off
        {XR_SESSION_STATE_STOPPING, Action::kEnd, false, false, false},
        {XR_SESSION_STATE_IDLE, Action::kNone, false, false, false},
        {XR_SESSION_STATE_READY, Action::kBegin, true, false, false},  // and put on again
        {XR_SESSION_STATE_SYNCHRONIZED, Action::kNone, true, false, false},
        {XR_SESSION_STATE_STOPPING, Action::kEnd, false, false, false},
        {XR_SESSION_STATE_IDLE, Action::kNone, false, false, false},
        {XR_SESSION_STATE_EXITING, Action::kExit, false, false, false}},
       0);
}

TEST(SessionStateTest, LossFromAnywhereAsksForANewSession) {
  Play({{XR_SESSION_STATE_IDLE, Action::kNone, false, false, false},
        {XR_SESSION_STATE_READY, Action::kBegin, true, false, false},
        {XR_SESSION_STATE_SYNCHRONIZED, Action::kNone, true, false, false},
        {XR_SESSION_STATE_VISIBLE, Action::kNone, true, true, false},
        {XR_SESSION_STATE_FOCUSED, Action::kNone, true, true, true},
        {XR_SESSION_STATE_LOSS_PENDING, Action::kRecreate, false, false, false}},
       0);
}

TEST(SessionStateTest, IllegalEventsNeverBeginTwiceOrEndWhatDoesNotRun) {
  Play({{XR_SESSION_STATE_STOPPING, Action::kNone, false, false, false},
        {XR_SESSION_STATE_READY, Action::kBegin, true, false, false},
        {XR_SESSION_STATE_READY, Action::kNone, true, false, false},
        {XR_SESSION_STATE_FOCUSED, Action::kNone, true, true, true},
        {XR_SESSION_STATE_STOPPING, Action::kEnd, false, false, false},
        {XR_SESSION_STATE_STOPPING, Action::kNone, false, false, false}},
       6);
}

TEST(SessionStateTest, AnySequenceKeepsBeginAndEndPaired) {
  for (uint32_t seed = 0; seed < 500; ++seed) {
    std::mt19937 random(seed);
    SessionState state;
    bool begun = false;
    for (int i = 0; i < 200; ++i) {
      const auto event = static_cast<XrSessionState>(random() % 10);
      switch (state.Enter(event)) {
        case Action::kBegin:
          ASSERT_FALSE(begun);
          begun = true;
          break;
        case Action::kEnd:
          ASSERT_TRUE(begun);
          begun = false;
          break;
        case Action::kExit:
        case Action::kRecreate:
          begun = false;
          state = SessionState();
          break;
        case Action::kNone:
          break;
      }
      ASSERT_EQ(state.running(), begun);
    }
  }
}

TEST(SessionStateTest, TheDiagramHasExactlyTheseEdges) {
  int legal = 0;
  for (int from = 0; from <= 8; ++from) {
    for (int to = 0; to <= 8; ++to) {
      if (to == XR_SESSION_STATE_LOSS_PENDING) continue;
      legal += SessionState::IsLegal(static_cast<XrSessionState>(from), static_cast<XrSessionState>(to));
    }
  }
  EXPECT_EQ(legal, 10);
}

}  // namespace
}  // namespace vrcharts::xr
