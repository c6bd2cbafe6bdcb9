#include "common/explain/explain.h"

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace common::explain {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    SetSink([this](const std::string& line) { lines_.push_back(line); });
    Enable(true);
  }
  ~ExplainTest() override {
    Enable(false);
    SetSink(nullptr);
  }
  std::vector<std::string> lines_;
};

TEST_F(ExplainTest, SaysWhatHappensAndWhere) {
  EXPLAIN() << "copied " << 3 << " rows";
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_THAT(lines_[0], AllOf(HasSubstr("common/explain/explain_test.cc:"), HasSubstr("copied 3 rows")));
}

TEST_F(ExplainTest, OffCostsNoEvaluation) {
  Enable(false);
  int evaluated = 0;
  EXPLAIN() << ++evaluated;
  EXPECT_EQ(evaluated, 0);
  EXPECT_TRUE(lines_.empty());
}

TEST_F(ExplainTest, FirstNStopsThere) {
  for (int i = 0; i < 10; ++i) EXPLAIN_FIRST_N(2) << "round " << i;
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("round 0"), HasSubstr("round 1")));
}

TEST_F(ExplainTest, IsOneStatementInAnIf) {
  if (lines_.empty())
    EXPLAIN() << "then";
  else
    EXPLAIN() << "else";
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("then")));
}

TEST_F(ExplainTest, ThreadsDoNotTearLines) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 100; ++j) EXPLAIN() << "one line";
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines_.size(), 400u);
}

}  // namespace
}  // namespace common::explain
