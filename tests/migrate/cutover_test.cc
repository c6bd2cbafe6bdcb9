// Whatever dies at whatever step of a cut-over, the table is the old one or the new one, whole, what is said of it is
// true, and no write is lost: each connection of the migration is killed after each step, and so are the tool itself
// and the server.
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/cutover_rig.h"
#include "tests/migrate/migrate_fixture.h"
#include "tests/migrate/workload.h"

extern char** environ;

namespace tests::migrate {
namespace {

using ::migrate::cutover::Kind;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr int kRows = 300;
constexpr char kPassword[] = "secret";

class CutoverTest : public MigrateTest {
 protected:
  void SetUp() override {
    MigrateTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // Another user than the application's, so that its connections are easily found.
    Execute(absl::StrCat("CREATE USER IF NOT EXISTS migrator@'%' IDENTIFIED BY '", kPassword, "'"));
    Execute("GRANT ALL ON *.* TO migrator@'%'");
  }

  servers::Address Migrator() const {
    servers::Address address = Address();
    address.user = "migrator";
    address.password = kPassword;
    return address;
  }

  void MakeTable() {
    // The previous round's sentry may still be there.
    for (const char* table : {"t", "_t_gho", "_t_del", "t_del"}) Execute(absl::StrCat("DROP TABLE IF EXISTS ", table));
    Execute(absl::StrCat("CREATE TABLE t (", Workload::Definition(KeyShape::kInteger),
                         ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"));
    Fill("t", Workload::InitialColumns(KeyShape::kInteger), Workload::InitialValues(KeyShape::kInteger), kRows);
  }

  std::unique_ptr<Workload> StartWriting(uint32_t seed, bool server_may_die = false) {
    auto workload = std::make_unique<Workload>(WorkloadOptions{.address = Address(),
                                                               .table = "t",
                                                               .initial_rows = kRows,
                                                               .threads = 3,
                                                               .seed = seed,
                                                               .pause = absl::Milliseconds(1),
                                                               .server_may_die = server_may_die});
    workload->Start();
    return workload;
  }

  // Whether `t` is the new table. It must be one of both.
  bool IsNew() {
    const std::string columns = Value(
        "SELECT CONCAT(COUNT(*), ':', SUM(column_name = 'added')) FROM information_schema.columns WHERE table_schema = "
        "DATABASE() AND table_name = 't'");
    EXPECT_THAT(columns, AnyOf("3:0", "4:1"));
    return columns == "4:1";
  }

  std::vector<std::string> Victims() {
    std::vector<std::string> ids;
    auto rows = client_->Query("SELECT id FROM information_schema.processlist WHERE user = 'migrator' ORDER BY id");
    EXPECT_TRUE(rows.ok()) << rows.status();
    if (!rows.ok()) return ids;
    for (const servers::Row& row : *rows) ids.push_back(row[0].value_or(""));
    return ids;
  }

  // The names of the steps of an attempt that nobody disturbs, and how many connections there are at each.
  struct Step {
    std::string name;
    size_t connections;
  };
  std::vector<Step> FindSteps(Kind kind) {
    MakeTable();
    std::vector<Step> steps;
    auto rig = CutoverRig::Create({.address = Migrator(), .kind = kind}, [&](std::string_view step, uint64_t) {
      steps.push_back({std::string(step), Victims().size()});
    });
    EXPECT_TRUE(rig.ok()) << rig.status();
    if (!rig.ok()) return {};
    auto outcome = (*rig)->Attempt();
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_TRUE(IsNew());
    return steps;
  }

  // Kills connection number `victim` after step number `at`; true if the swap was done all the same.
  bool KillConnection(Kind kind, size_t at, size_t victim, bool writing, uint32_t seed) {
    MakeTable();
    std::unique_ptr<Workload> workload = writing ? StartWriting(seed) : nullptr;
    size_t step = 0;
    bool killed = false;
    auto rig = CutoverRig::Create({.address = Migrator(), .kind = kind}, [&](std::string_view, uint64_t) {
      if (step++ != at || killed) return;
      killed = true;
      const std::vector<std::string> ids = Victims();
      if (victim < ids.size()) (void)client_->Execute(absl::StrCat("KILL ", ids[victim]));
    });
    EXPECT_TRUE(rig.ok()) << rig.status();
    if (!rig.ok()) return false;
    auto outcome = (*rig)->Attempt();
    const bool swapped = IsNew();
    EXPECT_EQ(swapped, outcome.ok()) << outcome.status();
    for (int i = 0; i < 5 && !outcome.ok(); ++i) outcome = (*rig)->Attempt();
    if (kind == Kind::kTwoStep && !outcome.ok()) {
      // Its own first rename stands in the log, like anybody's: the migration ends there, with the old table in place.
      EXPECT_THAT(outcome.status().message(), HasSubstr("RENAME TO"));
      EXPECT_FALSE(IsNew());
      EXPECT_EQ(Tables(), "_t_gho,t");
      return false;
    }
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    absl::SleepFor(absl::Milliseconds(20));
    if (workload) {
      workload->Stop();
      const absl::Status rows = workload->Check("t");
      EXPECT_TRUE(rows.ok()) << rows;
    }
    EXPECT_TRUE(IsNew());
    EXPECT_EQ(Tables(), "_t_del,t");
    return swapped;
  }

  void KillEachConnectionAtEachStep(Kind kind, bool writing) {
    const std::vector<Step> steps = FindSteps(kind);
    ASSERT_FALSE(steps.empty());
    uint32_t seed = 1;
    for (size_t at = 0; at < steps.size(); ++at) {
      std::vector<std::string> swapped;
      for (size_t victim = 0; victim < steps[at].connections; ++victim) {  // in the order in which they were opened
        SCOPED_TRACE(absl::StrCat("connection ", victim, " killed after step ", steps[at].name));
        if (KillConnection(kind, at, victim, writing, ++seed)) swapped.push_back(absl::StrCat(victim));
        if (HasFailure()) return;
      }
      std::cout << steps[at].name << ": " << steps[at].connections << " connections killed, swapped at once after "
                << absl::StrJoin(swapped, ",") << std::endl;
    }
  }
};

TEST_P(CutoverTest, EachConnectionKilledAtEachStep) { KillEachConnectionAtEachStep(Kind::kAtomic, true); }

// Nobody writes: between its two renames there is no table to write to, which is what one gets who asks for it.
TEST_P(CutoverTest, EachConnectionKilledAtEachOfTwoSteps) { KillEachConnectionAtEachStep(Kind::kTwoStep, false); }

TEST_P(CutoverTest, TheToolKilledAtEachStep) {
  const std::vector<Step> steps = FindSteps(Kind::kAtomic);
  ASSERT_FALSE(steps.empty());
  const std::string program =
      absl::StrCat(std::getenv("TEST_SRCDIR"), "/", std::getenv("TEST_WORKSPACE"), "/tests/migrate/cutover_victim");
  for (size_t at = 0; at < steps.size(); ++at) {
    SCOPED_TRACE(absl::StrCat("killed after step ", steps[at].name));
    MakeTable();
    std::unique_ptr<Workload> workload = StartWriting(100 + at);
    std::vector<std::string> words = {program,   primary().host, absl::StrCat(primary().port),
                                      kPassword, database_,      absl::StrCat(at)};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = 0;
    ASSERT_EQ(posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv.data(), environ), 0);
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
    for (int i = 0; i < 1000 && !Victims().empty(); ++i) absl::SleepFor(absl::Milliseconds(10));
    EXPECT_TRUE(Victims().empty());
    absl::SleepFor(absl::Milliseconds(20));
    workload->Stop();
    const bool swapped = IsNew();
    std::cout << steps[at].name << ": the " << (swapped ? "new" : "old") << " table is in place" << std::endl;
    const absl::Status rows = workload->Check("t");
    EXPECT_TRUE(rows.ok()) << rows;
    if (swapped || HasFailure()) continue;
    // The program itself succeeds afterwards, whatever the other one left.
    MigrateProcess migrate(Flags("t", "ADD COLUMN added INT NOT NULL DEFAULT 7",
                                 {"--execute", "--initially-drop-ghost-table", "--initially-drop-old-table"}));
    EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
    EXPECT_EQ(Tables(), "_t_del,t");
  }
}

TEST_P(CutoverTest, TwoStepWhenAskedFor) {
  MakeTable();
  MigrateProcess migrate(
      Flags("t", "ADD COLUMN added INT NOT NULL DEFAULT 7", {"--execute", "--explain", "--cut-over=two-step"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("cut-over in two steps"));
  EXPECT_TRUE(IsNew());
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), absl::StrCat(kRows));
  EXPECT_EQ(Tables(), "_t_del,t");
}

class CrashTest : public CutoverTest {
 protected:
  // What was committed must be there after a crash.
  std::vector<std::string> ServerFlags() const override {
    return {"--innodb_flush_log_at_trx_commit=1", "--sync_binlog=1"};
  }

  // Kills the server after step number `at`; it is back before the next step, or while that one meets its absence.
  void CrashAfter(size_t at, bool back_at_once) {
    MakeTable();
    std::unique_ptr<Workload> workload = StartWriting(200 + at, true);
    size_t step = 0;
    std::thread restart;
    auto rig = CutoverRig::Create({.address = Migrator()}, [&](std::string_view, uint64_t) {
      if (step++ != at) return;
      EXPECT_TRUE(server().Kill(Server::kPrimary).ok());
      restart = std::thread([&] {
        if (!back_at_once) absl::SleepFor(absl::Milliseconds(500));
        EXPECT_TRUE(server().Restart(Server::kPrimary).ok());
      });
      if (back_at_once) restart.join();
    });
    ASSERT_TRUE(rig.ok()) << rig.status();
    const auto outcome = (*rig)->Attempt();
    if (restart.joinable()) restart.join();
    client_ = Connect();
    ASSERT_NE(client_, nullptr);
    rig->reset();
    for (int i = 0; i < 1000 && !Victims().empty(); ++i) absl::SleepFor(absl::Milliseconds(10));
    const bool swapped = IsNew();
    // An end that nobody could see is called unknown; any other is what is said of it.
    if (outcome.ok() || !absl::IsUnknown(outcome.status())) {
      EXPECT_EQ(outcome.ok(), swapped) << outcome.status();
    }
    absl::SleepFor(absl::Milliseconds(20));
    workload->Stop();
    const absl::Status rows = workload->Check("t");
    EXPECT_TRUE(rows.ok()) << rows;
    if (swapped || HasFailure()) return;
    MigrateProcess migrate(Flags("t", "ADD COLUMN added INT NOT NULL DEFAULT 7",
                                 {"--execute", "--initially-drop-ghost-table", "--initially-drop-old-table"}));
    EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
    EXPECT_EQ(Tables(), "_t_del,t");
  }
};

TEST_P(CrashTest, TheServerKilledAtEachStep) {
  const std::vector<Step> steps = FindSteps(Kind::kAtomic);
  ASSERT_FALSE(steps.empty());
  for (size_t at = 0; at < steps.size() && !HasFailure(); ++at) {
    for (bool back_at_once : {true, false}) {
      SCOPED_TRACE(absl::StrCat("server killed after step ", steps[at].name, back_at_once ? ", back at once" : ""));
      CrashAfter(at, back_at_once);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, CutoverTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);
INSTANTIATE_TEST_SUITE_P(Servers, CrashTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
