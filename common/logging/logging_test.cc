#include "common/logging/logging.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/log/log.h"
#include "absl/log/log_sink.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace common::logging {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class Captured : public absl::LogSink {
 public:
  void Send(const absl::LogEntry& entry) override {
    text = FormatText(entry);
    json = FormatJson(entry);
  }
  std::string text, json;
};

TEST(LoggingTest, TextNamesTimeLevelComponentAndPlace) {
  Captured captured;
  LOG(WARNING).ToSinkOnly(&captured) << "disk is nearly full";
  EXPECT_THAT(captured.text,
              MatchesRegex("[0-9-]+ [0-9:.]+ W common/logging +disk is nearly full  .logging_test.cc:[0-9]+."));
}

TEST(LoggingTest, JsonIsOneParsableLineWhateverTheMessage) {
  Captured captured;
  LOG(ERROR).ToSinkOnly(&captured) << "quote \" newline \n bytes \xff\xfe 日本";
  EXPECT_EQ(captured.json.find('\n'), std::string::npos);
  const auto parsed = nlohmann::json::parse(captured.json);
  EXPECT_EQ(parsed["level"], "error");
  EXPECT_EQ(parsed["component"], "common/logging");
  EXPECT_THAT(parsed["message"].get<std::string>(), HasSubstr("日本"));
}

TEST(LoggingTest, StartWritesToTheFileFromTheLevelOn) {
  const std::string path = ::testing::TempDir() + "/log";
  config::CommonOptions options;
  options.set_log_file("/nonexistent/log");
  const absl::Status missing = Start(options);
  EXPECT_EQ(missing.message(), "--log-file: cannot open /nonexistent/log: No such file or directory");

  options.set_log_file(path);
  options.set_log_level(config::LOG_LEVEL_DEBUG);
  ASSERT_TRUE(Start(options).ok());
  LOG(INFO) << "first";
  VLOG(1) << "second";
  VLOG(2) << "not shown";
  Flush();
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("first"));
  EXPECT_THAT(lines[1], HasSubstr(" D common/logging"));
}

}  // namespace
}  // namespace common::logging
