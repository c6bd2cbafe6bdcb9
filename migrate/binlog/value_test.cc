#include "migrate/binlog/value.h"

#include <limits>

#include "gtest/gtest.h"

namespace migrate::binlog {
namespace {

std::string Sql(const ColumnSpec& column, const Value& value) {
  std::string out;
  AppendSql(column, value, &out);
  return out;
}

TEST(ValueTest, Numbers) {
  const ColumnSpec column{.name = "c", .data_type = "bigint"};
  EXPECT_EQ(Sql(column, Value::Null()), "NULL");
  EXPECT_EQ(Sql(column, Value::Int(std::numeric_limits<int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(Sql(column, Value::Uint(std::numeric_limits<uint64_t>::max())), "18446744073709551615");
  EXPECT_EQ(Sql({.data_type = "double"}, Value::Double(0.1)), "1e-01");
  EXPECT_EQ(Sql({.data_type = "double"}, Value::Double(-0.0)), "-0e+00");
  EXPECT_EQ(Sql({.data_type = "float"}, Value::Double(0.1f)), "1.0000000149011612e-01");
  EXPECT_EQ(Sql({.data_type = "decimal"}, Value::Text("-1.50")), "-1.50");
  EXPECT_EQ(Sql({.data_type = "bit"}, Value::Bits(std::string("\0\x05", 2))), "0x0005");
}

TEST(ValueTest, Texts) {
  EXPECT_EQ(Sql({.data_type = "varchar", .charset = "utf8mb4"}, Value::Bytes("it's 値")), "'it\\'s 値'");
  EXPECT_EQ(Sql({.data_type = "varchar", .charset = "latin1"}, Value::Bytes("plain")), "'plain'");
  EXPECT_EQ(Sql({.data_type = "varchar", .charset = "latin1"}, Value::Bytes("caf\xe9")), "_latin1 x'636166e9'");
  EXPECT_EQ(Sql({.data_type = "varchar", .charset = "utf16"}, Value::Bytes(std::string("\0a", 2))), "_utf16 x'0061'");
  EXPECT_EQ(Sql({.data_type = "blob"}, Value::Bytes(std::string("\0\\", 2))), "_binary'\\0\\\\'");
  EXPECT_EQ(Sql({.data_type = "json"}, Value::Bytes("{\"a\": 1}")), "'{\\\"a\\\": 1}'");
  EXPECT_EQ(Sql({.data_type = "datetime"}, Value::Text("2026-11-23 00:00:00")), "'2026-11-23 00:00:00'");
}

TEST(ValueTest, EnumAndSetByName) {
  const ColumnSpec e{.data_type = "enum", .charset = "utf8mb4", .elements = {"a", "it's"}};
  EXPECT_EQ(Sql(e, Value::Uint(0)), "''");
  EXPECT_EQ(Sql(e, Value::Uint(2)), "'it\\'s'");
  EXPECT_EQ(Sql(e, Value::Uint(3)), "''");
  const ColumnSpec s{.data_type = "set", .charset = "utf8mb4", .elements = {"a", "b", "c"}};
  EXPECT_EQ(Sql(s, Value::Uint(0)), "''");
  EXPECT_EQ(Sql(s, Value::Uint(5)), "'a,c'");
}

TEST(ValueTest, EqualityIsBitwise) {
  EXPECT_TRUE(Value::Int(1) == Value::Int(1));
  EXPECT_FALSE(Value::Int(1) == Value::Uint(1));
  EXPECT_FALSE(Value::Bytes("a") == Value::Bytes("A"));
  EXPECT_FALSE(Value::Double(0.0) == Value::Double(-0.0));
  EXPECT_TRUE(Value::Null() == Value::Null());
  EXPECT_FALSE(Value::Null() == Value::Missing());
}

}  // namespace
}  // namespace migrate::binlog
