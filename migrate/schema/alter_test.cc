#include "migrate/schema/alter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace migrate::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Alter Parse(std::string_view text) {
  absl::StatusOr<Alter> alter = ParseAlter(text, "shop", "orders");
  EXPECT_TRUE(alter.ok()) << text << ": " << alter.status();
  return alter.ok() ? *alter : Alter{};
}

TEST(AlterTest, FindsRenamedAndDroppedColumns) {
  const Alter alter = Parse(
      "add column a int, change `b` `c d` int(4) default '1,2', CHANGE COLUMN e e bigint, rename column f to g, drop "
      "h, DROP COLUMN i");
  EXPECT_THAT(alter.renamed, ElementsAre(Pair("b", "c d"), Pair("f", "g")));
  EXPECT_THAT(alter.dropped, ElementsAre("h", "i"));
  EXPECT_FALSE(alter.renames_table);
}

TEST(AlterTest, CommasAndQuotesInsideClausesDoNotSplit) {
  const Alter alter =
      Parse("MODIFY a ENUM('x, DROP b','it''s') COMMENT 'change c d int', ADD KEY k (a, b) /* , DROP c */");
  EXPECT_THAT(alter.renamed, IsEmpty());
  EXPECT_THAT(alter.dropped, IsEmpty());
}

TEST(AlterTest, DroppingKeysIsNotDroppingColumns) {
  EXPECT_THAT(
      Parse("DROP KEY a, DROP INDEX b, DROP PRIMARY KEY, DROP FOREIGN KEY c, DROP CONSTRAINT d, DROP CHECK e").dropped,
      IsEmpty());
}

TEST(AlterTest, RenamingTheTableIsFound) {
  EXPECT_TRUE(Parse("ADD COLUMN a int, RENAME TO other").renames_table);
  EXPECT_TRUE(Parse("RENAME other").renames_table);
  EXPECT_FALSE(Parse("RENAME INDEX a TO b, RENAME KEY c TO d").renames_table);
}

TEST(AlterTest, TheStatementMayBeWhole) {
  EXPECT_EQ(Parse("ALTER TABLE orders ENGINE=InnoDB;").clauses, "ENGINE=InnoDB");
  EXPECT_EQ(Parse("alter table `shop`.`orders` ADD a int").clauses, "ADD a int");
  EXPECT_FALSE(ParseAlter("ALTER TABLE items ADD a int", "shop", "orders").ok());
  EXPECT_FALSE(ParseAlter("ALTER TABLE other.orders ADD a int", "shop", "orders").ok());
}

TEST(AlterTest, NothingToDoAndUnbalancedTextAreRefused) {
  for (std::string_view text :
       {"", "  ;", "ALTER TABLE orders", "ADD a int DEFAULT 'x", "ADD KEY (a", "ADD a int)", "ADD `a int"}) {
    EXPECT_EQ(ParseAlter(text, "shop", "orders").status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(AlterTest, IfExistsIsSkipped) {
  const Alter alter = Parse("DROP COLUMN IF EXISTS a, CHANGE COLUMN IF EXISTS b c int");
  EXPECT_THAT(alter.dropped, ElementsAre("a"));
  EXPECT_THAT(alter.renamed, ElementsAre(Pair("b", "c")));
}

TEST(AlterTest, UniqueKeysAreNoticed) {
  EXPECT_TRUE(Parse("ADD UNIQUE KEY u (a)").adds_unique_key);
  EXPECT_TRUE(Parse("ADD CONSTRAINT x UNIQUE (a)").adds_unique_key);
  EXPECT_FALSE(Parse("ADD KEY `unique` (a)").adds_unique_key);
}

}  // namespace
}  // namespace migrate::schema
