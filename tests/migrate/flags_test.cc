// What single flags do, as far as no other test needs them anyway. Small tables; flags that go together share a run.
#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/control_client.h"
#include "tests/migrate/migrate_fixture.h"

namespace tests::migrate {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class FlagsTest : public MigrateTest {
 protected:
  void SetUp() override {
    MigrateTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB");
    Fill("t", "id, s", "i, CONCAT('row ', i)", 2000);
  }

  // Runs a change with `more` flags until its end; its output.
  std::string Run(std::vector<std::string> more, int code = 0, const std::string& alter = "ADD COLUMN added INT") {
    more.push_back("--execute");
    MigrateProcess migrate(Flags("t", alter, more));
    EXPECT_EQ(migrate.Wait(), code) << migrate.output();
    return migrate.output();
  }

  std::string Path(const std::string& name) const {
    return absl::StrCat(std::getenv("TEST_TMPDIR"), "/", database_, GetParam(), name);
  }
  static std::string ReadFile(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::string Columns() {
    return Value(
        "SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.columns WHERE "
        "table_schema = DATABASE() AND table_name = 't'");
  }
};

TEST_P(FlagsTest, NamesOfTables) {
  Run({"--force-table-names=other", "--checkpoint=false"});
  EXPECT_EQ(Tables(), "_other_del,t");
  Run({"--timestamp-old-table"}, 0, "DROP COLUMN added");
  EXPECT_THAT(Tables(), ContainsRegex("^_other_del,_t_20[0-9]{12}_del,t$"));
  Run({"--ok-to-drop-table", "--force-table-names=other", "--initially-drop-old-table",
       "--analyze-ghost-table-before-cutover", "--cut-over-exponential-backoff",
       "--exponential-backoff-max-interval=4"});
  EXPECT_THAT(Tables(), ContainsRegex("^_t_20[0-9]{12}_del,t$"));
}

TEST_P(FlagsTest, ForeignKeysAreGivenUpOnlyWhereAskedFor) {
  Execute("CREATE TABLE p (id INT PRIMARY KEY) ENGINE=InnoDB");
  Execute("INSERT INTO p SELECT id FROM t");
  Execute("ALTER TABLE t ADD CONSTRAINT to_p FOREIGN KEY (id) REFERENCES p (id)");
  const std::string keys =
      "SELECT COUNT(*) FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND table_name = 't' "
      "AND referenced_table_name IS NOT NULL";
  EXPECT_THAT(Run({}, 1), HasSubstr("Child-side foreign keys are not supported"));
  EXPECT_EQ(Value(keys), "1");
  Run({"--discard-foreign-keys"});
  EXPECT_EQ(Value(keys), "0");
  EXPECT_EQ(Tables(), "_t_del,p,t");
  Execute("DROP TABLE _t_del");
  Execute("ALTER TABLE t ADD CONSTRAINT again FOREIGN KEY (id) REFERENCES p (id)");
  Run({"--skip-foreign-key-checks"}, 0, "DROP COLUMN added");
  EXPECT_EQ(Columns(), "id,s");
}

TEST_P(FlagsTest, RenamedColumns) {
  EXPECT_THAT(Run({}, 2, "CHANGE s z VARCHAR(60)"), HasSubstr("s -> z"));
  Run({"--skip-renamed-columns"}, 0, "CHANGE s z VARCHAR(60)");
  EXPECT_EQ(Value("SELECT CONCAT(COUNT(*), ',', COUNT(z)) FROM t"), "2000,0");
}

TEST_P(FlagsTest, WarningsOfTheCopy) {
  EXPECT_THAT(Run({}, 1, "MODIFY s VARCHAR(4)"), HasSubstr("the new definition would change data"));
  // Not by the copy then, but by the comparison.
  EXPECT_THAT(Run({"--panic-on-warnings=false"}, 1, "MODIFY s VARCHAR(4)"), HasSubstr("would become 'row '"));
  EXPECT_EQ(Tables(), "t");
}

TEST_P(FlagsTest, StatementFormatIsRefusedOrSwitched) {
  Execute("SET GLOBAL binlog_format = 'STATEMENT'");
  EXPECT_THAT(Run({}, 1), HasSubstr("You must be using ROW binlog format"));
  Run({"--switch-to-rbr"});
  EXPECT_EQ(Value("SELECT @@GLOBAL.binlog_format"), "ROW");
  Execute("SET GLOBAL binlog_format = 'MIXED'");
  Run({"--assume-rbr", "--initially-drop-old-table"}, 0, "DROP COLUMN added");
  Execute("SET GLOBAL binlog_format = 'ROW'");
}

TEST_P(FlagsTest, PrivilegesAndEngine) {
  Execute("CREATE USER IF NOT EXISTS little@'%' IDENTIFIED BY 'secret'");
  Execute(absl::StrCat("GRANT ALL ON ", database_, ".* TO little@'%'"));
  const std::vector<std::string> little = {"--user=little", "--password=secret"};
  EXPECT_THAT(Run({little[0], little[1], "--allow-on-master"}, 1),
              HasSubstr("User has insufficient privileges for migration"));
  EXPECT_THAT(Run({little[0], little[1], "--allow-on-master=false"}, 1),
              AllOf(HasSubstr("cannot see whether"), HasSubstr("Access denied"), HasSubstr("`t` is unchanged")));
  EXPECT_THAT(Run({"--storage-engine=rocksdb"}, 1), HasSubstr("engine innodb"));
  EXPECT_EQ(Tables(), "t");
}

// As the DBA's my.cnf and the environment give them.
TEST_P(FlagsTest, ConfFile) {
  std::ofstream(Path("conf")) << "[client]\nuser=" << primary().user << "\npassword=" << primary().password << "\n";
  std::vector<std::string> flags;
  for (const std::string& flag : Flags("t", "ADD COLUMN added INT", {"--execute", "--mysql-timeout=5"})) {
    if (!absl::StartsWith(flag, "--user") && !absl::StartsWith(flag, "--password")) flags.push_back(flag);
  }
  flags.push_back(absl::StrCat("--conf=", Path("conf")));
  MigrateProcess migrate(flags);
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
}

TEST_P(FlagsTest, WhatHasNoEffectSaysSo) {
  const std::string output =
      Run({"--tungsten", "--aliyun-rds", "--gcp", "--azure", "--stack", "--statsd-addr=x:1", "--statsd-tags=a",
           "--skip-port-validation", "--skip-metadata-lock-check", "--charset=latin1"});
  for (const char* flag : {"tungsten", "aliyun-rds", "gcp", "azure", "stack", "statsd-addr", "statsd-tags",
                           "skip-port-validation", "skip-metadata-lock-check", "charset"}) {
    EXPECT_THAT(output, HasSubstr(absl::StrCat("migrate: --", flag, " has no effect: ")));
  }
}

TEST_P(FlagsTest, HowMuchIsSaid) {
  const std::string quiet = Run({"--quiet"});
  EXPECT_EQ(std::count(quiet.begin(), quiet.end(), '\n'), 1) << quiet;
  EXPECT_THAT(Run({"--verbose", "--initially-drop-old-table"}, 0, "DROP COLUMN added"), HasSubstr("cut-over done"));
  EXPECT_THAT(Run({"--debug", "--initially-drop-old-table", "--allow-setup-metadata-lock-instruments",
                   "--binlogsyncer-max-reconnect-attempts=3", "--dml-batch-size=7", "--heartbeat-interval-millis=500"}),
              HasSubstr("cut-over done"));
  MigrateProcess version({"--version"});
  EXPECT_EQ(version.Wait(), 0);
  EXPECT_THAT(version.output(), StartsWith("migrate "));
  MigrateProcess help({"-help"});
  EXPECT_EQ(help.Wait(), 0);
  EXPECT_THAT(help.output(), AllOf(HasSubstr("--alter"), HasSubstr("Cut-over")));
  // Neither a server nor a change is needed.
  MigrateProcess check({"--check-flag", "--database=x", "--table=y", "--alter=ADD c INT", "--port=1"});
  EXPECT_EQ(check.Wait(), 0) << check.output();
}

TEST_P(FlagsTest, MetricsOfARun) {
  std::ofstream(Path("postpone")) << "\n";
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT",
                               {"--execute", absl::StrCat("--metrics-file=", Path("metrics")),
                                absl::StrCat("--throttle-additional-flag-file=", Path("throttle")),
                                absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))}));
  ASSERT_TRUE(migrate.WaitForOutput("postponing cut-over", absl::Seconds(60))) << migrate.output();
  Execute("UPDATE t SET s = 'changed' WHERE id <= 30");
  std::ofstream(Path("throttle")) << "\n";
  EXPECT_TRUE(migrate.WaitForOutput(absl::StrCat("throttled: flag-file ", Path("throttle")), absl::Seconds(60)));
  unlink(Path("throttle").c_str());
  unlink(Path("postpone").c_str());
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(
      ReadFile(Path("metrics")),
      AllOf(HasSubstr("migrate_rows_copied_total 2000\n"), HasSubstr("migrate_changes_applied_total 30\n"),
            HasSubstr("migrate_lag_seconds "), HasSubstr("migrate_throttled{reason=\"flag-file\"} 0\n"),
            HasSubstr("migrate_chunk_seconds_bucket{le=\"0.1\"}"), HasSubstr("migrate_chunk_seconds_count"),
            ContainsRegex("migrate_cut_over_lock_seconds 0\\.[0-9]*[1-9]"), HasSubstr("migrate_binlog_events_total")));
}

TEST_P(FlagsTest, ZeroDatesInTheNewDefinitionWhereAllowed) {
  const std::string mode = Value("SELECT @@GLOBAL.sql_mode");
  const std::string alter = "ADD COLUMN added DATE NOT NULL DEFAULT '0000-00-00'";
  Execute("SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'");
  EXPECT_THAT(Run({}, 1, alter), HasSubstr("Invalid default value for 'added'"));
  Run({"--allow-zero-in-date"}, 0, alter);
  Execute(absl::StrCat("SET GLOBAL sql_mode = '", mode, "'"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE CAST(added AS CHAR) = '0000-00-00'"), "2000");
}

// A value that comes through the log and does not fit.
TEST_P(FlagsTest, StrictModeEndsTheMigrationUnlessSkipped) {
  Execute("UPDATE t SET s = 'abc'");
  for (const bool strict : {true, false}) {
    std::ofstream(Path("postpone")) << "\n";
    MigrateProcess migrate(Flags("t", "MODIFY s VARCHAR(4)",
                                 {"--execute", strict ? "--skip-strict-mode=false" : "--skip-strict-mode",
                                  absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))}));
    ASSERT_TRUE(migrate.WaitForOutput("postponing cut-over", absl::Seconds(60))) << migrate.output();
    Execute("UPDATE t SET s = 'abcdef' WHERE id = 7");
    if (!strict) unlink(Path("postpone").c_str());
    EXPECT_EQ(migrate.Wait(), strict ? 1 : 0) << migrate.output();
    if (strict) {
      EXPECT_THAT(migrate.output(), AllOf(HasSubstr("Data too long"), HasSubstr("`t` is unchanged")));
      Execute("DROP TABLE IF EXISTS _t_gho, _t_ghc");
      Execute("UPDATE t SET s = 'abc'");
    }
  }
  EXPECT_EQ(Value("SELECT s FROM t WHERE id = 7"), "abcd");
}

TEST_P(FlagsTest, HowTheLogIsFollowed) {
  EXPECT_THAT(Run({"--explain"}), Not(HasSubstr("after GTIDs")));
  EXPECT_THAT(Run({"--explain", "--gtid", "--initially-drop-old-table"}, 0, "DROP COLUMN added"),
              HasSubstr("(after GTIDs "));
  std::ofstream(Path("postpone")) << "\n";
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT",
                               {"--execute", "--replica-server-id=4711", "--initially-drop-old-table",
                                absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))}));
  ASSERT_TRUE(migrate.WaitForOutput("postponing cut-over", absl::Seconds(60))) << migrate.output();
  bool seen = false;
  const auto replicas = client_->Query(IsMariaDb() ? "SHOW SLAVE HOSTS" : "SHOW REPLICAS");
  ASSERT_TRUE(replicas.ok()) << replicas.status();
  for (const servers::Row& replica : *replicas) seen = seen || replica[0] == "4711";
  EXPECT_TRUE(seen) << replicas->size();
  unlink(Path("postpone").c_str());
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
}

TEST_P(FlagsTest, ASocketFileThatIsThereAlready) {
  const int other = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  SocketFile().copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(other, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(other, 5), 0);
  EXPECT_THAT(Run({}, 1), AllOf(HasSubstr(SocketFile()), HasSubstr("--initially-drop-socket-file")));
  EXPECT_EQ(Tables(), "t");
  Run({"--initially-drop-socket-file"});
  close(other);
}

TEST_P(FlagsTest, LoadAtTheStart) {
  EXPECT_THAT(Run({"--critical-load=Threads_connected=1"}, 1),
              AllOf(HasSubstr("critical-load"), HasSubstr("`t` is unchanged")));
  Execute("DROP TABLE IF EXISTS _t_gho, _t_ghc");
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT", {"--execute", "--max-load=Threads_connected=1"}));
  const ControlClient control(SocketFile());
  EXPECT_TRUE(control.Eventually("sup", "State: throttled, max-load Threads_connected=")) << migrate.output();
  EXPECT_EQ(Columns(), "id,s");
  control.Ask("max-load=");
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
}

// Something listens there, and never says a word.
TEST_P(FlagsTest, AServerThatDoesNotAnswer) {
  const int silent = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(silent, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(silent, 10), 0);
  ASSERT_EQ(getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int port = ntohs(address.sin_port);
  EXPECT_THAT(Run({absl::StrCat("--port=", port), "--mysql-timeout=1"}, 1),
              HasSubstr(absl::StrCat("cannot connect to 127.0.0.1:", port)));
  close(silent);
  Run({"--port=1", "--allow-on-master", absl::StrCat("--socket=", primary().socket)});
}

// What the server was asked to do, by its own counters.
TEST_P(FlagsTest, StatementsOfTheServer) {
  auto count = [&](const std::string& of) {
    const auto rows = client_->Query(absl::StrCat("SHOW GLOBAL STATUS LIKE 'Com_", of, "'"));
    EXPECT_TRUE(rows.ok() && rows->size() == 1) << of;
    return rows.ok() && rows->size() == 1 ? std::stoi((*rows)[0][1].value_or("0")) : 0;
  };
  const int analyzed = count("analyze");
  const int replaced = count("replace");
  auto change = [&](std::vector<std::string> more, const std::string& alter) {
    std::ofstream(Path("postpone")) << "\n";
    more.insert(more.end(), {"--execute", "--checkpoint=false", "--initially-drop-old-table",
                             absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))});
    MigrateProcess migrate(Flags("t", alter, more));
    ASSERT_TRUE(migrate.WaitForOutput("postponing cut-over", absl::Seconds(60))) << migrate.output();
    Execute("UPDATE t SET s = CONCAT(s, '.') WHERE id <= 1000");
    unlink(Path("postpone").c_str());
    EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  };
  change({"--threads=1"}, "ADD COLUMN added INT");
  const int by_many = count("replace") - replaced;
  EXPECT_LE(by_many, 50);
  EXPECT_EQ(count("analyze"), analyzed);
  change({"--threads=1", "--dml-batch-size=5", "--analyze-ghost-table-before-cutover"}, "DROP COLUMN added");
  EXPECT_GE(count("replace") - replaced - by_many, 200);
  EXPECT_EQ(count("analyze"), analyzed + 1);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE s LIKE '%..'"), "1000");
}

TEST_P(FlagsTest, LockInstrumentsAreSwitchedOnWhereAllowed) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB names who holds a lock without instruments";
  const std::string on =
      "SELECT enabled FROM performance_schema.setup_instruments WHERE name = 'wait/lock/metadata/sql/mdl'";
  Execute("UPDATE performance_schema.setup_instruments SET enabled = 'NO' WHERE name = 'wait/lock/metadata/sql/mdl'");
  Run({});
  EXPECT_EQ(Value(on), "NO");
  Run({"--allow-setup-metadata-lock-instruments", "--initially-drop-old-table"}, 0, "DROP COLUMN added");
  EXPECT_EQ(Value(on), "YES");
}

TEST_P(FlagsTest, LongerAndLongerPausesBetweenAttempts) {
  auto blocker = Connect();
  ASSERT_TRUE(blocker->Execute("BEGIN").ok());
  ASSERT_TRUE(blocker->Query("SELECT id FROM t LIMIT 1 LOCK IN SHARE MODE").ok());
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT",
                               {"--execute", "--cut-over-exponential-backoff", "--exponential-backoff-max-interval=2",
                                "--cut-over-lock-timeout-seconds=1"}));
  for (const char* attempt : {"attempt 1 gave way, the next comes in 1s", "attempt 2 gave way, the next comes in 2s",
                              "attempt 3 gave way, the next comes in 2s"}) {
    EXPECT_TRUE(migrate.WaitForOutput(attempt, absl::Seconds(60))) << migrate.output();
  }
  ASSERT_TRUE(blocker->Execute("ROLLBACK").ok());
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
}

// Everything that can be asked of a running migration, and its other names.
TEST_P(FlagsTest, CommandsAndReasonsToWait) {
  std::atomic<int> answer = 200;
  httplib::Server http;
  http.Get("/check", [&](const httplib::Request&, httplib::Response& response) { response.status = answer; });
  const int http_port = http.bind_to_any_port("127.0.0.1");
  std::thread http_thread([&] { http.listen_after_bind(); });
  const std::string url = absl::StrCat("http://127.0.0.1:", http_port, "/check");
  std::ofstream(Path("postpone")) << "\n";
  MigrateProcess migrate(
      Flags("t", "ADD COLUMN added INT",
            {"--execute", "--force-named-panic", "--throttle-query=SELECT 0", absl::StrCat("--throttle-http=", url),
             "--throttle-http-interval-millis=50", "--throttle-http-timeout-millis=2000",
             "--critical-load-interval-millis=10", "--critical-load-hibernate-seconds=1",
             absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))}));
  const ControlClient control(SocketFile());
  EXPECT_TRUE(control.Eventually("sup", "State: postponing cut-over")) << migrate.output();
  for (const char* command : {"status", "info"})
    EXPECT_THAT(control.Ask(command), AllOf(HasSubstr("# Migrating"), HasSubstr("Copy: 2000/")));
  EXPECT_THAT(control.Ask("help"), HasSubstr("available commands:"));
  EXPECT_THAT(control.Ask("?"), HasSubstr("available commands:"));
  EXPECT_THAT(control.Ask("inspector"), HasSubstr(absl::StrCat(primary().port)));
  EXPECT_THAT(control.Ask("frobnicate"), HasSubstr("Unknown command: frobnicate"));
  for (const auto& [pause, go_on] : {std::pair("throttle", "no-throttle"), std::pair("pause", "unthrottle"),
                                     std::pair("suspend", "continue"), std::pair("throttle", "resume")}) {
    EXPECT_THAT(control.Ask(pause), HasSubstr("State: throttled, commanded by user"));
    EXPECT_THAT(control.Ask(go_on), Not(HasSubstr("throttled")));
  }
  for (const auto& [setting, value] :
       {std::pair("dml-batch-size", "50"), std::pair("nice-ratio", "0.5"), std::pair("max-lag-millis", "5000"),
        std::pair("chunk-size", "700"), std::pair("max-load", "Threads_running=900"),
        std::pair("critical-load", "Threads_running=1000"), std::pair("throttle-query", "SELECT 0 + 0")}) {
    EXPECT_THAT(control.Ask(absl::StrCat(setting, "=", value)), HasSubstr(absl::StrCat(setting, ": ", value, ";")));
    EXPECT_EQ(control.Ask(absl::StrCat(setting, "=?")), absl::StrCat(value, "\n"));
  }
  EXPECT_EQ(control.Ask("throttle-http=?"), absl::StrCat(url, "\n"));

  control.Ask("throttle-query=SELECT 1");
  EXPECT_TRUE(control.Eventually("sup", "State: throttled, ")) << control.Ask("sup");
  control.Ask("throttle-query=");
  EXPECT_TRUE(control.Eventually("sup", "State: postponing")) << control.Ask("sup");
  answer = 503;
  EXPECT_TRUE(control.Eventually("sup", "State: throttled, ")) << control.Ask("sup");
  control.Ask("throttle-http=");
  EXPECT_TRUE(control.Eventually("sup", "State: postponing")) << control.Ask("sup");
  control.Ask("throttle-control-replicas=127.0.0.1:1");
  EXPECT_TRUE(control.Eventually("sup", "State: throttled, ")) << control.Ask("sup");
  control.Ask("throttle-control-replicas=");
  EXPECT_TRUE(control.Eventually("sup", "State: postponing")) << control.Ask("sup");
  // Hibernates instead of ending.
  control.Ask("critical-load=Threads_connected=1");
  EXPECT_TRUE(control.Eventually("sup", "State: throttled, ")) << control.Ask("sup");
  control.Ask("critical-load=Threads_connected=100000");
  EXPECT_TRUE(control.Eventually("sup", "State: postponing")) << control.Ask("sup");

  EXPECT_THAT(control.Ask("panic"), HasSubstr("without specifying table name"));
  EXPECT_THAT(control.Ask("panic=other"), HasSubstr("migrated table is t"));
  EXPECT_EQ(control.Ask("cut-over"), "Unpostponed\n");
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  http.stop();
  http_thread.join();
}

TEST_P(FlagsTest, CriticalLoadEndsTheMigrationAndATcpPortTakesCommands) {
  std::ofstream(Path("postpone")) << "\n";
  const int port = ControlClient::FreePort();
  MigrateProcess migrate(
      Flags("t", "ADD COLUMN added INT",
            {"--execute", absl::StrCat("--serve-tcp-port=", port), "--throttle-http=http://127.0.0.1:1/",
             "--ignore-http-errors", absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))}));
  const ControlClient control(SocketFile(), port);
  ASSERT_TRUE(control.Eventually("sup", "State: postponing cut-over")) << migrate.output();
  EXPECT_THAT(control.AskOverTcp("sup"), HasSubstr("State: postponing cut-over"));
  control.Ask("critical-load=Threads_connected=1");
  EXPECT_EQ(migrate.Wait(), 1) << migrate.output();
  EXPECT_THAT(migrate.output(), AllOf(HasSubstr("critical-load"), HasSubstr("`t` is unchanged")));
}

INSTANTIATE_TEST_SUITE_P(Servers, FlagsTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
