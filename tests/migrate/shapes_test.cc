// Keys and columns of every shape, changed while the cut-over is postponed: the copy is over, so that only the binary
// log brings the changes. The old table, which the swap leaves, is what the new one must be; the program's own
// comparison is off.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_fixture.h"

namespace tests::migrate {
namespace {

using ::testing::HasSubstr;

class ShapesTest : public MigrateTest {
 protected:
  // Migrates `t`, running `changes` on one session when the copy is over. Leaves the original as `_t_del`.
  void Migrate(const std::string& alter, const std::vector<std::string>& changes, std::vector<std::string> more = {}) {
    const std::string postpone = absl::StrCat(std::getenv("TEST_TMPDIR"), "/postpone-", database_, GetParam());
    std::ofstream(postpone) << "\n";
    more.insert(more.end(), {"--execute", "--verify=false", absl::StrCat("--postpone-cut-over-flag-file=", postpone)});
    MigrateProcess migrate(Flags("t", alter, more));
    ASSERT_TRUE(migrate.WaitForOutput("postponing cut-over", absl::Seconds(120))) << migrate.output();
    auto session = Connect();
    for (const std::string& sql : changes) {
      const absl::Status status = session->Execute(sql);
      EXPECT_TRUE(status.ok()) << status;
    }
    unlink(postpone.c_str());
    ASSERT_EQ(migrate.Wait(), 0) << migrate.output();
  }

  // That every row of the original is in the new table, byte by byte in `columns` (of both), and no other.
  void ExpectEqual(const std::vector<std::string>& columns) {
    std::string condition = "TRUE";
    for (const std::string& column : columns)
      absl::StrAppend(&condition, " AND BINARY CONCAT(t.", column, ") <=> BINARY CONCAT(o.", column, ")");
    const std::string rows = Value("SELECT COUNT(*) FROM _t_del");
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), rows);
    EXPECT_EQ(Value(absl::StrCat("SELECT COUNT(*) FROM t JOIN _t_del o ON ", condition)), rows);
  }
};

struct KeyCase {
  std::string type;
  std::string value;  // of row i; different for each, 1 <= i <= 30,000
};

const std::vector<KeyCase>& KeyCases() {
  static const auto* cases = new std::vector<KeyCase>{
      {"BIGINT UNSIGNED", "18446744073709551615 - i"},
      {"VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "CONCAT('Käse_値 ', i)"},
      {"CHAR(20) CHARACTER SET latin1 COLLATE latin1_german1_ci", "CONCAT(i, ' größe')"},
      {"VARBINARY(40)", "UNHEX(SHA2(i, 256))"},
      {"BINARY(16)", "LEFT(UNHEX(SHA2(i, 256)), 16)"},
      {"DATETIME(6)", "TIMESTAMP'2020-01-01 00:00:00.25' + INTERVAL i * 1001 MICROSECOND"},
      {"TIMESTAMP(3)", "TIMESTAMP'2020-10-25 02:30:00' + INTERVAL i MINUTE"},
      {"DATE", "DATE'1999-12-31' + INTERVAL i DAY"},
      {"TIME(2)", "SEC_TO_TIME(i * 1.25 - 3000)"},
      {"DECIMAL(30,10)", "i / 7 - 100"},
      {"DOUBLE", "i / 7e0 - 100"},
      {"BIT(40)", "i * 1234567"},
      {"UUID", "CONCAT(LPAD(HEX(i * 7919), 8, '0'), '-0000-4000-8000-000000000000')"},  // MariaDB
  };
  return *cases;
}

TEST_P(ShapesTest, KeysOfEachType) {
  for (const KeyCase& key : KeyCases()) {
    SCOPED_TRACE(key.type);
    if (key.type == "UUID" && !IsMariaDb()) continue;
    auto value = [&](int i) { return absl::StrCat("(SELECT ", key.value, " FROM (SELECT ", i, " AS i) AS one)"); };
    Execute("DROP TABLE IF EXISTS t, _t_del");
    Execute("SET time_zone = '+00:00'");
    Execute(absl::StrCat("CREATE TABLE t (k ", key.type, " NOT NULL PRIMARY KEY, n INT) ENGINE=InnoDB"));
    Fill("t", "k, n", absl::StrCat(key.value, ", i"), 600);
    Migrate("ADD COLUMN added INT FIRST",
            {"SET time_zone = '+00:00'", "DELETE FROM t WHERE n < 20", "UPDATE t SET n = -n WHERE n BETWEEN 20 AND 40",
             absl::StrCat("INSERT INTO t (k, n) VALUES (", value(10001), ", 1), (", value(20002), ", 2)"),
             absl::StrCat("UPDATE t SET k = ", value(30000), " WHERE n = 50"), "UPDATE t SET n = 70 WHERE n = -30",
             // The same key to a collation, another one by its bytes.
             absl::StrContains(key.type, "COLLATE") ? "UPDATE t SET k = UPPER(k) WHERE n < -35"
                                                    : "DELETE FROM t WHERE n < -35"});
    ExpectEqual({"k", "n"});
    if (HasFailure()) return;
  }
}

// Rows are recognised by what is the primary key on one side and a unique key on the other.
TEST_P(ShapesTest, PrimaryKeySwappedWithAUniqueKey) {
  Execute(
      "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, code VARCHAR(20) NOT NULL, n INT, UNIQUE KEY code (code)) "
      "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
  Fill("t", "id, code, n", "i, CONCAT('c', i), i", 600);
  Migrate("DROP PRIMARY KEY, DROP KEY code, ADD PRIMARY KEY (code), ADD UNIQUE KEY id (id)",
          {"DELETE FROM t WHERE id < 20", "UPDATE t SET code = CONCAT('x', code) WHERE id BETWEEN 30 AND 40",
           "INSERT INTO t (code, n) VALUES ('new', 1)",
           // Two rows exchange a key: neither may push the other out.
           "UPDATE t SET code = CASE code WHEN 'c50' THEN 'tmp' END WHERE code = 'c50'",
           "UPDATE t SET code = 'c50' WHERE code = 'c51'", "UPDATE t SET code = 'c51' WHERE code = 'tmp'"});
  ExpectEqual({"id", "code", "n"});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(column_name) FROM information_schema.key_column_usage WHERE table_schema = "
                  "DATABASE() AND table_name = 't' AND constraint_name = 'PRIMARY'"),
            "code");
}

TEST_P(ShapesTest, NullableKeyWhereAllowed) {
  Execute("CREATE TABLE t (k INT, n INT, UNIQUE KEY (k)) ENGINE=InnoDB");
  Fill("t", "k, n", "i, i", 300);
  MigrateProcess refused(Flags("t", "ADD COLUMN added INT", {"--execute"}));
  EXPECT_EQ(refused.Wait(), 1) << refused.output();
  EXPECT_THAT(refused.output(), HasSubstr("--allow-nullable-unique-key"));
  Migrate("ADD COLUMN added INT", {"DELETE FROM t WHERE k < 20", "UPDATE t SET k = 1000 WHERE k = 50"},
          {"--allow-nullable-unique-key"});
  ExpectEqual({"k", "n"});
  // A row without a key cannot be told from others.
  Execute("DROP TABLE _t_del");
  Execute("INSERT INTO t (k) VALUES (NULL)");
  MigrateProcess null(Flags("t", "ADD COLUMN more INT", {"--execute", "--allow-nullable-unique-key"}));
  EXPECT_EQ(null.Wait(), 1) << null.output();
  EXPECT_THAT(null.output(), HasSubstr("NULL"));
  EXPECT_EQ(Tables(), "t");
}

// The same moment, written by sessions of different time zones, turned into another type.
TEST_P(ShapesTest, TimestampsAcrossTimeZones) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP(3) NULL, d DATETIME(3)) ENGINE=InnoDB");
  Execute("SET time_zone = '+09:00'");
  Execute("INSERT INTO t VALUES (1, '2026-11-23 21:00:00.125', '2026-11-23 21:00:00.125'), (2, NULL, NULL)");
  Migrate("ADD COLUMN added INT",
          {"SET time_zone = '-05:00'", "INSERT INTO t VALUES (3, '2026-11-23 07:00:00.125', '2026-11-23 07:00:00.125')",
           "UPDATE t SET d = '2030-01-01' WHERE id = 1", "SET time_zone = '+13:00'",
           "UPDATE t SET at = '2026-03-29 02:30:00' WHERE id = 2"});
  Execute("SET time_zone = '+00:00'");
  ExpectEqual({"id", "at", "d"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE at = '2026-11-23 12:00:00.125'"), "2");
}

TEST_P(ShapesTest, NamesThatNeedQuotes) {
  const std::string name = "select `'値段\" %_";
  const std::string quoted = "`select ``'値段\" %_`";
  Execute(absl::StrCat("CREATE TABLE ", quoted, " (`key` INT PRIMARY KEY, `a``b'\"値` VARCHAR(20)) ENGINE=InnoDB"));
  Fill(quoted, "`key`, `a``b'\"値`", "i, i", 300);
  MigrateProcess migrate(
      Flags(name, "ADD COLUMN `drop` INT, ADD KEY `by ``value``` (`a``b'\"値`)", {"--execute", "--explain"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Value(absl::StrCat("SELECT COUNT(`key`) FROM ", quoted, " WHERE `drop` IS NULL AND `a``b'\"値` = `key`")),
            "300");
}

TEST_P(ShapesTest, GeneratedColumns) {
  Execute(
      "CREATE TABLE t (id INT PRIMARY KEY, n INT, v INT AS (n * 2) VIRTUAL, s VARCHAR(20) AS (CONCAT('<', n, '>')) "
      "STORED, KEY (v)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
  Fill("t", "id, n", "i, i", 300);
  Migrate(
      "CHANGE s renamed VARCHAR(30) AS (CONCAT('<', n, '>')) STORED, ADD COLUMN w INT AS (n + 1) VIRTUAL, "
      "DROP COLUMN v, ADD COLUMN v INT AS (n * 3) STORED FIRST",
      {"UPDATE t SET n = 1000 WHERE id = 5", "INSERT INTO t (id, n) VALUES (500, 7)", "DELETE FROM t WHERE id = 9"},
      {"--approve-renamed-columns"});
  ExpectEqual({"id", "n"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE renamed = CONCAT('<', n, '>') AND w = n + 1 AND v = n * 3"), "300");
}

// Longer than a statement that wrote it as text could be, in the copy and in the log.
TEST_P(ShapesTest, LongBlobs) {
  constexpr int kBytes = 64 << 20;
  const std::string before = Value("SELECT @@GLOBAL.max_allowed_packet");
  Execute(absl::StrCat("SET GLOBAL max_allowed_packet = ", kBytes + (1 << 20)));
  client_ = Connect();
  Execute("CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB) ENGINE=InnoDB");
  Execute(absl::StrCat("INSERT INTO t VALUES (1, REPEAT(x'27', ", kBytes, ")), (2, 'x')"));
  Migrate("ADD COLUMN added INT",
          {absl::StrCat("UPDATE t SET b = REPEAT(x'00', ", kBytes, ") WHERE id = 2"),
           "INSERT INTO t VALUES (3, REPEAT('\\\\', 3000000))", "UPDATE t SET b = REPEAT('y', 5000000) WHERE id = 3"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t JOIN _t_del o USING (id) WHERE t.b = o.b"), "3");
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(LENGTH(b) ORDER BY id) FROM t"), absl::StrCat(kBytes, ",", kBytes, ",5000000"));
  Execute(absl::StrCat("SET GLOBAL max_allowed_packet = ", before));
}

INSTANTIATE_TEST_SUITE_P(Servers, ShapesTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
