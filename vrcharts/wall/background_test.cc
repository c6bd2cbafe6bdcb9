#include "vrcharts/wall/background.h"

#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace vrcharts::wall {
namespace {

TEST(BackgroundTest, RunsInOrderOnAnotherThread) {
  std::vector<int> order;
  std::thread::id thread;
  Background background;
  for (int i = 0; i < 100; ++i) {
    background.Post([&, i] {
      order.push_back(i);
      thread = std::this_thread::get_id();
    });
  }
  ASSERT_TRUE(background.WaitUntilIdle(absl::Minutes(1)));
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(BackgroundTest, IsNotIdleWhileAJobRuns) {
  absl::Notification started, go_on;
  Background background;
  EXPECT_TRUE(background.WaitUntilIdle(absl::Minutes(1)));
  background.Post([&] {
    started.Notify();
    go_on.WaitForNotification();
  });
  started.WaitForNotification();
  EXPECT_FALSE(background.WaitUntilIdle(absl::ZeroDuration()));
  go_on.Notify();
  EXPECT_TRUE(background.WaitUntilIdle(absl::Minutes(1)));
}

// No job is left half done, and none begins after the destructor has returned.
TEST(BackgroundTest, EndsCleanlyWithWorkLeft) {
  for (int round = 0; round < 50; ++round) {
    int begun = 0, done = 0;
    {
      Background background;
      for (int i = 0; i < 20; ++i) {
        background.Post([&] {
          ++begun;
          ++done;
        });
      }
    }
    EXPECT_EQ(begun, done);
    EXPECT_LE(done, 20);
  }
}

}  // namespace
}  // namespace vrcharts::wall
