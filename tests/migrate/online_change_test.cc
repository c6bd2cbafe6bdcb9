// The program's job, end to end: a table of 100,000 rows gets a new definition while an application writes to it.
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/migrate/migrate_fixture.h"
#include "tests/migrate/workload.h"

namespace tests::migrate {
namespace {

using ::testing::HasSubstr;

constexpr int kRows = 100'000;

class OnlineChangeTest : public MigrateTest {
 protected:
  void ChangeWhileWriting(KeyShape shape) {
    Execute(absl::StrCat("CREATE TABLE t (", Workload::Definition(shape), ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"));
    Fill("t", Workload::InitialColumns(shape), Workload::InitialValues(shape), kRows);
    Workload workload({.address = Address(), .table = "t", .shape = shape, .initial_rows = kRows, .seed = 20261123});
    workload.Start();
    MigrateProcess migrate(Flags("t", "ADD COLUMN added INT NOT NULL DEFAULT 7, ADD KEY by_n (n)", {"--execute"}));
    EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
    absl::SleepFor(absl::Milliseconds(200));
    workload.Stop();

    const absl::Status rows = workload.Check("t");
    EXPECT_TRUE(rows.ok()) << rows << "\n" << migrate.output();
    EXPECT_GT(workload.transactions(), 50);
    EXPECT_EQ(Tables(), "_t_del,t");
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE added <> 7"), "0");
    EXPECT_THAT(Value("SELECT GROUP_CONCAT(index_name) FROM information_schema.statistics WHERE "
                      "table_schema=DATABASE() AND table_name='t'"),
                HasSubstr("by_n"));
    EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema=DATABASE() AND "
                    "table_name='_t_del' AND column_name='added'"),
              "0");
  }
};

TEST_P(OnlineChangeTest, IntegerKey) { ChangeWhileWriting(KeyShape::kInteger); }
TEST_P(OnlineChangeTest, CompositeKey) { ChangeWhileWriting(KeyShape::kComposite); }
TEST_P(OnlineChangeTest, TextKeyThatIsNotPrimary) { ChangeWhileWriting(KeyShape::kText); }

TEST_P(OnlineChangeTest, OldAndNewTableAreEqual) {
  Execute("CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, s VARCHAR(60), PRIMARY KEY (a, b)) ENGINE=InnoDB");
  Fill("t", "a, b, s", "i % 300, i, IF(i % 10 = 0, NULL, CONCAT('x', i))", kRows);
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT, ADD KEY (s)", {"--execute"}));
  ASSERT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), absl::StrCat(kRows));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM _t_del"), absl::StrCat(kRows));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t JOIN _t_del o ON t.a = o.a AND t.b = o.b AND t.s <=> o.s"),
            absl::StrCat(kRows));
}

TEST_P(OnlineChangeTest, WithoutExecuteNothingChanges) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB");
  Execute("INSERT INTO t VALUES (1, 'one')");
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT"));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("dry run"));
  EXPECT_EQ(Tables(), "t");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema=DATABASE() AND table_name='t'"),
            "2");
}

TEST_P(OnlineChangeTest, ExplainNarratesTheFourSteps) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB");
  Fill("t", "id, s", "i, 'x'", 1000);
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT", {"--execute", "--explain"}));
  EXPECT_EQ(migrate.Wait(), 0) << migrate.output();
  for (const char* step :
       {"migrate/schema/ghost.cc", "step 1", "step 2", "migrate/copy/copier.cc", "step 4", "migrate/cutover/"}) {
    EXPECT_THAT(migrate.output(), HasSubstr(step));
  }
}

TEST_P(OnlineChangeTest, InterruptLeavesTheOldTable) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(60)) ENGINE=InnoDB");
  Fill("t", "id, s", "i, 'x'", kRows);
  MigrateProcess migrate(Flags("t", "ADD COLUMN added INT", {"--execute", "--chunk-size=100", "--nice-ratio=2"}));
  ASSERT_TRUE(migrate.WaitForOutput("migrating", absl::Seconds(30))) << migrate.output();
  migrate.Signal(SIGINT);
  EXPECT_EQ(migrate.Wait(), 130) << migrate.output();
  EXPECT_THAT(migrate.output(), HasSubstr("unchanged"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema=DATABASE() AND table_name='t'"),
            "2");
  // Either nothing is left, or what is left is named.
  if (Tables() != "t") {
    EXPECT_THAT(migrate.output(), testing::AllOf(HasSubstr("_t_gho"), HasSubstr("_t_ghc"), HasSubstr("--resume")));
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, OnlineChangeTest, testing::Values(Server::kMariaDb, Server::kMySql), KindName);

}  // namespace
}  // namespace tests::migrate
