// Which server a migration works on, and what happens to triggers.
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_process.h"
#include "tests/migrate/pair_fixture.h"
#include "tests/servers/server.h"

namespace tests::migrate {
namespace {

using servers::Endpoint;
using servers::Server;
using ::testing::AllOf;
using ::testing::HasSubstr;

class TopologyTest : public PairTest {
 protected:
  // A folder with hooks for stopping, which ends with `stop`, and starting replication.
  std::string MakeHooks(const std::string& stop) const {
    std::string folder = absl::StrCat(std::getenv("TEST_TMPDIR"), "/", table_, "-hooks");
    mkdir(folder.c_str(), 0755);
    for (const std::string event : {"stop-replication", "start-replication"}) {
      const std::string path = absl::StrCat(folder, "/gh-ost-on-", event);
      std::ofstream(path) << "#!/bin/sh\necho " << event << " >> " << folder << "/events\n"
                          << (event == "stop-replication" ? stop : "true") << "\n";
      chmod(path.c_str(), 0755);
    }
    return folder;
  }
  static std::string ReadEvents(const std::string& folder) {
    std::stringstream text;
    text << std::ifstream(absl::StrCat(folder, "/events")).rdbuf();
    return text.str();
  }
};

TEST_P(TopologyTest, AReplicaLeadsToItsPrimary) {
  MigrateProcess migrate(Flags(server_->replica(), {}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("working on its primary"));
  EXPECT_EQ(Columns(*primary_, table_), "3");
  for (int i = 0; i < 1200 && Columns(*replica_, table_) != "3"; ++i) absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(Columns(*replica_, table_), "3");
  EXPECT_EQ(Rows(*replica_, table_), "20");
}

TEST_P(TopologyTest, ThePrimaryIsWorkedOnByPermissionOnly) {
  MigrateProcess migrate(Flags(server_->primary(), {}));
  EXPECT_EQ(migrate.Wait(), 1) << migrate.output();
  EXPECT_THAT(migrate.output(), AllOf(HasSubstr("It seems like this migration attempt to run directly on master"),
                                      HasSubstr("To proceed please provide --allow-on-master")));
  EXPECT_EQ(Columns(*primary_, table_), "2");
}

TEST_P(TopologyTest, MigrateOnReplicaNeedsOne) {
  MigrateProcess migrate(Flags(server_->primary(), {"--migrate-on-replica"}));
  EXPECT_EQ(migrate.Wait(), 1) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("is not a replica"));
}

TEST_P(TopologyTest, MigrateOnReplicaLeavesThePrimaryAlone) {
  MigrateProcess migrate(Flags(server_->replica(), {"--migrate-on-replica"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Columns(*primary_, table_), "2");
  EXPECT_EQ(Columns(*replica_, table_), "3");
  EXPECT_EQ(Rows(*replica_, table_), "20");
}

TEST_P(TopologyTest, TestOnReplicaKeepsBothTables) {
  const std::string hooks = MakeHooks("true");
  MigrateProcess migrate(Flags(server_->replica(), {"--test-on-replica", absl::StrCat("--hooks-path=", hooks)}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(ReadEvents(hooks), "stop-replication\n");
  EXPECT_THAT(migrate.output(), HasSubstr("test on replica"));
  EXPECT_EQ(Columns(*replica_, table_), "2");
  EXPECT_EQ(Columns(*replica_, absl::StrCat("_", table_, "_gho")), "3");
  EXPECT_EQ(Rows(*replica_, absl::StrCat("_", table_, "_gho")), "20");
  EXPECT_TRUE(replica_->Execute("START SLAVE").ok() || replica_->Execute("START REPLICA").ok());
}

TEST_P(TopologyTest, ReplicationGoesOnAfterATestThatFails) {
  const std::string hooks = MakeHooks("false");
  MigrateProcess migrate(Flags(server_->replica(), {"--test-on-replica", absl::StrCat("--hooks-path=", hooks)}));
  EXPECT_EQ(migrate.Wait(), 1) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("gh-ost-on-stop-replication ended with code 1"));
  EXPECT_EQ(ReadEvents(hooks), "stop-replication\nstart-replication\n");
  Execute(absl::StrCat("DELETE FROM test.", table_, " WHERE id = 3"));
  EXPECT_TRUE(Eventually(*replica_, absl::StrCat("SELECT COUNT(*) FROM test.", table_), "19"));
  EXPECT_TRUE(replica_->Execute(absl::StrCat("DROP TABLE test._", table_, "_gho, test._", table_, "_ghc")).ok());
}

TEST_P(TopologyTest, ReplicationGoesOnWhereItMustNotBeStopped) {
  MigrateProcess migrate(
      Flags(server_->replica(), {"--test-on-replica", "--test-on-replica-skip-replica-stop", "--verify=false"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  Execute(absl::StrCat("DELETE FROM test.", table_, " WHERE id = 3"));
  EXPECT_TRUE(Eventually(*replica_, absl::StrCat("SELECT COUNT(*) FROM test.", table_), "19"));
}

TEST_P(TopologyTest, ThePrimaryIsNamedWithItsOwnUser) {
  const Endpoint& primary = server_->primary();
  Execute("CREATE USER IF NOT EXISTS writer@'%' IDENTIFIED BY 'other'");
  Execute("GRANT ALL ON *.* TO writer@'%'");
  auto flags = [&](const std::string& password) {
    return Flags(server_->replica(), {absl::StrCat("--assume-master-host=", primary.host, ":", primary.port),
                                      "--master-user=writer", absl::StrCat("--master-password=", password)});
  };
  MigrateProcess refused(flags("wrong"));
  EXPECT_EQ(refused.Wait(), 1) << refused.output();
  EXPECT_THAT(refused.output(), HasSubstr("Access denied for user 'writer'"));
  MigrateProcess migrate(flags("other"));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Columns(*primary_, table_), "3");
}

TEST_P(TopologyTest, TwoPrimariesOfEachOther) {
  const bool mysql = IsMySql();
  const Endpoint& replica = server_->replica();
  Execute(
      mysql ? absl::StrCat("CHANGE REPLICATION SOURCE TO SOURCE_HOST='", replica.host, "', SOURCE_PORT=", replica.port)
            : absl::StrCat("CHANGE MASTER TO MASTER_HOST='", replica.host, "', MASTER_PORT=", replica.port));
  MigrateProcess refused(Flags(replica, {}));
  EXPECT_EQ(refused.Wait(), 1) << refused.output();
  EXPECT_THAT(refused.output(), AllOf(HasSubstr("master-master"), HasSubstr("--allow-master-master")));
  MigrateProcess migrate(Flags(replica, {"--allow-master-master"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Columns(*primary_, table_), "3");
  Execute(mysql ? "RESET REPLICA ALL" : "RESET SLAVE ALL");
}

TEST_P(TopologyTest, AReplicaThatIsBehindHoldsTheMigrationUp) {
  const bool mysql = IsMySql();
  ASSERT_TRUE(replica_->Execute(mysql ? "STOP REPLICA" : "STOP SLAVE").ok());
  const Endpoint& replica = server_->replica();
  MigrateProcess migrate(
      Flags(server_->primary(),
            {"--allow-on-master", absl::StrCat("--throttle-control-replicas=", replica.host, ":", replica.port)}));
  EXPECT_TRUE(migrate.WaitForOutput("State: throttled", absl::Seconds(60))) << migrate.output();
  EXPECT_EQ(Columns(*primary_, table_), "2");
  ASSERT_TRUE(replica_->Execute(mysql ? "START REPLICA" : "START SLAVE").ok());
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Columns(*primary_, table_), "3");
}

TEST_P(TopologyTest, TriggersComeAlongUnderANewName) {
  Execute("CREATE TABLE IF NOT EXISTS test.audit (id INT)");
  Execute("DELETE FROM test.audit");
  Execute(absl::StrCat("CREATE TRIGGER test.", table_, "_tr AFTER INSERT ON test.", table_,
                       " FOR EACH ROW INSERT INTO test.audit VALUES (NEW.id)"));
  MigrateProcess migrate(
      Flags(server_->primary(), {"--allow-on-master", "--include-triggers", "--trigger-suffix=_new"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Rows(*primary_, "audit"), "0") << "copied rows are not inserts";
  Execute(absl::StrCat("INSERT INTO test.", table_, " (id, s) VALUES (100, 'x')"));
  EXPECT_EQ(Rows(*primary_, "audit"), "1");
  EXPECT_EQ(
      Ask(*primary_,
          absl::StrCat("SELECT trigger_name FROM information_schema.triggers WHERE event_object_table='", table_, "'")),
      absl::StrCat(table_, "_tr_new"));
}

TEST_P(TopologyTest, ATriggerLosesTheSuffixThatItHas) {
  Execute("CREATE TABLE IF NOT EXISTS test.audit (id INT)");
  Execute(absl::StrCat("CREATE TRIGGER test.", table_, "_tr_new AFTER INSERT ON test.", table_,
                       " FOR EACH ROW INSERT INTO test.audit VALUES (NEW.id)"));
  MigrateProcess migrate(Flags(server_->primary(), {"--allow-on-master", "--include-triggers", "--trigger-suffix=_new",
                                                    "--remove-trigger-suffix-if-exists", "--ok-to-drop-table"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(
      Ask(*primary_,
          absl::StrCat("SELECT trigger_name FROM information_schema.triggers WHERE event_object_table='", table_, "'")),
      absl::StrCat(table_, "_tr"));
}

TEST_P(TopologyTest, InstantWhereTheServerCan) {
  MigrateProcess migrate(Flags(server_->primary(), {"--allow-on-master", "--attempt-instant-ddl"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("ALGORITHM=INSTANT"));
  EXPECT_EQ(Columns(*primary_, table_), "3");
  EXPECT_EQ(Ask(*primary_, absl::StrCat("SELECT COUNT(*) FROM information_schema.tables WHERE table_name LIKE '\\_",
                                        table_, "\\_%'")),
            "0");
}

INSTANTIATE_TEST_SUITE_P(Servers, TopologyTest, testing::Values(Server::kMariaDb, Server::kMySql),
                         [](const auto& info) { return info.param == Server::kMariaDb ? "MariaDb" : "MySql"; });

}  // namespace
}  // namespace tests::migrate
