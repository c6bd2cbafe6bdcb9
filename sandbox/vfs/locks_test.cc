#include "sandbox/vfs/locks.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace sandbox {
namespace {

constexpr int kBytes = 24;

// What each owner holds of each byte: 0 nothing, 1 shared, 2 exclusive.
using Model = std::array<std::array<int, kBytes>, 3>;

bool Allowed(const Model& model, int owner, int start, int end, bool exclusive) {
  for (int other = 0; other < 3; ++other) {
    if (other == owner) continue;
    for (int byte = start; byte < end; ++byte) {
      if (model[other][byte] == 2 || (exclusive && model[other][byte] == 1)) return false;
    }
  }
  return true;
}

// The list answers as a table of owner by byte does, whatever is locked and unlocked in whatever order.
TEST(LockListTest, AgreesWithATableOfBytes) {
  std::mt19937 random(7);
  static const int owners[3] = {};
  LockList list;
  Model model = {};
  for (int step = 0; step < 20000; ++step) {
    int owner = random() % 3, start = random() % kBytes, end = start + 1 + random() % (kBytes - start);
    if (random() % 3 == 0) {
      list.Release(LockKind::kRecord, &owners[owner], start, end);
      for (int byte = start; byte < end; ++byte) model[owner][byte] = 0;
      continue;
    }
    bool exclusive = random() % 2 == 0;
    FileLock wanted{LockKind::kRecord,         exclusive, &owners[owner], owner, static_cast<uint64_t>(start),
                    static_cast<uint64_t>(end)};
    bool allowed = Allowed(model, owner, start, end, exclusive);
    ASSERT_EQ(list.Acquire(wanted).ok(), allowed) << "step " << step;
    if (allowed) {
      for (int byte = start; byte < end; ++byte) model[owner][byte] = exclusive ? 2 : 1;
    }
  }
}

TEST(LockListTest, FlockAndRecordLocksDoNotSeeEachOther) {
  LockList list;
  int a, b;
  EXPECT_TRUE(list.Acquire({LockKind::kFlock, true, &a}).ok());
  EXPECT_TRUE(list.Acquire({LockKind::kRecord, true, &b}).ok());
  EXPECT_EQ(list.Acquire({LockKind::kFlock, false, &b}).error(), EAGAIN);
  list.ReleaseAll(&a);
  EXPECT_TRUE(list.Acquire({LockKind::kFlock, false, &b}).ok());
}

}  // namespace
}  // namespace sandbox
