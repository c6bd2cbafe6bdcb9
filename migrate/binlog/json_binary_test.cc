#include "migrate/binlog/json_binary.h"

#include <string>

#include "gtest/gtest.h"

namespace migrate::binlog {
namespace {

std::string Text(std::string_view binary, JsonText expected = JsonText::kExact) {
  std::string out;
  EXPECT_EQ(static_cast<int>(AppendJsonText(binary, &out)), static_cast<int>(expected));
  return out;
}

// {"a": 1, "b": [1.5, true, null, "x"]} without the decimal, as MySQL 9.7 stores it.
constexpr char kDocument[] =
    "\x00\x02\x00\x2e\x00\x12\x00\x01\x00\x13\x00\x01\x00\x05\x01\x00\x02\x14\x00\x61\x62\x04\x00\x1a\x00\x0b\x10\x00"
    "\x04"
    "\x01\x00\x04\x00\x00\x0c\x18\x00\x00\x00\x00\x00\x00\x00\xf8\x3f\x01\x78";

TEST(JsonBinaryTest, RealDocument) {
  EXPECT_EQ(Text(std::string_view(kDocument, sizeof(kDocument) - 1)),
            "{\"a\": 1, \"b\": [1.5e+00, true, null, \"x\"]}");
}

TEST(JsonBinaryTest, Scalars) {
  EXPECT_EQ(Text(""), "null");
  EXPECT_EQ(Text(std::string_view("\x04\x00", 2)), "null");
  EXPECT_EQ(Text("\x04\x01"), "true");
  EXPECT_EQ(Text("\x05\xff\xff"), "-1");
  EXPECT_EQ(Text("\x0a\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615");
  EXPECT_EQ(Text("\x0c\x05\"\\\n\x01\t"), R"("\"\\\n\u0001\t")");
}

TEST(JsonBinaryTest, WhatTextCannotSay) {
  Text(std::string_view("\x08\x05\x00\x00\x00", 5), JsonText::kInexact);  // an unsigned 5
  Text("\x0f\xf6\x04\x04\x02\x81\x32\x00", JsonText::kInexact);           // a DECIMAL
}

TEST(JsonBinaryTest, AnyDamageIsAtMostAnError) {
  const std::string document(kDocument, sizeof(kDocument) - 1);
  for (size_t length = 1; length < document.size(); ++length) {
    std::string out;
    const JsonText result = AppendJsonText(document.substr(0, length), &out);
    EXPECT_EQ(static_cast<int>(result), static_cast<int>(JsonText::kMalformed)) << length;
  }
  for (size_t i = 0; i < document.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = document;
      damaged[i] = static_cast<char>(value);
      std::string out;
      AppendJsonText(damaged, &out);
      EXPECT_LT(out.size(), 10000u);
    }
  }
}

TEST(JsonBinaryTest, DocumentThatContainsItself) {
  // An array of one element, an array at offset 4, that is: at its own entry.
  Text(std::string_view("\x02\x01\x00\x07\x00\x02\x04\x00", 8), JsonText::kMalformed);
}

}  // namespace
}  // namespace migrate::binlog
