// The binary log of real servers in every mode in which a session may write it: nothing may be lost, and what is
// incomplete must say so.

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/migrate/log_reader.h"
#include "tests/migrate/server_fixture.h"

namespace tests::migrate {
namespace {

using ::migrate::binlog::AppendSql;
using ::migrate::binlog::CurrentPosition;
using ::migrate::binlog::RowChange;
using ::migrate::binlog::RowImage;
using ::migrate::binlog::TableSpec;

std::string Text(const TableSpec& spec, const RowImage& image) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < image.size(); ++i) {
    std::string text;
    if (image[i].missing()) {
      text = "?";
    } else {
      AppendSql(spec.columns[i], image[i], &text);
    }
    parts.push_back(text);
  }
  return absl::StrJoin(parts, " ");
}

// "insert 1 'a'; update 1 'a' -> 1 'b'; delete 1 'b'", with ! after an incomplete change.
std::string Text(const TableSpec& spec, const std::vector<RowChange>& changes) {
  std::vector<std::string> parts;
  for (const RowChange& change : changes) {
    std::string text;
    switch (change.op) {
      case RowChange::Op::kInsert:
        text = absl::StrCat("insert ", Text(spec, change.after));
        break;
      case RowChange::Op::kUpdate:
        text = absl::StrCat("update ", Text(spec, change.before), " -> ", Text(spec, change.after));
        break;
      case RowChange::Op::kDelete:
        text = absl::StrCat("delete ", Text(spec, change.before));
        break;
    }
    parts.push_back(absl::StrCat(text, change.incomplete ? " !" : ""));
  }
  return absl::StrJoin(parts, "; ");
}

class LogModesTest : public ServerTest {
 protected:
  // What has arrived from table t since the last call.
  std::string Arrived(LogReader* reader, const TableSpec& spec) {
    auto log = reader->ReadToEnd();
    EXPECT_TRUE(log.ok()) << log.status();
    if (!log.ok()) return std::string(log.status().message());
    last_ = *log;
    EXPECT_EQ(absl::StrJoin(log->statements, "; "), "");
    return Text(spec, log->changes);
  }

  Log last_;
};

TEST_P(LogModesTest, FullImages) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10), b INT)");
  Run("CREATE TABLE other (id INT PRIMARY KEY)");
  const TableSpec spec = Spec("t");
  auto reader = Read({"t"});
  Run("INSERT INTO t VALUES (1, 'x', 10), (2, 'y', NULL)");
  Run("INSERT INTO other VALUES (1)");
  Run("UPDATE t SET id = 3, b = 11 WHERE id = 1");
  Run("DELETE FROM t WHERE id = 2");
  EXPECT_EQ(Arrived(reader.get(), spec),
            "insert 1 'x' 10; insert 2 'y' NULL; update 1 'x' 10 -> 3 'x' 11; delete 2 'y' NULL");
  Run("BEGIN");
  Run("INSERT INTO t VALUES (5, 'a', 1)");
  Run("SAVEPOINT s");
  Run("INSERT INTO t VALUES (6, 'a', 1)");
  Run("ROLLBACK TO s");
  Run("INSERT INTO other VALUES (2)");
  Run("UPDATE t SET b = 2 WHERE id = 5");
  EXPECT_EQ(Arrived(reader.get(), spec), "");  // nothing before the commit
  Run("COMMIT");
  EXPECT_EQ(Arrived(reader.get(), spec), "insert 5 'a' 1; update 5 'a' 1 -> 5 'a' 2");
}

TEST_P(LogModesTest, MinimalImages) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10) DEFAULT 'd', b TEXT)");
  const TableSpec spec = Spec("t");
  auto reader = Read({"t"});
  Run("SET binlog_row_image = 'MINIMAL'");
  Run("INSERT INTO t (id, b) VALUES (1, 'x')");
  EXPECT_EQ(Arrived(reader.get(), spec), "insert 1 ? 'x' !");
  Run("UPDATE t SET b = 'y' WHERE id = 1");
  EXPECT_EQ(Arrived(reader.get(), spec), "update 1 ? ? -> 1 ? 'y' !");
  Run("UPDATE t SET id = 2");
  EXPECT_EQ(Arrived(reader.get(), spec), "update 1 ? ? -> 2 ? ? !");
  Run("DELETE FROM t");
  EXPECT_EQ(Arrived(reader.get(), spec), "delete 2 ? ?");
}

TEST_P(LogModesTest, NoBlobImages) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10), b TEXT)");
  const TableSpec spec = Spec("t");
  auto reader = Read({"t"});
  Run("SET binlog_row_image = 'NOBLOB'");
  Run("INSERT INTO t VALUES (1, 'a', 'x')");
  EXPECT_EQ(Arrived(reader.get(), spec), "insert 1 'a' 'x'");
  Run("UPDATE t SET a = 'b'");
  EXPECT_EQ(Arrived(reader.get(), spec), "update 1 'a' ? -> 1 'b' ? !");
  Run("UPDATE t SET b = 'z'");
  EXPECT_EQ(Arrived(reader.get(), spec), "update 1 'b' ? -> 1 'b' 'z'");
}

TEST_P(LogModesTest, PartialJsonIsIncomplete) {
  if (mariadb()) GTEST_SKIP() << "MariaDB has no partial JSON updates";
  Run("CREATE TABLE t (id INT PRIMARY KEY, j JSON, k JSON, v INT)");
  const TableSpec spec = Spec("t");
  Run("INSERT INTO t VALUES (1, JSON_OBJECT('a', 1, 'b', REPEAT('x', 200)), JSON_ARRAY(REPEAT('y', 200), 1), 1)");
  auto reader = Read({"t"});
  Run("SET binlog_row_value_options = 'PARTIAL_JSON'");
  Run("UPDATE t SET v = 2, k = JSON_SET(k, '$[1]', 7)");
  auto log = reader->ReadToEnd();
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_EQ(log->changes.size(), 1u);
  EXPECT_TRUE(log->changes[0].incomplete);
  EXPECT_TRUE(log->changes[0].after[2].missing());
  EXPECT_EQ(log->changes[0].after[3].int_value(), 2);
  // With partial images one of the JSON columns is not in the row at all; the bitmap of partial columns still counts
  // it.
  Run("SET binlog_row_image = 'MINIMAL'");
  Run("UPDATE t SET v = 3, k = JSON_SET(k, '$[1]', 8)");
  EXPECT_EQ(Arrived(reader.get(), spec), "update 1 ? ? ? -> 1 ? ? 3 !");
  Run("UPDATE t SET v = 4, j = JSON_SET(j, '$.a', 8)");
  EXPECT_EQ(Arrived(reader.get(), spec), "update 1 ? ? ? -> 1 ? ? 4 !");
}

TEST_P(LogModesTest, JsonThatTextCannotSayIsIncomplete) {
  if (mariadb()) GTEST_SKIP() << "MariaDB keeps JSON as text";
  Run("CREATE TABLE t (id INT PRIMARY KEY, j JSON)");
  const TableSpec spec = Spec("t");
  auto reader = Read({"t"});
  Run("INSERT INTO t VALUES (1, JSON_ARRAY(CAST(1.5 AS DECIMAL(5, 2))))");
  Run("INSERT INTO t VALUES (2, JSON_OBJECT('now', CAST('2026-11-23' AS DATE)))");
  Run("INSERT INTO t VALUES (3, CAST(CAST(5 AS UNSIGNED) AS JSON))");
  Run("INSERT INTO t VALUES (4, '[1.5]')");
  EXPECT_EQ(Arrived(reader.get(), spec), "insert 1 ? !; insert 2 ? !; insert 3 ? !; insert 4 '[1.5e+00]'");
}

TEST_P(LogModesTest, CompressedTransactions) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a TEXT)");
  const TableSpec spec = Spec("t");
  if (mariadb()) {
    Run("SET GLOBAL log_bin_compress = ON");
    Run("SET GLOBAL log_bin_compress_min_len = 10");
    connection_ = Connect();
    Run("USE test");
  } else {
    Run("SET binlog_transaction_compression = ON");
  }
  auto reader = Read({"t"});
  Run("INSERT INTO t SELECT 1, REPEAT('x', 100)");
  Run("UPDATE t SET a = CONCAT(a, 'y')");
  Run("DELETE FROM t");
  const std::string x(100, 'x');
  EXPECT_EQ(Arrived(reader.get(), spec),
            absl::StrCat("insert 1 '", x, "'; update 1 '", x, "' -> 1 '", x, "y'; delete 1 '", x, "y'"));
  // Many events in one transaction.
  Run("INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, "
      "REPEAT('z', 1000) FROM n");
  auto log = reader->ReadToEnd();
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_EQ(log->changes.size(), 900u);
  for (int i = 0; i < 900; ++i) {
    EXPECT_EQ(log->changes[i].after[0].int_value(), i + 1);
    EXPECT_EQ(log->changes[i].after[1].text(), std::string(1000, 'z'));
  }
  if (mariadb()) Run("SET GLOBAL log_bin_compress = OFF");
}

TEST_P(LogModesTest, GtidsCountUpAndResume) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  const TableSpec spec = Spec("t");
  auto reader = Read({"t"}, true);
  Run("INSERT INTO t VALUES (1)");
  if (!mariadb()) Run("SET gtid_next = 'AUTOMATIC:blue'");
  Run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(Arrived(reader.get(), spec), "insert 1; insert 2");
  const char* executed = mariadb() ? "SELECT @@gtid_binlog_pos" : "SELECT REPLACE(@@global.gtid_executed, '\n', '')";
  EXPECT_EQ(last_.resume.gtid_set, Value(executed));
  if (!mariadb()) Run("SET gtid_next = 'AUTOMATIC:green'");
  Run("INSERT INTO t VALUES (3)");
  if (!mariadb()) Run("SET gtid_next = 'AUTOMATIC'");
  Run("FLUSH BINARY LOGS");
  Run("INSERT INTO t VALUES (4)");
  // A new stream from the GTIDs alone.
  auto resumed = LogReader::Open(endpoint(), {spec}, true, ::migrate::binlog::Position{"", 0, last_.resume.gtid_set});
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(Arrived(resumed->get(), spec), "insert 3; insert 4");
  EXPECT_EQ(last_.resume.gtid_set, Value(executed));
}

TEST_P(LogModesTest, XaTransactionsArriveAtTheirCommit) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  const TableSpec spec = Spec("t");
  auto reader = Read({"t"});
  auto other = Connect();
  for (const char* sql : {"XA START 'one', 'branch', 7", "INSERT INTO test.t VALUES (1)", "XA END 'one', 'branch', 7",
                          "XA PREPARE 'one', 'branch', 7"}) {
    ASSERT_TRUE(other->Execute(sql).ok()) << sql;
  }
  auto third = Connect();
  for (const char* sql : {"XA START 'two'", "INSERT INTO test.t VALUES (2)", "XA END 'two'", "XA PREPARE 'two'"}) {
    ASSERT_TRUE(third->Execute(sql).ok()) << sql;
  }
  auto fourth = Connect();
  for (const char* sql :
       {"XA START 'three'", "INSERT INTO test.t VALUES (3)", "XA END 'three'", "XA COMMIT 'three' ONE PHASE"}) {
    ASSERT_TRUE(fourth->Execute(sql).ok()) << sql;
  }
  Run("INSERT INTO t VALUES (4)");
  EXPECT_EQ(Arrived(reader.get(), spec), "insert 3; insert 4");
  EXPECT_LT(Compare(last_.resume, last_.position), 0);  // the prepared ones are not behind us
  const ::migrate::binlog::Position resume = last_.resume;
  ASSERT_TRUE(third->Execute("XA ROLLBACK 'two'").ok());
  EXPECT_EQ(Arrived(reader.get(), spec), "");
  ASSERT_TRUE(other->Execute("XA COMMIT 'one', 'branch', 7").ok());
  EXPECT_EQ(Arrived(reader.get(), spec), "insert 1");
  EXPECT_EQ(last_.resume.ToString(), last_.position.ToString());
  // Who resumes where it was said to be safe while they were prepared misses nothing.
  auto resumed = LogReader::Open(endpoint(), {spec}, false, resume);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(Arrived(resumed->get(), spec), "insert 3; insert 4; insert 1");
}

TEST_P(LogModesTest, StatementsOnTheTableAreReported) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  auto reader = Read({"t"});
  Run("CREATE TABLE u LIKE t");
  Run("ALTER TABLE u ADD COLUMN t INT");
  Run("DROP TABLE u");
  auto log = reader->ReadToEnd();
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(absl::StrJoin(log->statements, "; "), "");
  Run("ALTER TABLE t ADD COLUMN c INT");
  log = reader->ReadToEnd();
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(absl::StrJoin(log->statements, "; "), "ALTER TABLE t ADD COLUMN c INT");
  Run("INSERT INTO t VALUES (1, 2)");
  log = reader->ReadToEnd();
  EXPECT_EQ(log.status().code(), absl::StatusCode::kFailedPrecondition) << log.status();
}

TEST_P(LogModesTest, StatementFormatIsReported) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  Run("CREATE TABLE u (id INT PRIMARY KEY)");
  auto reader = Read({"t"});
  Run("SET SESSION binlog_format = 'STATEMENT'");
  Run("INSERT INTO u VALUES (1)");
  Run("INSERT INTO t VALUES (1, 1)");
  auto log = reader->ReadToEnd();
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(absl::StrJoin(log->statements, "; "), "INSERT INTO t VALUES (1, 1)");
}

TEST_P(LogModesTest, LostConnectionsAreOpenedAgain) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  const TableSpec spec = Spec("t");
  for (bool use_gtid : {false, true}) {
    SCOPED_TRACE(use_gtid ? "GTID" : "file");
    auto reader = Read({"t"}, use_gtid);
    Run("DELETE FROM t");
    Run("INSERT INTO t VALUES (1)");
    Arrived(reader.get(), spec);
    const std::string dump = Value(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%' ORDER BY ID DESC LIMIT 1");
    Run(absl::StrCat("KILL ", dump));
    Run("INSERT INTO t VALUES (2)");
    EXPECT_EQ(Arrived(reader.get(), spec), "insert 2");
    Run("FLUSH BINARY LOGS");
    Run("INSERT INTO t VALUES (3)");
    EXPECT_EQ(Arrived(reader.get(), spec), "insert 3");
    if (use_gtid) break;  // one restart is slow enough
    ASSERT_TRUE(server().Restart(servers::Server::kPrimary).ok());
    connection_ = Connect();
    ASSERT_NE(connection_, nullptr);
    Run("USE test");
    Run("INSERT INTO t VALUES (4)");
    EXPECT_EQ(Arrived(reader.get(), spec), "insert 4");
  }
}

TEST_P(LogModesTest, PurgedLogIsAnError) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  const TableSpec spec = Spec("t");
  auto start = CurrentPosition(*connection_);
  ASSERT_TRUE(start.ok());
  Run("INSERT INTO t VALUES (1)");
  Run("FLUSH BINARY LOGS");
  Run("FLUSH BINARY LOGS");
  auto end = CurrentPosition(*connection_);
  ASSERT_TRUE(end.ok());
  // A server keeps a file while it believes that a replica, of an earlier test, still reads it.
  for (int i = 0; i < 200 && Value("SHOW BINARY LOGS") != end->file; ++i) {
    Run(absl::StrCat("PURGE BINARY LOGS TO '", end->file, "'"));
    absl::SleepFor(absl::Milliseconds(50));
  }
  ASSERT_EQ(Value("SHOW BINARY LOGS"), end->file);
  for (bool use_gtid : {false, true}) {
    auto reader = LogReader::Open(endpoint(), {spec}, use_gtid, *start);
    ASSERT_TRUE(reader.ok()) << reader.status();
    auto log = (*reader)->ReadToEnd();
    EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss) << log.status();
  }
}

TEST_P(LogModesTest, ChecksumsMayBeSwitchedOffAndOn) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  const TableSpec spec = Spec("t");
  auto reader = Read({"t"});
  int id = 0;
  for (const char* checksum : {"NONE", "CRC32", "NONE"}) {
    SCOPED_TRACE(checksum);
    Run(absl::StrCat("SET GLOBAL binlog_checksum = ", checksum));
    Run(absl::StrCat("INSERT INTO t VALUES (", ++id, ")"));
    EXPECT_EQ(Arrived(reader.get(), spec), absl::StrCat("insert ", id));
    auto fresh = Read({"t"});
    Run(absl::StrCat("INSERT INTO t VALUES (", ++id, ")"));
    EXPECT_EQ(Arrived(fresh.get(), spec), absl::StrCat("insert ", id));
    EXPECT_EQ(Arrived(reader.get(), spec), absl::StrCat("insert ", id));
  }
  Run("SET GLOBAL binlog_checksum = CRC32");
}

TEST_P(LogModesTest, GeneratedInvisibleAndHiddenColumns) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, v INT AS (id + 1) VIRTUAL, s INT AS (id + 2) STORED, h INT INVISIBLE "
      "DEFAULT 5, e VARCHAR(5))");
  if (!mariadb()) Run("ALTER TABLE t ADD INDEX f ((UPPER(e)))");  // a hidden generated column
  const TableSpec spec = Spec("t");
  auto reader = Read({"t"});
  Run("INSERT INTO t (id, e) VALUES (1, 'e')");
  Run("UPDATE t SET e = 'f', h = 6");
  auto log = reader->ReadToEnd();
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_EQ(log->changes.size(), 2u);
  const RowImage& row = log->changes[1].after;
  EXPECT_EQ(row[0].int_value(), 1);
  EXPECT_EQ(row[3].int_value(), 6);
  EXPECT_EQ(row[4].text(), "f");
  EXPECT_FALSE(log->changes[0].incomplete);
  EXPECT_FALSE(log->changes[1].incomplete);
}

TEST_P(LogModesTest, BigRows) {
  Run("SET GLOBAL max_allowed_packet = 1073741824");
  connection_ = Connect();
  Run("USE test");
  Run("CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB)");
  auto reader = Read({"t"});
  Run("INSERT INTO t SELECT 1, REPEAT(x'5c00', 17 * 1024 * 1024)");  // more than two network packets
  auto log = reader->ReadToEnd();
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_EQ(log->changes.size(), 1u);
  EXPECT_EQ(log->changes[0].after[1].text().size(), 34u << 20);
}

TEST_P(LogModesTest, CancelEndsAWaitingNext) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  auto reader = Read({"t"});
  std::thread thread([&] { reader->stream().Cancel(); });
  absl::Status status;
  while (status.ok()) status = reader->stream().Next().status();
  thread.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

INSTANTIATE_SERVERS(LogModesTest);

}  // namespace
}  // namespace tests::migrate
