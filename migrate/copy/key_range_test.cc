#include "migrate/copy/key_range.h"

#include <random>

#include "gtest/gtest.h"
#include "migrate/copy/chunker.h"

namespace migrate::copy {
namespace {

TEST(KeyRangeTest, TuplesAreComparedInLexicographicOrder) {
  EXPECT_EQ(CompareTuple({"`a`"}, {"1"}, '>', false), "((`a` > 1))");
  EXPECT_EQ(CompareTuple({"`a`", "`b`"}, {"1", "'x'"}, '<', true), "((`a` < 1) OR (`a` = 1 AND `b` <= 'x'))");
}

TEST(ChunkSizeTest, FollowsTheTargetTimeByAtMostAFactorOfTwo) {
  ChunkSize size({.rows = 1000, .target_time = absl::Milliseconds(500)});
  size.Feedback(1000, absl::Milliseconds(1));
  EXPECT_EQ(size.rows(), 2000);
  size.Feedback(2000, absl::Seconds(100));
  EXPECT_EQ(size.rows(), 1000);
  size.Feedback(1000, absl::Milliseconds(500));
  EXPECT_EQ(size.rows(), 1000);
  size.Feedback(1000, absl::Milliseconds(400));
  EXPECT_EQ(size.rows(), 1250);
}

TEST(ChunkSizeTest, StaysWithinItsBounds) {
  ChunkSize size({.rows = 1000, .target_time = absl::Milliseconds(500), .min_rows = 10, .max_rows = 5000});
  std::mt19937 random(7);
  for (int i = 0; i < 1000; ++i) {
    size.Feedback(size.rows(), absl::Microseconds(random() % 100'000'000));
    EXPECT_GE(size.rows(), 10);
    EXPECT_LE(size.rows(), 5000);
  }
}

TEST(ChunkSizeTest, WithoutATargetItIsFixed) {
  ChunkSize size({.rows = 300, .target_time = absl::ZeroDuration()});
  size.Feedback(300, absl::Microseconds(1));
  EXPECT_EQ(size.rows(), 300);
}

}  // namespace
}  // namespace migrate::copy
