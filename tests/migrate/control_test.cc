// The operator's hands on a running migration: commands, flag files, hooks, interruption and going on.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/control_client.h"
#include "tests/migrate/migrate_fixture.h"
#include "tests/migrate/workload.h"

namespace tests::migrate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kRows = 20'000;

class ControlTest : public MigrateTest {
 protected:
  void SetUp() override {
    MigrateTest::SetUp();
    if (IsSkipped()) return;
    Execute(absl::StrCat("CREATE TABLE t (", Workload::Definition(KeyShape::kInteger),
                         ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"));
    Fill("t", Workload::InitialColumns(KeyShape::kInteger), Workload::InitialValues(KeyShape::kInteger), kRows);
    folder_ = absl::StrCat(std::getenv("TEST_TMPDIR"), "/", database_, GetParam());
    mkdir(folder_.c_str(), 0755);
  }

  WorkloadOptions Writers() { return {.address = Address(), .table = "t", .initial_rows = kRows, .seed = 7}; }

  std::string Ask(const std::string& command) { return ControlClient(SocketFile()).Ask(command); }
  bool Eventually(const std::string& command, const std::string& text) {
    return ControlClient(SocketFile()).Eventually(command, text);
  }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  void Touch(const std::string& name) { std::ofstream(Path(name)) << "\n"; }
  std::string Read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(Path(name)).rdbuf();
    return text.str();
  }
  bool Holds(const std::string& name, const std::string& text) const {
    for (int i = 0; i < 600; ++i) {
      if (absl::StrContains(Read(name), text)) return true;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return false;
  }
  void InstallHook(const std::string& event) {
    const std::string path = Path(absl::StrCat("gh-ost-on-", event));
    std::ofstream(path) << "#!/bin/sh\necho " << event << " $GH_OST_TABLE_NAME $GH_OST_COPIED_ROWS >> " << folder_
                        << "/events\n";
    chmod(path.c_str(), 0755);
  }

  std::string folder_;
};

TEST_P(ControlTest, PostponedUntilTheFlagFileGoesWhileChangesGoOn) {
  Touch("postpone");
  Workload workload(Writers());
  workload.Start();
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT",
                               {"--execute", absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))}));
  ASSERT_TRUE(migrate.WaitForOutput("postponing cut-over", absl::Seconds(60))) << migrate.output();
  EXPECT_THAT(Ask("status"), AllOf(HasSubstr("# Migrating"), HasSubstr("State: postponing cut-over"),
                                   HasSubstr("postpone-cut-over-flag-file")));
  EXPECT_EQ(Tables(), "_t_ghc,_t_gho,t");
  unlink(Path("postpone").c_str());
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  workload.Stop();
  EXPECT_TRUE(workload.Check("t").ok()) << workload.Check("t");
  EXPECT_EQ(Tables(), "_t_del,t");
}

TEST_P(ControlTest, CommandsThrottleTuneAndUnpostpone) {
  Touch("postpone");
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT",
                               {"--execute", "--chunk-size=50", "--nice-ratio=1", "--force-named-cut-over",
                                absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))}));
  ASSERT_TRUE(Eventually("sup", "State: migrating")) << migrate.output();
  EXPECT_THAT(Ask("throttle"), HasSubstr("throttled, commanded by user"));
  const std::string copied = Ask("sup").substr(0, 20);
  EXPECT_EQ(Ask("chunk-size=?"), "50\n");
  EXPECT_THAT(Ask("chunk-size=1"), HasSubstr("chunk-size=1: expected"));
  EXPECT_THAT(Ask("chunk-size=1000"), HasSubstr("chunk-size: 1000"));
  EXPECT_THAT(Ask("nice-ratio=0"), HasSubstr("nice-ratio: -"));
  EXPECT_THAT(Ask("coordinates"), HasSubstr(":"));
  EXPECT_THAT(Ask("applier"), HasSubstr(absl::StrCat(primary().port)));
  EXPECT_THAT(Ask("no-throttle"), Not(HasSubstr("throttled")));
  ASSERT_TRUE(Eventually("sup", "State: postponing cut-over")) << migrate.output();
  EXPECT_THAT(Ask("unpostpone"), HasSubstr("without specifying table name"));
  EXPECT_THAT(Ask("unpostpone=other"), HasSubstr("migrated table is t"));
  EXPECT_EQ(Ask("unpostpone=t"), "Unpostponed\n");
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(access(SocketFile().c_str(), F_OK), -1);
}

TEST_P(ControlTest, PanicLeavesEverythingWhereItIs) {
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT", {"--execute", "--chunk-size=10", "--nice-ratio=20"}));
  ASSERT_TRUE(Eventually("sup", "State: migrating")) << migrate.output();
  EXPECT_EQ(Ask("panic"), "Panicking\n");
  EXPECT_EQ(migrate.Wait(), 1) << migrate.output();
  EXPECT_THAT(migrate.output(), AllOf(HasSubstr("panic"), HasSubstr("`t` is unchanged"), HasSubstr("_t_gho")));
  EXPECT_EQ(Tables(), "_t_ghc,_t_gho,t");
}

TEST_P(ControlTest, FlagFilesThrottleAndPanic) {
  Touch("throttle");
  MigrateProcess migrate(
      Flags("t", "ADD COLUMN added INT",
            {"--execute", "--chunk-size=10", "--nice-ratio=20", absl::StrCat("--throttle-flag-file=", Path("throttle")),
             absl::StrCat("--panic-flag-file=", Path("panic"))}));
  ASSERT_TRUE(Eventually("sup", "State: throttled")) << migrate.output();
  unlink(Path("throttle").c_str());
  ASSERT_TRUE(Eventually("sup", "State: migrating")) << migrate.output();
  EXPECT_THAT(Ask("max-load=Threads_running=x"), HasSubstr("Threads_running"));
  EXPECT_THAT(Ask("max-load=Threads_connected=1"), HasSubstr("max-load: Threads_connected=1"));
  EXPECT_TRUE(Eventually("sup", "State: throttled")) << migrate.output();
  Touch("panic");
  EXPECT_EQ(migrate.Wait(), 1) << migrate.output();
  EXPECT_EQ(Tables(), "_t_ghc,_t_gho,t");
}

TEST_P(ControlTest, HooksRunInOrder) {
  const std::vector<std::string> events = {"startup",           "rowcount-complete", "validated", "before-row-copy",
                                           "row-copy-complete", "before-cut-over",   "success",   "failure"};
  for (const std::string& event : events) InstallHook(event);
  MigrateProcess migrate(
      Flags("t", "ADD COLUMN added INT",
            {"--execute", "--exact-rowcount", "--concurrent-rowcount=false", absl::StrCat("--hooks-path=", folder_)}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Read("events"),
            absl::StrCat("startup t 0\nvalidated t 0\nrowcount-complete t 0\nbefore-row-copy t 0\nrow-copy-complete t ",
                         kRows, "\nbefore-cut-over t ", kRows, "\nsuccess t ", kRows, "\n"));
}

// The copy does not wait for the count, of which the hook here is a part; what is counted takes the estimate's place.
TEST_P(ControlTest, RowsAreCountedWhileTheyAreCopied) {
  Execute("ALTER TABLE t STATS_PERSISTENT = 1, STATS_AUTO_RECALC = 0");
  Execute(absl::StrCat("DELETE FROM t WHERE id > ", kRows / 2));
  const std::string path = Path("gh-ost-on-rowcount-complete");
  std::ofstream(path) << "#!/bin/sh\necho rows $GH_OST_ESTIMATED_ROWS >> " << folder_ << "/events\n"
                      << "for i in $(seq 1200); do test -e " << folder_ << "/go && exit; sleep 0.05; done\n";
  chmod(path.c_str(), 0755);
  MigrateProcess migrate(
      Flags("t", "ADD COLUMN added INT", {"--execute", "--exact-rowcount", absl::StrCat("--hooks-path=", folder_)}));
  EXPECT_TRUE(Holds("events", absl::StrCat("rows ", kRows / 2, "\n"))) << migrate.output();
  EXPECT_TRUE(Eventually("sup", absl::StrCat("Copy: ", kRows / 2, "/", kRows / 2, " "))) << migrate.output();
  EXPECT_EQ(Tables(), "_t_ghc,_t_gho,t");
  Touch("go");
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
}

// One line an event, with what only this event has.
TEST_P(ControlTest, HooksAreToldWhatHappened) {
  Touch("postpone");
  for (const std::string event : {"batch-copy-retry", "status", "interactive-command", "begin-postponed", "success"}) {
    const std::string path = Path(absl::StrCat("gh-ost-on-", event));
    std::ofstream(path) << "#!/bin/sh\necho \"" << event
                        << ": $GH_OST_LAST_BATCH_COPY_ERROR$GH_OST_STATUS$GH_OST_COMMAND$GH_OST_INSTANT_DDL\" >> "
                        << folder_ << "/events\nenv | grep ^GH_OST_ > " << folder_ << "/" << event << "\n";
    chmod(path.c_str(), 0755);
  }
  auto blocker = Connect();
  ASSERT_TRUE(blocker->Execute("BEGIN").ok());
  ASSERT_TRUE(blocker->Query("SELECT id FROM t WHERE id = 77 FOR UPDATE").ok());
  MigrateProcess migrate(Flags(
      "t", "ADD COLUMN added INT",
      {"--execute", "--hooks-status-interval=1", "--hooks-hint=h", "--hooks-hint-owner=o", "--hooks-hint-token=t",
       absl::StrCat("--hooks-path=", folder_), absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))}));
  std::string copying = "no row";
  for (int i = 0; i < 600 && copying == "no row"; ++i) {
    absl::SleepFor(absl::Milliseconds(50));
    copying =
        Value(absl::StrCat("SELECT id FROM information_schema.processlist WHERE db IS NULL AND info LIKE 'INSERT "
                           "IGNORE INTO `",
                           database_, "`%' ORDER BY time DESC LIMIT 1"));
  }
  // It stands at the blocked row, and its try is ended.
  Execute(absl::StrCat("KILL QUERY ", copying));
  EXPECT_TRUE(Holds("events", "batch-copy-retry: ")) << migrate.output();
  ASSERT_TRUE(blocker->Execute("ROLLBACK").ok());
  EXPECT_TRUE(Holds("events", "begin-postponed: ")) << migrate.output();
  EXPECT_TRUE(Holds("events", "status: 'Copy: ")) << migrate.output();
  Ask("max-lag-millis=?");
  EXPECT_TRUE(Holds("events", "interactive-command: 'max-lag-millis=?'")) << Read("events");
  unlink(Path("postpone").c_str());
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(Read("events"), AllOf(HasSubstr("interrupted"), HasSubstr("success: false")));
  std::set<std::string> names;
  for (std::string_view line : absl::StrSplit(Read("success"), '\n', absl::SkipEmpty()))
    names.emplace(line.substr(0, line.find('=')));
  EXPECT_THAT(names,
              testing::ElementsAre("GH_OST_COPIED_ROWS", "GH_OST_DATABASE_NAME", "GH_OST_DDL", "GH_OST_DRY_RUN",
                                   "GH_OST_ELAPSED_COPY_SECONDS", "GH_OST_ELAPSED_SECONDS", "GH_OST_ESTIMATED_ROWS",
                                   "GH_OST_ETA_SECONDS", "GH_OST_EXECUTING_HOST", "GH_OST_GHOST_TABLE_NAME",
                                   "GH_OST_HEARTBEAT_LAG", "GH_OST_HOOKS_HINT", "GH_OST_HOOKS_HINT_OWNER",
                                   "GH_OST_HOOKS_HINT_TOKEN", "GH_OST_INSPECTED_HOST", "GH_OST_INSPECTED_LAG",
                                   "GH_OST_INSTANT_DDL", "GH_OST_MIGRATED_HOST", "GH_OST_OLD_TABLE_NAME",
                                   "GH_OST_PROGRESS", "GH_OST_REVERT", "GH_OST_TABLE_NAME"));
  EXPECT_THAT(Read("success"), AllOf(HasSubstr("GH_OST_TABLE_NAME=t\n"), HasSubstr("GH_OST_GHOST_TABLE_NAME=_t_gho\n"),
                                     HasSubstr("GH_OST_OLD_TABLE_NAME=_t_del\n"), HasSubstr("GH_OST_HOOKS_HINT=h\n"),
                                     HasSubstr("GH_OST_DDL=ADD COLUMN added INT\n"),
                                     HasSubstr(absl::StrCat("GH_OST_COPIED_ROWS=", kRows, "\n"))));
}

// Its lock goes with the session that holds it, and is taken again.
TEST_P(ControlTest, NoSecondMigrationOfTheTable) {
  Touch("postpone");
  const std::string holder = absl::StrCat("SELECT IS_USED_LOCK(SHA2('migrate `", database_, "`.`t`', 256))");
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT",
                               {"--execute", absl::StrCat("--postpone-cut-over-flag-file=", Path("postpone"))}));
  ASSERT_TRUE(Eventually("sup", "State: postponing cut-over")) << migrate.output();
  const std::string first = Value(holder);
  ASSERT_NE(first, "NULL");
  Execute(absl::StrCat("KILL ", first));
  std::string now = first;
  for (int i = 0; i < 600 && (now == "NULL" || now == first); ++i) {
    absl::SleepFor(absl::Milliseconds(50));
    now = Value(holder);
  }
  ASSERT_THAT(now, testing::AllOf(testing::Ne("NULL"), testing::Ne(first)));
  MigrateProcess second(Flags("t", "ADD COLUMN other INT", {"--execute", "--initially-drop-ghost-table"}));
  EXPECT_EQ(second.Wait(), 1) << second.output();
  EXPECT_THAT(second.output(), HasSubstr("another migration of"));
  unlink(Path("postpone").c_str());
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Tables(), "_t_del,t");
}

TEST_P(ControlTest, AHookThatFailsStopsTheMigration) {
  InstallHook("failure");
  std::ofstream(Path("gh-ost-on-before-cut-over")) << "#!/bin/sh\nexit 3\n";
  chmod(Path("gh-ost-on-before-cut-over").c_str(), 0755);
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT", {"--execute", absl::StrCat("--hooks-path=", folder_)}));
  EXPECT_EQ(migrate.Wait(), 1) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("gh-ost-on-before-cut-over ended with code 3"));
  EXPECT_EQ(Read("events"), absl::StrCat("failure t ", kRows, "\n"));
  // Its work is not thrown away.
  EXPECT_THAT(migrate.output(), HasSubstr("--resume goes on from here"));
  EXPECT_EQ(Tables(), "_t_ghc,_t_gho,t");
  unlink(Path("gh-ost-on-before-cut-over").c_str());
  MigrateProcess again(Flags("t", "ADD COLUMN added INT", {"--execute", "--resume", "--port=1"}));
  EXPECT_EQ(again.Wait(), 1) << again.output();
  MigrateProcess resumed(Flags("t", "ADD COLUMN added INT", {"--execute", "--resume"}));
  EXPECT_EQ(resumed.Wait(), 0) << resumed.output();
  EXPECT_EQ(Tables(), "_t_del,t");
}

TEST_P(ControlTest, StatusLinesInBothFormats) {
  for (const auto& [format, phrase] :
       {std::pair("text", "State: migrating; ETA: "), std::pair("json", "\"state\":\"migrating\"")}) {
    MigrateProcess migrate(Flags("t", "ADD COLUMN added INT",
                                 {"--execute", "--initially-drop-ghost-table", "--chunk-size=10", "--nice-ratio=5",
                                  absl::StrCat("--status-format=", format)}));
    EXPECT_TRUE(migrate.WaitForOutput(phrase, absl::Seconds(30))) << migrate.output();
    migrate.Signal(SIGINT);
    EXPECT_EQ(migrate.Wait(), 130);
  }
}

// kill -9 in the middle of the copy, while the application writes; the second run goes on from the checkpoint.
TEST_P(ControlTest, ResumeAfterKill) {
  Workload workload(Writers());
  workload.Start();
  {
    MigrateProcess migrate(Flags("t", "ADD COLUMN added INT, ADD KEY (n)",
                                 {"--execute", "--chunk-size=10", "--nice-ratio=20", "--checkpoint-seconds=1"}));
    ASSERT_TRUE(Eventually("sup", "Applied")) << migrate.output();
    for (int i = 0; i < 600 && Value("SELECT COUNT(*) FROM _t_ghc") == "0"; ++i) absl::SleepFor(absl::Milliseconds(50));
    absl::SleepFor(absl::Milliseconds(500));
    migrate.Signal(SIGKILL);
    EXPECT_EQ(migrate.Wait(), 128 + SIGKILL);
  }
  EXPECT_EQ(Tables(), "_t_ghc,_t_gho,t");
  MigrateProcess other(Flags("t", "ADD COLUMN other INT", {"--execute", "--resume"}));
  EXPECT_EQ(other.Wait(), 1);
  EXPECT_THAT(other.output(), HasSubstr("the checkpoint is of another change"));
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT, ADD KEY (n)", {"--execute", "--resume", "--explain"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("going on where an earlier run stopped"));
  workload.Stop();
  EXPECT_TRUE(workload.Check("t").ok()) << workload.Check("t") << migrate.output();
  EXPECT_EQ(Tables(), "_t_del,t");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema=DATABASE() AND table_name='t' "
                  "AND index_name='n'"),
            "1");
}

TEST_P(ControlTest, WhoBlocksTheCutOverIsNamed) {
  auto blocker = Connect();
  ASSERT_TRUE(blocker->Execute("BEGIN").ok());
  auto id = blocker->QueryValue("SELECT CONNECTION_ID() FROM t LIMIT 1 LOCK IN SHARE MODE");
  ASSERT_TRUE(id.ok()) << id.status();
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT", {"--execute", "--cut-over-lock-timeout-seconds=1"}));
  const std::string phrase = absl::StrCat("blocked by session ", *id, " (root@");
  EXPECT_TRUE(migrate.WaitForOutput(phrase, absl::Seconds(60))) << migrate.output();
  EXPECT_TRUE(Eventually("sup", phrase)) << Ask("sup");
  ASSERT_TRUE(blocker->Execute("ROLLBACK").ok());
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
}

TEST_P(ControlTest, ResumeWithoutACheckpointIsRefused) {
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT", {"--execute", "--resume"}));
  EXPECT_EQ(migrate.Wait(), 1);
  EXPECT_THAT(migrate.output(), HasSubstr("there is no checkpoint"));
  EXPECT_EQ(Tables(), "t");
}

INSTANTIATE_TEST_SUITE_P(Servers, ControlTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
