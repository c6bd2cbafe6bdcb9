#include "migrate/control/status.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace migrate::control {
namespace {

using ::testing::HasSubstr;

StatusReport Half() {
  return {.table = "`shop`.`orders`",
          .state = "migrating",
          .rows_copied = 51000,
          .rows_total = 100000,
          .changes_applied = 1203,
          .backlog = 7,
          .elapsed = absl::Seconds(12),
          .copy_elapsed = absl::Seconds(10),
          .position = "bin.000003:48233",
          .lag = absl::Milliseconds(120)};
}

TEST(StatusTest, TheLineIsGhOsts) {
  EXPECT_EQ(FormatText(Half()),
            "Copy: 51000/100000 51.0%; Applied: 1203; Backlog: 7; Time: 12s(total), 10s(copy); streamer: "
            "bin.000003:48233; Lag: 0.12s, State: migrating; ETA: 9s");
}

TEST(StatusTest, NothingIsPromisedBeforeThereIsARate) {
  StatusReport report = Half();
  report.rows_copied = 0;
  EXPECT_THAT(FormatText(report), HasSubstr("ETA: N/A"));
  report.rows_total = 0;
  EXPECT_THAT(FormatText(report), HasSubstr("0.0%"));
}

TEST(StatusTest, AnEstimateThatWasTooSmallNeverSaysDone) {
  StatusReport report = Half();
  report.rows_copied = 200000;
  EXPECT_LT(report.progress_percent(), 100);
  report.copy_done = true;
  EXPECT_EQ(report.progress_percent(), 100);
  EXPECT_THAT(FormatText(report), HasSubstr("ETA: due"));
}

TEST(StatusTest, JsonHoldsTheSame) {
  EXPECT_THAT(FormatJson(Half()), HasSubstr("\"rows_copied\":51000"));
  EXPECT_THAT(FormatJson(Half()), HasSubstr("\"state\":\"migrating\""));
}

TEST(StatusTest, TheBarFitsTheTerminal) {
  for (int width : {10, 40, 60, 80, 200}) EXPECT_LE(FormatBar(Half(), width).size(), width) << width;
  EXPECT_THAT(FormatBar(Half(), 100), HasSubstr("=>"));
}

TEST(StatusTest, LinesBecomeRarer) {
  StatusReport report = Half();
  report.rows_copied = 1000;
  EXPECT_TRUE(IsStatusDue(59, report));
  EXPECT_FALSE(IsStatusDue(61, report));
  EXPECT_TRUE(IsStatusDue(65, report));
  EXPECT_FALSE(IsStatusDue(3605, report));
  EXPECT_TRUE(IsStatusDue(3600, report));
  report.rows_copied = 99900;
  EXPECT_TRUE(IsStatusDue(3605, report));
}

}  // namespace
}  // namespace migrate::control
