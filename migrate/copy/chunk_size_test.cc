#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "migrate/copy/chunker.h"

namespace migrate::copy {
namespace {

constexpr absl::Duration kTarget = absl::Milliseconds(100);

TEST(ChunkSizeTest, ComesToTheTargetAndStaysThere) {
  ChunkSize size({.rows = 1000, .target_time = kTarget});
  // A server that copies 40,000 rows a second.
  for (int i = 0; i < 20; ++i) size.Feedback(size.rows(), absl::Seconds(size.rows() / 40'000.0));
  EXPECT_NEAR(static_cast<double>(size.rows()), 4000, 40);
}

TEST(ChunkSizeTest, MovesByAFactorOfTwoAtMostAndWithinItsBounds) {
  ChunkSize size({.rows = 1000, .target_time = kTarget, .min_rows = 100, .max_rows = 5000});
  size.Feedback(1000, absl::Milliseconds(1));
  EXPECT_EQ(size.rows(), 2000);
  size.Feedback(2000, absl::ZeroDuration());
  size.Feedback(4000, absl::ZeroDuration());
  EXPECT_EQ(size.rows(), 5000);
  for (uint64_t wanted : {2500, 1250, 625, 312, 156, 100, 100}) {
    size.Feedback(size.rows(), absl::Seconds(60));
    EXPECT_EQ(size.rows(), wanted);
  }
  size.Feedback(0, absl::Milliseconds(1));  // an empty chunk tells nothing
  EXPECT_EQ(size.rows(), 100);
}

TEST(ChunkSizeTest, StaysWhereNoTimeIsAskedFor) {
  ChunkSize size({.rows = 700, .target_time = absl::ZeroDuration()});
  size.Feedback(700, absl::Seconds(10));
  EXPECT_EQ(size.rows(), 700);
  size.SetOptions({.rows = 50, .target_time = absl::ZeroDuration()});
  EXPECT_EQ(size.rows(), 50);
}

}  // namespace
}  // namespace migrate::copy
