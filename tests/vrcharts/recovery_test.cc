// What a headset does to a program in the middle of a frame: the session is lost, the runtime dies and comes back, the
// system's menu takes the focus, the person recentres. Monado is the runtime; loss_layer.cc makes these things happen.

#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/vrcharts/run.h"

namespace tests::vrcharts {
namespace {

class RecoveryTest : public testing::Test {
 protected:
  void SetUp() override {
    environment_ = MonadoEnvironment();
    if (environment_.empty()) GTEST_SKIP() << "Monado is not installed (run: tests/openxr/build_monado)";
  }

  Outcome RunWith(const std::string& events, int frames) {
    std::vector<std::string> environment = environment_;
    for (const std::string& setting : LossLayerEnvironment(events)) environment.push_back(setting);
    return RunProgram({.flags = {"--viewer=openxr", absl::StrCat("--frames=", frames), "--vulkan_validation",
                                 "--explain", "--metrics_file=" + Metrics()},
                       .environment = environment});
  }

  static std::string Metrics() { return TempPath("metrics.txt"); }

  static int Recoveries() {
    const std::string name = "vrcharts_xr_recoveries_total ";
    std::ifstream file(Metrics());
    for (std::string line; std::getline(file, line);) {
      if (line.rfind(name, 0) == 0) return std::stoi(line.substr(name.size()));
    }
    return 0;
  }

  std::vector<std::string> environment_;
};

int Count(const std::string& text, const std::string& what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST_F(RecoveryTest, ALostSessionIsReplaced) {
  const Outcome outcome = RunWith("session_lost@10,session_lost@25", 40);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Recoveries(), 2) << outcome.err;
  EXPECT_EQ(Count(outcome.err, "VISIBLE -> FOCUSED"), 3) << "each session came to the foreground";
}

TEST_F(RecoveryTest, ALostRuntimeIsWaitedFor) {
  const Outcome outcome = RunWith("instance_lost@10", 25);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Recoveries(), 1) << outcome.err;
  EXPECT_NE(outcome.err.find("the wall is as it was"), std::string::npos);
}

TEST_F(RecoveryTest, ASessionAboutToBeLostIsReplaced) {
  const Outcome outcome = RunWith("loss_pending@12", 25);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Recoveries(), 1) << outcome.err;
}

TEST_F(RecoveryTest, FocusComesAndGoesAndRecentringIsHeard) {
  const Outcome outcome = RunWith("unfocus@10,focus@14,recenter@18", 25);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Recoveries(), 0);
  EXPECT_NE(outcome.err.find("FOCUSED -> VISIBLE"), std::string::npos);
  EXPECT_EQ(Count(outcome.err, "VISIBLE -> FOCUSED"), 2) << outcome.err;
  EXPECT_NE(outcome.err.find("recentred"), std::string::npos);
}

TEST_F(RecoveryTest, AnUnpluggedHeadsetIsWaitedFor) {
  const Outcome outcome = RunWith("unplug@10", 25);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Recoveries(), 1) << outcome.err;
  EXPECT_NE(outcome.err.find("the wall is as it was"), std::string::npos);
}

TEST_F(RecoveryTest, WithoutAHeadsetTheProgramSaysSo) {
  const Outcome outcome = RunWith("unplug@0", 25);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  ASSERT_EQ(outcome.messages().size(), 1u) << outcome.err;
  EXPECT_NE(outcome.messages()[0].find("has no headset: is it plugged in"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace tests::vrcharts
