// The primary or its replica is lost in the middle of a migration. On MySQL also in the presence of tagged GTIDs.
//
// Nothing that a resumed run loses may be repaired before the swap, so it does not compare the tables.
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_process.h"
#include "tests/migrate/pair_fixture.h"
#include "tests/servers/client.h"
#include "tests/servers/server.h"

namespace tests::migrate {
namespace {

using servers::Client;
using servers::Server;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kMySqlOnly[] = "only MySQL 8.3 and later has tagged GTIDs";

class TakeoverTest : public PairTest {
 protected:
  std::string Of(const std::string& what) const { return absl::StrCat("test._", table_, what); }

  // 8,020 rows, and the primary's log files have other numbers than the replica's: a place in one means nothing in the
  // other.
  void MakeBig() {
    Execute(absl::StrCat("INSERT INTO test.", table_, " SELECT 100 + a.id * 400 + b.id * 20 + c.id, a.s FROM test.",
                         table_, " a, test.", table_, " b, test.", table_, " c"));
    for (int i = 0; i < 5; ++i) Execute("FLUSH BINARY LOGS");
  }

  std::unique_ptr<MigrateProcess> StartSlowly() {
    return std::make_unique<MigrateProcess>(Flags(
        server_->primary(), {"--allow-on-master", "--chunk-size=50", "--nice-ratio=30", "--checkpoint-seconds=1"}));
  }

  // A checkpoint that was begun after this call.
  void WaitForCheckpoint() {
    const std::string after = Ask(*primary_, "SELECT NOW() + INTERVAL 2 SECOND");
    EXPECT_TRUE(
        Eventually(*primary_, absl::StrCat("SELECT COUNT(*) FROM ", Of("_ghc"), " WHERE saved >= '", after, "'"), "1"));
  }

  // Goes on where the replica is the primary now; the new table must have the old one's rows.
  void ResumeOnReplica(const std::vector<std::string>& more) {
    std::vector<std::string> flags = {"--allow-on-master", "--resume", "--verify=false"};
    flags.insert(flags.end(), more.begin(), more.end());
    MigrateProcess resumed(Flags(server_->replica(), flags));
    ASSERT_EQ(resumed.Wait(), 0) << resumed.output();
    EXPECT_THAT(resumed.output(), AllOf(HasSubstr("going on where an earlier run stopped"), HasSubstr("after GTIDs")));
    EXPECT_EQ(Columns(*replica_, table_), "3");
    const std::string rows = Ask(*replica_, absl::StrCat("SELECT COUNT(*) FROM ", Of("_del")));
    EXPECT_EQ(Rows(*replica_, table_), rows);
    EXPECT_EQ(Ask(*replica_, absl::StrCat("SELECT COUNT(*) FROM test.", table_, " n JOIN ", Of("_del"),
                                          " o ON n.id = o.id AND n.s = o.s")),
              rows)
        << Ask(*replica_,
               absl::StrCat("SELECT GROUP_CONCAT(o.id, ': ', o.s, ' became ', IFNULL(n.s, 'nothing')) FROM ",
                            Of("_del"), " o LEFT JOIN test.", table_, " n USING (id) WHERE NOT n.s <=> o.s"));
  }
};

TEST_P(TakeoverTest, ResumesOnTheReplicaThatTookOver) {
  MakeBig();
  {
    auto migrate = StartSlowly();
    ASSERT_TRUE(Eventually(*primary_, absl::StrCat("SELECT COUNT(*) FROM ", Of("_ghc")), "1")) << migrate->output();
    // Changes that come after the checkpoint, behind and before what is copied.
    for (int i = 0; i < 20; ++i) {
      Execute(absl::StrCat("UPDATE test.", table_, " SET s = 'changed ", i, "' WHERE id IN (", i, ", ", 7000 + i, ")"));
      Execute(absl::StrCat("DELETE FROM test.", table_, " WHERE id = ", 6000 + i));
    }
    migrate->Signal(SIGKILL);
    migrate->Wait();
  }
  Promote();
  ASSERT_TRUE(replica_->Execute(absl::StrCat("UPDATE test.", table_, " SET s = 'here' WHERE id IN (3, 7003)")).ok());
  ResumeOnReplica({});
  EXPECT_EQ(Rows(*replica_, table_), absl::StrCat(20 + 8000 - 20));
  EXPECT_EQ(Ask(*replica_, absl::StrCat("SELECT s FROM test.", table_, " WHERE id = 7003")), "here");
}

// What was done under a tag before the checkpoint must not be done again behind the untagged changes that came after
// it, and what was done under a tag after the checkpoint must not be left out.
TEST_P(TakeoverTest, ResumesAmongTaggedTransactions) {
  if (!IsMySql()) GTEST_SKIP() << kMySqlOnly;
  MakeBig();
  const std::string t = absl::StrCat("test.", table_);
  {
    auto migrate = StartSlowly();
    ASSERT_TRUE(
        Eventually(*primary_, absl::StrCat("SELECT COUNT(*) > 200 FROM test._", table_, "_gho WHERE id < 1000"), "1"))
        << migrate->output();
    Execute("SET gtid_next = 'AUTOMATIC:blue'");
    Execute(absl::StrCat("UPDATE ", t, " SET s = 'blue' WHERE id < 5"));
    Execute(absl::StrCat("INSERT INTO ", t, " VALUES (-1, 'blue')"));
    Execute(absl::StrCat("DELETE FROM ", t, " WHERE id = 10"));
    Execute("SET gtid_next = 'AUTOMATIC:green'");
    Execute(absl::StrCat("UPDATE ", t, " SET s = 'green' WHERE id BETWEEN 5 AND 9"));
    Execute("SET gtid_next = 'AUTOMATIC'");
    Execute(absl::StrCat("UPDATE ", t, " SET s = 'plain' WHERE id < 10"));
    Execute(absl::StrCat("DELETE FROM ", t, " WHERE id = -1"));
    Execute(absl::StrCat("INSERT INTO ", t, " VALUES (10, 'again')"));
    ASSERT_TRUE(Eventually(*primary_, absl::StrCat("SELECT s FROM ", Of("_gho"), " WHERE id = 10"), "again"));
    WaitForCheckpoint();
    EXPECT_THAT(migrate->output(), Not(HasSubstr("catching up"))) << "the copy was too fast for this test";
    migrate->Signal(SIGKILL);
    migrate->Wait();
  }
  Execute("SET gtid_next = 'AUTOMATIC:blue'");
  Execute(absl::StrCat("UPDATE ", t, " SET s = 'blue later' WHERE id = 11"));
  Execute("SET gtid_next = 'AUTOMATIC'");
  Execute(absl::StrCat("UPDATE ", t, " SET s = 'plain later' WHERE id = 12"));
  Execute("SET gtid_next = 'AUTOMATIC:red'");
  Execute(absl::StrCat("DELETE FROM ", t, " WHERE id = 13"));
  Execute("SET gtid_next = 'AUTOMATIC'");
  Promote();
  ASSERT_TRUE(replica_->Execute("SET gtid_next = 'AUTOMATIC:blue'").ok());
  ASSERT_TRUE(replica_->Execute(absl::StrCat("UPDATE ", t, " SET s = 'blue here' WHERE id = 14")).ok());
  ASSERT_TRUE(replica_->Execute("SET gtid_next = 'AUTOMATIC'").ok());
  ResumeOnReplica({});
  EXPECT_EQ(Ask(*replica_, absl::StrCat("SELECT GROUP_CONCAT(id, '=', s ORDER BY id) FROM ", t, " WHERE id < 15")),
            "0=plain,1=plain,2=plain,3=plain,4=plain,5=plain,6=plain,7=plain,8=plain,9=plain,10=again,11=blue later,"
            "12=plain later,14=blue here");
}

// A replica whose lag counts dies, and comes back.
TEST_P(TakeoverTest, AReplicaThatDiesHoldsTheMigrationUp) {
  MakeBig();
  const auto& replica = server_->replica();
  const std::string socket = absl::StrCat("/tmp/migrate-pair-", server_->primary().port, ".sock");
  MigrateProcess migrate(
      Flags(server_->primary(), {"--allow-on-master", "--chunk-size=50", "--nice-ratio=30",
                                 absl::StrCat("--throttle-control-replicas=", replica.host, ":", replica.port)}));
  ASSERT_TRUE(migrate.WaitForOutput("State: migrating", absl::Seconds(60))) << migrate.output();
  ASSERT_TRUE(server_->Kill(Server::kReplica).ok());
  ASSERT_TRUE(migrate.WaitForOutput("State: throttled", absl::Seconds(60))) << migrate.output();
  Execute(absl::StrCat("UPDATE test.", table_, " SET s = 'meanwhile' WHERE id < 5"));
  EXPECT_EQ(Columns(*primary_, table_), "2");
  ASSERT_TRUE(server_->Restart(Server::kReplica).ok());
  replica_ = Connect(server_->replica());
  ASSERT_NE(replica_, nullptr);
  (void)replica_->Execute(IsMySql() ? "START REPLICA" : "START SLAVE");
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Columns(*primary_, table_), "3");
  EXPECT_EQ(Ask(*primary_, absl::StrCat("SELECT COUNT(*) FROM test.", table_, " n JOIN ", Of("_del"),
                                        " o ON n.id = o.id AND n.s = o.s")),
            "8020");
  EXPECT_TRUE(Eventually(*replica_,
                         absl::StrCat("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = 'test' AND "
                                      "table_name = '",
                                      table_, "'"),
                         "3"));
}

// It is the replica that is changed, and it is the replica that dies.
TEST_P(TakeoverTest, TheMigratedReplicaDiesAndTheMigrationGoesOn) {
  MakeBig();
  ASSERT_TRUE(Eventually(*replica_, absl::StrCat("SELECT COUNT(*) FROM test.", table_), "8020"));
  const std::vector<std::string> slow = {"--migrate-on-replica", "--chunk-size=50", "--nice-ratio=30",
                                         "--checkpoint-seconds=1"};
  MigrateProcess migrate(Flags(server_->replica(), slow));
  ASSERT_TRUE(Eventually(*replica_, absl::StrCat("SELECT COUNT(*) FROM ", Of("_ghc")), "1")) << migrate.output();
  Execute(absl::StrCat("UPDATE test.", table_, " SET s = 'before' WHERE id < 5"));
  ASSERT_TRUE(server_->Kill(Server::kReplica).ok());
  Execute(absl::StrCat("UPDATE test.", table_, " SET s = 'meanwhile' WHERE id BETWEEN 3 AND 9"));
  ASSERT_TRUE(server_->Restart(Server::kReplica).ok());
  replica_ = Connect(server_->replica());
  ASSERT_NE(replica_, nullptr);
  (void)replica_->Execute(IsMySql() ? "START REPLICA" : "START SLAVE");
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Columns(*replica_, table_), "3");
  EXPECT_EQ(Columns(*primary_, table_), "2");
  EXPECT_TRUE(Eventually(
      *replica_, absl::StrCat("SELECT COUNT(*) FROM test.", table_, " WHERE s IN ('before', 'meanwhile')"), "10"));
  EXPECT_EQ(Rows(*replica_, table_), "8020");
}

INSTANTIATE_TEST_SUITE_P(Servers, TakeoverTest, testing::Values(Server::kMariaDb, Server::kMySql),
                         [](const auto& info) { return info.param == Server::kMariaDb ? "MariaDb" : "MySql"; });

}  // namespace
}  // namespace tests::migrate
