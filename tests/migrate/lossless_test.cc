// Changes that other tools lose: made by sessions that log in unusual ways, to rows that the copy has passed already,
// so that only the binary log can bring them to the new table.
//
// Each test starts a slow copy from low keys to high ones, changes low keys in the mode under test, and compares the
// table with the original as it was at the swap. Comparing before the swap would repair what the log lost, so it is off
// here.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/column_types.h"
#include "tests/migrate/migrate_fixture.h"

namespace tests::migrate {
namespace {

using ::testing::HasSubstr;

class LosslessTest : public MigrateTest {
 protected:
  // `t` with rows 1..6000: v = i, a = 'text i', b = 'blob i'.
  void CreateTable() {
    Execute("CREATE TABLE t (id INT PRIMARY KEY, v INT, a VARCHAR(50), b TEXT) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
    Fill("t", "id, v, a, b", "i, i, CONCAT('text ', i), CONCAT('blob ', i)", 6000);
  }

  std::vector<std::string> SlowCopy(std::vector<std::string> more = {}) {
    std::vector<std::string> flags = {"--execute", "--chunk-size=20", "--threads=1", "--nice-ratio=3",
                                      "--verify=false"};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  }

  // Starts the migration and waits until the copy has passed the low keys.
  void Start(const std::string& alter, const std::vector<std::string>& flags) {
    migrate_ = std::make_unique<MigrateProcess>(Flags("t", alter, flags));
    ASSERT_TRUE(migrate_->WaitForOutput("migrating", absl::Seconds(30))) << migrate_->output();
    for (int i = 0; i < 1000 && Value("SELECT COUNT(*) > 500 FROM _t_gho") == "0"; ++i) {
      absl::SleepFor(absl::Milliseconds(10));
    }
  }

  // All changes must have been made while the copy was going on, or the test would prove nothing.
  void Finish() {
    EXPECT_FALSE(absl::StrContains(migrate_->output(), "catching up")) << "the copy was too fast for this test";
    ASSERT_EQ(migrate_->Wait(), 0) << migrate_->output();
  }

  // The rows of `t` in columns both tables have, against the original's.
  void ExpectEqualToOriginal() {
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), Value("SELECT COUNT(*) FROM _t_del"));
    EXPECT_EQ(
        Value("SELECT COUNT(*) FROM t JOIN _t_del o USING (id) WHERE t.v <=> o.v AND t.a <=> o.a AND t.b <=> o.b"),
        Value("SELECT COUNT(*) FROM _t_del"));
  }

  // Insert, update of each kind of column, key change and delete, on low keys, in transactions of several statements.
  void ChangeLowKeys(Client& session) {
    for (const char* sql :
         {"UPDATE t SET v = v + 1000000 WHERE id <= 50", "UPDATE t SET a = 'changed' WHERE id BETWEEN 51 AND 60",
          "UPDATE t SET b = CONCAT(b, ' and more') WHERE id BETWEEN 61 AND 70",
          "DELETE FROM t WHERE id BETWEEN 71 AND 80", "UPDATE t SET id = -id WHERE id BETWEEN 81 AND 90",
          "INSERT INTO t (id, v) VALUES (-1000, 5)", "INSERT INTO t VALUES (-1001, 6, 'x', REPEAT('long ', 2000))",
          "BEGIN", "UPDATE t SET v = 1, a = NULL WHERE id = 100", "DELETE FROM t WHERE id = 101",
          "UPDATE t SET v = 2 WHERE id = 100", "COMMIT"}) {
      const absl::Status status = session.Execute(sql);
      ASSERT_TRUE(status.ok()) << status;
    }
  }

  void ChangeInMode(const std::vector<std::string>& mode) {
    CreateTable();
    Start("ADD COLUMN added INT NOT NULL DEFAULT 7", SlowCopy());
    std::unique_ptr<Client> session = Connect();
    for (const std::string& sql : mode) {
      const absl::Status status = session->Execute(sql);
      ASSERT_TRUE(status.ok()) << status;
    }
    ChangeLowKeys(*session);
    Finish();
    ExpectEqualToOriginal();
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE v > 1000000"), "50");
  }

  std::unique_ptr<MigrateProcess> migrate_;
};

TEST_P(LosslessTest, MinimalRowImages) { ChangeInMode({"SET binlog_row_image = 'MINIMAL'"}); }

TEST_P(LosslessTest, NoBlobRowImages) { ChangeInMode({"SET binlog_row_image = 'NOBLOB'"}); }

TEST_P(LosslessTest, CompressedTransactions) {
  if (IsMariaDb()) {
    Execute("SET GLOBAL log_bin_compress = ON");
    Execute("SET GLOBAL log_bin_compress_min_len = 10");
    ChangeInMode({});
    Execute("SET GLOBAL log_bin_compress = OFF");
  } else {
    ChangeInMode({"SET binlog_transaction_compression = ON"});
  }
}

TEST_P(LosslessTest, TaggedGtids) {
  if (IsMariaDb()) GTEST_SKIP() << "only MySQL 8.3 and later has tagged GTIDs";
  ChangeInMode({"SET gtid_next = 'AUTOMATIC:blue'"});
}

TEST_P(LosslessTest, PartialJsonUpdates) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB has no partial JSON updates";
  Execute("CREATE TABLE t (id INT PRIMARY KEY, j JSON, k JSON) ENGINE=InnoDB");
  Fill("t", "id, j, k",
       "i, JSON_OBJECT('n', i, 'pad', REPEAT('x', 100)), JSON_ARRAY(CAST(i AS DECIMAL(10,2)), REPEAT('y', 100))", 6000);
  Start("ADD COLUMN added INT", SlowCopy());
  std::unique_ptr<Client> session = Connect();
  for (const char* sql :
       {"SET binlog_row_value_options = 'PARTIAL_JSON'", "UPDATE t SET j = JSON_SET(j, '$.n', -5) WHERE id <= 20",
        "UPDATE t SET k = JSON_SET(k, '$[1]', 'z') WHERE id BETWEEN 10 AND 30", "SET binlog_row_image = 'MINIMAL'",
        "UPDATE t SET j = JSON_REMOVE(j, '$.n'), k = JSON_SET(k, '$[0]', 9) WHERE id BETWEEN 31 AND 40"}) {
    const absl::Status status = session->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }
  Finish();
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t JOIN _t_del o USING (id) WHERE t.j = o.j AND t.k = o.k AND "
                  "JSON_TYPE(t.k->'$[0]') = JSON_TYPE(o.k->'$[0]')"),
            "6000");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE j->'$.n' = -5"), "20");
}

TEST_P(LosslessTest, XaTransactions) {
  CreateTable();
  Start("ADD COLUMN added INT", SlowCopy());
  std::vector<std::unique_ptr<Client>> sessions;
  auto run = [&](Client& session, const std::string& sql) {
    const absl::Status status = session.Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  };
  for (int i = 0; i < 3; ++i) {
    sessions.push_back(Connect());
    const std::string xid = absl::StrCat("'", database_, "-", i, "'");
    run(*sessions[i], absl::StrCat("XA START ", xid));
    run(*sessions[i], absl::StrCat("UPDATE t SET v = -", i, " WHERE id BETWEEN ", 20 * i + 1, " AND ", 20 * i + 10));
    run(*sessions[i], absl::StrCat("INSERT INTO t (id) VALUES (-", i + 1, ")"));
    run(*sessions[i], absl::StrCat("XA END ", xid));
    run(*sessions[i], absl::StrCat("XA PREPARE ", xid));
  }
  Execute("UPDATE t SET v = 77 WHERE id = 200");
  run(*sessions[1], absl::StrCat("XA ROLLBACK '", database_, "-1'"));
  run(*sessions[2], absl::StrCat("XA COMMIT '", database_, "-2'"));
  run(*sessions[0], absl::StrCat("XA COMMIT '", database_, "-0'"));
  Execute("UPDATE t SET v = 78 WHERE id = 5");
  Finish();
  ExpectEqualToOriginal();
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(id ORDER BY id) FROM t WHERE id < 0"), "-3,-1");
  EXPECT_EQ(Value("SELECT CONCAT(v, ',', (SELECT v FROM t WHERE id = 25)) FROM t WHERE id = 5"), "78,25");
}

// What the server itself makes of the original by ALTER TABLE is what the migration must make of it.
class ColumnsTest : public LosslessTest {
 protected:
  void SetUp() override {
    LosslessTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Execute("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'");
  }

  void ExpectWhatAlterWouldMake(const std::string& alter) {
    Execute("CREATE TABLE expected LIKE _t_del");
    const std::string stored = Value(
        "SELECT GROUP_CONCAT(CONCAT('`', REPLACE(column_name, '`', '``'), '`') ORDER BY ordinal_position) FROM "
        "information_schema.columns WHERE "
        "table_schema = DATABASE() AND table_name = '_t_del' AND extra NOT LIKE '%GENERATED%'");
    Execute(absl::StrCat("INSERT INTO expected (", stored, ") SELECT ", stored, " FROM _t_del"));
    Execute(absl::StrCat("ALTER TABLE expected ", alter));
    auto names = client_->Query(
        "SELECT CONCAT('`', REPLACE(column_name, '`', '``'), '`') FROM information_schema.columns WHERE table_schema = "
        "DATABASE() AND table_name = 'expected'");
    ASSERT_TRUE(names.ok());
    const std::string rows = Value("SELECT COUNT(*) FROM expected");
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), rows);
    for (const servers::Row& row : *names) {
      const std::string c = *row[0];
      EXPECT_EQ(Value(absl::StrCat("SELECT COUNT(*) FROM t JOIN expected e USING (id) WHERE BINARY t.", c,
                                   " <=> BINARY e.", c)),
                rows)
          << c << ": "
          << Value(absl::StrCat("SELECT CONCAT('row ', id, ': ', IFNULL(HEX(t.", c,
                                "), 'NULL'), ' is not ', IFNULL(HEX(e.", c,
                                "), 'NULL')) FROM t JOIN expected e USING (id) WHERE NOT (BINARY t.", c,
                                " <=> BINARY e.", c, ") LIMIT 1"));
    }
  }
};

TEST_P(ColumnsTest, EveryTypeThroughCopyAndLog) {
  const std::vector<TypeCase> cases = AllTypes(IsMariaDb());
  std::string columns = "id INT PRIMARY KEY";
  for (size_t i = 0; i < cases.size(); ++i) absl::StrAppend(&columns, ", c", i, " ", cases[i].type);
  Execute(absl::StrCat("CREATE TABLE t (", columns, ") ENGINE=InnoDB"));
  auto row = [&](int id, size_t value) {
    std::string sql = absl::StrCat("(", id);
    for (const TypeCase& type : cases) {
      const size_t index = value % (type.values.size() + 1);
      absl::StrAppend(&sql, ", ", index < type.values.size() ? type.values[index] : "NULL");
    }
    return sql + ")";
  };
  // Low keys to change, high keys that only the copy brings, and many small rows between, to keep the copy busy.
  for (int i = 0; i < 20; ++i) Execute(absl::StrCat("INSERT INTO t VALUES ", row(i, i), ", ", row(100000 + i, i)));
  Fill("t", "id", "i + 1000", 3000);
  Start("ADD COLUMN added INT", SlowCopy({"--allow-zero-in-date", "--skip-strict-mode", "--chunk-size=10"}));
  for (int i = 0; i < 20; ++i) Execute(absl::StrCat("REPLACE INTO t VALUES ", row(i, i + 1)));
  for (int i = 20; i < 40; ++i) Execute(absl::StrCat("INSERT INTO t VALUES ", row(i - 100, i)));
  Execute("DELETE FROM t WHERE id IN (3, -70)");
  Execute("UPDATE t SET id = -500 WHERE id = 4");
  Finish();
  ExpectWhatAlterWouldMake("ADD COLUMN added INT");
}

TEST_P(ColumnsTest, ConvertedColumns) {
  Execute(
      "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, e ENUM('a','b','値') CHARACTER SET utf8mb4, e2 "
      "ENUM('x','y'), s SET('p','q','r'), s2 SET('k','値') CHARACTER SET utf8mb4, "
      "l VARCHAR(40) CHARACTER SET latin1, g VARCHAR(40) CHARACTER SET gbk, u3 VARCHAR(40) CHARACTER SET utf8mb3, n "
      "INT, d DECIMAL(10,2), "
      "ts TIMESTAMP(3) NULL, gone INT, `select` INT, `wei``rd 名前` VARCHAR(20) CHARACTER SET utf8mb4, v INT AS (n + "
      "1) VIRTUAL, st INT AS (n + 2) STORED, "
      "h INT DEFAULT 3 INVISIBLE) ENGINE=InnoDB");
  const std::string names = "e, e2, s, s2, l, g, u3, n, d, ts, gone, `select`, `wei``rd 名前`, h";
  auto values = [](int i) {
    const char* e[] = {"'a'", "'b'", "'値'", "NULL"};
    return absl::StrCat("(", e[i % 4], ", ", i % 2 ? "'x'" : "'y'", ", ", i % 3 ? "'p,r'" : "'q'",
                        i % 2 ? ", 'k,値'" : ", ''", ", 'café ", i, "', '价格 ", i, "', 'ü", i, "', ", i * 1000, ", ",
                        i, ".25, '2026-11-23 01:02:03.", 100 + i, "', 1, ", i, ", 'it''s `", i, "`', ", i, ")");
  };
  for (int i = 0; i < 40; ++i) Execute(absl::StrCat("INSERT INTO t (", names, ") VALUES ", values(i)));
  Fill("t", "id, n", "i + 1000, i", 6000);
  const std::string alter =
      "MODIFY e ENUM('値','b','a','c') CHARACTER SET utf8mb4, MODIFY e2 VARCHAR(10), MODIFY s SET('r','q','p'), "
      "MODIFY s2 VARCHAR(20) CHARACTER SET utf8mb4, MODIFY "
      "l VARCHAR(40) CHARACTER SET utf8mb4, "
      "MODIFY g VARCHAR(40) CHARACTER SET utf8mb4, MODIFY u3 VARCHAR(50) CHARACTER SET utf16 FIRST, MODIFY n BIGINT "
      "UNSIGNED, MODIFY d VARCHAR(20), "
      "DROP COLUMN gone, CHANGE `select` `from` BIGINT, MODIFY `wei``rd 名前` TEXT CHARACTER SET utf8mb4 AFTER id, ADD "
      "COLUMN gone VARCHAR(5) DEFAULT 'new'";
  Start(alter, SlowCopy({"--approve-renamed-columns"}));
  for (int i = 0; i < 20; ++i)
    Execute(absl::StrCat("REPLACE INTO t (id, ", names, ") VALUES (", i + 1, ", ", values(i + 1).substr(1)));
  for (int i = 20; i < 40; ++i) Execute(absl::StrCat("INSERT INTO t (", names, ") VALUES ", values(i * 3)));
  Execute("DELETE FROM t WHERE id = 30");
  Finish();
  ExpectWhatAlterWouldMake(alter);
  if (!IsMariaDb()) Execute("SET information_schema_stats_expiry = 0");
  EXPECT_EQ(
      Value(
          "SELECT auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 't'"),
      Value("SELECT auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = "
            "'_t_del'"));
}

INSTANTIATE_TEST_SUITE_P(Servers, LosslessTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);
INSTANTIATE_TEST_SUITE_P(Servers, ColumnsTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
