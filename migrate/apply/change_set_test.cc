#include "migrate/apply/change_set.h"

#include <map>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "migrate/apply/writer.h"

namespace migrate::apply {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// t (id INT PRIMARY KEY, s VARCHAR) and its ghost.
schema::TablePair Pair() {
  schema::Table table;
  table.schema = "db";
  table.name = "t";
  table.columns = {{.name = "id", .data_type = "int"}, {.name = "s", .data_type = "varchar", .charset = "utf8mb4"}};
  schema::TablePair pair;
  pair.original = table;
  pair.ghost = table;
  pair.ghost.name = "_t_gho";
  pair.columns = {{0, 0}, {1, 1}};
  pair.key = {.original_index = "PRIMARY", .ghost_index = "PRIMARY", .columns = {{0, 0}}};
  return pair;
}

binlog::RowImage Row(int id, const std::string& s) { return {binlog::Value::Int(id), binlog::Value::Bytes(s)}; }

binlog::RowChange Insert(int id, const std::string& s) {
  return {.op = binlog::RowChange::Op::kInsert, .after = Row(id, s)};
}
binlog::RowChange Delete(int id, const std::string& s) {
  return {.op = binlog::RowChange::Op::kDelete, .before = Row(id, s)};
}
binlog::RowChange Update(int id, const std::string& s, int new_id, const std::string& new_s) {
  return {.op = binlog::RowChange::Op::kUpdate, .before = Row(id, s), .after = Row(new_id, new_s)};
}

// The ghost as Writer's statements would leave it: deletes first, then rows.
void Apply(const ChangeSet& set, std::map<std::string, std::string>& ghost) {
  for (const auto& [key, outcome] : set.outcomes()) ghost.erase(key);
  for (const auto& [key, outcome] : set.outcomes()) {
    if (outcome.kind == Outcome::Kind::kRow) ghost[key] = outcome.text;
  }
}

// The property: applying a set is the same as replaying its changes one by one.
TEST(ChangeSetTest, ASetIsWorthItsChangesInOrder) {
  const schema::TablePair pair = Pair();
  const RowText text(pair);
  std::mt19937 random(20261123);
  for (int round = 0; round < 300; ++round) {
    std::map<int, std::string> table;
    std::map<std::string, std::string> ghost;
    for (int set_number = 0; set_number < 4; ++set_number) {
      ChangeSet set(text);
      ChangeSet later(text);
      const int changes = random() % 40;
      for (int i = 0; i < changes; ++i) {
        // The second half arrives in another set that is appended, as after a flush that failed.
        ChangeSet& target = i < changes / 2 ? set : later;
        const int id = random() % 8;
        const int other = random() % 8;
        const std::string s = absl::StrCat("v", random() % 1000);
        auto it = table.find(id);
        if (it == table.end()) {
          ASSERT_TRUE(target.Add(Insert(id, s)).ok());
          table[id] = s;
        } else if (random() % 3 == 0) {
          ASSERT_TRUE(target.Add(Delete(id, it->second)).ok());
          table.erase(it);
        } else if (random() % 2 == 0 && !table.contains(other)) {
          ASSERT_TRUE(target.Add(Update(id, it->second, other, s)).ok());
          table.erase(it);
          table[other] = s;
        } else {
          ASSERT_TRUE(target.Add(Update(id, it->second, id, s)).ok());
          it->second = s;
        }
      }
      set.Append(std::move(later));
      EXPECT_EQ(set.changes(), changes);
      Apply(set, ghost);
      std::map<std::string, std::string> expected;
      for (const auto& [id, s] : table) expected[*text.GhostCondition(Row(id, s))] = text.Tuple(Row(id, s));
      ASSERT_EQ(ghost, expected) << "round " << round;
    }
  }
}

TEST(ChangeSetTest, AnIncompleteRowIsReadAgainUnlessAWholeOneFollows) {
  const schema::TablePair pair = Pair();
  const RowText text(pair);
  ChangeSet set(text);
  binlog::RowChange partial = Update(1, "a", 1, "");
  partial.after[1] = binlog::Value::Missing();
  partial.incomplete = true;
  ASSERT_TRUE(set.Add(partial).ok());
  Statements statements = Writer(pair).MakeStatements(set, {});
  EXPECT_THAT(statements.deletes, ElementsAre(HasSubstr("`id`=1")));
  EXPECT_THAT(statements.writes, ElementsAre(HasSubstr("FROM `db`.`t` WHERE `id`=1 LOCK IN SHARE MODE")));
  ASSERT_TRUE(set.Add(Update(1, "a", 1, "b")).ok());
  statements = Writer(pair).MakeStatements(set, {});
  EXPECT_THAT(statements.deletes, SizeIs(0));
  EXPECT_THAT(statements.writes, ElementsAre(HasSubstr("VALUES (1,")));
}

TEST(ChangeSetTest, AKeyThatTheLogDoesNotTellIsAnError) {
  const schema::TablePair pair = Pair();
  const RowText text(pair);
  ChangeSet set(text);
  binlog::RowChange change = Delete(1, "a");
  change.before[0] = binlog::Value::Missing();
  EXPECT_THAT(std::string(set.Add(change).message()), HasSubstr("binlog_row_image=FULL"));
  change.before[0] = binlog::Value::Null();
  EXPECT_THAT(std::string(set.Add(change).message()), HasSubstr("NULL"));
}

TEST(WriterTest, StatementsAreBoundedAndRoomIsMadeForOtherUniqueKeys) {
  schema::TablePair pair = Pair();
  const RowText text(pair);
  ChangeSet set(text);
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(set.Add(Insert(i, "x")).ok());
  EXPECT_THAT(Writer(pair).MakeStatements(set, {.rows = 10}).writes, SizeIs(3));
  EXPECT_THAT(Writer(pair).MakeStatements(set, {.rows = 10}).deletes, SizeIs(0));
  EXPECT_THAT(Writer(pair).MakeStatements(set, {.rows = 1000, .bytes = 100}).writes, SizeIs(testing::Gt(3)));
  pair.ghost_has_other_unique_keys = true;
  EXPECT_THAT(Writer(pair).MakeStatements(set, {.rows = 10}).deletes, SizeIs(3));
}

}  // namespace
}  // namespace migrate::apply
