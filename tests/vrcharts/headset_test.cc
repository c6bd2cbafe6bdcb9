// The program in a headset: Monado with a simulated one, the validation layer watching.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/vrcharts/run.h"

namespace tests::vrcharts {
namespace {

class HeadsetTest : public testing::Test {
 protected:
  void SetUp() override {
    environment_ = MonadoEnvironment();
    if (environment_.empty()) GTEST_SKIP() << "Monado is not installed (run: tests/openxr/build_monado)";
  }

  std::vector<std::string> environment_;
};

TEST_F(HeadsetTest, AHundredFramesAndACleanLeave) {
  const std::string metrics = TempPath("metrics.txt");
  const Outcome outcome = RunProgram(
      {.flags = {"--viewer=openxr", "--frames=100", "--vulkan_validation", "--explain", "--metrics_file=" + metrics},
       .environment = environment_});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(outcome.messages().empty()) << outcome.messages()[0];
  size_t position = 0;
  for (const char* step :
       {"UNKNOWN -> IDLE", "IDLE -> READY", "READY -> SYNCHRONIZED", "SYNCHRONIZED -> VISIBLE", "VISIBLE -> FOCUSED",
        "drawn and submitted", "SYNCHRONIZED -> STOPPING", "STOPPING -> IDLE", "IDLE -> EXITING"}) {
    position = outcome.err.find(step, position);
    ASSERT_NE(position, std::string::npos) << step << " is missing in\n" << outcome.err;
  }
  EXPECT_NE(outcome.err.find("lenses hide "), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("lenses hide 0 "), std::string::npos) << "the simulated headset has a mask";
  std::stringstream text;
  text << std::ifstream(metrics).rdbuf();
  const size_t frames = text.str().find("\nvrcharts_frames_total ");
  ASSERT_NE(frames, std::string::npos) << text.str();
  EXPECT_GE(std::stoi(text.str().substr(frames + 23)), 100);
}

TEST_F(HeadsetTest, ASignalEndsTheSessionInOrder) {
  const Outcome outcome = RunProgram({.flags = {"--viewer=openxr", "--vulkan_validation", "--explain"},
                                      .environment = environment_,
                                      .give_up_after_seconds = 240,
                                      .meanwhile = [](const RunOptions::WaitFor& wait_for) {
                                        EXPECT_TRUE(wait_for("frame 3 drawn", 1));  // then comes SIGTERM
                                      }});
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("IDLE -> EXITING"), std::string::npos) << outcome.err;
}

TEST_F(HeadsetTest, EveryComfortPresetAndPostureRuns) {
  for (const char* comfort : {"--comfort=comfortable", "--comfort=free"}) {
    const Outcome outcome = RunProgram({.flags = {"--viewer=openxr", "--frames=5", "--vulkan_validation", comfort,
                                                  "--posture=seated", "--left_handed", "--refresh_rate=90"},
                                        .environment = environment_});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  }
}

}  // namespace
}  // namespace tests::vrcharts
