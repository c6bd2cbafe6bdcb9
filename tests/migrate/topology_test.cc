// Which server a migration works on, and what happens to triggers.
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_process.h"
#include "tests/servers/client.h"
#include "tests/servers/server.h"

namespace tests::migrate {
namespace {

using servers::Client;
using servers::Endpoint;
using servers::Server;
using ::testing::AllOf;
using ::testing::HasSubstr;

class TopologyTest : public testing::TestWithParam<Server::Kind> {
 protected:
  static std::unique_ptr<Server>& Running(Server::Kind kind) {
    static auto* servers = new std::unique_ptr<Server>[2];
    return servers[kind == Server::kMariaDb ? 0 : 1];
  }

  void SetUp() override {
    std::unique_ptr<Server>& running = Running(GetParam());
    if (running == nullptr) {
      auto server = Server::Start({.kind = GetParam(), .replica = true, .flags = {"--log_slave_updates=ON"}});
      if (absl::IsUnavailable(server.status())) GTEST_SKIP() << server.status().message();
      ASSERT_TRUE(server.ok()) << server.status();
      running = *std::move(server);
    }
    server_ = running.get();
    primary_ = Connect(server_->primary());
    replica_ = Connect(server_->replica());
    static int number = 0;
    table_ = absl::StrCat("t", ++number);
    Execute(absl::StrCat("CREATE TABLE test.", table_, " (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB"));
    for (int i = 0; i < 20; ++i) Execute(absl::StrCat("INSERT INTO test.", table_, " VALUES (", i, ", 'row ", i, "')"));
    for (int i = 0; i < 600 && Rows(*replica_, table_) != "20"; ++i) absl::SleepFor(absl::Milliseconds(50));
    ASSERT_EQ(Rows(*replica_, table_), "20");
  }

  static void TearDownTestSuite() {
    Running(Server::kMariaDb).reset();
    Running(Server::kMySql).reset();
  }

  static std::unique_ptr<Client> Connect(const Endpoint& endpoint) {
    auto client = Client::Connect(
        {.host = endpoint.host, .port = endpoint.port, .user = endpoint.user, .password = endpoint.password});
    EXPECT_TRUE(client.ok()) << client.status();
    return client.ok() ? *std::move(client) : nullptr;
  }

  void Execute(const std::string& sql) {
    const absl::Status status = primary_->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }

  static std::string Ask(Client& client, const std::string& sql) {
    auto value = client.QueryValue(sql);
    return value.ok() ? *value : value.status().ToString();
  }
  static std::string Rows(Client& client, const std::string& table) {
    return Ask(client, absl::StrCat("SELECT COUNT(*) FROM test.", table));
  }
  std::string Columns(Client& client, const std::string& table) {
    return Ask(client, absl::StrCat(
                           "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema='test' AND table_name='",
                           table, "'"));
  }

  std::vector<std::string> Flags(const Endpoint& on, std::vector<std::string> more) const {
    std::vector<std::string> flags = {
        absl::StrCat("--host=", on.host),
        absl::StrCat("--port=", on.port),
        absl::StrCat("--user=", on.user),
        absl::StrCat("--password=", on.password),
        "--database=test",
        absl::StrCat("--table=", table_),
        "--alter=ADD COLUMN added INT",
        "--execute",
        "--explain",
        "--max-lag-millis=60000",
        absl::StrCat("--serve-socket-file=/tmp/migrate-topology-", server_->primary().port, ".sock")};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  }

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

  Server* server_ = nullptr;
  std::unique_ptr<Client> primary_;
  std::unique_ptr<Client> replica_;
  std::string table_;
};

TEST_P(TopologyTest, AReplicaLeadsToItsPrimary) {
  MigrateProcess migrate(Flags(server_->replica(), {}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("working on its primary"));
  EXPECT_EQ(Columns(*primary_, table_), "3");
  for (int i = 0; i < 600 && Columns(*replica_, table_) != "3"; ++i) absl::SleepFor(absl::Milliseconds(50));
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
  for (int i = 0; i < 600 && Rows(*replica_, table_) != "19"; ++i) absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(Rows(*replica_, table_), "19");
  EXPECT_TRUE(replica_->Execute(absl::StrCat("DROP TABLE test._", table_, "_gho, test._", table_, "_ghc")).ok());
}

TEST_P(TopologyTest, ReplicationGoesOnWhereItMustNotBeStopped) {
  MigrateProcess migrate(
      Flags(server_->replica(), {"--test-on-replica", "--test-on-replica-skip-replica-stop", "--verify=false"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  Execute(absl::StrCat("DELETE FROM test.", table_, " WHERE id = 3"));
  for (int i = 0; i < 600 && Rows(*replica_, table_) != "19"; ++i) absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(Rows(*replica_, table_), "19");
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
  const bool mysql = GetParam() == Server::kMySql;
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
  const bool mysql = GetParam() == Server::kMySql;
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

// The primary is lost in the middle of a migration; its replica takes over, and the migration goes on there by GTID.
TEST_P(TopologyTest, ResumesOnTheReplicaThatTookOver) {
  Execute(absl::StrCat("INSERT INTO test.", table_, " SELECT 100 + a.id * 400 + b.id * 20 + c.id, a.s FROM test.",
                       table_, " a, test.", table_, " b, test.", table_, " c"));
  // Its log files have other numbers than the replica's: a place in one means nothing in the other.
  for (int i = 0; i < 5; ++i) Execute("FLUSH BINARY LOGS");
  {
    MigrateProcess migrate(Flags(
        server_->primary(), {"--allow-on-master", "--chunk-size=50", "--nice-ratio=30", "--checkpoint-seconds=1"}));
    const std::string checkpoint = absl::StrCat("SELECT COUNT(*) FROM test._", table_, "_ghc");
    for (int i = 0; i < 600 && Ask(*primary_, checkpoint) != "1"; ++i) absl::SleepFor(absl::Milliseconds(50));
    ASSERT_EQ(Ask(*primary_, checkpoint), "1") << migrate.output();
    // Changes that come after the checkpoint, behind and before what is copied.
    for (int i = 0; i < 20; ++i) {
      Execute(absl::StrCat("UPDATE test.", table_, " SET s = 'changed ", i, "' WHERE id IN (", i, ", ", 7000 + i, ")"));
      Execute(absl::StrCat("DELETE FROM test.", table_, " WHERE id = ", 6000 + i));
    }
    migrate.Signal(SIGKILL);
    migrate.Wait();
  }
  Execute("CREATE TABLE test.last_word (id INT PRIMARY KEY)");
  for (int i = 0; i < 600 && Rows(*replica_, "last_word") != "0"; ++i) absl::SleepFor(absl::Milliseconds(50));
  ASSERT_EQ(Rows(*replica_, "last_word"), "0");
  const bool mysql = GetParam() == Server::kMySql;
  ASSERT_TRUE(replica_->Execute(mysql ? "STOP REPLICA" : "STOP SLAVE").ok());
  ASSERT_TRUE(replica_->Execute(mysql ? "RESET REPLICA ALL" : "RESET SLAVE ALL").ok());
  // It writes now.
  (void)replica_->Execute("SET GLOBAL super_read_only = OFF");
  (void)replica_->Execute("SET GLOBAL read_only = OFF");
  ASSERT_TRUE(replica_->Execute(absl::StrCat("UPDATE test.", table_, " SET s = 'here' WHERE id IN (3, 7003)")).ok());

  MigrateProcess resumed(Flags(server_->replica(), {"--allow-on-master", "--resume"}));
  EXPECT_EQ(resumed.Wait(), 0) << resumed.output();
  EXPECT_THAT(resumed.output(), AllOf(HasSubstr("going on where an earlier run stopped"), HasSubstr("after GTIDs")));
  EXPECT_EQ(Columns(*replica_, table_), "3");
  EXPECT_EQ(Ask(*replica_, absl::StrCat("SELECT COUNT(*) FROM test.", table_, " n JOIN test._", table_,
                                        "_del o ON n.id = o.id AND n.s = o.s")),
            Rows(*replica_, absl::StrCat("_", table_, "_del")));
  EXPECT_EQ(Rows(*replica_, table_), absl::StrCat(20 + 8000 - 20));
  EXPECT_EQ(Ask(*replica_, absl::StrCat("SELECT s FROM test.", table_, " WHERE id = 7003")), "here");
  // The pair is no pair any more.
  Running(GetParam()).reset();
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
