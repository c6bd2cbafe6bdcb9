#include "migrate/binlog/assembler.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace migrate::binlog {
namespace {

class AssemblerTest : public testing::Test {
 protected:
  Event Make(uint32_t next_position) {
    Event event;
    event.header.next_position = next_position;
    event.header.timestamp = 1000;
    return event;
  }

  std::optional<Item> Feed(Event event) {
    absl::StatusOr<std::optional<Item>> item = assembler_.Handle(std::move(event));
    EXPECT_TRUE(item.ok()) << item.status();
    return item.ok() ? *std::move(item) : std::nullopt;
  }

  std::optional<Item> Query(uint32_t next, std::string sql) {
    Event event = Make(next);
    event.body = QueryEvent{"test", std::move(sql)};
    return Feed(std::move(event));
  }

  std::optional<Item> Rows(uint32_t next, int id) {
    Event event = Make(next);
    RowChange change;
    change.after = {Value::Int(id)};
    event.body = RowsEvent{{change}};
    return Feed(std::move(event));
  }

  std::optional<Item> Commit(uint32_t next) {
    Event event = Make(next);
    event.body = XidEvent();
    return Feed(std::move(event));
  }

  std::optional<Item> Prepare(uint32_t next, std::string xid) {
    Event event = Make(next);
    event.body = XaPrepareEvent{.xid = std::move(xid)};
    return Feed(std::move(event));
  }

  std::vector<TableSpec> tables_ = {{"test", "t", {{.name = "id", .data_type = "int"}}}};
  Assembler assembler_{&tables_, GtidSet(mysql::Flavour::kMySql), Position{"log.000001", 4, ""}};
};

TEST_F(AssemblerTest, ResumeStaysBeforeAnOpenTransaction) {
  EXPECT_FALSE(Query(100, "BEGIN").has_value());
  std::optional<Item> rows = Rows(200, 1);
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->changes.size(), 1u);
  EXPECT_EQ(rows->position.offset, 200u);
  EXPECT_EQ(rows->resume.offset, 4u);
  EXPECT_FALSE(rows->transaction_end);
  std::optional<Item> end = Commit(250);
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->transaction_end);
  EXPECT_EQ(end->resume.offset, 250u);
  EXPECT_EQ(end->timestamp, 1000u);
}

TEST_F(AssemblerTest, ResumeStaysBeforeUndecidedXaTransactions) {
  Query(100, "BEGIN");
  Rows(150, 1);
  Commit(200);
  Query(300, "XA START X'61',X'',1");
  EXPECT_FALSE(Rows(350, 2).has_value());
  Query(360, "XA END X'61',X'',1");
  EXPECT_EQ(Prepare(400, "X'61',X'',1")->resume.offset, 200u);
  Query(450, "BEGIN");
  Rows(500, 3);
  EXPECT_EQ(Commit(550)->resume.offset, 200u);
  Query(600, "XA START X'62',X'',1");
  Rows(650, 4);
  EXPECT_EQ(Prepare(700, "X'62',X'',1")->resume.offset, 200u);
  std::optional<Item> commit = Query(800, "XA COMMIT X'61',X'',1");
  ASSERT_EQ(commit->changes.size(), 1u);
  EXPECT_EQ(commit->changes[0].after[0].int_value(), 2);
  // The second one was prepared while the first was open: nothing before it is needed any more except its own
  // beginning, which was noted as the resume point of that time.
  EXPECT_LE(commit->resume.offset, 600u);
  std::optional<Item> rollback = Query(900, "XA ROLLBACK X'62',X'',1");
  EXPECT_TRUE(rollback->changes.empty());
  EXPECT_EQ(rollback->resume.offset, 900u);
}

TEST_F(AssemblerTest, RestartGoesBackToResume) {
  Query(100, "BEGIN");
  Rows(150, 1);
  assembler_.Restart();
  EXPECT_EQ(assembler_.resume().offset, 4u);
  Query(100, "BEGIN");
  EXPECT_EQ(Rows(150, 1)->changes.size(), 1u);
  EXPECT_EQ(Commit(200)->resume.offset, 200u);
}

TEST_F(AssemblerTest, RolledBackChangesThatWentOutAreReported) {
  Query(100, "BEGIN");
  EXPECT_EQ(Query(150, "ROLLBACK")->statement, "");
  Query(200, "BEGIN");
  Rows(250, 1);
  EXPECT_EQ(Query(300, "ROLLBACK TO `s`")->statement, "ROLLBACK TO `s`");
}

TEST_F(AssemblerTest, HeartbeatsMoveForwardOnly) {
  Event ahead = Make(0);
  ahead.body = HeartbeatEvent{"log.000001", 500};
  EXPECT_EQ(Feed(ahead)->position.offset, 500u);
  EXPECT_EQ(assembler_.resume().offset, 500u);
  ahead.body = HeartbeatEvent{"log.000001", 300};
  EXPECT_EQ(Feed(ahead)->position.offset, 500u);
}

TEST_F(AssemblerTest, PositionsBeyondFourGigabytes) {
  Query(0xfffffff0u, "BEGIN");
  EXPECT_EQ(Rows(0x10, 1)->position.offset, 0x100000010u);
  EXPECT_EQ(Commit(0x30)->position.offset, 0x100000030u);
}

TEST_F(AssemblerTest, RotateStartsTheNextFile) {
  Event rotate = Make(0);
  rotate.body = RotateEvent{"log.000002", 4};
  EXPECT_FALSE(Feed(rotate).has_value());
  EXPECT_EQ(assembler_.resume().ToString(), "log.000002:4");
}

TEST_F(AssemblerTest, DdlEndsItsOwnTransaction) {
  std::optional<Item> item = Query(100, "ALTER TABLE t ADD c INT");
  EXPECT_EQ(item->statement, "ALTER TABLE t ADD c INT");
  EXPECT_TRUE(item->transaction_end);
  EXPECT_EQ(Query(200, "CREATE TABLE u (id INT)")->statement, "");
}

}  // namespace
}  // namespace migrate::binlog
