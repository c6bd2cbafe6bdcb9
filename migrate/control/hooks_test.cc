#include "migrate/control/hooks.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace migrate::control {
namespace {

using ::testing::HasSubstr;

class HooksTest : public testing::Test {
 protected:
  HooksTest()
      : folder_(absl::StrCat(std::getenv("TEST_TMPDIR"), "/",
                             testing::UnitTest::GetInstance()->current_test_info()->name())) {
    mkdir(folder_.c_str(), 0755);
  }
  void Install(const std::string& name, const std::string& script) {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    chmod(path.c_str(), 0755);
  }
  std::string Read(const std::string& name) {
    std::stringstream text;
    text << std::ifstream(absl::StrCat(folder_, "/", name)).rdbuf();
    return text.str();
  }
  const std::string folder_;
};

TEST_F(HooksTest, AllOfAnEventRunInOrderWithVariables) {
  Install("gh-ost-on-success-2", absl::StrCat("echo two $GH_OST_ETA_SECONDS >> ", folder_, "/out"));
  Install("gh-ost-on-success", absl::StrCat("echo one $GH_OST_TABLE_NAME >> ", folder_, "/out"));
  Install("gh-ost-on-failure", absl::StrCat("echo no >> ", folder_, "/out"));
  const Hooks hooks({.path = folder_, .variables = {{"GH_OST_TABLE_NAME", "orders"}}});
  ASSERT_TRUE(hooks.Run("success", {{"GH_OST_ETA_SECONDS", "3"}}).ok());
  EXPECT_EQ(Read("out"), "one orders\ntwo 3\n");
}

TEST_F(HooksTest, AFailureNamesTheHook) {
  Install("gh-ost-on-startup", "exit 7");
  const absl::Status status = Hooks({.path = folder_}).Run("startup", {});
  EXPECT_THAT(std::string(status.message()), HasSubstr("gh-ost-on-startup ended with code 7"));
}

TEST_F(HooksTest, TheEnvironmentKeepsSecretsOut) {
  setenv("MIGRATE_PASSWORD", "secret", 1);
  Install("gh-ost-on-startup", absl::StrCat("env > ", folder_, "/out"));
  ASSERT_TRUE(Hooks({.path = folder_}).Run("startup", {}).ok());
  EXPECT_THAT(Read("out"), testing::Not(HasSubstr("secret")));
  EXPECT_THAT(Read("out"), HasSubstr("PATH="));
}

TEST_F(HooksTest, WithoutAPathThereAreNone) { EXPECT_TRUE(Hooks({}).Run("startup", {}).ok()); }

}  // namespace
}  // namespace migrate::control
