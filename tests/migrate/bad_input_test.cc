// Whatever an operator gets wrong ends in one clear line, the right exit code, and a database as it was.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_fixture.h"

namespace tests::migrate {
namespace {

using ::testing::HasSubstr;

class BadInputTest : public MigrateTest {
 protected:
  void SetUp() override {
    MigrateTest::SetUp();
    if (IsSkipped()) return;
    Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB");
    Execute("INSERT INTO t VALUES (1, 'one'), (2, 'two')");
  }

  // Runs with `flags`; the last line of output must be the program's own, hold `phrase`, and be the only one that
  // begins so.
  void Expect(const std::vector<std::string>& flags, int code, const std::string& phrase) {
    const std::string tables = Tables();
    MigrateProcess migrate(flags);
    EXPECT_EQ(migrate.Wait(), code) << migrate.output();
    int lines = 0;
    for (std::string_view line : absl::StrSplit(migrate.output(), '\n')) lines += absl::StartsWith(line, "migrate: ");
    EXPECT_EQ(lines, 1) << migrate.output();
    EXPECT_THAT(migrate.output(), HasSubstr(phrase));
    EXPECT_EQ(Tables(), tables) << "something was left behind or taken away";
  }

  std::vector<std::string> Change(const std::string& alter, std::vector<std::string> more = {}) {
    more.push_back("--execute");
    return Flags("t", alter, more);
  }
};

constexpr int kFailed = 1;
constexpr int kUsage = 2;

TEST_P(BadInputTest, Connection) {
  Expect(Change("ADD c INT", {"--port=1"}), kFailed, "127.0.0.1:1");
  Expect(Change("ADD c INT", {"--password=wrong"}), kFailed, "Access denied");
}

TEST_P(BadInputTest, Names) {
  Expect(Flags("missing", "ADD c INT", {"--execute"}), kFailed, "`missing` does not exist");
  Expect(Change("ADD c INT", {"--database=missing"}), kFailed, "does not exist");
  Execute("CREATE VIEW v AS SELECT * FROM t");
  Expect(Flags("v", "ADD c INT", {"--execute"}), kFailed, "not a table");
}

TEST_P(BadInputTest, Alter) {
  Expect(Change("ADD COLUMN c INTT"), kUsage, "INTT");
  Expect(Change("FROBNICATE"), kUsage, "FROBNICATE");
  Expect(Change("DROP COLUMN nothing"), kFailed, "nothing");
  Expect(Change(""), kUsage, "--alter");
  Expect(Change("ADD COLUMN c INT DEFAULT 'x"), kUsage, "'");
  Expect(Change("RENAME TO u"), kUsage, "seems to RENAME the table");
  Expect(Change("CHANGE s z VARCHAR(60)"), kUsage, "s -> z");
  Expect(Change("DROP PRIMARY KEY"), kFailed, "o shared unique key can be found after ALTER");
}

TEST_P(BadInputTest, Flags) {
  Expect(Change("ADD c INT", {"--frobnicate"}), kUsage, "frobnicate");
  Expect(Change("ADD c INT", {"--chunk-size=many"}), kUsage, "chunk");
  Expect(Change("ADD c INT", {"--chunk-size=1"}), kUsage, "--chunk-size=1");
  Expect(Change("ADD c INT", {"--cut-over=sideways"}), kUsage, "--cut-over=sideways");
  Expect(Change("ADD c INT", {"--config=/nonexistent"}), kUsage, "/nonexistent");
  Expect(Change("ADD c INT", {"--max-load=Threads_running"}), kUsage, "max-load");
  Expect(Change("ADD c INT", {"stray"}), kUsage, "stray");
}

TEST_P(BadInputTest, Tables) {
  Execute("CREATE TABLE parent (id INT PRIMARY KEY) ENGINE=InnoDB");
  Execute("CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id)) ENGINE=InnoDB");
  Expect(Flags("child", "ADD c INT", {"--execute"}), kFailed, "Child-side foreign keys are not supported");
  Expect(Flags("parent", "ADD c INT", {"--execute"}), kFailed, "Parent-side foreign keys are not supported");
  Execute("CREATE TABLE keyless (id INT) ENGINE=InnoDB");
  Expect(Flags("keyless", "ADD c INT", {"--execute"}), kFailed, "No PRIMARY nor UNIQUE key found");
  Execute("CREATE TABLE engine (id INT PRIMARY KEY) ENGINE=MyISAM");
  Expect(Flags("engine", "ADD c INT", {"--execute"}), kFailed, "myisam");
  Execute("CREATE TABLE moment (at DATETIME PRIMARY KEY) ENGINE=InnoDB");
  Expect(Flags("moment", "MODIFY at TIMESTAMP NOT NULL", {"--execute"}), kFailed,
         "No support at this time for converting a column from DATETIME to TIMESTAMP that is also part of the chosen "
         "unique key");
  Execute("CREATE TABLE computed (id INT PRIMARY KEY, d INT GENERATED ALWAYS AS (id * 2) STORED) ENGINE=InnoDB");
  Expect(Flags("computed", "MODIFY d INT", {"--execute"}), kFailed, "could not be carried over");
  Execute("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.s = 'x'");
  Expect(Change("ADD c INT"), kFailed, "Found triggers");
}

TEST_P(BadInputTest, TablesOfAnEarlierRun) {
  Execute("CREATE TABLE _t_gho (id INT)");
  Expect(Change("ADD c INT"), kFailed, "--initially-drop-ghost-table");
  Execute("DROP TABLE _t_gho");
  Execute("CREATE TABLE _t_del (id INT)");
  Expect(Change("ADD c INT"), kFailed, "--initially-drop-old-table");
}

INSTANTIATE_TEST_SUITE_P(Servers, BadInputTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
