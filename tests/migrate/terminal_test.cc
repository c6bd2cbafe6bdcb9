// What a user meets who starts the program at a terminal.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_fixture.h"

namespace tests::migrate {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kColumns = 80;

class TerminalTest : public MigrateTest {
 protected:
  void SetUp() override {
    MigrateTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB");
    Fill("t", "id, s", "i, CONCAT('row ', i)", 2000);
  }

  std::vector<std::string> FlagsWithoutPassword(std::vector<std::string> more) const {
    std::vector<std::string> flags;
    for (const std::string& flag : Flags("t", "ADD COLUMN added INT", std::move(more))) {
      if (!absl::StartsWith(flag, "--password")) flags.push_back(flag);
    }
    return flags;
  }
};

TEST_P(TerminalTest, AsksForThePassword) {
  MigrateProcess refused(FlagsWithoutPassword({"--execute", "--ask-pass"}), MigrateProcess::kTerminal);
  ASSERT_TRUE(refused.WaitForOutput("Password: ", absl::Seconds(60))) << refused.output();
  refused.Type("not the word\n");
  EXPECT_EQ(refused.Wait(), 1) << refused.output();
  EXPECT_THAT(refused.output(), AllOf(HasSubstr("Access denied"), Not(HasSubstr("not the word"))));

  MigrateProcess migrate(FlagsWithoutPassword({"--execute", "--ask-pass"}), MigrateProcess::kTerminal);
  ASSERT_TRUE(migrate.WaitForOutput("Password: ", absl::Seconds(60))) << migrate.output();
  migrate.Type(primary().password + "\n");
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), Not(HasSubstr(primary().password))) << "what is typed must not be seen";
  EXPECT_EQ(Tables(), "_t_del,t");
}

// One line that is written again and again, and fits.
TEST_P(TerminalTest, ShowsABar) {
  MigrateProcess migrate(
      Flags("t", "ADD COLUMN added INT", {"--execute", "--chunk-size=10", "--nice-ratio=20", "--threads=1"}),
      MigrateProcess::kTerminal);
  ASSERT_TRUE(migrate.WaitForOutput("%", absl::Seconds(60))) << migrate.output();
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("\x1b[K`" + database_ + "`.`t` has the new definition"));
  EXPECT_THAT(migrate.output(), ContainsRegex("\r\x1b\\[K\\[=*>? *\\] +[0-9.]+% of [0-9]+ rows, ETA "));
  EXPECT_THAT(migrate.output(), Not(HasSubstr("Backlog:")));
  for (std::string_view line : absl::StrSplit(migrate.output(), absl::ByAnyChar("\r\n"))) {
    if (!absl::StrContains(line, "% of ")) continue;
    EXPECT_LE(line.size(), kColumns + std::string("\x1b[K").size()) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, TerminalTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
