#include "common/config/config.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "common/config/test_options.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace common::config {
namespace {

using ::common::config::testing::TestOptions;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr Program kProgram = {.name = "tester", .summary = "tests flags", .usage = "tester [flags]"};

class ConfigTest : public ::testing::Test {
 protected:
  absl::StatusOr<Loaded> LoadFrom(std::vector<std::string> arguments, const Program& program = kProgram) {
    options_.Clear();
    return Load(
        program, arguments,
        [this](const char* name) -> const char* {
          auto it = environment_.find(name);
          return it == environment_.end() ? nullptr : it->second.c_str();
        },
        &options_);
  }

  // The message of the error, or "" where there is none.
  std::string ErrorOf(std::vector<std::string> arguments) {
    absl::StatusOr<Loaded> loaded = LoadFrom(std::move(arguments));
    if (loaded.ok()) return "";
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(loaded.status().message()), Not(HasSubstr("\n")));
    return std::string(loaded.status().message());
  }

  std::string FileWith(const std::string& text) {
    const std::string path = ::testing::TempDir() + "/config_" + std::to_string(++files_);
    std::ofstream(path) << text;
    return path;
  }

  TestOptions options_;
  std::map<std::string, std::string> environment_;
  int files_ = 0;
};

TEST_F(ConfigTest, DefaultsHoldWhereNothingIsSaid) {
  ASSERT_TRUE(LoadFrom({}).ok());
  EXPECT_EQ(options_.port(), 3306);
  EXPECT_TRUE(options_.checked());
  EXPECT_FALSE(options_.execute());
  EXPECT_EQ(options_.wait_time().seconds(), 1);
  EXPECT_EQ(options_.wait_time().nanos(), 500000000);
}

TEST_F(ConfigTest, EverySpellingOfAFlagMeansTheSame) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--wait_time=2s"}, {"--wait-time=2s"}, {"-wait_time", "2s"}, {"-wait-time=2s"}, {"--wait-time", "2s"}}) {
    ASSERT_TRUE(LoadFrom(words).ok());
    EXPECT_EQ(options_.wait_time().seconds(), 2);
  }
  ASSERT_TRUE(LoadFrom({"-p", "12"}).ok());
  EXPECT_EQ(options_.port(), 12);
}

TEST_F(ConfigTest, BoolsTakeNoSeparateValue) {
  absl::StatusOr<Loaded> loaded = LoadFrom({"--execute", "word", "--nochecked"});
  ASSERT_TRUE(loaded.ok());
  EXPECT_TRUE(options_.execute());
  EXPECT_FALSE(options_.checked());
  EXPECT_THAT(loaded->arguments, ElementsAre("word"));
  ASSERT_TRUE(LoadFrom({"--checked=false"}).ok());
  EXPECT_FALSE(options_.checked());
}

TEST_F(ConfigTest, ABareFlagHasTheValueItsDefinitionSays) {
  absl::StatusOr<Loaded> loaded = LoadFrom({"--trace", "word"});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(options_.trace(), "all");
  EXPECT_THAT(loaded->arguments, ElementsAre("word"));
  ASSERT_TRUE(LoadFrom({"--trace=some"}).ok());
  EXPECT_EQ(options_.trace(), "some");
  ASSERT_TRUE(LoadFrom({}).ok());
  EXPECT_EQ(options_.trace(), "");
  EXPECT_THAT(LoadFrom({"--help"})->answer, HasSubstr("--trace[=FILTER]"));
}

TEST_F(ConfigTest, EnumsRepeatedNumbers) {
  ASSERT_TRUE(LoadFrom({"--shape=edged", "--bind=a:b", "--bind", "c:d", "--ratio=0.25", "--offset=-7"}).ok());
  EXPECT_EQ(options_.shape(), testing::SHAPE_EDGED);
  EXPECT_THAT(options_.bind(), ElementsAre("a:b", "c:d"));
  EXPECT_EQ(options_.ratio(), 0.25);
  EXPECT_EQ(options_.offset(), -7);
}

TEST_F(ConfigTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const std::string file = FileWith("port: 1 ratio: 1 offset: 1 checked: false sources { name: 'x' rate: 3 }");
  environment_ = {{"TESTER_RATIO", "2"}, {"TESTER_OFFSET", "2"}};
  ASSERT_TRUE(LoadFrom({"--config=" + file, "--offset=3"}).ok());
  EXPECT_EQ(options_.port(), 1);
  EXPECT_EQ(options_.ratio(), 2);
  EXPECT_EQ(options_.offset(), 3);
  EXPECT_FALSE(options_.checked());
  ASSERT_EQ(options_.sources_size(), 1);
  EXPECT_EQ(options_.sources(0).rate(), 3);
}

TEST_F(ConfigTest, JsonFileSetsAlsoToZeroAndLeavesTheRest) {
  const std::string file = FileWith(R"({"port": 0, "checked": false, "common": {"explain": true}})");
  ASSERT_TRUE(LoadFrom({"--config", file}).ok());
  EXPECT_EQ(options_.port(), 0);
  EXPECT_FALSE(options_.checked());
  EXPECT_TRUE(options_.common().explain());
  EXPECT_EQ(options_.wait_time().seconds(), 1);
}

TEST_F(ConfigTest, ErrorsNameTheFlagAndWhatWasExpected) {
  EXPECT_EQ(ErrorOf({"--port=x"}), "--port: expected a whole number from 0 to 4294967295, got \"x\"");
  EXPECT_EQ(ErrorOf({"--port=-1"}), "--port: expected a whole number from 0 to 4294967295, got \"-1\"");
  EXPECT_EQ(ErrorOf({"--shape=flat"}), "--shape: expected one of round, edged, got \"flat\"");
  EXPECT_EQ(ErrorOf({"--wait-time=5"}), "--wait-time: expected a duration like 500ms, 1.5s or 2m, got \"5\"");
  EXPECT_EQ(ErrorOf({"--execute=maybe"}), "--execute: expected true or false, got \"maybe\"");
  EXPECT_EQ(ErrorOf({"--port"}), "--port needs a value: --port=N");
  EXPECT_EQ(ErrorOf({"--prot=1"}), "unknown flag --prot; did you mean --port? (see tester --help)");
  EXPECT_EQ(ErrorOf({"--zzzzzzzz"}), "unknown flag --zzzzzzzz (see tester --help)");
  EXPECT_EQ(ErrorOf({"--noport"}), "unknown flag --noport; did you mean --port? (see tester --help)");
  environment_ = {{"TESTER_PORT", "many"}};
  EXPECT_THAT(ErrorOf({}), StartsWith("environment variable TESTER_PORT: expected a whole number"));
}

TEST_F(ConfigTest, ErrorsOfAFileNameFileAndPlace) {
  EXPECT_EQ(ErrorOf({"--config=/nonexistent"}), "cannot read config file /nonexistent: No such file or directory");
  EXPECT_EQ(ErrorOf({"--config=/tmp"}), "cannot read config file /tmp: it is a directory");
  const std::string unknown = FileWith("port: 1\nprot: 2\n");
  EXPECT_THAT(ErrorOf({"--config=" + unknown}), AllOf(StartsWith("config file " + unknown + ":2:"), HasSubstr("prot")));
  const std::string json = FileWith("{\"prot\": 2}");
  EXPECT_THAT(ErrorOf({"--config=" + json}), AllOf(StartsWith("config file " + json), HasSubstr("prot")));
  const std::string broken = FileWith("{\"port\": ");
  EXPECT_THAT(ErrorOf({"--config=" + broken}), StartsWith("config file " + broken));
}

TEST_F(ConfigTest, WhatFollowsTheCommandIsTheCommands) {
  Program program = kProgram;
  program.stop_after_arguments = 2;
  absl::StatusOr<Loaded> loaded = LoadFrom({"do", "--execute", "ls", "--port", "-l"}, program);
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded->arguments, ElementsAre("do", "ls", "--port", "-l"));
  loaded = LoadFrom({"do", "--", "--ls"}, program);
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded->arguments, ElementsAre("do", "--ls"));
}

TEST_F(ConfigTest, HelpGroupsFlagsAndPutsTheCommonOnesLast) {
  absl::StatusOr<Loaded> loaded = LoadFrom({"--help"});
  ASSERT_TRUE(loaded.ok());
  const std::string& help = loaded->answer;
  const size_t connection = help.find("\nConnection:"), action = help.find("\nAction:"),
               common = help.find("\nCommon to all");
  EXPECT_LT(connection, action);
  EXPECT_LT(action, common);
  ASSERT_NE(common, std::string::npos);
  EXPECT_GT(help.find("--log-level="), common);
  EXPECT_THAT(help, HasSubstr("--port=N, -p"));
  EXPECT_THAT(help, HasSubstr("--shape=round|edged"));
  for (size_t begin = 0, end; (end = help.find('\n', begin)) != std::string::npos; begin = end + 1) {
    EXPECT_LE(end - begin, 100) << help.substr(begin, end - begin);
  }
}

TEST_F(ConfigTest, VersionAnswers) {
  absl::StatusOr<Loaded> loaded = LoadFrom({"-version"});
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded->answer, StartsWith("tester "));
}

TEST_F(ConfigTest, PrintedConfigHidesSecretsAndCanBeReadBack) {
  absl::StatusOr<Loaded> loaded = LoadFrom({"--password=s3cret", "--port=7", "--bind=a:b", "--print_config"});
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded->answer, AllOf(HasSubstr("port: 7"), Not(HasSubstr("s3cret"))));
  const std::string file = FileWith(loaded->answer);
  ASSERT_TRUE(LoadFrom({"--config=" + file}).ok());
  EXPECT_EQ(options_.port(), 7);
  EXPECT_THAT(options_.bind(), ElementsAre("a:b"));
}

TEST_F(ConfigTest, SecretsLeaveTheArgumentVector) {
  std::vector<std::string> words = {"tester", "--password=abc", "-password", "def", "--port=1",
                                    "--",     "--password=kept"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  HideSecrets(options_, static_cast<int>(argv.size()), argv.data());
  EXPECT_THAT(words, ElementsAre("tester", "--password=xxx", "-password", "xxx", "--port=1", "--", "--password=kept"));
}

}  // namespace
}  // namespace common::config
