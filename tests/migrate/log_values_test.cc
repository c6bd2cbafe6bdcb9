// Every column type through the binary log of real servers: what the decoder makes of a row, written back as SQL, must
// be the same row, bit by bit.
//
// For each value: the server logs it (row A); AppendSql writes A's literal into a second table of the same type; the
// server logs that too (row B). A == B says that literal and decoder lose nothing; equal SELECTs of both tables say
// that the decoder did not merely make the same mistake twice.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "tests/migrate/column_types.h"
#include "tests/migrate/log_reader.h"
#include "tests/migrate/server_fixture.h"

namespace tests::migrate {
namespace {

namespace binlog = ::migrate::binlog;

class LogValuesTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    connection_ = Connect("NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES");
    ASSERT_NE(connection_, nullptr);
    Run("USE test");
  }
};

TEST_P(LogValuesTest, SurviveTheWayThroughTheLog) {
  const std::vector<TypeCase> cases = AllTypes(mariadb());
  // One pair of tables with all the types, one column a type; row r holds the r-th value of each, or NULL.
  std::string columns = "id INT PRIMARY KEY";
  size_t rows = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    absl::StrAppend(&columns, ", c", i, " ", cases[i].type);
    rows = std::max(rows, cases[i].values.size() + 1);
  }
  for (const char* table : {"a", "b"}) {
    Run(absl::StrCat("CREATE TABLE ", table, " (", columns, ")"));
  }
  binlog::TableSpec spec = Spec("a");
  ASSERT_EQ(spec.columns.size(), cases.size() + 1);
  auto reader = LogReader::Open(endpoint(), {spec, Spec("b")});
  ASSERT_TRUE(reader.ok()) << reader.status();

  for (size_t r = 0; r < rows; ++r) {
    std::string sql = absl::StrCat("INSERT INTO a VALUES (", r);
    for (const TypeCase& type : cases) absl::StrAppend(&sql, ", ", r < type.values.size() ? type.values[r] : "NULL");
    Run(absl::StrCat(sql, ")"));
  }
  auto first = (*reader)->ReadToEnd();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->changes.size(), rows);
  for (const binlog::RowChange& change : first->changes) {
    ASSERT_EQ(change.table, 0);
    ASSERT_EQ(change.op, binlog::RowChange::Op::kInsert);
    EXPECT_FALSE(change.incomplete);
    std::string sql = "INSERT INTO b VALUES (";
    for (size_t i = 0; i < spec.columns.size(); ++i) {
      if (i > 0) sql += ", ";
      binlog::AppendSql(spec.columns[i], change.after[i], &sql);
    }
    Run(absl::StrCat(sql, ")"));
  }
  auto second = (*reader)->ReadToEnd();
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->changes.size(), rows);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < cases.size(); ++i) {
      const std::string value = r < cases[i].values.size() ? cases[i].values[r] : "NULL";
      EXPECT_TRUE(first->changes[r].after[i + 1] == second->changes[r].after[i + 1]) << cases[i].type << " " << value;
    }
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string select = absl::StrReplaceAll(cases[i].select, {{"c", absl::StrCat("c", i)}});
    auto a = connection_->Query(absl::StrCat("SELECT id, ", select, " FROM a ORDER BY id"));
    auto b = connection_->Query(absl::StrCat("SELECT id, ", select, " FROM b ORDER BY id"));
    ASSERT_TRUE(a.ok()) << a.status();
    ASSERT_TRUE(b.ok()) << b.status();
    ASSERT_EQ(a->size(), rows);
    ASSERT_EQ(b->size(), rows);
    for (size_t r = 0; r < rows; ++r) {
      EXPECT_EQ((*a)[r][1], (*b)[r][1]) << cases[i].type << " "
                                        << (r < cases[i].values.size() ? cases[i].values[r] : "NULL");
      EXPECT_EQ((*a)[r].IsNull(1), r >= cases[i].values.size()) << cases[i].type << " row " << r;
    }
  }
}

INSTANTIATE_SERVERS(LogValuesTest);

}  // namespace
}  // namespace tests::migrate
