// A server on a bad day: lock waits and deadlocks, small packets, a log that is rotated, cut off or purged. In each
// test the trouble is made on purpose and seen to have been met; then the new table must be what the old one is. The
// program's own comparison, which would repair, is off.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_fixture.h"

namespace tests::migrate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTimeout[] = "Lock wait timeout exceeded";
constexpr char kDeadlock[] = "Deadlock found";

class TroubleTest : public MigrateTest {
 protected:
  void SetUp() override {
    MigrateTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Execute("CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(60)) ENGINE=InnoDB");
    Fill("t", "id, n, s", "i, i, CONCAT('row ', i)", 20000);
    postpone_ = absl::StrCat(std::getenv("TEST_TMPDIR"), "/postpone-", database_, GetParam());
    other_ = Connect();
    ASSERT_NE(other_, nullptr);
  }

  void Start(std::vector<std::string> more) {
    more.insert(more.end(), {"--execute", "--verify=false", "--threads=1"});
    migrate_ = std::make_unique<MigrateProcess>(Flags("t", "ADD COLUMN added INT", more));
  }
  // The copy is over then, and the swap waits until Finish().
  void StartAndPostpone(std::vector<std::string> more) {
    std::ofstream(postpone_) << "\n";
    more.push_back(absl::StrCat("--postpone-cut-over-flag-file=", postpone_));
    Start(more);
    ASSERT_TRUE(migrate_->WaitForOutput("postponing cut-over", absl::Seconds(120))) << migrate_->output();
  }
  void Finish() {
    unlink(postpone_.c_str());
    ASSERT_EQ(migrate_->Wait(), 0) << migrate_->output();
    const std::string rows = Value("SELECT COUNT(*) FROM _t_del");
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), rows);
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t JOIN _t_del o USING (id) WHERE t.n <=> o.n AND t.s <=> o.s"), rows);
  }

  // On the session that gets in the way.
  void Other(const std::string& sql) {
    const absl::Status status = other_->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }

  bool SomeoneWaitsForALock() {
    for (int i = 0; i < 300; ++i) {
      if (Value("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'") != "0") return true;
      // The server looks anew only when nobody has asked for 0.1 s.
      absl::SleepFor(absl::Milliseconds(200));
    }
    return false;
  }

  std::string postpone_;
  std::unique_ptr<MigrateProcess> migrate_;
  std::unique_ptr<Client> other_;
};

TEST_P(TroubleTest, TheCopyWaitsTooLongForALock) {
  Other("BEGIN");
  Other("UPDATE t SET n = -1 WHERE id = 500");
  Start({"--debug"});
  ASSERT_TRUE(migrate_->WaitForOutput(kTimeout, absl::Seconds(120))) << migrate_->output();
  Other("COMMIT");
  Finish();
  EXPECT_EQ(Value("SELECT n FROM t WHERE id = 500"), "-1");
}

// Which the copy needs to know before it can begin.
TEST_P(TroubleTest, TheFirstRowIsLocked) {
  Other("BEGIN");
  Other("UPDATE t SET n = -1 WHERE id = 1");
  Start({"--debug"});
  ASSERT_TRUE(migrate_->WaitForOutput(kTimeout, absl::Seconds(120))) << migrate_->output();
  Other("COMMIT");
  Finish();
}

TEST_P(TroubleTest, TheCopyGivesUpAfterSoManyTries) {
  Other("BEGIN");
  Other("UPDATE t SET n = -1 WHERE id = 500");
  Start({"--debug", "--default-retries=1"});
  EXPECT_EQ(migrate_->Wait(), 1) << migrate_->output();
  EXPECT_THAT(migrate_->output(), AllOf(HasSubstr("attempt 1 failed"), Not(HasSubstr("attempt 2 failed")),
                                        HasSubstr(kTimeout), HasSubstr("`t` is unchanged")));
  Other("ROLLBACK");
}

// The other transaction has changed more, so it is the copy that the server ends.
TEST_P(TroubleTest, TheCopyLosesADeadlock) {
  Other("BEGIN");
  Other("UPDATE t SET n = n + 1 WHERE id BETWEEN 10001 AND 19000");
  Other("UPDATE t SET n = -1 WHERE id = 450");
  Start({"--debug", "--chunk-size=500"});
  ASSERT_TRUE(SomeoneWaitsForALock()) << migrate_->output();
  Other("UPDATE t SET n = -2 WHERE id = 1");
  Other("COMMIT");
  Finish();
  EXPECT_THAT(migrate_->output(), HasSubstr(kDeadlock));
  EXPECT_EQ(Value("SELECT CONCAT(SUM(n = -1), SUM(n = -2), SUM(n = id + 1)) FROM t"), "119000");
}

TEST_P(TroubleTest, TheApplierWaitsTooLongForALock) {
  StartAndPostpone({"--debug"});
  Other("BEGIN");
  Other("SELECT COUNT(*) FROM _t_gho WHERE id < 100 FOR UPDATE");
  Execute("UPDATE t SET n = -n WHERE id BETWEEN 50 AND 150");
  Execute("DELETE FROM t WHERE id BETWEEN 80 AND 90");
  ASSERT_TRUE(migrate_->WaitForOutput(kTimeout, absl::Seconds(120))) << migrate_->output();
  Other("ROLLBACK");
  Finish();
}

TEST_P(TroubleTest, TheApplierLosesADeadlock) {
  StartAndPostpone({"--debug", "--dml-batch-size=1000"});
  Other("BEGIN");
  Other("UPDATE _t_gho SET n = n + 1 WHERE id > 10000");
  Other("SELECT id FROM _t_gho WHERE id = 450 FOR UPDATE");
  Execute("DELETE FROM t WHERE id <= 500");
  ASSERT_TRUE(SomeoneWaitsForALock()) << migrate_->output();
  // The server deletes in the order of the key.
  Other("UPDATE _t_gho SET n = -2 WHERE id = 1");
  Other("ROLLBACK");
  Finish();
  EXPECT_THAT(migrate_->output(), HasSubstr(kDeadlock));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), "19500");
}

// Rows whose text is longer than a statement may be, and rows of which a few are.
TEST_P(TroubleTest, SmallPackets) {
  const std::string before = Value("SELECT @@GLOBAL.max_allowed_packet");
  Execute(absl::StrCat("SET GLOBAL max_allowed_packet = ", 128 << 10));
  client_ = Connect();
  Execute("DROP TABLE t");
  Execute("CREATE TABLE t (id INT PRIMARY KEY, n INT, s LONGBLOB) ENGINE=InnoDB");
  Fill("t", "id, n, s", "i, i, REPEAT(x'00', i * 1000)", 120);
  StartAndPostpone({});
  Execute("UPDATE t SET s = REPEAT(x'27', 40000 + id * 650)");
  Execute("UPDATE t SET n = -n WHERE id < 20");
  Execute("INSERT INTO t SELECT id + 1000, n, REPEAT('\\\\', id * 1000) FROM t");
  Finish();
  EXPECT_EQ(Value("SELECT SUM(LENGTH(s)) FROM t"), absl::StrCat(120 * 40000 + 650 * 7260 + 1000 * 7260));
  Execute(absl::StrCat("SET GLOBAL max_allowed_packet = ", before));
}

TEST_P(TroubleTest, TheLogIsRotatedAndItsConnectionKilled) {
  for (const char* by : {"--gtid=false", "--gtid"}) {
    SCOPED_TRACE(by);
    StartAndPostpone({by, "--initially-drop-old-table"});
    for (int i = 0; i < 6; ++i) {
      Execute(absl::StrCat("UPDATE t SET n = n + 1 WHERE id BETWEEN ", 100 * i, " AND ", 100 * i + 150));
      const std::string reader = Value(
          "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%' ORDER BY id DESC LIMIT 1");
      if (i % 2 == 0) Execute("FLUSH BINARY LOGS");
      if (reader != "no row") (void)client_->Execute(absl::StrCat("KILL ", reader));
      if (i % 3 == 0) Execute("FLUSH BINARY LOGS");
      Execute(absl::StrCat("DELETE FROM t WHERE id = ", 1000 + i));
    }
    ASSERT_TRUE(migrate_->WaitForOutput("the binary log stream was lost", absl::Seconds(60))) << migrate_->output();
    Finish();
    Execute("ALTER TABLE t DROP COLUMN added");
  }
}

TEST_P(TroubleTest, AServerThatStaysAway) {
  StartAndPostpone({"--binlogsyncer-max-reconnect-attempts=2", "--default-retries=2"});
  ASSERT_TRUE(server().Stop(Server::kPrimary).ok());
  EXPECT_EQ(migrate_->Wait(), 1) << migrate_->output();
  EXPECT_THAT(migrate_->output(), AllOf(HasSubstr("2 attempts to open it again failed"), HasSubstr("`t` is unchanged"),
                                        HasSubstr("_t_gho")));
  ASSERT_TRUE(server().Restart(Server::kPrimary).ok());
  client_ = Connect();
  ASSERT_NE(client_, nullptr);
  Execute("UPDATE t SET n = -n WHERE id < 100");
  Start({"--resume"});
  Finish();
}

// What is no longer in the log cannot be made up for: the old table stays, and the error says why.
TEST_P(TroubleTest, ALogThatWasPurgedEndsAResumedRun) {
  Start({"--chunk-size=10", "--nice-ratio=20", "--checkpoint-seconds=1"});
  ASSERT_TRUE(migrate_->WaitForOutput("State: migrating", absl::Seconds(60))) << migrate_->output();
  for (int i = 0; i < 1200 && Value("SELECT COUNT(*) FROM _t_ghc") == "0"; ++i) absl::SleepFor(absl::Milliseconds(50));
  migrate_->Signal(SIGKILL);
  migrate_->Wait();
  Execute("UPDATE t SET n = -n WHERE id < 100");
  Execute("FLUSH BINARY LOGS");
  const std::string last = Value(IsMariaDb() ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS");
  // A server keeps a file while it believes that a replica, of an earlier run, still reads it.
  for (int i = 0; i < 1200 && Value("SHOW BINARY LOGS") != last; ++i) {
    Execute(absl::StrCat("PURGE BINARY LOGS TO '", last, "'"));
    absl::SleepFor(absl::Milliseconds(50));
  }
  ASSERT_EQ(Value("SHOW BINARY LOGS"), last);
  for (const char* by : {"--gtid=false", "--gtid"}) {
    Start({"--resume", by});
    EXPECT_EQ(migrate_->Wait(), 1) << migrate_->output();
    EXPECT_THAT(migrate_->output(), AllOf(HasSubstr("the server cannot send its binary log from "),
                                          HasSubstr("if the log was purged"), HasSubstr("`t` is unchanged")));
    if (Tables() == "t") break;  // nothing is left to go on with
  }
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE n < 0"), "99");
}

INSTANTIATE_TEST_SUITE_P(Servers, TroubleTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
