#include "migrate/mysql/quote.h"

#include <string>

#include "gtest/gtest.h"

namespace migrate::mysql {
namespace {

TEST(QuoteTest, Identifiers) {
  EXPECT_EQ(QuoteIdentifier("a"), "`a`");
  EXPECT_EQ(QuoteIdentifier("a`b"), "`a``b`");
  EXPECT_EQ(QuoteIdentifier("表"), "`表`");
  EXPECT_EQ(QualifiedName("my db", "select"), "`my db`.`select`");
}

TEST(QuoteTest, Strings) {
  EXPECT_EQ(QuoteString(""), "''");
  EXPECT_EQ(QuoteString("it's"), R"('it\'s')");
  EXPECT_EQ(QuoteString("a\\b\"c\nd\re"), R"('a\\b\"c\nd\re')");
  EXPECT_EQ(QuoteString(std::string_view("\0\x1a", 2)), R"('\0\Z')");
  EXPECT_EQ(QuoteString("値"), "'値'");
}

TEST(QuoteTest, Hex) {
  std::string out = "v=";
  AppendHexLiteral(std::string_view("\0\x7f\xff", 3), &out);
  EXPECT_EQ(out, "v=x'007fff'");
}

}  // namespace
}  // namespace migrate::mysql
