// No swap while the new table is not what the old one is.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_fixture.h"
#include "tests/migrate/workload.h"

namespace tests::migrate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class VerifyTest : public MigrateTest {
 protected:
  void ExpectRefusal(const std::string& alter, const std::string& phrase) {
    MigrateProcess migrate(Flags("t", alter, {"--execute"}));
    EXPECT_EQ(migrate.Wait(), 1) << migrate.output();
    EXPECT_THAT(migrate.output(), AllOf(HasSubstr(phrase), HasSubstr("unchanged"), HasSubstr("--allow-lossy")));
    EXPECT_EQ(Tables(), "t");
  }
};

TEST_P(VerifyTest, DuplicatesUnderANewUniqueKeyAreRefusedWithASample) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB");
  Fill("t", "id, s", "i, CONCAT('x', IF(i = 777, 13, i))", 3000);
  ExpectRefusal("ADD UNIQUE KEY (s)", "row id=777 is missing in the new table");
  MigrateProcess migrate(Flags("t", "ADD UNIQUE KEY (s)", {"--execute", "--allow-lossy"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("row id=777"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), "2999");
}

TEST_P(VerifyTest, ValuesThatTheNewDefinitionChangesAreRefused) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60), n INT, d DATETIME(6)) ENGINE=InnoDB");
  Fill("t", "id, s, n, d", "i, CONCAT('text ', i), IF(i = 5, NULL, i), '2020-01-02 03:04:05.678'", 2000);
  ExpectRefusal("MODIFY s VARCHAR(6)", "s");
  ExpectRefusal("MODIFY n TINYINT", "n");
  ExpectRefusal("MODIFY n INT NOT NULL", "n");
  // No warning tells of this one, only the comparison.
  ExpectRefusal("MODIFY d DATETIME", "column d is '2020-01-02 03:04:05.678000' and would become '2020-01-02 03:04:0");
}

// Somebody else meddles with the ghost table, behind the copy's back.
TEST_P(VerifyTest, WhatDiffersIsRepaired) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB");
  Fill("t", "id, s", "i * 2, CONCAT('row ', i)", 4000);
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT",
                               {"--execute", "--chunk-size=20", "--nice-ratio=10", "--threads=1",
                                absl::StrCat("--metrics-file=", std::getenv("TEST_TMPDIR"), "/", database_)}));
  ASSERT_TRUE(migrate.WaitForOutput("State: migrating", absl::Seconds(60))) << migrate.output();
  for (int i = 0; i < 3000 && Value("SELECT COUNT(*) > 600 FROM _t_gho") == "0"; ++i)
    absl::SleepFor(absl::Milliseconds(20));
  Execute("DELETE FROM _t_gho WHERE id BETWEEN 20 AND 30");
  Execute("UPDATE _t_gho SET s = 'wrong' WHERE id BETWEEN 200 AND 210");
  Execute("INSERT INTO _t_gho (id, s) VALUES (401, 'too much'), (-1, 'too much')");
  EXPECT_THAT(migrate.output(), Not(HasSubstr("comparing"))) << "the copy was too fast for this test";
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("the ghost table differed from the original and was repaired in the range"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), "4000");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t JOIN _t_del o USING (id) WHERE t.s = o.s"), "4000");
  std::stringstream metrics;
  metrics << std::ifstream(absl::StrCat(std::getenv("TEST_TMPDIR"), "/", database_)).rdbuf();
  EXPECT_THAT(metrics.str(), testing::ContainsRegex("migrate_ranges_repaired_total [1-9]"));
}

TEST_P(VerifyTest, ConversionsThatLoseNothingPass) {
  Execute(
      "CREATE TABLE t (id INT UNSIGNED PRIMARY KEY, s VARCHAR(60) CHARACTER SET latin1, n INT(8) ZEROFILL, d DATETIME, "
      "f FLOAT, c DECIMAL(5,2), e "
      "ENUM('x','y'), b VARBINARY(8), u BIT(5), y YEAR, g POINT, j JSON, ts TIMESTAMP NULL) ENGINE=InnoDB");
  Fill("t", "id, s, n, d, f, c, e, b, u, y, g, j, ts",
       "i, CONCAT('caf', CONVERT(x'E9' USING latin1), i), i, '2020-01-02 03:04:05', i / 7, i / 10, IF(i % 2, 'x', "
       "'y'), CHAR(i % 256, 0, 1), i % 32, 1990 + i % 50, "
       "ST_GeomFromText('POINT(1 2)'), '{\"a\": [1, 2.5, null]}', '2021-05-06 07:08:09'",
       300);
  Execute("INSERT INTO t (id) VALUES (1000)");
  MigrateProcess migrate(
      Flags("t",
            "MODIFY id BIGINT, MODIFY s VARCHAR(60) CHARACTER SET utf8mb4, MODIFY n BIGINT, MODIFY d DATETIME(3), "
            "MODIFY f DOUBLE, MODIFY c "
            "DECIMAL(10,4), MODIFY e VARCHAR(5), MODIFY b BLOB, MODIFY u INT, ADD KEY (n), ENGINE=InnoDB",
            {"--execute"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), "301");
}

INSTANTIATE_TEST_SUITE_P(Servers, VerifyTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
