#include "sandbox/platform/cpu_placement.h"

#include "gtest/gtest.h"

namespace sandbox {
namespace {

// Pairs without threads: nothing is pinned, only counted.
class CpuPlacementTest : public testing::Test {
 protected:
  void SetUp() override {
    if (placement_.cpu_count() < 2) GTEST_SKIP() << "needs two CPUs";
  }

  CpuPlacement placement_;
  CpuPlacement::Pair first_, second_, third_;
};

TEST_F(CpuPlacementTest, NewPairBeginsWhereItsMakerIs) {
  placement_.Enter(&first_, -1);
  placement_.Enter(&second_, first_.cpu);
  EXPECT_EQ(second_.cpu, first_.cpu);
  placement_.Leave(&second_);
  placement_.Leave(&first_);
}

TEST_F(CpuPlacementTest, PairThatWakesOnABusyCpuTakesAnIdleOne) {
  placement_.Enter(&first_, -1);
  placement_.Enter(&second_, first_.cpu);
  placement_.Block(&second_);
  placement_.Resume(&second_);
  EXPECT_NE(second_.cpu, first_.cpu);
  // And stays there as long as nobody else does.
  const int own = second_.cpu;
  placement_.Block(&second_);
  placement_.Resume(&second_);
  EXPECT_EQ(second_.cpu, own);
  placement_.Leave(&second_);
  placement_.Leave(&first_);
}

TEST_F(CpuPlacementTest, BalanceParts) {
  placement_.Enter(&first_, -1);
  EXPECT_FALSE(placement_.Balance()) << "nobody shares";
  placement_.Enter(&second_, first_.cpu);
  EXPECT_TRUE(placement_.Balance());
  EXPECT_NE(second_.cpu, first_.cpu);
  EXPECT_FALSE(placement_.Balance());
  placement_.Leave(&second_);
  placement_.Leave(&first_);
}

TEST_F(CpuPlacementTest, WaitingPairsTakeNoCpu) {
  placement_.Enter(&first_, -1);
  placement_.Enter(&second_, first_.cpu);
  placement_.Block(&first_);
  EXPECT_FALSE(placement_.Balance());
  placement_.Resume(&first_);  // moves: its CPU is busy
  EXPECT_FALSE(placement_.Balance());
  placement_.Leave(&second_);
  placement_.Leave(&first_);
}

TEST_F(CpuPlacementTest, SpinsOnlyWhileOthersRunElsewhere) {
  placement_.Enter(&first_, -1);
  EXPECT_FALSE(placement_.OnlyOthersBusy(first_)) << "it runs itself";
  placement_.Block(&first_);
  EXPECT_FALSE(placement_.OnlyOthersBusy(first_)) << "nobody runs who could wake it";
  placement_.Resume(&first_);
  placement_.Enter(&second_, first_.cpu);
  placement_.Block(&second_);
  EXPECT_FALSE(placement_.OnlyOthersBusy(second_)) << "the waker needs this CPU";
  placement_.Resume(&second_);
  placement_.Block(&first_);
  EXPECT_TRUE(placement_.OnlyOthersBusy(first_));
  placement_.Leave(&second_);
  placement_.Leave(&first_);
}

}  // namespace
}  // namespace sandbox
