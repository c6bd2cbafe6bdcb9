// Chunks against the list of keys that the server itself sorts: no gap, no overlap, and the server's order, for keys of
// every kind of comparison and tables of any size.
#include "migrate/copy/chunker.h"

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "migrate/schema/alter.h"
#include "migrate/schema/table.h"
#include "migrate/schema/table_pair.h"
#include "tests/migrate/server_fixture.h"

namespace tests::migrate {
namespace {

namespace copy = ::migrate::copy;
namespace schema = ::migrate::schema;

struct KeyCase {
  const char* columns;
  const char* key;
  const char* values;  // of row number i
};

const std::vector<KeyCase>& Cases() {
  static const auto* cases = new std::vector<KeyCase>{
      {"a INT NOT NULL", "a", "i * i * 7 - 40000"},
      {"a BIGINT UNSIGNED NOT NULL", "a", "18446744073709551615 - i * 3"},
      {"a INT NOT NULL, b VARCHAR(20) NOT NULL", "a, b", "i % 3, CONCAT('k', i)"},
      {"a INT NOT NULL, b INT NOT NULL, c INT NOT NULL", "a, b, c", "1, i % 2, i"},
      {"a VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL", "a",
       "CONCAT(IF(i % 2, 'Ä', 'b'), CHAR(65 + i % 26 USING utf8mb4), i)"},
      {"a VARBINARY(32) NOT NULL", "a", "UNHEX(SHA2(i, 256))"},
      {"a DECIMAL(20,5) NOT NULL", "a", "i / 3 - 50"},
      {"a DATETIME(3) NOT NULL", "a", "TIMESTAMP'2026-01-01 00:00:00' + INTERVAL i * 7 MINUTE"},
  };
  return *cases;
}

class ChunkerTest : public ServerTest {
 protected:
  void MakeTables(const KeyCase& key, int rows) {
    for (const char* table : {"original", "ghost"}) {
      Run(absl::StrCat("DROP TABLE IF EXISTS ", table));
      Run(absl::StrCat("CREATE TABLE ", table, " (", key.columns, ", PRIMARY KEY (", key.key, ")) ENGINE=InnoDB"));
    }
    Run(absl::StrCat("INSERT INTO original WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ",
                     rows, ") SELECT ", key.values, " FROM n"));
    auto original = schema::ReadTable(*connection_, "test", "original");
    auto ghost = schema::ReadTable(*connection_, "test", "ghost");
    ASSERT_TRUE(original.ok() && ghost.ok()) << original.status() << ghost.status();
    auto pair = schema::MakeTablePair(*std::move(original), *std::move(ghost), schema::Alter(), {});
    ASSERT_TRUE(pair.ok()) << pair.status();
    pair_.emplace(*std::move(pair));
  }

  // The keys that `condition` finds, in the server's order.
  std::vector<std::string> Keys(const copy::KeyReader& reader, const std::string& condition) {
    std::vector<std::string> keys;
    auto rows = connection_->Query(absl::StrCat("SELECT ", reader.SelectList(), " FROM original WHERE ", condition,
                                                " ORDER BY ", reader.OrderBy()));
    EXPECT_TRUE(rows.ok()) << rows.status();
    if (!rows.ok()) return keys;
    for (const auto& row : *rows) keys.push_back(absl::StrJoin(reader.Literals(row), ","));
    return keys;
  }

  std::optional<schema::TablePair> pair_;
};

TEST_P(ChunkerTest, ChunksAreTheSortedKeysCutIntoPieces) {
  std::mt19937 random(20261123);
  for (const KeyCase& key : Cases()) {
    for (const int rows : {1, 2, 10, 11, 137, 500}) {
      SCOPED_TRACE(absl::StrCat(key.columns, ", ", rows, " rows"));
      MakeTables(key, rows);
      ASSERT_TRUE(pair_.has_value());
      auto chunker = copy::Chunker::Create(*connection_, *pair_, {.rows = 10, .target_time = absl::Milliseconds(100)});
      ASSERT_TRUE(chunker.ok()) << chunker.status();
      const std::vector<std::string> all = Keys(chunker->reader(), "TRUE");
      std::vector<std::string> chunked;
      copy::KeyValue middle;
      size_t behind_middle = 0;
      for (uint64_t number = 0;; ++number) {
        auto chunk = chunker->Next(*connection_);
        ASSERT_TRUE(chunk.ok()) << chunk.status();
        if (!chunk->has_value()) break;
        EXPECT_EQ((*chunk)->number, number);
        const std::vector<std::string> some = Keys(chunker->reader(), chunker->reader().InOriginal((*chunk)->range));
        EXPECT_LE(some.size(), (*chunk)->rows);
        chunked.insert(chunked.end(), some.begin(), some.end());
        chunker->size().Feedback((*chunk)->rows, absl::Milliseconds(20 + random() % 400));
        if (middle.empty() || random() % 3 == 0) {
          middle = (*chunk)->range.upper;
          behind_middle = chunked.size();
        }
      }
      EXPECT_EQ(chunked, all);

      // Who goes on behind one of the chunks gets the rest.
      auto resumed = copy::Chunker::Create(*connection_, *pair_, {.rows = 10}, middle, chunker->last());
      ASSERT_TRUE(resumed.ok()) << resumed.status();
      chunked.resize(behind_middle);
      while (true) {
        auto chunk = resumed->Next(*connection_);
        ASSERT_TRUE(chunk.ok()) << chunk.status();
        if (!chunk->has_value()) break;
        const std::vector<std::string> some = Keys(resumed->reader(), resumed->reader().InOriginal((*chunk)->range));
        chunked.insert(chunked.end(), some.begin(), some.end());
      }
      EXPECT_EQ(chunked, all);
      if (HasFailure()) return;
    }
  }
}

TEST_P(ChunkerTest, AnEmptyTableHasNone) {
  MakeTables(Cases()[0], 1);
  Run("DELETE FROM original");
  auto chunker = copy::Chunker::Create(*connection_, *pair_, {});
  ASSERT_TRUE(chunker.ok()) << chunker.status();
  auto chunk = chunker->Next(*connection_);
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_FALSE(chunk->has_value());
}

INSTANTIATE_SERVERS(ChunkerTest);

}  // namespace
}  // namespace tests::migrate
