// What the comparison of both tables notices, on two tables made by hand.
#include "migrate/verify/checksum.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "migrate/schema/alter.h"
#include "migrate/schema/table.h"
#include "migrate/schema/table_pair.h"
#include "tests/migrate/server_fixture.h"

namespace tests::migrate {
namespace {

namespace schema = ::migrate::schema;
namespace verify = ::migrate::verify;

class ChecksumTest : public ServerTest {
 protected:
  // Whether `original` and `ghost` are found equal.
  bool Equal() {
    auto original = schema::ReadTable(*connection_, "test", "original");
    auto ghost = schema::ReadTable(*connection_, "test", "ghost");
    EXPECT_TRUE(original.ok() && ghost.ok()) << original.status() << ghost.status();
    auto pair = schema::MakeTablePair(*std::move(original), *std::move(ghost), schema::Alter(), {});
    EXPECT_TRUE(pair.ok()) << pair.status();
    if (!pair.ok()) return false;
    auto sums = verify::Checksum(*pair).Compare(*connection_, {});
    EXPECT_TRUE(sums.ok()) << sums.status();
    return sums.ok() && sums->equal;
  }

  void MakeTables(const std::string& columns, const std::string& rows) {
    for (const char* table : {"original", "ghost"}) {
      Run(std::string("CREATE TABLE ") + table + " (id INT PRIMARY KEY, " + columns + ") ENGINE=InnoDB");
      Run(std::string("INSERT INTO ") + table + " VALUES " + rows);
    }
  }
};

TEST_P(ChecksumTest, ExchangedValuesAreNoticed) {
  MakeTables("v VARCHAR(10)", "(1, 'aaaa'), (2, 'bbbb'), (3, 'cccc')");
  EXPECT_TRUE(Equal());
  Run("UPDATE ghost SET v = IF(id = 1, 'bbbb', 'aaaa') WHERE id < 3");
  EXPECT_FALSE(Equal());
}

TEST_P(ChecksumTest, TheSameDamageInTwoRowsIsNoticed) {
  MakeTables("v VARCHAR(10)", "(1, 'aaaa'), (2, 'aaaa'), (3, 'cccc'), (4, 'cccc')");
  Run("UPDATE ghost SET v = CONCAT(LEFT(v, 3), 'z')  WHERE id < 3");
  EXPECT_FALSE(Equal());
}

TEST_P(ChecksumTest, NullIsNotEmpty) {
  MakeTables("v VARCHAR(10), w VARCHAR(10)", "(1, NULL, 'x'), (2, '', 'x')");
  EXPECT_TRUE(Equal());
  Run("UPDATE ghost SET v = 'x', w = NULL WHERE id = 1");
  EXPECT_FALSE(Equal());
  Run("UPDATE ghost SET v = NULL, w = 'x' WHERE id = 1");
  EXPECT_TRUE(Equal());
  Run("UPDATE ghost SET v = NULL WHERE id = 2");
  EXPECT_FALSE(Equal());
}

TEST_P(ChecksumTest, TextOfDifferentCollationsAndLongValuesGoTogether) {
  MakeTables(
      "a VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, b VARCHAR(20) CHARACTER SET utf8mb4 COLLATE "
      "utf8mb4_bin, c VARCHAR(20) CHARACTER SET latin1, d LONGTEXT, e VARBINARY(9), f ENUM('x', 'y') CHARACTER SET "
      "ascii, g LONGBLOB",
      "(1, 'a', 'b', 'c', REPEAT('d', 900000), x'00FF', 'x', REPEAT('g', 900000)), (2, 'A', 'B', 'C', 'D', '', 'y', "
      "'')");
  EXPECT_TRUE(Equal());
  for (const char* column : {"a", "b", "c", "d", "e", "f", "g"}) {
    Run(std::string("UPDATE ghost SET ") + column + " = 'y' WHERE id = 1");
    EXPECT_FALSE(Equal()) << column;
    Run(std::string("UPDATE ghost AS g JOIN original AS o USING (id) SET g.") + column + " = o." + column);
    EXPECT_TRUE(Equal()) << column;
  }
  // Another length and another collation change no value.
  Run("ALTER TABLE ghost MODIFY a VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, MODIFY c LONGTEXT CHARACTER "
      "SET utf8mb4, MODIFY f VARCHAR(10) CHARACTER SET ascii");
  EXPECT_TRUE(Equal());
}

INSTANTIATE_SERVERS(ChecksumTest);

}  // namespace
}  // namespace tests::migrate
